/**
 * What is posted to webhooks: entries of a room's log as `chat.v1.json` has them, ranges that the log has lost, and who is in
 * the room.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isUserId } from "../log/user_id.ts";
 * import { parseName, parseRoom } from "../names/names.ts";
 * const [user, name, room] = ["bob_12345", parseName("Bob"), parseRoom("lobby")];
 * assert.ok(isUserId(user) && name && room);
 * const position = { epoch: "k3j9", seq: 12 };
 * const action = { kind: "said", text: "hello" } as const;
 * const entry = { room, position, at: 0, user, name, id: "1", action };
 * assert.equal(entryMessage(entry, ["said"])?.type, "message.said");
 * assert.equal(entryMessage(entry, ["edited"]), undefined);
 * ```
 * @module
 */
import type { Entry } from "../log/entry.ts";
import { formatPosition, type Position } from "../log/position.ts";
import type { LossReason } from "../log/epochs.ts";
import type { RoomId } from "../names/names.ts";
import type { PresenceDiff } from "../presence/roster.ts";
import type { Frame, FrameOf } from "../protocol/frames.ts";
import { entryFrame } from "../protocol/json_protocol.ts";
import type { WebhookEvent } from "./webhook.ts";

/** A message to a webhook, before it is serialized and signed. */
export interface WebhookMessage {
  /** What happened, such as `message.said`. */
  readonly type: string;
  /** When it happened, in milliseconds since 1970. */
  readonly at: number;
  /** The details, as a frame of `chat.v1.json`. */
  readonly data: Frame;
  /** Identifies what happened among everything that the webhook is told. */
  readonly key: string;
}

/** Maximum number of people in each list of a message about presence. */
export const MAX_LISTED_PEOPLE = 100;

/** The message about an entry; undefined if the events do not include it. */
export function entryMessage(
  entry: Entry,
  events: readonly WebhookEvent[],
): WebhookMessage | undefined {
  const topic = topicOf(entry);
  if (topic === undefined || !events.includes(topic.event)) return undefined;
  const { room, position, at } = entry;
  const key = keyOf("entry", room, formatPosition(position));
  return { type: topic.type, at, data: entryFrame(entry), key };
}

/** The message about entries that the log no longer has. @param at Now, in milliseconds since 1970. */
export function lostMessage(
  { room, after, until, reason }: {
    readonly room: RoomId;
    readonly after: Position;
    readonly until: Position;
    readonly reason: LossReason;
  },
  at: number,
): WebhookMessage {
  const [from, to] = [formatPosition(after), formatPosition(until)];
  const data: FrameOf<"lost"> = { type: "lost", room, after: from, until: to, reason };
  return { type: "lost", at, data, key: keyOf("lost", room, from, to) };
}

/** A change of who is in a room, as {@linkcode presenceMessage} reports it. */
export interface PresenceChange {
  /** The room that users have joined or left. */
  readonly room: RoomId;
  /** Number of people in it now. */
  readonly count: number;
  /** Who has joined and left since the previous change. */
  readonly diff: Pick<PresenceDiff, "joined" | "left">;
  /** When that was noticed, in milliseconds since 1970. */
  readonly at: number;
  /** Distinguishes it from all other messages. */
  readonly id: string;
}

/** The message about who has joined and left; undefined if the events include neither. */
export function presenceMessage(
  { room, count, diff, at, id }: PresenceChange,
  events: readonly WebhookEvent[],
): WebhookMessage | undefined {
  const all = {
    joined: events.includes("joined") ? diff.joined : [],
    left: events.includes("left") ? diff.left : [],
  };
  if (all.joined.length + all.left.length === 0) return undefined;
  const [joined, left] = [all.joined, all.left].map((it) => it.slice(0, MAX_LISTED_PEOPLE));
  const sampled = Math.max(all.joined.length, all.left.length) > MAX_LISTED_PEOPLE;
  const data: FrameOf<"presence"> = {
    ...{ type: "presence", room, count },
    joined: joined?.map(({ user, name }) => ({ user, name })) ?? [],
    left: left?.map(({ user, name }) => ({ user, name })) ?? [],
    ...(sampled && { sampled }),
  };
  return { type: "presence.changed", at, data, key: keyOf("presence", room, id) };
}

interface Topic {
  readonly event: WebhookEvent;
  readonly type: string;
}

/** Undefined for what no webhook is told. */
function topicOf({ action }: Entry): Topic | undefined {
  if (action.kind === "renamed") return undefined;
  if (action.kind !== "said") return { event: action.kind, type: `message.${action.kind}` };
  const { event } = action;
  if (event === undefined) return { event: "said", type: "message.said" };
  if (event.kind === "room") return { event: "room", type: "room.changed" };
  if (event.kind !== "member") return { event: "moderation", type: `moderation.${event.kind}` };
  return event.on
    ? { event: "joined", type: "member.joined" }
    : { event: "left", type: "member.left" };
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
