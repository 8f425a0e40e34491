/**
 * The subprotocol `chat.v1.json`: how a WebSocket message becomes requests, and how what happens becomes frames. A message
 * holds one or more frames of JSON separated by line feeds, both ways.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...linesOf("a\nb\n")], [{ text: "a", from: 0 }, { text: "b", from: 2 }]);
 * assert.deepEqual(decode('{"type":"ping","id":"1","new":true}'), { type: "ping", id: "1" });
 * const fault = decode('{"type":"dance","id":"2"}');
 * assert.ok(fault?.type === "fault" && fault.code === "unknown_type" && fault.id === "2");
 * ```
 * @module
 */
import * as v from "valibot";
import type { Dialect } from "./dialect.ts";
import type { Entry, Message } from "./entries.ts";
import { type FaultCode, FAULTS } from "./faults.ts";
import type { Frame, FrameOf, WireMessage } from "./frames.ts";
import { formatPosition } from "./positions.ts";
import type { Page } from "./room_log.ts";
import { weighMessage } from "./weights.ts";
import { type Request, REQUESTS, type RequestType } from "./requests.ts";

/** The subprotocol's name, as in Sec-WebSocket-Protocol. */
export const SUBPROTOCOL = "chat.v1.json";

/** What is sent as JSON. */
export const jsonDialect: Dialect = { encode: (frame) => JSON.stringify(frame), joins: true };

/** A part of a message, between two line feeds, and where in the message it begins. */
export interface Line {
  /** Without its line feed. */
  readonly text: string;
  /** In UTF-16 code units. */
  readonly from: number;
}

/** The lines of a message, at least one. They are split lazily, since most of them may have to be dropped. */
export function* linesOf(message: string): Generator<Line, void> {
  let from = 0;
  do {
    const found = message.indexOf("\n", from);
    const to = found < 0 ? message.length : found;
    yield { text: message.slice(from, to), from };
    from = to + 1;
  } while (from < message.length);
}

const Head = v.object({ type: v.string(), id: v.optional(v.unknown()) });
/** So much of an id comes back, also where it breaks the rule for ids. */
const MAX_ECHOED_ID = 256;
/** Number of characters of a client's text that a fault repeats. */
const MAX_REPEATED = 100;

/** The request in a line; a fault in the place of what is none; undefined for a blank line. */
export function decode(text: string): Request | FrameOf<"fault"> | undefined {
  if (text.trim() === "") return undefined;
  const json = parseJson(text);
  const head = v.safeParse(Head, json);
  if (!head.success) return fault(undefined, "bad_frame", "a frame is a JSON object with a type");
  const { type, id: given } = head.output;
  const id = typeof given === "string" && given.length <= MAX_ECHOED_ID ? given : undefined;
  if (!isRequestType(type)) {
    return fault(id, "unknown_type", `there is no request of type ${repeated(type)}`);
  }
  const parsed = v.safeParse(REQUESTS[type], json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  // The schema's message quotes the received value.
  return fault(id, "bad_frame", repeated(`${v.getDotPath(issue) ?? "frame"}: ${issue.message}`));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A client's text as a fault repeats it: an answer must not grow with the request. */
function repeated(text: string): string {
  return text.length <= MAX_REPEATED ? text : `${text.slice(0, MAX_REPEATED)}…`;
}

function isRequestType(type: string): type is RequestType {
  return Object.hasOwn(REQUESTS, type);
}

/** A fault's frame. @param id Of the request. */
export function fault(
  id: string | undefined,
  code: FaultCode,
  message: string = FAULTS[code].message,
): FrameOf<"fault"> {
  return { type: "fault", ...withId(id), code, message, retry: FAULTS[code].retry };
}

/** The fault `slow_down`. @param afterMs Milliseconds to wait before trying again. */
export function slowDown(
  id: string | undefined,
  afterMs: number,
  message?: string,
): FrameOf<"fault"> {
  return { ...fault(id, "slow_down", message), afterMs };
}

/** The field `id`, where there is one. */
export function withId(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id };
}

/** The frame that tells of an entry. */
export function frameOf({ room, position, at, user, name, id, deed }: Entry): Frame {
  const common = { room, position: formatPosition(position), at, user, name, id };
  switch (deed.kind) {
    case "said": {
      const { text, edited } = deed;
      const reply = deed.reply && { reply: formatPosition(deed.reply) };
      return {
        type: "said",
        ...common,
        text,
        ...reply,
        ...(edited !== undefined && { edited }),
        ...(deed.deleted && { deleted: true }),
      };
    }
    case "edited": {
      const { text, deleted } = deed;
      const of = formatPosition(deed.of);
      return { type: "edited", ...common, of, text, ...(deleted && { deleted }) };
    }
    case "deleted":
      return { type: "deleted", ...common, of: formatPosition(deed.of) };
    case "reacted": {
      const { emoji, on } = deed;
      return { type: "reacted", ...common, of: formatPosition(deed.of), emoji, on };
    }
    case "renamed":
      return { type: "renamed", ...common, from: deed.from };
  }
}

/** Approximate size of a person in a list, as JSON. */
const PERSON_BYTES = 64;

/** Approximate length of an answer's messages and people as JSON, in UTF-16 code units. */
export function answerBytes(frame: Frame): number {
  const messages = "messages" in frame ? frame.messages ?? [] : [];
  const people = "members" in frame ? frame.members.length : 0;
  return messages.reduce((sum, message) => sum + weighMessage(message), people * PERSON_BYTES);
}

/** A page as it stands in frames. */
export function wirePage({ messages, more }: Page): { messages: WireMessage[]; more: boolean } {
  return { messages: messages.map(wireMessage), more };
}

/** A message as it stands in frames. */
function wireMessage({ position, reply, reactions, ...message }: Message): WireMessage {
  return {
    ...message,
    position: formatPosition(position),
    ...(reply && { reply: formatPosition(reply) }),
    // A copy, since what is shared with the log is not to be changed.
    ...(reactions && { reactions: Object.fromEntries(copied(reactions)) }),
  };
}

function copied(reactions: NonNullable<Message["reactions"]>): [string, string[]][] {
  return Object.entries(reactions).map(([emoji, users]) => [emoji, [...users]]);
}
