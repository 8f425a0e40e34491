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
  MAX_OWN_INVITES,
  OWNER_LINK_MS,
  shownInvite,
  type StoredInvite,
} from "../../core/auth/invite.ts";
import type { Member, Role } from "../../core/auth/member.ts";
import { mayInvite } from "../../core/auth/rights.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { MemberAnswer } from "../ports/directory.ts";
import type { RecordChange } from "../ports/directory_store.ts";
import { BAD_INVITE, type DirectoryContext, refusedWith } from "./directory_context.ts";
import { changeTo, type MemberRecords, type Read } from "./member_records.ts";

const DONE: MemberAnswer = { kind: "done" };

/** Who makes an invite. */
export interface InviteCreator {
  /** The user; null for an operator. */
  readonly user: UserId | null;
  /** The device of a member. */
  readonly device?: string | undefined;
  /** Reads the creator's record again; undefined if that member or device may no longer do it. Null for others. */
  readonly read: (() => Promise<Read<Member> | undefined>) | null;
}

type NewInvite = Omit<StoredInvite, "id" | "createdAt" | "expiresAt" | "redemptions">;
type InvitesContext = Pick<DirectoryContext, "clock" | "ids" | "isRevoked">;

const OPERATOR: InviteCreator = { user: null, read: null };

/** The invites of the service. */
export class Invites {
  readonly #records: MemberRecords;
  readonly #context: InvitesContext;

  /** Reads nothing yet. */
  constructor(records: MemberRecords, context: InvitesContext) {
    this.#records = records;
    this.#context = context;
  }

  /** Makes an invite with which others become members. */
  async invite(
    { role, rooms, uses, lifetimeMs }: InviteTerms,
    creator: InviteCreator,
  ): Promise<MemberAnswer> {
    const invite = { role, rooms, usesLeft: uses, member: null };
    return await this.#create({ ...invite, ...createdBy(creator) }, lifetimeMs, creator);
  }

  /** A link that adds a device. An earlier one for the same member becomes useless. */
  async inviteDevice({ user, role }: Member, creator: InviteCreator): Promise<MemberAnswer> {
    const invite = { role, rooms: [], usesLeft: 1, member: user };
    return await this.#create({ ...invite, ...createdBy(creator) }, DEVICE_LINK_MS, creator);
  }

  /** A link for the first owner. Earlier ones become useless. */
  async inviteFirstOwner(): Promise<MemberAnswer> {
    if ((await this.#records.members()).length > 0) {
      return refusedWith("not_allowed", "there are members already");
    }
    for (const { id, isFirst } of await this.usable()) {
      if (isFirst) {
        await this.revoke(id, () => true);
      }
    }
    const owner = { role: "owner", rooms: [], usesLeft: 1, createdBy: null, member: null } as const;
    return await this.#create({ ...owner, isFirst: true }, OWNER_LINK_MS, OPERATOR);
  }

  /** Returns the invites that are not expired, used up or revoked. */
  async usable(): Promise<readonly StoredInvite[]> {
    return (await this.#records.invites()).flatMap(({ value }) =>
      value && this.#isUsable(value) ? value : []
    );
  }

  /** Makes an invite useless. @param maySee Whether the caller may know of an invite. */
  async revoke(id: string, maySee: (invite: StoredInvite) => boolean): Promise<MemberAnswer> {
    return await this.#records.change<MemberAnswer>(async () => {
      const found = (await this.#records.invites()).find(({ value }) => value?.id === id);
      if (!found?.value || !maySee(found.value)) return { changes: [], result: BAD_INVITE };
      return { changes: [changeTo(found, undefined)], result: DONE };
    });
  }

  /** The changes by which the links for further devices of a member become useless, and what one device has made. */
  async withoutLinksOf(user: UserId, device: string): Promise<readonly RecordChange[]> {
    const all = await this.#records.invites();
    return all.filter(({ value }) => value?.member === user || value?.createdWith === device)
      .map((it) => changeTo(it, undefined));
  }

