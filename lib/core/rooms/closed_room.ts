/**
 * Private and direct rooms: only their members see them. The kind is part of a room's id, so it is known before anything is read,
 * and a room whose state is missing stays closed. Only the service makes such ids: those of private rooms are random, and that
 * of a direct room follows from its two users, so that both find the same one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(closedKind("_private.abc"), "private");
 * assert.equal(closedKind("lobby"), undefined);
 * assert.equal(closedRoom("direct", new Uint8Array(17)), `_direct.${"a".repeat(26)}`);
 * ```
 * @module
 */
import type { RoomState } from "../log/room_state.ts";
import type { UserId } from "../log/user_id.ts";
import { CLOSED_PREFIXES, type ClosedKind, isClosed } from "../names/closed_kind.ts";
import { parseRoom, type RoomId } from "../names/names.ts";

export { type ClosedKind, closedKind, isClosed } from "../names/closed_kind.ts";

/** Number of characters after the prefix: 130 bits, five in each. */
const ID_LENGTH = 26;
/** Number of bytes from which an id is made. */
export const CLOSED_ROOM_BYTES = 17;
const DIGITS = "abcdefghijklmnopqrstuvwxyz234567";

/** Whether the state of a room lets a user in. Without its state, a closed room admits no users. */
export function admitsUser(
  { id, state }: { readonly id: string; readonly state: RoomState },
  user: UserId,
): boolean {
  return isClosed(id) ? state.hasMember(user) : state.admits(user);
}

/** The id of a closed room. @param bytes At least {@linkcode CLOSED_ROOM_BYTES}: random ones, or a digest. */
export function closedRoom(kind: ClosedKind, bytes: Uint8Array): RoomId {
  let bits = 0n;
  for (const byte of bytes.subarray(0, CLOSED_ROOM_BYTES)) bits = bits << 8n | BigInt(byte);
  const digit = (_: unknown, index: number) => DIGITS[Number(bits >> BigInt(5 * index) & 31n)];
  const id = Array.from({ length: ID_LENGTH }, digit).join("");
  const room = parseRoom(`${CLOSED_PREFIXES[kind]}${id}`);
  if (room !== undefined && bytes.length >= CLOSED_ROOM_BYTES) return room;
  throw new RangeError(`Cannot name a ${kind} room: received ${bytes.length} bytes`);
}

/** The text whose digest names the direct room of two users, in whichever order they are given. */
export function directRoomText(one: UserId, other: UserId): string {
  return [one, other].toSorted().join(" ");
}
