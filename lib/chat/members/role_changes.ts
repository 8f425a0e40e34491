/**
 * Changes the roles of members. The sessions of a member hear of it through `_audit`, which all workers follow.
 * @module
 */
import type { Member, Role } from "../../core/auth/member.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import type { MemberAnswer } from "../ports/directory.ts";
import { type DirectoryContext, refusedWith } from "./directory_context.ts";
import { type InviteCreator, type Invites, NO_MEMBER } from "./invites.ts";
import { type Attempt, changeTo, type MemberRecords, type Read } from "./member_records.ts";
import { withKeptDevices } from "./redemptions.ts";

const LAST_OWNER = refusedWith(
  "not_allowed",
  "the last owner stays: make another member an owner first",
);

/** The owner or operator who changes a role. */
export interface RoleChanger extends Pick<InviteCreator, "read"> {
  /** The author of the event in `_audit`. */
  readonly author: Author;
}

/** Changes roles, and refuses to leave the service without an owner. */
export class RoleChanges {
  readonly #records: MemberRecords;
  readonly #invites: Pick<Invites, "withoutInvitesAbove">;
  readonly #context: DirectoryContext;

  /** Reads nothing yet. */
  constructor(
    records: MemberRecords,
    invites: Pick<Invites, "withoutInvitesAbove">,
    context: DirectoryContext,
  ) {
    this.#records = records;
    this.#invites = invites;
    this.#context = context;
  }

  /**
   * Gives a member a role, and announces it. A role that the member has already is announced again: the announcement of the
   * first time may have failed. Rejects with `BusUnavailable`.
   */
  async change(
    user: UserId,
    role: Role,
    { author, read }: RoleChanger,
  ): Promise<MemberAnswer> {
    const result = await this.#records.change<Member | MemberAnswer>(() =>
      this.#attempt(user, role, read)
    );
    if ("kind" in result) return result;
    await this.#context.announce({ kind: "role", user, name: result.name, role }, author);
    return { kind: "done" };
  }

  async #attempt(
    user: UserId,
    role: Role,
    readActor: RoleChanger["read"],
  ): Promise<Attempt<Member | MemberAnswer>> {
    const actor = await readActor?.();
    if (readActor && !actor) return { changes: [], result: NO_MEMBER };
    const read = await this.#records.member(user);
    const member = read.value;
    if (member === undefined) {
      return { changes: [], result: refusedWith("not_allowed", `there is no member ${user}`) };
    }
    if (member.role === role) return { changes: [], result: member };
    const isOwn = actor?.key.id === user;
    const other = actor && !isOwn
      ? actor
      : member.role === "owner"
      ? await this.#otherOwner(user)
      : undefined;
    if (member.role === "owner" && other === undefined) return { changes: [], result: LAST_OWNER };
    const changed = { ...member, role };
    const changes = [
      changeTo(read, changed),
      // Fails if that record has changed: of two owners who demote each other, one stays.
      ...(other ? [{ ...other.key, from: other.text, to: other.text }] : []),
      ...await this.#invites.withoutInvitesAbove(user, role),
    ];
    return { changes, result: changed };
  }

  /** Another owner, who can sign in. */
  async #otherOwner(user: UserId): Promise<Read<Member> | undefined> {
    const all = await this.#records.memberReads();
    return all.find(({ value }) =>
      value?.role === "owner" && value.user !== user &&
      withKeptDevices(value, this.#context).devices.length > 0
    );
  }
}
