/**
 * The members of a simulated service: one store of them and of what is revoked, and what each node makes of it. Calls fail as
 * those of the node's bus do, and news of changes can be lost.
 * @module
 */
import type { DirectoryContext, MemberIds } from "../../../lib/chat/members/directory_context.ts";
import type { KnownNames } from "../../../lib/chat/members/known_names.ts";
import { MemberDirectory } from "../../../lib/chat/members/member_directory.ts";
import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import { NameFeed } from "../../../lib/chat/members/name_feed.ts";
import { announceEvent } from "../../../lib/chat/moderation/moderate.ts";
import type { Clock } from "../../../lib/chat/ports/clock.ts";
import type { Directory, MemberCommand } from "../../../lib/chat/ports/directory.ts";
import type { DirectoryStore, RecordChange } from "../../../lib/chat/ports/directory_store.ts";
import type { RevocationStore } from "../../../lib/chat/ports/revocation_store.ts";
import type { RoomIndex } from "../../../lib/chat/ports/room_index.ts";
import { StoredRoomIndex } from "../../../lib/chat/rooms/stored_room_index.ts";
import type { RetryContext } from "../../../lib/chat/retry.ts";
import { KnownRevocations } from "../../../lib/chat/revocations/known_revocations.ts";
import { MemoryRevocations } from "../../../lib/chat/revocations/memory_revocations.ts";
import { RevocationFeed } from "../../../lib/chat/revocations/revocation_feed.ts";
import type { Role } from "../../../lib/core/auth/member.ts";
import { isUserId, type UserId } from "../../../lib/core/log/entry.ts";
import { nameKeys } from "../../../lib/core/names/name_keys.ts";
import { parseName } from "../../../lib/core/names/names.ts";
import type { SimBus } from "./sim_bus.ts";
import type { World } from "./world.ts";

const INVITE = {
  kind: "invite",
  rooms: [],
  uses: 1,
  lifetimeMs: 3_600_000,
} as const satisfies Omit<MemberCommand & { readonly kind: "invite" }, "role">;
/** Without news, a node reads again after this time. */
const REREAD_MS = 30_000;

/** What all nodes share. */
export class SimDirectory {
  readonly #world: World;
  readonly records: DirectoryStore;
  readonly revocations: MemoryRevocations = new MemoryRevocations();
  /** Told of each change. */
  readonly listeners = new Set<() => void>();

  constructor(world: World) {
    this.#world = world;
    this.records = world.mutant.wrapDirectoryStore(new MemoryDirectoryStore());
  }

