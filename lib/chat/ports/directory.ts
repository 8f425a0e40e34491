/**
 * The members of the service: how sessions sign them in, and how they invite others. Implemented over any store in
 * `chat/members/member_directory.ts`; workers reach it in the main thread.
 * @module
 */
import type { Invite, InviteTerms } from "../../core/auth/invite.ts";
import type { Device, Member, Role } from "../../core/auth/member.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { Name, RoomId } from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { FeedUpdate } from "../feed.ts";

/** A token of a member's device. */
export interface DeviceToken {
  /** The id of the device, unique in the service. */
  readonly id: string;
  /** The number of the token; each that the device gets has the next one. */
  readonly serial: number;
}

/** A member who has signed in. */
export interface SignedInMember {
  /** The member's id. */
  readonly user: UserId;
  /** The member's name. */
  readonly name: Name;
  /** The member's role when the device signed in. */
  readonly role: Role;
  /** The token with which the device signs in the next time. */
  readonly device: DeviceToken;
  /** When the device was added, in milliseconds since 1970. */
  readonly since: number;
  /** The rooms of the invite; empty without one. */
  readonly rooms: readonly RoomId[];
  /** The user who has made the invite; undefined without one, or if an operator has made it. */
  readonly invitedBy?: UserId;
}

/** What a `hello` states to use an invite. */
export interface InviteUse {
  /** The secret of the link as the client states it, which may be any text. */
  readonly secret: string;
  /** Random characters of the client: a request that is repeated with them is carried out once. Undefined without. */
  readonly attempt: string | undefined;
  /** The name that the user wants; not needed for another device of a member. */
  readonly name: Name | undefined;
  /** How the device describes itself; may be empty. */
  readonly label: string;
}

/** Why something was refused. */
export interface Refused<C extends FaultCode> {
  /** Discriminates it. */
  readonly kind: "refused";
  /** The code of the fault with which a request is answered. */
  readonly code: C;
  /** The reason in words, for people. */
  readonly why: string;
}

/** Why an invite could not be used. */
export type InviteRefusal = Refused<"bad_invite" | "bad_name" | "name_taken">;

/** Who wants something done: a member, a user whose app or provider states a role, or an operator of the service. */
export type Actor =
  | { readonly kind: "member"; readonly user: UserId; readonly device: string }
  | {
    readonly kind: "app user";
    readonly user: UserId;
    readonly name: Name;
    readonly role: Role | undefined;
  }
  | { readonly kind: "operator" };

/** What members and operators can ask for. */
export type MemberCommand =
  /** Makes a link with which others become members. */
  | ({ readonly kind: "invite" } & InviteTerms)
  /** Makes a link that adds a device. @param user The member, if an operator asks. */
  | { readonly kind: "add device"; readonly user?: UserId }
  /** Makes a link for the first owner. Refused if there is a member. */
  | { readonly kind: "first owner" }
  /** Lists the invites that can be used, as far as the actor may see them. */
  | { readonly kind: "list invites" }
  /** Makes an invite useless. */
  | { readonly kind: "revoke invite"; readonly id: string }
  /** Lists the devices with which the member who asks can sign in. */
  | { readonly kind: "list devices" }
  /** Signs a device of the member out. */
  | { readonly kind: "remove device"; readonly id: string }
  /** Lists all members, with the devices that can sign in. */
  | { readonly kind: "list members" }
  /** Gives a member another role. Refused if the service would have no owner. */
  | { readonly kind: "change role"; readonly user: UserId; readonly role: Role };

/** What a {@linkcode MemberCommand} leads to. */
export type MemberAnswer =
  /** An invite was made. Its secret is in no other answer. */
  | { readonly kind: "invited"; readonly secret: string; readonly invite: Invite }
  | { readonly kind: "invites"; readonly invites: readonly Invite[] }
  | { readonly kind: "devices"; readonly devices: readonly Device[] }
  | { readonly kind: "members"; readonly members: readonly Member[] }
  | { readonly kind: "done" }
  | Refused<"bad_invite" | "not_allowed" | "too_many_invites">;

/** A key of a name, and the member who owns it at the time of the update. */
export interface OwnedName {
  /** A key of the name; see `nameKeys`. */
  readonly key: string;
  /** The member's id; null if the name is free again. */
  readonly owner: UserId | null;
}

/** The members of all nodes. All methods but the last reject with `BusUnavailable`. */
export interface Directory {
  /** Signs a member in; undefined if the device was signed out, or has used a newer token. */
  signIn(user: UserId, device: DeviceToken): Promise<SignedInMember | undefined>;
  /** Uses an invite. */
  redeem(use: InviteUse): Promise<SignedInMember | InviteRefusal>;
  /** Reserves another name for a member, who keeps the own one. Resolves to whether no other member has it. */
  holdName(user: UserId, name: Name): Promise<boolean>;
  /** Frees a name that was reserved for a member, unless it is the member's name by now. */
  releaseName(user: UserId, name: Name): Promise<void>;
  /** Changes a member's name, and frees the previous one. Resolves to whether no other member has it. */
  renameMember(user: UserId, name: Name): Promise<boolean>;
  /** Does what a member or an operator asks for, if the member may. */
  manage(actor: Actor, command: MemberCommand): Promise<MemberAnswer>;
  /** The names of members that were taken or became free since a version; see `Feed.after`. */
  namesAfter(version: number): Promise<FeedUpdate<OwnedName>>;
}