  /** The changes by which the invites of a member become useless that a role does not allow. */
  async withoutInvitesAbove(user: UserId, role: Role): Promise<readonly RecordChange[]> {
    const all = await this.#records.invites();
    const isAbove = ({ value }: Read<StoredInvite>) =>
      value?.createdBy === user && value.member === null && !mayInvite(role, value.role);
    return all.filter(isAbove).map((it) => changeTo(it, undefined));
  }

  async #create(
    terms: NewInvite,
    lifetimeMs: number,
    creator: InviteCreator,
  ): Promise<MemberAnswer> {
    const { ids, clock } = this.#context;
    const createdAt = clock.date();
    const secret = ids.newSecret();
    const dates = { createdAt, expiresAt: createdAt + lifetimeMs };
    const invite: StoredInvite = { ...terms, ...dates, id: ids.newId(), redemptions: [] };
    return await this.#records.change<MemberAnswer>(async () => {
      const read = await creator.read?.();
      if (creator.read && !read) return { changes: [], result: NO_MEMBER };
      const all = await this.#records.invites();
      const refusal = this.#limit(all, terms);
      if (refusal) return { changes: [], result: refusal };
      const isReplaced = ({ value }: Read<StoredInvite>) =>
        terms.member !== null && value?.member === terms.member && this.#isUsable(value);
      const removed = all.filter((it) => isReplaced(it) || this.#isUseless(it.value, createdAt));
      const added = await this.#records.invite(ids.hash(secret));
      const changes = [
        // Fails if the member's devices have changed since: a device that was signed out cannot invite.
        ...(read ? [{ ...read.key, from: read.text, to: read.text }] : []),
        ...removed.map((it) => changeTo(it, undefined)),
        changeTo(added, invite),
      ];
      return { changes, result: { kind: "invited", secret, invite: shownInvite(invite) } };
    });
  }

  /** Only for invites that make members, and only for those of users: users cannot keep an operator or a device out. */
  #limit(
    all: readonly Read<StoredInvite>[],
    { createdBy: creator, member }: NewInvite,
  ): MemberAnswer | undefined {
    if (creator === null || member !== null) return undefined;
    const usable = all.flatMap(({ value }) =>
      value && value.createdBy !== null && value.member === null && this.#isUsable(value)
        ? value
        : []
    );
    const own = usable.filter(({ createdBy }) => createdBy === creator);
    if (own.length < MAX_OWN_INVITES && usable.length < MAX_INVITES) return undefined;
    const why = own.length < MAX_OWN_INVITES
      ? `there are ${MAX_INVITES} invites already`
      : `you have made ${MAX_OWN_INVITES} invites that can still be used: revoke some`;
    return refusedWith("too_many_invites", why);
  }

  #isUsable(invite: StoredInvite): boolean {
    return isUsable(invite, this.#context.clock.date()) && !isInviteRevoked(invite, this.#context);
  }

  #isUseless(invite: StoredInvite | undefined, date: number): boolean {
    return !invite || isUseless(invite, date) || isInviteRevoked(invite, this.#context);
  }
}

function createdBy({ user, device }: InviteCreator): Pick<NewInvite, "createdBy" | "createdWith"> {
  return { createdBy: user, ...(device !== undefined && { createdWith: device }) };
}

/**
 * Whether an invite has ended because its creator, the creator's device or the member whose device it adds was signed out:
 * no one returns with a link from before.
 */
export function isInviteRevoked(
  { createdBy, createdWith: deviceId, createdAt: issuedAt, member }: StoredInvite,
  { isRevoked }: Pick<DirectoryContext, "isRevoked">,
): boolean {
  const issued = { issuedAt, tokenId: undefined };
  // Operators are no users, but a revocation of everything applies to them too.
  return isRevoked({ user: createdBy ?? "", deviceId, ...issued }) ||
    (member !== null && isRevoked({ user: member, ...issued }));
}

/** Refuses users who are not members, or have signed in with a device that was signed out. */
export const NO_MEMBER: MemberAnswer = refusedWith("not_allowed", "only members may do this");
