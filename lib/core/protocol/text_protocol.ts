/**
 * The plain-text protocol. Each WebSocket message is one chat message or command, and may contain line breaks. No user
 * can forge a line: only the server writes at the beginning of a line. Continuation lines are indented, and a name
 * cannot begin with a space or with a sign that the server uses.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(messageLine("Ann", "hi\nBob: I owe you"), "Ann: hi\n  Bob: I owe you");
 * ```
 * @module
 */
import { shownName } from "../names/shown_name.ts";
import { characterPicture } from "../visible_text.ts";
import type { FrameEncoder } from "./encoder.ts";
import type { Frame, FrameOf } from "./frames.ts";

// Everything that a terminal, browser or log viewer treats as a line break. Also a bare CR, which overwrites the line.
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
// Escape sequences move a terminal's cursor and could overwrite another user's line. Tabs and our own line breaks stay.
// A lookahead before each character would take 3.5 times as long.
const CONTROL = /[^\P{Cc}\t\n]/gu;

/** A user's message. */
export function messageLine(author: string, text: string): string {
  return `${author}: ${sanitize(text)}`;
}

/** An error of the server, after which the connection stays open. */
export function faultLine(message: string): string {
  return `! ${sanitize(message)}`;
}

/** A notice of the server. */
export function noticeLine(message: string): string {
  return `* ${sanitize(message)}`;
}

/**
 * A fault in words, with how long to wait or when a mute or a ban ends, if it says so.
 *
 * @param date Milliseconds since 1970.
 */
export function faultText(
  { code, message, afterMs }: Pick<FrameOf<"fault">, "code" | "message" | "afterMs">,
  date: number,
): string {
  if (afterMs === undefined) return message;
  if (code === "slow_down") return `${message} (wait ${Math.ceil(afterMs / 1_000)} s)`;
  return code === "muted" || code === "banned" ? message + untilText(date + afterMs) : message;
}

/** When a mute or a ban ends, as the end of a line. @param until Milliseconds since 1970; undefined if it does not end. */
export function untilText(until: number | undefined): string {
  if (until === undefined) return "";
  // The format of ISO 8601, without its T.
  const format = new Intl.DateTimeFormat("sv-SE", {
    dateStyle: "short",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return ` (until ${format.format(Math.ceil(until / 60_000) * 60_000)} UTC)`;
}

/** A message, or an event in words; undefined for a deleted message, which plain text leaves out. */
export function saidLine(
  { name, text, event, deleted }: Pick<FrameOf<"said">, "name" | "text" | "event" | "deleted">,
): string | undefined {
  if (deleted) return undefined;
  if (event === undefined) return messageLine(name, text);
  const author = shownName(name);
  if (event.kind !== "held") return noticeLine(`${author} ${text}`);
  return noticeLine(`waiting for a moderator, from ${author} in ${event.room}: ${text}`);
}

/** A frame as plain text. @param withPresence Whether to report who joins and leaves. */
function encodeText(frame: Frame, withPresence: boolean): string | undefined {
  switch (frame.type) {
    case "said":
      return saidLine(frame);
    case "edited":
      return frame.deleted
        ? undefined
        : noticeLine(`${shownName(frame.name)} edited: ${frame.text}`);
    case "deleted":
      return noticeLine(
        `${shownName(frame.name)} deleted a message${frame.reason ? `: ${frame.reason}` : ""}`,
      );
    case "renamed":
      return noticeLine(`${shownName(frame.from)} is now ${shownName(frame.name)}`);
    case "lost":
      return faultLine(`some messages are lost: ${frame.after} to ${frame.until}`);
    case "presence":
      return withPresence ? presenceLine(frame) : undefined;
    default:
      return undefined;
  }
}

/** Undefined if there is nothing to say: roles are not shown. */
function presenceLine(
  { joined, left, count, sampled }: FrameOf<"presence">,
): string | undefined {
  const parts = [
    ...(joined.length > 0 ? [`${namesText(joined)} joined`] : []),
    ...(left.length > 0 ? [`${namesText(left)} left`] : []),
    ...(sampled ? [`${count} are here`] : []),
  ];
  return parts.length > 0 ? noticeLine(parts.join("; ")) : undefined;
}

/** The names of people, separated by commas. */
export function namesText(people: readonly { readonly name: string }[]): string {
  return people.map(({ name }) => shownName(name)).join(", ");
}

/** Plain text without presence. */
export const textEncoder: FrameEncoder = {
  encode: (frame) => encodeText(frame, false),
  canBatch: false,
};
/** Plain text with presence. */
export const textEncoderWithPresence: FrameEncoder = {
  encode: (frame) => encodeText(frame, true),
  canBatch: false,
};

/** Why a user has left a room against their will. */
const LEFT_TEXTS: Readonly<Record<NonNullable<FrameOf<"left">["reason"]>, string>> = {
  not_allowed: "you may no longer be in this room",
  kicked: "a moderator has removed you from this room",
  banned: "you are banned from this room",
};

/** Why the user has left a room; undefined if it was the user's wish. */
export function leftLine({ reason, message, until }: FrameOf<"left">): string | undefined {
  if (reason === undefined) return undefined;
  const why = message ? `: ${message}` : "";
  return faultLine(LEFT_TEXTS[reason] + why + untilText(until));
}

/** That the user is a member of another room now, or no longer. */
export function memberLine({ room, on, with: other }: FrameOf<"member">): string {
  if (!on) return noticeLine(`you have left ${room}`);
  return noticeLine(
    other
      ? `${shownName(other.name)} has a direct room with you: /join ${room}`
      : `you are in the room ${room} now: /join ${room}`,
  );
}

/** That the user's token expires soon. */
export function expiringLine({ inMs }: FrameOf<"expiring">): string {
  return faultLine(
    `your token expires in ${Math.ceil(inMs / 1_000)} s: reconnect with a new one`,
  );
}

/** A list of rooms: a line for each, after a first one. */
export function roomsText({ rooms, more }: FrameOf<"rooms">): string {
  if (rooms.length === 0) return "no rooms are listed";
  const count = rooms.length === 1 ? "1 room" : `${more ? "more than " : ""}${rooms.length} rooms`;
  return [count, ...rooms.map(roomText)].join("\n");
}

function roomText(
  { room, title, topic, with: other, unread = 0 }: FrameOf<"rooms">["rooms"][number],
): string {
  const name = other ? shownName(other.name) : title;
  const parts = [room, ...(name ? [name] : []), ...(topic ? [topic] : [])];
  return `${parts.join(": ")}${unread > 0 ? ` (${unread} unread)` : ""}`;
}

/** Indents continuation lines and makes control characters visible. */
function sanitize(text: string): string {
  return text.replace(LINE_BREAK, "\n  ").replace(CONTROL, characterPicture);
}
