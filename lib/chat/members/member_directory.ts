/**
 * The members of the service, over any store. Every rule about them is in this folder or in `core/auth`, so all stores and
 * all ways to ask (the socket, the HTTP API, the command line) have the same rules.
 * @module
 */
import { shownInvite, type StoredInvite } from "../../core/auth/invite.ts";
import { type Member, type Role, signInDevice, withoutDevice } from "../../core/auth/member.ts";
import { isAllowed, mayInvite } from "../../core/auth/rights.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import type { Name } from "../../core/names/names.ts";
import { SERVICE_AUTHOR } from "../../core/rooms/service_rooms.ts";
import type {
  Actor,
  DeviceToken,
  Directory,
  InviteRefusal,
  InviteUse,
  MemberAnswer,
  MemberCommand,
  OwnedName,
  SignedInMember,
} from "../ports/directory.ts";
import type { RecordChange } from "../ports/directory_store.ts";
import type { FeedUpdate } from "../feed.ts";
import { type DirectoryContext, refusedWith } from "./directory_context.ts";
import { type InviteCreator, Invites, NO_MEMBER } from "./invites.ts";
import { changeTo, MemberRecords, type NameClaim, type Read } from "./member_records.ts";
import { RoleChanges } from "./role_changes.ts";
import { Redemptions, signedInMember, withKeptDevices } from "./redemptions.ts";

const DONE: MemberAnswer = { kind: "done" };
const NO_RIGHT = refusedWith("not_allowed", "your role does not allow this");

/** The name that a rename has reserved, which may have broken off. */
function heldBy({ held }: Member): readonly Name[] {
  return held ? [held.name] : [];
}

/** A caller who may do what was asked for: an operator, or a user. */
interface AllowedActor {
  readonly creator: InviteCreator;
  readonly author: Author;
  /** Undefined for operators, and for users of an app, who have no devices here. */
  readonly member: Member | undefined;
  readonly maySee: (invite: StoredInvite) => boolean;
}

const OPERATOR: AllowedActor = {
  creator: { user: null, read: null },
  author: SERVICE_AUTHOR,
  member: undefined,
  maySee: () => true,
};

/** Whether a role allows a command. */
function mayCommand(role: Role, command: MemberCommand): boolean {
  return command.kind === "invite"
    ? mayInvite(role, command.role)
    : isAllowed({ role, rights: null }, command.kind);
}

/** The members, their devices and their invites. */
export class MemberDirectory implements Directory {
  readonly #context: DirectoryContext;
  readonly #records: MemberRecords;
  readonly #invites: Invites;
  readonly #redemptions: Redemptions;
  readonly #roles: RoleChanges;

  /** Reads nothing yet. */
  constructor(context: DirectoryContext) {
    this.#context = context;
    this.#records = new MemberRecords(context.store);
    this.#invites = new Invites(this.#records, context);
    this.#redemptions = new Redemptions(this.#records, context);
    this.#roles = new RoleChanges(this.#records, this.#invites, context);
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
    const result = await this.#redemptions.redeem(use);
    if (!("kind" in result)) await this.#context.names.onChanged();
    return result;
  }