  /** The secret of an invite that an operator makes. */
  async makeInvite(role: Role): Promise<string> {
    const { records: store } = this;
    const { clock } = this.#world;
    const operator = new MemberDirectory({
      ...{ store, clock, names: new NameFeed(store, { clock }), ids: simIds(this.#world) },
      revoke: () => Promise.resolve(),
      announce: () => Promise.resolve(),
      isRevoked: () => false,
    });
    const answer = await operator.manage({ kind: "operator" }, { ...INVITE, role });
    return answer.kind === "invited" ? answer.secret : this.#world.fail("no invite was made");
  }

  /** Changes records, and tells the nodes. */
  async commit(changes: readonly RecordChange[]): Promise<boolean> {
    const isDone = await this.records.commit(changes);
    for (const listener of this.listeners) listener();
    if (!isDone) return false;
    for (const { kind, id, to } of changes) {
      if (kind === "member" && to) this.#world.moderation?.roles.onStored(id, JSON.parse(to).role);
    }
    return true;
  }

  /** The owners of all names. */
  async owners(): Promise<ReadonlyMap<string, string>> {
    return await this.records.list("name");
  }

  /** Checks that each name has the owner who has it, and no other. */
  async checkNames(): Promise<void> {
    const owners = new Map<string, string>();
    // At one time: a member may be renamed between two reads.
    const [members, names] = await Promise.all([this.records.list("member"), this.owners()]);
    for (const [user, record] of members) {
      const { name: own, held } = JSON.parse(record);
      const names = [own, held?.name ?? own].flatMap((it) => parseName(it) ?? []);
      for (const key of new Set(names.flatMap(nameKeys))) {
        const other = owners.get(key);
        if (other) this.#world.reportViolation(`${user} and ${other} are both ${key}`);
        owners.set(key, user);
      }
    }
    const text = (names: ReadonlyMap<string, string>) => [...names].map(String).toSorted().join();
    const stored = text(names);
    if (stored !== text(owners)) {
      this.#world.reportViolation(`the names are ${stored}, not ${text(owners)}`);
    }
  }
}

/** One node's view of the members. */
export class NodeMembers {
  readonly directory: Directory;
  readonly names: KnownNames;
  readonly revocations: KnownRevocations = new KnownRevocations();
  readonly #revocationFeed: RevocationFeed;
  readonly #nameFeed: NameFeed;
  readonly #retry: RetryContext;

  constructor(world: World, shared: SimDirectory, bus: SimBus, clock: Clock) {
    const { mutant } = world;
    this.#retry = { clock, bus, random: () => world.dice.next() };
    const store = new NodeDirectoryStore(world, shared, bus, clock);
    this.#nameFeed = new NameFeed(store, { clock, bus });
    this.#revocationFeed = new RevocationFeed(revocationStore(world, shared, bus, clock), {
      clock,
      bus,
    });
    const context: DirectoryContext = {
      ...{ store, clock, names: this.#nameFeed, ids: simIds(world) },
      revoke: (it) => mutant.revokesDevices ? this.#revocationFeed.revoke(it) : Promise.resolve(),
      announce: (event, author) =>
        announceEvent(event, author, { bus, newId: () => `id${world.nextNumber()}` }),
      isRevoked: (issued) => this.#revocationFeed.isRevoked(issued),
    };
    this.directory = mutant.wrapDirectory(new MemberDirectory(context));
    this.names = mutant.makeKnownNames();
  }

  /** Follows what other nodes change. */
  run(
    onNamesChanged: () => void,
    onNewRoles: (users: readonly UserId[]) => void,
    onRevoked: () => void,
    signal: AbortSignal,
  ): readonly Promise<void>[] {
    const source = this.#revocationFeed;
    return [
      this.#nameFeed.run(signal),
      this.#revocationFeed.run(signal),
      this.names.follow(this.directory, onNamesChanged, signal),
      this.names.moderators.follow(this.directory, onNewRoles, this.#retry, signal),
      this.revocations.follow(source, onRevoked, signal),
    ];
  }
}

/** Waits for news of the store's changes, some of which are lost. */
class News {
  readonly #clock: Clock;
  #hasNews = false;
  #arrived = Promise.withResolvers<void>();

  constructor(world: World, shared: SimDirectory, bus: SimBus, clock: Clock) {
    this.#clock = clock;
    shared.listeners.add(() => {
      const { dice } = world;
      if (bus.isAway || dice.chance(world.busContext.faultRates().lost)) return;
      world.clock.after(dice.between(1, 20), () => {
        this.#hasNews = true;
        this.#arrived.resolve();
        this.#arrived = Promise.withResolvers();
      });
    });
  }

  /** A read begins. */
  forget(): void {
    this.#hasNews = false;
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (this.#hasNews) return;
    await Promise.race([this.#arrived.promise, this.#clock.sleep(REREAD_MS, signal)]);
  }
}

/** The store as one node reaches it. */
class NodeDirectoryStore implements DirectoryStore {
  readonly #shared: SimDirectory;
  readonly #bus: SimBus;
  readonly #news: News;

  constructor(world: World, shared: SimDirectory, bus: SimBus, clock: Clock) {
    this.#shared = shared;
    this.#bus = bus;
    this.#news = new News(world, shared, bus, clock);
  }

  async read(
    keys: Parameters<DirectoryStore["read"]>[0],
  ): Promise<readonly (string | undefined)[]> {
    return await this.#bus.call(() => this.#shared.records.read(keys));
  }

  async list(
    kind: Parameters<DirectoryStore["list"]>[0],
  ): Promise<ReadonlyMap<string, string>> {
    if (kind === "name") this.#news.forget();
    return await this.#bus.call(() => this.#shared.records.list(kind));
  }

  async commit(changes: Parameters<DirectoryStore["commit"]>[0]): Promise<boolean> {
    return await this.#bus.call(() => this.#shared.commit(changes));
  }

  whenNamesChanged(signal: AbortSignal): Promise<void> {
    return this.#news.wait(signal);
  }
}

/** The index of rooms as one node reaches it. It is in another slot than rooms, so it loses nothing when they do. */
export function nodeIndex(
  world: World,
  shared: SimDirectory,
  bus: SimBus,
  clock: Clock,
): RoomIndex {
  return new StoredRoomIndex(new NodeDirectoryStore(world, shared, bus, clock));
}

function revocationStore(
  world: World,
  shared: SimDirectory,
  bus: SimBus,
  clock: Clock,
): RevocationStore {
  const { revocations } = shared;
  const news = new News(world, shared, bus, clock);
  return {
    async add(revocation) {
      await bus.call(() => {
        const added = revocations.add(revocation);
        for (const listener of shared.listeners) listener();
        return added;
      });
    },
    async read() {
      news.forget();
      return await bus.call(() => revocations.read());
    },
    removeBefore: (date) => revocations.removeBefore(date),
    whenChanged: (signal) => news.wait(signal),
  };
}

/** Ids that are the same for the same seed. */
export function simIds(world: World): MemberIds {
  const user = (text: string): UserId => isUserId(text) ? text : world.fail(`${text} is no user`);
  return {
    newMember: () => user(`m_${String(world.nextNumber()).padStart(8, "0")}`),
    newId: () => `it${world.nextNumber()}`,
    newSecret: () => String(world.nextNumber()).padStart(22, "S"),
    hash: (secret) => `hash of ${secret}`,
  };
}
