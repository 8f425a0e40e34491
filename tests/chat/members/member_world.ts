/**
 * A directory of members on a store that can fail, for tests without sessions.
 * @module
 */
import assert from "node:assert/strict";
import type { MemberDirectory } from "../../../lib/chat/members/member_directory.ts";
import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type {
  Actor,
  DeviceToken,
  InviteRefusal,
  InviteUse,
  MemberAnswer,
  MemberCommand,
  SignedInMember,
} from "../../../lib/chat/ports/directory.ts";
import type {
  DirectoryStore,
  RecordChange,
  RecordKey,
} from "../../../lib/chat/ports/directory_store.ts";
import { type Revocation, RevocationList } from "../../../lib/core/auth/revocations.ts";
import type { Author, UserId } from "../../../lib/core/log/entry.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import { nameKeys } from "../../../lib/core/names/name_keys.ts";
import { parseName } from "../../../lib/core/names/names.ts";
import { FakeClock, name } from "../../support/fakes.ts";
import { memberDirectory } from "../../support/identity/members.ts";

/** How a call of the store fails. */
export type StoreFault = "refused" | "reply lost";

/** A store whose calls fail as the test wants. */
export class FaultyStore implements DirectoryStore {
  readonly #store = new MemoryDirectoryStore();
  /** What happens to the next commits, in order. */
  readonly commitFaults: StoreFault[] = [];
  /** Whether reads and lists are refused. */
  isAway = false;
  /** Called before each commit. */
  beforeCommit: () => void | Promise<void> = () => {};
  /** Number of lists. */
  lists = 0;

  async read(keys: readonly RecordKey[]): Promise<readonly (string | undefined)[]> {
    if (this.isAway) throw unavailable(false);
    return await this.#store.read(keys);
  }

  async list(kind: RecordKey["kind"]): Promise<ReadonlyMap<string, string>> {
    this.lists += 1;
    if (this.isAway) throw unavailable(false);
    return await this.#store.list(kind);
  }

  async commit(changes: readonly RecordChange[]): Promise<boolean> {
    await this.beforeCommit();
    const fault = this.commitFaults.shift();
    if (fault === "refused") throw unavailable(false);
    const isDone = await this.#store.commit(changes);
    if (fault === "reply lost") throw unavailable(true);
    return isDone;
  }

  whenNamesChanged(signal: AbortSignal): Promise<void> {
    return this.#store.whenNamesChanged(signal);
  }
}

function unavailable(mayHaveApplied: boolean): BusUnavailable {
  return new BusUnavailable("the store is away", { mayHaveApplied });
}

/** The members of one service, without sessions. */
export class MemberWorld {
  readonly clock = new FakeClock();
  readonly store = new FaultyStore();
  readonly revoked: Revocation[] = [];
  readonly announced: (readonly [RoomEvent, by: Author])[] = [];
  /** Whether announcements are refused. */
  isMute = false;
  readonly revocations = new RevocationList();
  readonly directory: MemberDirectory;

  constructor() {
    this.directory = this.node();
  }

  /** Another process on the same store. */
  node(): MemberDirectory {
    return memberDirectory(this.clock, {
      store: this.store,
      revoke: (revocation) => {
        this.revoked.push(revocation);
        this.revocations.add(revocation);
        return Promise.resolve();
      },
      announce: (event, author) => {
        if (this.isMute) return Promise.reject(unavailable(true));
        this.announced.push([event, author]);
        return Promise.resolve();
      },
      isRevoked: (issued) => this.revocations.isRevoked(issued),
    });
  }

  /** Makes an invite, as an operator unless somebody else asks. Returns its secret. */
  async invite(terms: Partial<InviteCommand> = {}, actor: Actor = OPERATOR): Promise<string> {
    const answer = await this.directory.manage(actor, { ...INVITE, ...terms });
    return secretOf(answer);
  }

  /** Uses an invite. */
  redeem(use: Partial<InviteUse>): Promise<SignedInMember | InviteRefusal> {
    const { secret = "", attempt, label = "" } = use;
    return this.directory.redeem({ secret, attempt, name: use.name, label });
  }

  /** Makes a member. */
  async become(text: string, terms: Partial<InviteCommand> = {}): Promise<SignedInMember> {
    return signedIn(await this.redeem({ secret: await this.invite(terms), name: name(text) }));
  }

  /** Adds a device to a member. */
  async addDevice(member: SignedInMember, label = ""): Promise<SignedInMember> {
    const link = await this.directory.manage(actorOf(member), { kind: "add device" });
    return signedIn(await this.redeem({ secret: secretOf(link), label }));
  }

  /** Signs in; resolves to the next token. */
  async signIn(user: UserId, token: DeviceToken): Promise<DeviceToken | undefined> {
    return (await this.directory.signIn(user, token))?.device;
  }

  /** The ids of a member's devices. */
  async devicesOf(member: SignedInMember): Promise<readonly string[]> {
    const answer = await this.directory.manage(actorOf(member), { kind: "list devices" });
    return answer.kind === "devices" ? answer.devices.map(({ id }) => id) : assert.fail();
  }

  /** Checks that the stored names are those of the members, no more and no fewer. */
  async checkNames(): Promise<void> {
    const owners = new Map<string, string>();
    for (const [user, text] of await this.store.list("member")) {
      const { name: own, held } = JSON.parse(text);
      const names = [own, held?.name ?? own].flatMap((it) => parseName(it) ?? []);
      for (const key of new Set(names.flatMap(nameKeys))) {
        assert.equal(owners.get(key), undefined, `${user} and ${owners.get(key)} have ${key}`);
        owners.set(key, user);
      }
    }
    assert.deepEqual(new Map(await this.store.list("name")), owners);
  }
}

type InviteCommand = Extract<MemberCommand, { readonly kind: "invite" }>;

/** Who may do everything. */
export const OPERATOR: Actor = { kind: "operator" };
/** An invite for one member. */
export const INVITE: InviteCommand = {
  kind: "invite",
  role: "member",
  rooms: [],
  uses: 1,
  lifetimeMs: 3_600_000,
};

/** A member as one who asks. */
export function actorOf({ user, device }: SignedInMember): Actor {
  return { kind: "member", user, device: device.id };
}

/** The secret of an answer. */
export function secretOf(answer: MemberAnswer): string {
  return answer.kind === "invited" ? answer.secret : assert.fail(JSON.stringify(answer));
}

/** The member that an invite has led to. */
export function signedIn(result: SignedInMember | InviteRefusal): SignedInMember {
  return "kind" in result ? assert.fail(result.code) : result;
}

/** The code of a refusal; undefined if it is none. */
export function codeOf(
  result: SignedInMember | InviteRefusal | MemberAnswer,
): string | undefined {
  return "code" in result ? result.code : undefined;
}
