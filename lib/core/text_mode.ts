/**
 * The plain-text conversation, as lines. One message is one WebSocket text; it may hold line breaks, and the rule that
 * keeps people honest is here: whatever stands at the beginning of a line was put there by the server. Continuation
 * lines are indented, and a name can begin neither with a space nor with one of the server's own signs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(said("Ann", "hi\nBob: I owe you"), "Ann: hi\n  Bob: I owe you");
 * assert.deepEqual(readLine("/join attic"), { kind: "join", room: "attic" });
 * ```
 * @module
 */
import type { Dialect } from "./dialect.ts";
import type { Frame, FrameOf } from "./frames.ts";

// Everything that some terminal, browser or log viewer takes for a new line; a bare CR too, since it goes back over the line.
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
// Escape sequences move a terminal's cursor, and so could write over another person's line. Tab is left, and the line
// breaks that are ours.
const CONTROL = /(?![\t\n])\p{Cc}/gu;

/** What a person said, as everybody in the room reads it. */
export function said(author: string, text: string): string {
  return `${author}: ${tame(text)}`;
}

/** A line of the server's that something went wrong; the connection stays. */
export function fault(why: string): string {
  return `! ${tame(why)}`;
}

/** A line of the server's that tells something. */
export function notice(what: string): string {
  return `* ${tame(what)}`;
}

/** What the room hears in plain text. @param notices Whether it is also told who comes and goes. */
function encode(frame: Frame, notices: boolean): string | undefined {
  switch (frame.type) {
    case "said":
      // Plain text leaves deleted messages out.
      return frame.deleted ? undefined : said(frame.name, frame.text);
    case "edited":
      return frame.deleted ? undefined : notice(`${frame.name} edited: ${frame.text}`);
    case "deleted":
      return notice(`${frame.name} deleted a message`);
    case "renamed":
      return notice(`${frame.from} is now ${frame.name}`);
    case "lost":
      return fault(`some of what was said here is lost: ${frame.after} to ${frame.until}`);
    case "presence":
      return notices ? notice(movements(frame)) : undefined;
    default:
      return undefined;
  }
}

function movements({ joined, left, count, sampled }: FrameOf<"presence">): string {
  const names = (people: readonly { name: string }[]) => people.map(({ name }) => name).join(", ");
  const parts = [
    ...(joined.length > 0 ? [`${names(joined)} joined`] : []),
    ...(left.length > 0 ? [`${names(left)} left`] : []),
    ...(sampled ? [`${count} are here`] : []),
  ];
  return parts.join("; ");
}

/** Plain text for those who did not ask who comes and goes. */
export const textDialect: Dialect = { encode: (frame) => encode(frame, false), joins: false };
/** Plain text for those who did. */
export const noticingDialect: Dialect = { encode: (frame) => encode(frame, true), joins: false };

/** What a line that somebody sends asks for. */
export type Line =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "help" | "who" | "whoami" | "since" }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "join"; readonly room: string }
  | { readonly kind: "history"; readonly limit: number }
  | { readonly kind: "unknown"; readonly why: string };

/** What `/help` answers. */
export const HELP: string = [
  "/name NAME   have another name",
  "/join ROOM   go to another room",
  "/who         who is here",
  "/history N   the newest N messages",
  "/whoami      your name and room",
  "/since       the position of the last line that you were sent: come back with ?since=",
  "//TEXT       say a text that begins with a slash",
].join("\n");

const DEFAULT_HISTORY = 20;
/** Longest line that is read as a command, in UTF-16 units. */
const MAX_COMMAND_LENGTH = 512;
/** Number of characters of an unknown command that the answer repeats. */
const MAX_REPEATED = 64;

/** Reads a line: a slash begins a command, two slashes a text that begins with one. */
export function readLine(line: string): Line {
  if (!line.startsWith("/")) return { kind: "say", text: line };
  if (line.startsWith("//")) return { kind: "say", text: line.slice(1) };
  if (line.length > MAX_COMMAND_LENGTH) {
    return unknown("a command is shorter than this: begin a text that starts with a slash with //");
  }
  const [command = "", ...rest] = line.slice(1).trim().split(/\s+/);
  const argument = rest.join(" ");
  switch (command) {
    case "help":
    case "who":
    case "whoami":
    case "since":
      return { kind: command };
    case "name":
      return argument ? { kind: "name", name: argument } : unknown("/name needs a name");
    case "join":
      return argument ? { kind: "join", room: argument } : unknown("/join needs a room");
    case "history":
      return readHistory(argument);
    default:
      return unknown(`there is no command /${command.slice(0, MAX_REPEATED)}: try /help`);
  }
}

function readHistory(argument: string): Line {
  if (argument === "") return { kind: "history", limit: DEFAULT_HISTORY };
  const isCount = /^[1-9]\d{0,2}$/.test(argument);
  return isCount
    ? { kind: "history", limit: Number(argument) }
    : unknown("/history needs a number from 1 to 999");
}

function unknown(why: string): Line {
  return { kind: "unknown", why };
}

/** The same text with continuation lines indented and control characters made visible. */
function tame(text: string): string {
  return text.replace(LINE_BREAK, "\n  ").replace(CONTROL, visible);
}

/** The picture of a control character (U+2400 block); C1 controls have none of their own. */
function visible(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
