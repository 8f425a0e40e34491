// @ts-check
/**
 * Commands in the message field, such as `/join attic`. They follow plain text (see docs/reference/protocol.md) where a message can begin
 * with a slash too, but only `/` and letters count as a command, so that paths and `//example.com` can be sent as they are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseLine("/join attic"), { kind: "command", name: "join", argument: "attic" });
 * assert.deepEqual(parseLine("//join attic"), { kind: "say", text: "/join attic" });
 * assert.deepEqual(parseLine("/usr/bin"), { kind: "say", text: "/usr/bin" });
 * ```
 * @module
 */

/** @typedef {"help" | "name" | "join" | "leave" | "lockdown" | "unlock"} CommandName */
/** @typedef {{ kind: "command", name: CommandName, argument: string }} Command */
/** @typedef {Command | { kind: "unknown", word: string }} CommandLine */
/** @typedef {{ kind: "say", text: string } | CommandLine} ComposerLine */

const COMMAND = /^\/(\p{L}+)(?:\s|$)/u;
const ESCAPED = /^\/(?=\/+\p{L}+(?:\s|$))/u;
/** @type {ReadonlyMap<string, CommandName>} */
const NAMES = new Map([
  ["help", "help"],
  ["name", "name"],
  ["nick", "name"],
  ["join", "join"],
  ["leave", "leave"],
  ["lockdown", "lockdown"],
  ["unlock", "unlock"],
]);

/** Parses the field's text: a command, or a message, which loses an escaping slash. @param {string} text @returns {ComposerLine} */
export function parseLine(text) {
  const [, word] = COMMAND.exec(text) ?? [];
  if (word === undefined) return { kind: "say", text: text.replace(ESCAPED, "") };
  const name = NAMES.get(word.toLowerCase());
  const argument = text.slice(word.length + 1).trim();
  return name ? { kind: "command", name, argument } : { kind: "unknown", word };
}
