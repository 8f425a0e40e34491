/**
 * The plain-text protocol. Each WebSocket message is one chat message or command, and may contain line breaks. No user
 * can forge a line: only the server writes at the beginning of a line. Continuation lines are indented, and a name
 * cannot begin with a space or with a sign that the server uses.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(messageLine("Ann", "hi\nBob: I owe you"), "Ann: hi\n  Bob: I owe you");
 * assert.deepEqual(parseTextCommand("/join attic"), { kind: "join", room: "attic" });
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
const CONTROL = /(?![\t\n])\p{Cc}/gu;

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

/** A parsed line from a client. */
export type TextCommand =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "help" | "who" | "whoami" | "since" | "rooms" | "leave" }
  /** Closes the service to guests, or opens it to them. */
  | { readonly kind: "lockdown" | "unlock" }
  /** A new topic; undefined to ask for the current one. */
  | { readonly kind: "topic"; readonly topic: string | undefined }
  /** A message to a user in the room: the name, perhaps in double quotes, a space and the text. Names can contain spaces. */
  | { readonly kind: "msg"; readonly nameAndText: string }
  /** Adds a user in the room to a private room. Names can contain spaces, rooms cannot. */
  | { readonly kind: "invite"; readonly name: string; readonly room: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "join"; readonly room: string }
  | { readonly kind: "history"; readonly limit: number }
  | { readonly kind: "unknown"; readonly message: string };

/** The answer to `/help`. */
export const COMMAND_HELP: string = [
  "/name NAME   change your name",
  "/join ROOM   switch to another room",
  "/rooms       list the public rooms, and your private ones",
  "/leave       go back to the lobby",
  "/msg NAME TEXT  send a private message to a user in this room",
  '/msg "NAME" TEXT  the same, for names that begin like others',
  "/invite NAME ROOM  add a user in this room to a private room of yours",
  "/topic TEXT  set the topic of the room; without a text: show it",
  "/lockdown    close the service to guests, if you are a moderator",
  "/unlock      open it to guests again",
  "/who         list who is here",
  "/history N   show the newest N messages",
  "/whoami      show your name and room",
  "/since       show the position of the last line sent to you: reconnect with ?since=",
  "//TEXT       send a text that begins with a slash",
].join("\n");

const DEFAULT_HISTORY = 20;
/** Maximum length of a command, in UTF-16 code units. */
const MAX_COMMAND_LENGTH = 512;
/** Maximum number of characters of an unknown command that the answer repeats. */
const MAX_ECHOED_COMMAND = 64;

/** Parses a line: `/` begins a command, `//` a text that begins with a slash. */
export function parseTextCommand(line: string): TextCommand {
  if (!line.startsWith("/")) return { kind: "say", text: line };
  if (line.startsWith("//")) return { kind: "say", text: line.slice(1) };
  if (line.length > MAX_COMMAND_LENGTH) {
    return unknownCommand(
      "the command is too long: begin a text that starts with a slash with //",
    );
  }
  const [command = "", ...rest] = line.slice(1).trim().split(/\s+/);
  const argument = rest.join(" ");
  switch (command) {
    case "help":
    case "who":
    case "whoami":
    case "since":
    case "rooms":
      return { kind: command };
    case "leave":
      return argument === ""
        ? { kind: "leave" }
        : unknownCommand("/leave takes you from this room to the lobby, and nothing may follow it");
    case "lockdown":
    case "unlock":
      return argument === ""
        ? { kind: command }
        : unknownCommand(`/${command} concerns the whole service, and nothing may follow it`);
    case "topic":
      return { kind: "topic", topic: argument || undefined };
    case "msg":
      return rest.length > 1
        ? { kind: "msg", nameAndText: argument }
        : unknownCommand("/msg needs the name of a user in this room, and a text");
    case "invite":
      return rest.length > 1
        ? { kind: "invite", name: rest.slice(0, -1).join(" "), room: rest.at(-1) ?? "" }
        : unknownCommand("/invite needs the name of a user in this room, and a private room");
    case "name":
      return argument ? { kind: "name", name: argument } : unknownCommand("/name needs a name");
    case "join":
      return argument ? { kind: "join", room: argument } : unknownCommand("/join needs a room");
    case "history":
      return parseHistoryCommand(argument);
    default:
      return unknownCommand(
        `there is no command /${command.slice(0, MAX_ECHOED_COMMAND)}: try /help`,
      );
  }
}

function parseHistoryCommand(argument: string): TextCommand {
  if (argument === "") return { kind: "history", limit: DEFAULT_HISTORY };
  const isCount = /^[1-9]\d{0,2}$/.test(argument);
  return isCount
    ? { kind: "history", limit: Number(argument) }
    : unknownCommand("/history needs a number from 1 to 999");
}

function unknownCommand(message: string): TextCommand {
  return { kind: "unknown", message };
}

/** Indents continuation lines and makes control characters visible. */
function sanitize(text: string): string {
  return text.replace(LINE_BREAK, "\n  ").replace(CONTROL, characterPicture);
}
