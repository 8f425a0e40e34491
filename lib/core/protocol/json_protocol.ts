/**
 * The subprotocol `chat.v1.json`: parses WebSocket messages into requests, and turns entries and messages into frames.
 * A message holds one or more JSON frames separated by line feeds, in both directions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...splitFrameLines("a\nb\n")], [{ text: "a", from: 0 }, { text: "b", from: 2 }]);
 * assert.deepEqual(parseRequest('{"type":"ping","id":"1","new":true}'), { type: "ping", id: "1" });
 * const faultFrame = parseRequest('{"type":"dance","id":"2"}');
 * assert.ok(faultFrame?.type === "fault" && faultFrame.code === "unknown_type" && faultFrame.id === "2");
 * ```
 * @module
 */
import * as v from "valibot";
import type { FrameEncoder } from "./encoder.ts";
import { type Content, contentOf } from "../log/content.ts";
import type { Entry, Message } from "../log/entry.ts";
import { type FaultCode, FAULTS } from "./faults.ts";
import type { Frame, FrameOf, WireMessage } from "./frames.ts";
import { formatPosition } from "../log/position.ts";
import type { HistoryPage } from "../log/reading/log_reading.ts";
import { estimateMessageSize } from "../log/reading/read_size.ts";
import { FOREVER, type RoomEvent } from "../log/room_event.ts";
import { describeIssue, excerpt } from "../schema_issue.ts";
import { type Request, REQUESTS, type RequestType } from "./requests.ts";

/** The subprotocol's name, as in Sec-WebSocket-Protocol. */
export const JSON_SUBPROTOCOL = "chat.v1.json";

/** Encodes frames as JSON; several can share a message. */
export const jsonEncoder: FrameEncoder = {
  encode: (frame) => JSON.stringify(frame),
  canBatch: true,
};

/** One line of a message, and where in the message it begins. */
export interface FrameLine {
  /** Without its line feed. */
  readonly text: string;
  /** In UTF-16 code units. */
  readonly from: number;
}

/** The lines of a message, at least one. They are split lazily, since most of them may have to be dropped. */
export function* splitFrameLines(message: string): Generator<FrameLine, void> {
  let from = 0;
  do {
    const found = message.indexOf("\n", from);
    const to = found < 0 ? message.length : found;
    yield { text: message.slice(from, to), from };
    from = to + 1;
  } while (from < message.length);
}

const FrameHead = v.object({ type: v.string(), id: v.optional(v.unknown()) });
/** Maximum length of an id that is returned, even if it breaks the rule for ids. */
const MAX_ECHOED_ID = 256;

/** Parses a line: a request, a fault if it is invalid, or undefined for a blank line. */
export function parseRequest(text: string): Request | FrameOf<"fault"> | undefined {
  if (text.trim() === "") return undefined;
  const json = parseJson(text);
  const head = v.safeParse(FrameHead, json);
  if (!head.success) {
    return faultFrame(undefined, "bad_frame", "a frame is a JSON object with a type");
  }
  const { type, id: given } = head.output;
  const id = typeof given === "string" && given.length <= MAX_ECHOED_ID ? given : undefined;
  if (!isRequestType(type)) {
    return faultFrame(id, "unknown_type", `there is no request of type ${excerpt(type)}`);
  }
  const parsed = v.safeParse(REQUESTS[type], json);
  if (parsed.success) return parsed.output;
  return faultFrame(id, "bad_frame", describeIssue(parsed.issues, "frame"));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRequestType(type: string): type is RequestType {
  return Object.hasOwn(REQUESTS, type);
}

/** A `fault` frame. @param id The request's id. */
export function faultFrame(
  id: string | undefined,
  code: FaultCode,
  message: string = FAULTS[code].message,
): FrameOf<"fault"> {
  return { type: "fault", ...withId(id), code, message, retry: FAULTS[code].retry };
}

/**
 * The fault `slow_down`.
 * @param afterMs Milliseconds to wait before trying again.
 * @param scope What has to wait; if undefined, only the request itself.
 */
export function slowDownFault(
  id: string | undefined,
  afterMs: number,
  scope?: FrameOf<"fault">["scope"],
  message?: string,
): FrameOf<"fault"> {
  return { ...faultFrame(id, "slow_down", message), afterMs, ...(scope && { scope }) };
}

/** The field `id`, or no field if undefined. */
export function withId(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id };
}

