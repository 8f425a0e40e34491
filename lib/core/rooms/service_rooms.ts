/**
 * The rooms that the service itself uses. Only moderators see them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isForModerators("_reports"), true);
 * assert.equal(isForModerators("reports"), false);
 * ```
 * @module
 */
import { type Author, isUserId } from "../log/entry.ts";
import { nameKeys } from "../names/name_keys.ts";
import { parseName, parseRoom, type RoomId } from "../names/names.ts";

/** The room of the reports: moderators can answer there. */
export const REPORTS_ROOM: RoomId = serviceRoom("_reports");
/**
 * The room of everything that moderators do. Its state is that of the whole service: who is muted and banned everywhere, and
 * whether guests are locked out. Users cannot send there.
 */
export const AUDIT_ROOM: RoomId = serviceRoom("_audit");

/** The author of what operators do, and of what the service adds to `_audit` by itself. */
export const SERVICE_AUTHOR: Author = serviceAuthor("parley_service", "Parley");

/** The keys of the name of {@linkcode SERVICE_AUTHOR}: a user with such a name could be taken for an operator. */
export const SERVICE_NAME_KEYS: ReadonlySet<string> = new Set(nameKeys(SERVICE_AUTHOR.name));

/** Whether only moderators may do anything in a room. @param room As a client or the log spells it. */
export function isForModerators(room: string): boolean {
  const name = room.toLowerCase();
  return name === REPORTS_ROOM || name === AUDIT_ROOM;
}

function serviceRoom(name: string): RoomId {
  const room = parseRoom(name);
  if (room === undefined) {
    throw new TypeError(`Cannot name a room of the service: received ${name}`);
  }
  return room;
}

function serviceAuthor(user: string, text: string): Author {
  const name = parseName(text);
  if (name !== undefined && isUserId(user)) return { user, name };
  throw new TypeError(`Cannot name the service: received ${user}, ${text}`);
}
