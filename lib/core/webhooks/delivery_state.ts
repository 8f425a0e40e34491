/**
 * How far a webhook has been told about its rooms, and which node tells it. Both are one record, so that a node that has lost
 * the webhook to another one cannot overwrite what that one has recorded.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRoom } from "../names/names.ts";
 * const room = parseRoom("lobby");
 * assert.ok(room);
 * const cursor = { after: { epoch: "k3j9", seq: 12 } };
 * const state = { owner: "node", beat: 1, rooms: new Map([[room, cursor]]) };
 * assert.deepEqual(parseDeliveryState(JSON.parse(formatDeliveryState(state))), state);
 * ```
 * @module
 */
import * as v from "valibot";
import { formatPosition, parsePosition, type Position } from "../log/position.ts";
import { parseStoredRoom, type RoomId } from "../names/names.ts";
import type { Failing } from "./delivery_rules.ts";

/** The messages of a room that were given up. */
export interface DeadLetters {
  /** Their number. */
  readonly count: number;
  /** The position before the first one. */
  readonly after: Position;
}

/** How far a webhook has been told about a room. */
export interface RoomCursor {
  /** Everything up to this position was delivered, given up or not asked for. */
  readonly after: Position;
  /** The failed attempts to deliver what follows. */
  readonly failing?: Failing | undefined;
  /** What was given up; undefined if nothing was. */
  readonly dead?: DeadLetters | undefined;
}

/** The content of the record `webhook_state` of one webhook. */
export interface DeliveryState {
  /** The node that delivers; null if any node can. */
  readonly owner: string | null;
  /** Counts the renewals, so that the record changes with each. */
  readonly beat: number;
  /** For each room, how far its entries were delivered. */
  readonly rooms: ReadonlyMap<RoomId, RoomCursor>;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const position = v.pipe(
  v.string(),
  v.transform((text) => parsePosition(text)),
  v.custom<Position>((it) => it !== undefined),
);

const Stored = v.object({
  owner: v.nullable(v.string()),
  beat: count,
  rooms: v.array(v.object({
    room: v.custom<RoomId>((it) => typeof it === "string" && parseStoredRoom(it) !== undefined),
    after: position,
    failing: v.optional(v.object({ since: v.pipe(v.number(), v.finite()), attempts: count })),
    dead: v.optional(v.object({ count, after: position })),
  })),
});

/** Returns the text to store, which {@linkcode parseDeliveryState} reads as JSON. */
export function formatDeliveryState({ owner, beat, rooms }: DeliveryState): string {
  const stored = [...rooms].map(([room, { after, failing, dead }]) => ({
    room,
    after: formatPosition(after),
    ...(failing && { failing }),
    ...(dead && { dead: { count: dead.count, after: formatPosition(dead.after) } }),
  }));
  return JSON.stringify({ owner, beat, rooms: stored });
}

/** The state as stored; undefined if the record is damaged. */
export function parseDeliveryState(stored: unknown): DeliveryState | undefined {
  const parsed = v.safeParse(Stored, stored);
  if (!parsed.success) return undefined;
  const { owner, beat, rooms } = parsed.output;
  return { owner, beat, rooms: new Map(rooms.map(({ room, ...cursor }) => [room, cursor])) };
}

/** The cursor after one more message was given up. @param after The position of that message. */
export function withDeadLetter({ after: before, dead }: RoomCursor, after: Position): RoomCursor {
  return { after, dead: { count: (dead?.count ?? 0) + 1, after: dead?.after ?? before } };
}

/**
 * The cursor from which a room is delivered again: from a position, or from the first message that was given up. Undefined if
 * nothing was.
 *
 * @param from The first position to deliver.
 */
export function redeliveryCursor(
  { dead }: RoomCursor,
  from: Position | undefined,
): RoomCursor | undefined {
  if (from === undefined) return dead && { after: dead.after };
  return { after: { epoch: from.epoch, seq: Math.max(0, from.seq - 1) } };
}
