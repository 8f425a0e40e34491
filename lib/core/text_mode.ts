/**
 * The plain-text conversation, as lines. One message is one WebSocket text; it may hold line breaks, and the rule that
 * keeps people honest is here: whatever stands at the beginning of a line was put there by the server. Continuation
 * lines are indented, and a name can begin neither with a space nor with one of the server's own signs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseName } from "./names.ts";
 * const ann = parseName("Ann");
 * if (ann) assert.equal(said(ann, "hi\nBob: I owe you"), "Ann: hi\n  Bob: I owe you");
 * ```
 * @module
 */
import type { Name } from "./names.ts";

// Everything that some terminal, browser or log viewer takes for a new line; a bare CR too, since it goes back over the line.
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
// Escape sequences move a terminal's cursor, and so could write over another person's line. Tab is left, and the line
// breaks that are ours.
const CONTROL = /(?![\t\n])\p{Cc}/gu;

/** What a person said, as everybody in the room reads it. */
export function said(author: Name, text: string): string {
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