  async holdName(user: UserId, name: Name): Promise<boolean> {
    const at = this.#context.clock.date();
    return await this.#changeName(user, (member) => ({
      names: { wanted: name, kept: [member.name], released: heldBy(member) },
      member: { ...member, held: { name, at } },
    }));
  }

  async releaseName(user: UserId, name: Name): Promise<void> {
    await this.#changeName(user, (member) => {
      const { held, ...rest } = member;
      return held?.name === name
        ? { names: { kept: [member.name], released: [name] }, member: rest }
        : undefined;
    });
  }

  async renameMember(user: UserId, name: Name): Promise<boolean> {
    return await this.#changeName(user, (member) => {
      const { held: _, ...rest } = member;
      const released = [member.name, ...heldBy(member)];
      return { names: { wanted: name, released }, member: { ...rest, name } };
    });
  }

  /** Changes the names of a member. Resolves to false if there is no such member, or another one has the name. */
  async #changeName(
    user: UserId,
    change: (
      member: Member,
    ) => { readonly names: NameClaim; readonly member: Member } | undefined,
  ): Promise<boolean> {
    const isChanged = await this.#records.change<boolean>(async () => {
      const read = await this.#records.member(user);
      if (read.value === undefined) return { changes: [], result: false };
      const changed = change(read.value);
      if (changed === undefined) return { changes: [], result: true };
      const names = await this.#records.claimName(user, changed.names);
      if (names === undefined) return { changes: [], result: false };
      return { changes: [...names, changeTo(read, changed.member)], result: true };
    });
    if (isChanged) await this.#context.names.onChanged();
    return isChanged;
  }

  namesAfter(version: number): Promise<FeedUpdate<OwnedName>> {
    return this.#context.names.after(version);
  }

  async manage(actor: Actor, command: MemberCommand): Promise<MemberAnswer> {
    if (actor.kind === "operator") return await this.#execute(command, OPERATOR);
    const member = actor.kind === "member" ? (await this.#readActor(actor))?.value : undefined;
    const role = actor.kind === "member" ? member?.role : actor.role;
    if (role === undefined) return NO_MEMBER;
    if (!mayCommand(role, command)) return NO_RIGHT;
    const read = actor.kind === "member" ? () => this.#readAllowed(actor, command) : null;
    const device = actor.kind === "member" ? actor.device : undefined;
    const creator = { user: actor.user, device, read };
    // Links for devices concern their members only.
    const maySee = (invite: StoredInvite) => invite.member === null && mayInvite(role, invite.role);
    const name = actor.kind === "member" ? member?.name : actor.name;
    if (name === undefined) return NO_MEMBER;
    const author = { user: actor.user, name };
    return await this.#execute(command, { creator, author, member, maySee });
  }

  async #execute(
    command: MemberCommand,
    { creator, author, member, maySee }: AllowedActor,
  ): Promise<MemberAnswer> {
    switch (command.kind) {
      case "invite":
        return await this.#invites.invite(command, creator);
      case "list invites": {
        const invites = (await this.#invites.usable()).filter(maySee).map(shownInvite);
        return { kind: "invites", invites };
      }
      case "revoke invite":
        return await this.#invites.revoke(command.id, maySee);
      case "first owner":
        return await this.#invites.inviteFirstOwner();
      case "list members": {
        const members = await this.#records.members();
        return { kind: "members", members: members.map((it) => this.#withKeptDevices(it)) };
      }
      case "change role":
        return await this.#roles.change(command.user, command.role, { ...creator, author });
      case "add device":
        if (creator.user === null) return await this.#addDeviceTo(command.user);
        return member ? await this.#invites.inviteDevice(member, creator) : NO_MEMBER;
      case "list devices":
        return member
          ? { kind: "devices", devices: this.#withKeptDevices(member).devices }
          : NO_MEMBER;
      case "remove device":
        return member ? await this.#removeDevice(member, command.id) : NO_MEMBER;
    }
  }

  /** For an operator. */
  async #addDeviceTo(user: UserId | undefined): Promise<MemberAnswer> {
    const { value } = user === undefined ? {} : await this.#records.member(user);
    return value === undefined
      ? refusedWith("not_allowed", `there is no member ${user}; \`users\` lists them`)
      : await this.#invites.inviteDevice(value, OPERATOR.creator);
  }

  #withKeptDevices(member: Member): Member {
    return withKeptDevices(member, this.#context);
  }

  /** The member who asks; undefined if the device has been signed out, though its connection may not have ended yet. */
  async #readActor(
    { user, device }: Extract<Actor, { readonly kind: "member" }>,
  ): Promise<Read<Member> | undefined> {
    const read = await this.#records.member(user);
    const devices = read.value?.devices ?? [];
    return devices.some(({ id }) => id === device) ? read : undefined;
  }

  /** The same, if the member may still do what was asked for: the role may have changed meanwhile. */
  async #readAllowed(
    actor: Extract<Actor, { readonly kind: "member" }>,
    command: MemberCommand,
  ): Promise<Read<Member> | undefined> {
    const read = await this.#readActor(actor);
    return read?.value && mayCommand(read.value.role, command) ? read : undefined;
  }

  /** What the device has made becomes useless too, and so do links for further devices. */
  async #removeDevice({ user, devices }: Member, id: string): Promise<MemberAnswer> {
    if (!devices.some((it) => it.id === id)) {
      return refusedWith("not_allowed", "it is not your device");
    }
    // First: if only this succeeds, the device is signed out nevertheless, and is listed until it is removed again.
    await this.#context.revoke({ scope: "device", id, before: this.#context.clock.date() });
    return await this.#records.change<MemberAnswer>(async () => {
      const read = await this.#records.member(user);
      const links = await this.#invites.withoutLinksOf(user, id);
      const changes: readonly RecordChange[] = read.value?.devices.some((it) => it.id === id)
        ? [changeTo(read, withoutDevice(read.value, id)), ...links]
        : [];
      return { changes, result: DONE };
    });
  }
}