/** Returns the frame that announces an entry; its type is the kind of the entry's action. */
export function entryFrame({ room, position, at, user, name, id, action }: Entry): Frame {
  const common = { room, position: formatPosition(position), at, user, name, id };
  switch (action.kind) {
    case "said": {
      const { edited } = action;
      const reply = action.reply && { reply: formatPosition(action.reply) };
      const event = action.event && { event: toWireEvent(action.event) };
      return {
        type: "said",
        ...common,
        ...toWireContent(action),
        ...reply,
        ...event,
        ...(edited !== undefined && { edited }),
        ...(action.deleted && { deleted: true }),
      };
    }
    case "edited": {
      const { text, deleted } = action;
      const of = formatPosition(action.of);
      return { type: "edited", ...common, of, text, ...(deleted && { deleted }) };
    }
    case "deleted": {
      const { reason } = action;
      const of = formatPosition(action.of);
      return { type: "deleted", ...common, of, ...(reason && { reason }) };
    }
    case "reacted": {
      const { emoji, on } = action;
      return { type: "reacted", ...common, of: formatPosition(action.of), emoji, on };
    }
    case "renamed":
      return { type: "renamed", ...common, from: action.from };
  }
}

/** Approximate size of a person in a list, as JSON. */
const PERSON_BYTES = 64;

/** Approximate size of a room in a list, without its topic. */
const ROOM_BYTES = 256;

/** Approximate length of a frame's messages, people and rooms as JSON, in UTF-16 code units. */
export function responseSize(frame: Frame): number {
  const messages = "messages" in frame ? frame.messages ?? [] : [];
  const people = "members" in frame
    ? frame.members.length
    : "users" in frame
    ? frame.users.length
    : 0;
  const rooms = "rooms" in frame && frame.type === "rooms" ? frame.rooms : [];
  const lists = people * PERSON_BYTES +
    rooms.reduce((sum, { topic = "" }) => sum + ROOM_BYTES + topic.length, 0);
  return messages.reduce((sum, message) => sum + estimateMessageSize(message), lists);
}

/** A page of history as frames contain it. */
export function toWirePage(
  { messages, more }: HistoryPage,
): { messages: WireMessage[]; more: boolean } {
  return { messages: messages.map(toWireMessage), more };
}

function toWireMessage(
  { position, reply, event, deletedBy, reactions, text, mentions, metadata, ...message }: Message,
): WireMessage {
  return {
    ...message,
    ...toWireContent({ text, mentions, metadata }),
    ...(deletedBy && { deletedBy: { ...deletedBy } }),
    position: formatPosition(position),
    ...(reply && { reply: formatPosition(reply) }),
    ...(event && { event: toWireEvent(event) }),
    // A copy: the original is shared with the log and must not change.
    ...(reactions && { reactions: Object.fromEntries(copyReactions(reactions)) }),
  };
}

function toWireContent(
  content: Content,
): Pick<WireMessage, "text" | "mentions" | "metadata"> {
  const { text, mentions, metadata } = contentOf(content);
  return {
    text,
    ...(mentions && { mentions: [...mentions] }),
    ...(metadata && { metadata }),
  };
}

function toWireEvent(event: RoomEvent): NonNullable<WireMessage["event"]> {
  if (event.kind === "room") {
    const { members, ...settings } = event;
    return { ...settings, ...(members && { members: members.map((it) => ({ ...it })) }) };
  }
  if (event.kind === "member") {
    const { from: _, ...rest } = event;
    return rest;
  }
  if (!("until" in event) || event.until === undefined || event.until < FOREVER) {
    return { ...event };
  }
  const { until: _, ...rest } = event;
  return rest;
}

function copyReactions(reactions: NonNullable<Message["reactions"]>): [string, string[]][] {
  return Object.entries(reactions).map(([emoji, users]) => [emoji, [...users]]);
}
