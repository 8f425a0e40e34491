/**
 * Names in the server's own lines, where commas and semicolons separate the parts. A name that contains one could otherwise
 * add parts of its own: `Eve joined; Bob` and `Ann, Bob` are valid names. Do not use it for the authors of messages, whose
 * names end at the first colon.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(shownName("Ann Lee"), "Ann Lee");
 * assert.equal(shownName("Ann, Bob"), '"Ann, Bob"');
 * assert.equal(shownName('Ann" left; "Bob'), '"Ann"" left; ""Bob"');
 * ```
 * @module
 */

// Whether a name needs the quotes is asked of its compatible form, so that full-width signs count as well.
const SEPARATOR = /[,;"]/;

/** A name as the server's own lines show it: in double quotes if it contains a comma, a semicolon or a double quote. */
export function shownName(name: string): string {
  return SEPARATOR.test(name.normalize("NFKC")) ? quotedName(name) : name;
}

/** A name in double quotes. Those that it contains are doubled, so that it ends at the first single one. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
