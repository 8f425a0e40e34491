/**
 * The members of the service, over any store. Every rule about them is here or in `core/auth`, so all stores and all ways to
 * ask (the socket, the HTTP API, the command line) have the same rules.
 * @module
 */
import {
  DEVICE_LINK_MS,
  isInviteSecret,
  isUsable,
  MAX_INVITES,
  type StoredInvite,
  withoutRedemptions,
  withRedemption,
} from "../../core/auth/invite.ts";
import {
  type Device,
  keptDevices,
  mayInvite,
  type Member,
  type Role,
  signInDevice,
  withDevice,
  withoutDevice,
} from "../../core/auth/member.ts";
import type { Revocation } from "../../core/auth/revocations.ts";
import type { UserId } from "../../core/log/entry.ts";
import { type Name, NAME_RULE } from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  Actor,
  DeviceToken,
  Directory,
  InviteRefusal,
  InviteUse,
  MemberAnswer,
  MemberCommand,
  OwnedName,
  Refused,
  SignedInMember,
} from "../ports/directory.ts";
import type { DirectoryStore, RecordChange } from "../ports/directory_store.ts";
import type { FeedUpdate } from "../feed.ts";
import { type Attempt, changeTo, MemberRecords, type Read } from "./member_records.ts";
import type { OwnedNames } from "./owned_names.ts";

/** Draws what must be unique or secret. */
export interface MemberIds {
  /** A member's id, which nobody has. */
  newMember(): UserId;
  /** An id of a device or an invite. */
  newId(): string;
  /** A secret for a link. */
  newSecret(): string;
  /** The hash by which something secret is stored. */
  hash(secret: string): string;
}

/** What the directory needs. */
export interface MemberDirectoryContext {
  /** Where everything is stored. */
  readonly store: DirectoryStore;
  /** The names of members, as the process knows them. */
  readonly names: OwnedNames;
  /** For times. */
  readonly clock: Pick<Clock, "date">;
  /** Draws ids. */
  readonly ids: MemberIds;
  /** Ends what a device has signed in with, on all nodes. Rejects with `BusUnavailable`. */
  readonly revoke: (revocation: Revocation) => Promise<void>;
}

/** For how long the link for the first owner is valid. */
const OWNER_LINK_MS = 24 * 3_600_000;
const DONE: MemberAnswer = { kind: "done" };
const BAD_INVITE = refuse("bad_invite", "the link has been used, has expired or was revoked");
const NO_MEMBER = refuse("not_allowed", "only members may do this");
const NO_RIGHT = refuse("not_allowed", "your role does not allow this");

/** The members, their devices and their invites. */
export class MemberDirectory implements Directory {
  readonly #context: MemberDirectoryContext;
  readonly #records: MemberRecords;

  /** Reads nothing yet. */
  constructor(context: MemberDirectoryContext) {
    this.#context = context;
    this.#records = new MemberRecords(context.store);
  }

