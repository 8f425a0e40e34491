/**
 * Makes invites, lists them and revokes them. Who may do so is asked in `member_directory.ts`.
 * @module
 */
import {
  DEVICE_LINK_MS,
  type InviteTerms,
  isUsable,
  isUseless,
  MAX_INVITES,
  shownInvite,
  type StoredInvite,
} from "../../core/auth/invite.ts";
import type { Member } from "../../core/auth/member.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { MemberAnswer } from "../ports/directory.ts";
import type { RecordChange } from "../ports/directory_store.ts";
import { BAD_INVITE, type DirectoryContext, refuse } from "./directory_context.ts";
import { changeTo, type MemberRecords, type Read } from "./member_records.ts";

/** For how long the link for the first owner is valid. */
const OWNER_LINK_MS = 24 * 3_600_000;
const DONE: MemberAnswer = { kind: "done" };

/** Reads again who makes an invite; undefined if that member or device may no longer do it. */
export type ReadCreator = () => Promise<Read<Member> | undefined>;

type NewInvite = Omit<StoredInvite, "id" | "createdAt" | "expiresAt" | "redemptions">;

/** The invites of the service. */
export class Invites {
  readonly #records: MemberRecords;
  readonly #context: Pick<DirectoryContext, "clock" | "ids">;

  /** Reads nothing yet. */
  constructor(records: MemberRecords, context: Pick<DirectoryContext, "clock" | "ids">) {
    this.#records = records;
    this.#context = context;
  }

  /** A link that makes members. @param creator Null for an operator. */
  async invite(
    { role, rooms, uses, lifetimeMs }: InviteTerms,
    createdBy: UserId | null,
    creator: ReadCreator | null,
  ): Promise<MemberAnswer> {
    const invite = { role, rooms, usesLeft: uses, createdBy, member: null };
    return await this.#create(invite, lifetimeMs, creator);
  }

  /** A link that adds a device. An earlier one for the same member becomes useless. @param creator Null for an operator. */
  async inviteDevice(
    { user, role }: Member,
    createdBy: UserId | null,
    creator: ReadCreator | null,
  ): Promise<MemberAnswer> {
    const invite = { role, rooms: [], usesLeft: 1, createdBy, member: user };
    return await this.#create(invite, DEVICE_LINK_MS, creator);
  }

  /** A link for the first owner. Earlier ones become useless. */
  async inviteFirstOwner(): Promise<MemberAnswer> {
    if ((await this.#records.members()).length > 0) {
      return refuse("not_allowed", "there are members already");
    }
    for (const { id, isFirst } of await this.usable()) if (isFirst) await this.revoke(id);
    const owner = { role: "owner", rooms: [], usesLeft: 1, createdBy: null, member: null } as const;
    const invite = { ...owner, isFirst: true };
    return await this.#create(invite, OWNER_LINK_MS, null);
  }

  /** All invites that can be used. */
  async usable(): Promise<readonly StoredInvite[]> {
    const date = this.#context.clock.date();
    return (await this.#records.invites()).flatMap(({ value }) =>
      value && isUsable(value, date) ? value : []
    );
  }

  /** Makes an invite useless. */
  async revoke(id: string): Promise<MemberAnswer> {
    return await this.#records.change<MemberAnswer>(async () => {
      const found = (await this.#records.invites()).find(({ value }) => value?.id === id);
      if (found === undefined) return { changes: [], result: BAD_INVITE };
      return { changes: [changeTo(found, undefined)], result: DONE };
    });
  }

  /** The changes by which the links for further devices of a member become useless. */
  async withoutDeviceLinks(user: UserId): Promise<readonly RecordChange[]> {
    return this.#deviceLinks(await this.#records.invites(), user)
      .map((it) => changeTo(it, undefined));
  }

  async #create(
    terms: NewInvite,
    lifetimeMs: number,
    readCreator: ReadCreator | null,
  ): Promise<MemberAnswer> {
    const { ids, clock } = this.#context;
    const createdAt = clock.date();
    const secret = ids.newSecret();
    const dates = { createdAt, expiresAt: createdAt + lifetimeMs };
    const invite: StoredInvite = { ...terms, ...dates, id: ids.newId(), redemptions: [] };
    return await this.#records.change<MemberAnswer>(async () => {
      const creator = await readCreator?.();
      if (readCreator && !creator) return { changes: [], result: NO_MEMBER };
      const all = await this.#records.invites();
      const replaced = this.#deviceLinks(all, terms.member);
      const useless = all.filter(({ value }) => !value || isUseless(value, createdAt));
      const usable = all.filter(({ value }) => value && isUsable(value, createdAt));
      if (usable.length - replaced.length >= MAX_INVITES) {
        const why = `there are ${MAX_INVITES} invites already: revoke some`;
        return { changes: [], result: refuse("too_many_invites", why) };
      }
      const added = await this.#records.invite(ids.hash(secret));
      const changes = [
        // Fails if the member's devices have changed since: a device that was signed out invites nobody.
        ...(creator ? [{ ...creator.key, from: creator.text, to: creator.text }] : []),
        ...[...useless, ...replaced].map((it) => changeTo(it, undefined)),
        changeTo(added, invite),
      ];
      return { changes, result: { kind: "invited", secret, invite: shownInvite(invite) } };
    });
  }

  #deviceLinks(
    all: readonly Read<StoredInvite>[],
    user: UserId | null,
  ): readonly Read<StoredInvite>[] {
    const date = this.#context.clock.date();
    return all.filter(({ value }) =>
      user !== null && value?.member === user && isUsable(value, date)
    );
  }
}

/** Refuses whoever is no member, or has signed in with a device that was signed out. */
export const NO_MEMBER: MemberAnswer = refuse("not_allowed", "only members may do this");
