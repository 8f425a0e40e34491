/**
 * The operations of the HTTP API for users. Each is one request of `chat.v1.json` in the words of HTTP: the path, the query and
 * the body give the fields of the request, and the answer is the answer to the request. So the API can do what a connection can,
 * and nothing else. Paths are relative to {@linkcode API_PREFIX}.
 * @module
 */
import { parseRoom } from "../names/names.ts";
import type { RequestType } from "../protocol/requests.ts";
import { isClosed } from "../rooms/closed_room.ts";

/** What the paths of the HTTP API begin with. */
export const API_PREFIX = "/api/v1";

/** The methods of the API, in the order of the header `Allow`. */
export const API_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** One of {@linkcode API_METHODS}. A HEAD is a GET whose answer has no body. */
export type ApiMethod = typeof API_METHODS[number];

/** What one method does at one path: the request that it makes, and where its fields come from. */
export interface Operation {
  /** Identifies it, for generated clients. */
  readonly id: string;
  /** The HTTP method. A GET answers HEAD too. */
  readonly method: ApiMethod;
  /** The path, with parameters in braces. A parameter with the name of a field sets that field. */
  readonly path: string;
  /** The request that it makes. */
  readonly type: RequestType;
  /** The request that it makes in private and direct rooms; the same by default. */
  readonly typeInClosed?: RequestType;
  /** What it does, in one sentence, for the OpenAPI document. */
  readonly summary: string;
  /** Whether the user has to be in the room. */
  readonly isInRoom?: true;
  /** Fields of the request by the parameter of the path that sets them, where the names differ. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Fields of the request that the query sets. All others are fields of the body. */
  readonly query?: readonly string[];
  /** Fields of the request that are always the same. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Whether the body can be plain text: the field `text` then. */
  readonly takesText?: true;
  /** Whether the header Idempotency-Key gives the id of the action. */
  readonly isAction?: true;
  /** The HTTP status if the request succeeds. */
  readonly status: 200 | 201;
}

const MESSAGE = "/rooms/{room}/messages/{position}";
const OF = { position: "of" } as const;
const IN_ROOM = { isInRoom: true, isAction: true, status: 200 } as const;

