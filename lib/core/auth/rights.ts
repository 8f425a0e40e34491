/**
 * What a user may do: the table of roles and actions, and the grants of tokens. Everything that asks for permission asks
 * {@linkcode isAllowed}; docs/reference/rights.md is made from the table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isAllowed({ role: "moderator", rights: null }, "moderate", "lobby"), true);
 * assert.equal(isAllowed({ role: undefined, rights: null }, "moderate", "lobby"), false);
 * const rights = [{ match: "team-*", allow: ["read", "send"] }] as const;
 * assert.equal(isAllowed({ role: undefined, rights }, "send", "team-red"), true);
 * assert.equal(isAllowed({ role: undefined, rights }, "react", "team-red"), false);
 * assert.equal(mayInvite("moderator", "member"), true);
 * assert.equal(mayInvite("moderator", "owner"), false);
 * assert.equal(mayCreateRoom({ role: undefined, rights: null }, "app", "members", "den"), true);
 * assert.equal(mayCreateRoom({ role: undefined, rights: null }, "guest", "members", "den"), false);
 * ```
 * @module
 */
import { isOnlyDots } from "../names/names.ts";
import { AUDIT_ROOM, isForModerators } from "../rooms/service_rooms.ts";
import { closedKind } from "../rooms/closed_room.ts";
import { type Rank, RANKS } from "../log/room_event.ts";
import { type Role, ROLES } from "./member.ts";
import type { UserKind } from "./user_kind.ts";

/** The actions that a token can grant, in the rooms that it names. */
export const ROOM_ACTIONS = ["read", "send", "react", "invite", "moderate"] as const;

/** One of {@linkcode ROOM_ACTIONS}. */
export type RoomAction = typeof ROOM_ACTIONS[number];

/** What `joined` says that the user may do in the room; `configure` is to change its settings. */
export const JOINED_RIGHTS = ["send", "react", "moderate", "configure"] as const;

/** One of {@linkcode JOINED_RIGHTS}. */
export type JoinedRight = typeof JOINED_RIGHTS[number];

/** An action that concerns the whole service; only a role allows it. */
export type ServiceAction =
  | "invite people"
  | "list invites"
  | "revoke invite"
  | "list members"
  | "change role"
  | "create private room"
  | "message directly"
  | "remove from room"
  | "list room"
  | "first owner"
  | "add device"
  | "list devices"
  | "remove device";

/** An action that needs permission. */
export type Permission = RoomAction | ServiceAction;

/** The columns of the table: the roles, highest first, and guests. */
export const ROLES_OR_GUEST = [...ROLES, "guest"] as const;

/** A column of the table. App users without a role count as guests. */
export type RoleOrGuest = typeof ROLES_OR_GUEST[number];

const ALL: readonly RoleOrGuest[] = ROLES_OR_GUEST;
const MODERATORS: readonly RoleOrGuest[] = ["owner", "moderator"];
const MEMBERS: readonly RoleOrGuest[] = ROLES;

/** Who may do what. Operators of the service may do everything except manage users' devices. */
export const PERMISSIONS: Readonly<
  Record<Permission, { readonly allowed: readonly RoleOrGuest[]; readonly about: string }>
> = {
  "read": {
    allowed: ALL,
    about: "join a room, see it in a list, read its messages, see who is there, report a message",
  },
  "send": {
    allowed: ALL,
    about: "send messages and typing notices; edit and delete one's own messages",
  },
  "react": { allowed: ALL, about: "add and remove one's own reactions" },
  "moderate": {
    allowed: MODERATORS,
    about:
      "change a room's settings; delete the messages of others; mute, ban and remove users who rank lower; read the reports and what moderators have done",
  },
  "invite": {
    allowed: MEMBERS,
    about: "add users to a private room that one is a member of, directly or with an invite link",
  },
  "invite people": {
    allowed: MODERATORS,
    about: "create invite links, for one's own role or a lower one",
  },
  "list invites": {
    allowed: MODERATORS,
    about: "see the invites for one's own role and lower ones",
  },
  "revoke invite": { allowed: MODERATORS, about: "revoke those invites" },
  "list members": { allowed: MODERATORS, about: "list the members of the service" },
  "change role": {
    allowed: ["owner"],
    about: "give a member another role; the last owner keeps theirs",
  },
  "create private room": {
    allowed: MEMBERS,
    about: "create private rooms, if `ROOM_CREATION` allows creating rooms",
  },
  "message directly": {
    allowed: MEMBERS,
    about: "open a direct room with another user, if `ROOM_CREATION` allows creating rooms",
  },
  "remove from room": {
    allowed: MODERATORS,
    about:
      "remove users from a private room that one is a member of; its creator may do that too, and every member may leave",
  },
  "list room": {
    allowed: MEMBERS,
    about: "put a room that one has created into the public list; app users can do it too",
  },
  "first owner": { allowed: [], about: "create a link for the first owner; only operators can" },
  "add device": { allowed: MEMBERS, about: "create a link that adds a device of one's own" },
  "list devices": { allowed: MEMBERS, about: "list one's own devices" },
  "remove device": { allowed: MEMBERS, about: "sign out one of one's own devices" },
};

/** Who may create rooms: the values of the setting ROOM_CREATION. */
export const ROOM_CREATORS = ["anyone", "members", "moderators"] as const;

/** One of {@linkcode ROOM_CREATORS}. */
export type RoomCreators = typeof ROOM_CREATORS[number];