  async signIn(user: UserId, { id, serial }: DeviceToken): Promise<SignedInMember | undefined> {
    return await this.#records.change<SignedInMember | undefined>(async () => {
      const read = await this.#records.member(user);
      const { value } = read;
      const signedIn = value && signInDevice(value, id, serial, this.#context.clock.date());
      if (signedIn === undefined) return { changes: [], result: undefined };
      const { member, device } = signedIn;
      const changes = member === value ? [] : [changeTo(read, member)];
      return { changes, result: signedInMember(member, device) };
    });
  }

  async redeem(use: InviteUse): Promise<SignedInMember | InviteRefusal> {
    if (!isInviteSecret(use.secret)) return BAD_INVITE;
    const { hash } = this.#context.ids;
    const attempt = use.attempt === undefined ? undefined : hash(use.attempt);
    const result = await this.#records.change<SignedInMember | InviteRefusal>(async () => {
      const invite = await this.#records.invite(hash(use.secret));
      if (invite.value === undefined) return refused(BAD_INVITE);
      const repeated = invite.value.redemptions.find((it) =>
        attempt !== undefined && it.attempt === attempt
      );
      if (repeated) {
        const { value } = await this.#records.member(repeated.user);
        const device = value?.devices.find((it) => it.id === repeated.device);
        const again = value && device && signedInMember(value, device, invite.value);
        return { changes: [], result: again ?? BAD_INVITE };
      }
      if (!isUsable(invite.value, this.#context.clock.date())) return refused(BAD_INVITE);
      return await this.#redeem(use, attempt, { ...invite, value: invite.value });
    });
    if (!("kind" in result)) await this.#context.names.refresh();
    return result;
  }

  async renameMember(user: UserId, name: Name): Promise<boolean> {
    const isRenamed = await this.#records.change<boolean>(async () => {
      const read = await this.#records.member(user);
      if (read.value === undefined) return { changes: [], result: false };
      const names = await this.#records.claimName(user, name, read.value.name);
      if (names === undefined) return { changes: [], result: false };
      if (name === read.value.name) return { changes: [], result: true };
      return { changes: [...names, changeTo(read, { ...read.value, name })], result: true };
    });
    if (isRenamed) await this.#context.names.refresh();
    return isRenamed;
  }

  namesAfter(version: number): Promise<FeedUpdate<OwnedName>> {
    return this.#context.names.after(version);
  }

  async manage(actor: Actor, command: MemberCommand): Promise<MemberAnswer> {
    const own = actor.kind === "member" ? await this.#records.member(actor.user) : undefined;
    const member = own?.value;
    const role = roleOf(actor, member);
    if (role === undefined) return NO_MEMBER;
    switch (command.kind) {
      case "invite":
        return mayInvite(role, command.role)
          ? await this.#invite(command, actor.kind === "operator" ? null : actor.user)
          : NO_RIGHT;
      case "add device":
        return await this.#addDevice(actor, command.user);
      case "first owner":
        return actor.kind === "operator" ? await this.#inviteFirstOwner() : NO_RIGHT;
      case "list invites":
        if (role === "member") return NO_RIGHT;
        return { kind: "invites", invites: (await this.#usableInvites()).map(withoutRedemptions) };
      case "revoke invite":
        return role === "member" ? NO_RIGHT : await this.#revokeInvite(command.id);
      case "list devices":
        return member
          ? { kind: "devices", devices: keptDevices(member, this.#context.clock.date()) }
          : NO_MEMBER;
      case "remove device":
        return member ? await this.#removeDevice(member, command.id) : NO_MEMBER;
      case "list members":
        return role === "member"
          ? NO_RIGHT
          : { kind: "members", members: await this.#records.members() };
    }
  }

  async #redeem(
    { name, label }: InviteUse,
    attempt: string | undefined,
    read: Read<StoredInvite> & { readonly value: StoredInvite },
  ): Promise<Attempt<SignedInMember | InviteRefusal>> {
    const { ids, clock } = this.#context;
    const invite = read.value;
    const date = clock.date();
    const device = { id: ids.newId(), label, addedAt: date, usedAt: date, serial: 0 };
    const prepared = invite.member === null
      ? await this.#newMember(invite, name, date)
      : await this.#knownMember(invite.member);
    if ("kind" in prepared) return refused(prepared);
    const member = withDevice(prepared.member, device);
    const redemption = { attempt: attempt ?? "", user: member.user, device: device.id };
    const changes = [
      ...prepared.names,
      changeTo(prepared.read, member),
      changeTo(read, withRedemption(invite, redemption)),
    ];
    return { changes, result: signedInMember(member, device, invite) };
  }

  async #newMember(
    { role, createdBy: invitedBy }: StoredInvite,
    name: Name | undefined,
    date: number,
  ): Promise<PreparedMember | InviteRefusal> {
    if (name === undefined) return refuse("bad_name", NAME_RULE);
    const user = this.#context.ids.newMember();
    const names = await this.#records.claimName(user, name, undefined);
    if (names === undefined) return refuse("name_taken", `the name ${name} belongs to a member`);
    const member: Member = { user, name, role, joinedAt: date, invitedBy, devices: [] };
    return { member, names, read: { key: { kind: "member", id: user }, text: undefined } };
  }

  async #knownMember(user: UserId): Promise<PreparedMember | InviteRefusal> {
    const read = await this.#records.member(user);
    return read.value ? { member: read.value, names: [], read } : BAD_INVITE;
  }

  async #invite(
    { role, rooms, uses, lifetimeMs }: Extract<MemberCommand, { kind: "invite" }>,
    createdBy: UserId | null,
  ): Promise<MemberAnswer> {
    return await this.#create({ role, rooms, usesLeft: uses, createdBy, member: null }, lifetimeMs);
  }

  async #addDevice(actor: Actor, stated: UserId | undefined): Promise<MemberAnswer> {
    const user = actor.kind === "operator" ? stated : actor.user;
    const { value } = user ? await this.#records.member(user) : {};
    if (value === undefined) return NO_MEMBER;
    const createdBy = actor.kind === "operator" ? null : actor.user;
    const terms = { role: value.role, rooms: [], usesLeft: 1, createdBy, member: value.user };
    return await this.#create(terms, DEVICE_LINK_MS);
  }

  /** An earlier link for the first owner becomes useless. */
  async #inviteFirstOwner(): Promise<MemberAnswer> {
    if ((await this.#records.members()).length > 0) {
      return refuse("not_allowed", "there are members already");
    }
    for (const { id, createdBy } of await this.#usableInvites()) {
      if (createdBy === null) await this.#revokeInvite(id);
    }
    const terms = { role: "owner", rooms: [], usesLeft: 1, createdBy: null, member: null } as const;
    return await this.#create(terms, OWNER_LINK_MS);
  }

  async #create(
    terms: Omit<StoredInvite, "id" | "createdAt" | "expiresAt" | "redemptions">,
    lifetimeMs: number,
  ): Promise<MemberAnswer> {
    const { ids, clock } = this.#context;
    const createdAt = clock.date();
    const secret = ids.newSecret();
    const invite: StoredInvite = {
      ...{ ...terms, id: ids.newId(), createdAt },
      ...{ expiresAt: createdAt + lifetimeMs, redemptions: [] },
    };
    return await this.#records.change<MemberAnswer>(async () => {
      const all = await this.#records.invites();
      const useless = all.filter(({ value }) => !value || value.expiresAt <= createdAt);
      if (all.length - useless.length >= MAX_INVITES) {
        const why = `there are ${MAX_INVITES} invites already: revoke some`;
        return { changes: [], result: refuse("too_many_invites", why) };
      }
      const added = await this.#records.invite(ids.hash(secret));
      const changes = [...useless.map((it) => changeTo(it, undefined)), changeTo(added, invite)];
      return { changes, result: { kind: "invited", secret, invite: withoutRedemptions(invite) } };
    });
  }

  async #usableInvites(): Promise<readonly StoredInvite[]> {
    const date = this.#context.clock.date();
    return (await this.#records.invites()).flatMap(({ value }) =>
      value && isUsable(value, date) ? value : []
    );
  }

  async #revokeInvite(id: string): Promise<MemberAnswer> {
    return await this.#records.change<MemberAnswer>(async () => {
      const found = (await this.#records.invites()).find(({ value }) => value?.id === id);
      if (found === undefined) return { changes: [], result: BAD_INVITE };
      return { changes: [changeTo(found, undefined)], result: DONE };
    });
  }

  async #removeDevice({ user, devices }: Member, id: string): Promise<MemberAnswer> {
    if (!devices.some((it) => it.id === id)) return refuse("not_allowed", "it is not your device");
    // First: if only this succeeds, the device is signed out nevertheless, and is listed until it is removed again.
    await this.#context.revoke({ scope: "device", id, before: this.#context.clock.date() });
    return await this.#records.change<MemberAnswer>(async () => {
      const read = await this.#records.member(user);
      const changes: readonly RecordChange[] = read.value?.devices.some((it) => it.id === id)
        ? [changeTo(read, withoutDevice(read.value, id))]
        : [];
      return { changes, result: DONE };
    });
  }
}

/** What the actor may do; undefined if the actor is nobody here. */
function roleOf(actor: Actor, member: Member | undefined): Role | undefined {
  switch (actor.kind) {
    case "operator":
      return "owner";
    case "app user":
      return actor.role;
    case "member":
      return member?.role;
  }
}

interface PreparedMember {
  readonly member: Member;
  readonly names: readonly RecordChange[];
  readonly read: Read<Member>;
}

function signedInMember(
  { user, name, role }: { readonly user: UserId; readonly name: Name; readonly role: Role },
  { id, serial, addedAt }: Device,
  invite?: StoredInvite,
): SignedInMember {
  const device = { id, serial: serial + 1 };
  return { user, name, role, device, since: addedAt, rooms: invite?.rooms ?? [] };
}

function refuse<C extends FaultCode>(code: C, why: string): Refused<C> {
  return { kind: "refused", code, why };
}

function refused(result: InviteRefusal): Attempt<InviteRefusal> {
  return { changes: [], result };
}