/** All operations for users. The routes and the OpenAPI document are made from them. */
export const OPERATIONS: readonly Operation[] = [
  {
    ...{ id: "getMe", method: "GET", path: "/me", type: "hello", status: 200 },
    summary: "Says who you are, and what the limits are.",
  },
  {
    ...{ id: "rename", method: "PATCH", path: "/me", type: "name", status: 200 },
    summary: "Changes your name, if you are a member.",
  },
  {
    ...{ id: "listRooms", method: "GET", path: "/rooms", type: "rooms", status: 200 },
    summary:
      "Lists the rooms that you can find: the listed ones, and your private and direct ones.",
  },
  {
    ...{ id: "createRoom", method: "POST", path: "/rooms", type: "create", status: 201 },
    summary: "Creates a room.",
    isAction: true,
  },
  {
    ...{ id: "configureRoom", method: "PATCH", path: "/rooms/{room}", type: "room" },
    ...IN_ROOM,
    summary: "Changes the settings of a room; what is missing stays as it is.",
  },
  {
    ...{ id: "deleteRoom", method: "DELETE", path: "/rooms/{room}", type: "moderate" },
    ...IN_ROOM,
    summary:
      "Deletes a room: its messages, title and topic are removed, it becomes read-only, and leaves the list.",
    query: ["reason"],
    fixed: { action: "delete" },
  },
  {
    ...{ id: "openDirectRoom", method: "PUT", path: "/direct/{user}", type: "open", status: 200 },
    summary: "Opens the direct room of you and another user.",
    isAction: true,
  },
  {
    ...{ id: "sendMessage", method: "POST", path: "/rooms/{room}/messages", type: "say" },
    ...{ ...IN_ROOM, status: 201 },
    summary: "Sends a message.",
    takesText: true,
  },
  {
    ...{ id: "listMessages", method: "GET", path: "/rooms/{room}/messages", type: "history" },
    ...{ isInRoom: true, status: 200 },
    summary: "Returns messages in their current state, oldest first.",
    query: ["before", "after", "around", "at", "limit"],
  },
  {
    ...{ id: "editMessage", method: "PATCH", path: MESSAGE, type: "edit", ...IN_ROOM },
    summary: "Replaces the text of your own message.",
    parameters: OF,
    takesText: true,
  },
  {
    ...{ id: "deleteMessage", method: "DELETE", path: MESSAGE, type: "delete", ...IN_ROOM },
    summary: "Deletes your own message, or one that you may moderate.",
    parameters: OF,
    query: ["reason"],
  },
  {
    ...{ id: "addReaction", method: "PUT", path: `${MESSAGE}/reactions/{emoji}`, type: "react" },
    ...IN_ROOM,
    summary: "Adds a reaction to a message.",
    parameters: OF,
    fixed: { on: true },
  },
  {
    ...{ id: "removeReaction", method: "DELETE", path: `${MESSAGE}/reactions/{emoji}` },
    ...{ type: "react", ...IN_ROOM },
    summary: "Removes your reaction from a message.",
    parameters: OF,
    fixed: { on: false },
  },
  {
    ...{ id: "reportMessage", method: "POST", path: `${MESSAGE}/reports`, type: "report" },
    ...IN_ROOM,
    summary: "Reports a message to the moderators.",
    parameters: OF,
  },
  {
    ...{ id: "markRead", method: "PUT", path: "/rooms/{room}/read", type: "read" },
    ...{ isInRoom: true, status: 200 },
    summary: "Sets how far you have read.",
  },
  {
    ...{ id: "listMembers", method: "GET", path: "/rooms/{room}/members", type: "who" },
    ...{ isInRoom: true, typeInClosed: "members", status: 200 },
    summary: "Returns who is in a room now; of a private or direct room, its members.",
  },
  {
    ...{ id: "addMember", method: "PUT", path: "/rooms/{room}/members/{user}", type: "member" },
    summary: "Adds a user to a private room.",
    fixed: { on: true },
    ...{ isAction: true, status: 200 },
  },
  {
    ...{ id: "removeMember", method: "DELETE", path: "/rooms/{room}/members/{user}" },
    ...{ type: "member", isAction: true, status: 200 },
    summary: "Removes a user from a private room, or leaves it.",
    fixed: { on: false },
  },
  {
    ...{ id: "moderateRoom", method: "POST", path: "/rooms/{room}/moderation", type: "moderate" },
    summary: "Does something in a room that only moderators may do.",
    ...IN_ROOM,
  },
  {
    ...{ id: "moderateService", method: "POST", path: "/moderation", type: "moderate" },
    summary: "Does something in the whole service that only moderators may do.",
    ...{ isAction: true, status: 200 },
  },
  {
    ...{ id: "releaseMessage", method: "POST", path: "/reports/{position}/release" },
    ...{ type: "release", isAction: true, status: 200 },
    summary: "Sends a message that waits for a moderator in the room _reports.",
    parameters: OF,
  },
  {
    ...{ id: "listInvites", method: "GET", path: "/invites", type: "invites", status: 200 },
    summary: "Lists the invites that can be used.",
  },
  {
    ...{ id: "createInvite", method: "POST", path: "/invites", type: "invite", status: 201 },
    summary: "Makes an invite.",
  },
  {
    ...{ id: "revokeInvite", method: "DELETE", path: "/invites/{invite}", type: "revoke" },
    summary: "Makes an invite useless.",
    status: 200,
  },
  {
    ...{ id: "listDevices", method: "GET", path: "/devices", type: "devices", status: 200 },
    summary: "Lists the devices with which you sign in, if you are a member.",
  },
  {
    ...{ id: "removeDevice", method: "DELETE", path: "/devices/{device}", type: "revoke" },
    summary: "Signs one of your devices out.",
    status: 200,
  },
  {
    ...{ id: "listUsers", method: "GET", path: "/users", type: "users", status: 200 },
    summary: "Lists the members of the service; for owners and moderators.",
  },
  {
    ...{ id: "changeRole", method: "PATCH", path: "/users/{user}", type: "role", status: 200 },
    summary: "Gives a member another role; only for owners.",
  },
];

/** The request that an operation makes. @param room The room as the client spells it; undefined for none. */
export function requestTypeOf(
  { type, typeInClosed = type }: Operation,
  room: string | undefined,
): RequestType {
  const id = room === undefined ? undefined : parseRoom(room);
  return id !== undefined && isClosed(id) ? typeInClosed : type;
}
