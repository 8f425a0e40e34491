/**
 * Which room names are ids of private and direct rooms; see `core/rooms/closed_room.ts`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(closedKind("_Direct.abc"), "direct");
 * assert.equal(isClosed("lobby"), false);
 * ```
 * @module
 */

/** Rooms that only their members see. */
export type ClosedKind = "private" | "direct";

/** How their ids begin. */
export const CLOSED_PREFIXES: Readonly<Record<ClosedKind, string>> = {
  private: "_private.",
  direct: "_direct.",
};

/** The kind of a closed room; undefined for all other rooms. @param room As a client or the log spells it. */
export function closedKind(room: string): ClosedKind | undefined {
  const name = room.toLowerCase();
  if (name.startsWith(CLOSED_PREFIXES.private)) return "private";
  return name.startsWith(CLOSED_PREFIXES.direct) ? "direct" : undefined;
}

/** Whether only members see a room. @param room As a client or the log spells it. */
export function isClosed(room: string): boolean {
  return closedKind(room) !== undefined;
}