/** Who may create a room, by the setting: users whom no token restricts to rooms, and tokens by what they grant there. */
export const ROOM_CREATION: Readonly<
  Record<RoomCreators, { readonly allowed: readonly RoleOrGuest[]; readonly grant: RoomAction }>
> = {
  // All users who may join: a program that only reads can wait in a room for its first message.
  anyone: { allowed: ALL, grant: "read" },
  members: { allowed: MEMBERS, grant: "send" },
  moderators: { allowed: MODERATORS, grant: "moderate" },
};

/** Allows actions in the rooms that it matches. */
export interface RoomGrant {
  /** A room, or the beginning of rooms and a `*`. */
  readonly match: string;
  /** The actions that it allows there. No action includes another. */
  readonly allow: readonly RoomAction[];
}

/** The grants of a token; null for a user whom no token restricts to rooms. */
export type Rights = readonly RoomGrant[] | null;

/** What decides about a user's rights. */
export interface Authority {
  /** The user's role in the service; undefined for guests and others without one. */
  readonly role: Role | undefined;
  /** Unless null, only these count. */
  readonly rights: Rights;
}

/** Whether a user may do something. @param room Where; undefined for what concerns the whole service. */
export function isAllowed({ role, rights }: Authority, wanted: Permission, room?: string): boolean {
  // A conversation of two has no moderators.
  if (wanted === "moderate" && room !== undefined && closedKind(room) === "direct") return false;
  // What moderators do enters it by itself.
  if (wanted !== "read" && room?.toLowerCase() === AUDIT_ROOM) return false;
  const action = room !== undefined && isForModerators(room) ? "moderate" : wanted;
  if (rights === null) return PERMISSIONS[action].allowed.includes(role ?? "guest");
  const name = room?.toLowerCase();
  return name !== undefined &&
    rights.some(({ match, allow }) => includes(allow, action) && matches(match, name));
}

/**
 * Whether a user may create a room.
 *
 * @param kind The user's kind. Here, users of an app without a role count as members: the operator knows them.
 * @param creators Who may create rooms in this service.
 */
export function mayCreateRoom(
  authority: Authority,
  kind: UserKind,
  creators: RoomCreators,
  room: string,
): boolean {
  if (isOnlyDots(room)) return false;
  const { allowed, grant } = ROOM_CREATION[creators];
  if (authority.rights !== null) {
    // A program that only sends need not wait for a reader.
    const isSender = grant === "read" && isAllowed(authority, "send", room);
    return isSender || isAllowed(authority, grant, room);
  }
  return allowed.includes(authority.role ?? (kind === "guest" ? "guest" : "member"));
}

/** What needs a right in private and direct rooms, besides what every room needs. */
export type ClosedRoomAction =
  | "create private room"
  | "message directly"
  | "invite"
  | "remove from room";

/** What a token has to grant there. */
const CLOSED_ROOM_GRANTS: Readonly<Record<ClosedRoomAction, RoomAction>> = {
  "create private room": "send",
  "message directly": "send",
  "invite": "invite",
  "remove from room": "moderate",
};

/**
 * Whether a user may do something about private and direct rooms. Guests may not; users of an app without a role count as
 * members.
 *
 * @param room A private or direct room.
 */
export function mayInClosedRooms(
  authority: Authority,
  kind: UserKind,
  action: ClosedRoomAction,
  room: string,
): boolean {
  const { role, rights } = authority;
  if (kind === "guest") return false;
  if (rights === null) return PERMISSIONS[action].allowed.includes(role ?? "member");
  return isAllowed(authority, CLOSED_ROOM_GRANTS[action], room);
}

/** Whether a user may change a room's settings: moderators may, and the creator of the room. */
export function mayConfigure(authority: Authority, room: string, isCreator: boolean): boolean {
  if (isForModerators(room) || closedKind(room) === "direct") return false;
  return isCreator || isAllowed(authority, "moderate", room);
}

/** What a user may do in a room. @param isCreator Whether the user has created it. */
export function joinedRights(
  authority: Authority,
  room: string,
  isCreator: boolean,
): JoinedRight[] {
  return JOINED_RIGHTS.filter((it) =>
    it === "configure" ? mayConfigure(authority, room, isCreator) : isAllowed(authority, it, room)
  );
}

/** How high a user ranks as a moderator. @param room Where; undefined for the whole service. Undefined for no moderator. */
export function rankOf(authority: Authority, room?: string): Rank | undefined {
  if (!isAllowed(authority, "moderate", room)) return undefined;
  return authority.rights === null && authority.role === "owner" ? "owner" : "moderator";
}

/** Whether a user of the first rank can mute, ban or remove one of the other. Users of the same rank cannot. */
export function outranks(rank: Rank, other: Rank | undefined): boolean {
  return other === undefined || RANKS.indexOf(rank) < RANKS.indexOf(other);
}

/** Whether a user may put a room into the public list. @param kind The user's kind. */
export function mayListRoom({ role }: Authority, kind: UserKind): boolean {
  return PERMISSIONS["list room"].allowed.includes(role ?? (kind === "guest" ? "guest" : "member"));
}

/** Whether a role allows to invite others to a role: not to one above. */
export function mayInvite(own: Role, invited: Role): boolean {
  const isBelow = ROLES.indexOf(own) <= ROLES.indexOf(invited);
  return isBelow && isAllowed({ role: own, rights: null }, "invite people");
}

function includes(actions: readonly Permission[], action: Permission): boolean {
  return actions.includes(action);
}

function matches(pattern: string, room: string): boolean {
  return pattern.endsWith("*") ? room.startsWith(pattern.slice(0, -1)) : room === pattern;
}
