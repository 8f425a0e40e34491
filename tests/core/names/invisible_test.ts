/**
 * Which texts are invisible.
 * @module
 */
import assert from "node:assert/strict";
import { hasInvisible, hasVisible } from "../../../lib/core/names/invisible.ts";

const NOTHING = [
  ["nothing", ""],
  ["spaces, tabs and line breaks", " \t\r\n\u00a0\u3000\u2003\u1680"],
  ["zero-width characters", "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f"],
  ["direction marks", "\u061c\u200e\u200f\u202e\u2066\u2069"],
  ["variation selectors and tags", "\ufe0f\ufe00\u{e0100}\u{e0041}"],
  ["fillers of Hangul and Khitan", "\u3164\u115f\u1160\uffa0\u{16fe4}"],
  ["an empty Braille cell", "\u2800"],
  ["annotation signs and the object replacement", "\ufff9\ufffa\ufffb\ufffc"],
  ["a null note head and musical controls", "\u{1d159}\u{1d173}\u{1d17a}"],
  ["Egyptian blanks and controls", "\u{13430}\u{13441}\u{13442}"],
  ["control characters", "\0\x1b\x7f\u0085\u009b"],
  ["line and paragraph separators", "\u2028\u2029"],
  ["all of it, many times", " \u200b\u2800\u3164\ufe0f\n".repeat(10_000)],
] as const;

for (const [what, text] of NOTHING) {
  Deno.test(`hasVisible() finds nothing in ${what}`, () => {
    assert.ok(!hasVisible(text));
    assert.ok(hasVisible(`${text}.`));
    assert.ok(hasVisible(`.${text}`));
  });
}

for (
  const text of [
    "a",
    "0",
    ".",
    "網",
    "😀",
    "\u2764\ufe0f",
    "\u0301",
    "ـ",
    "\u2801",
    "\u{13443}",
    "\ufffd",
  ]
) {
  Deno.test(`hasVisible() finds ${JSON.stringify(text)}`, () => assert.ok(hasVisible(text)));
}

Deno.test("Each character is visible or invisible, and none is both", () => {
  for (let code = 0; code <= 0x1ffff; code++) {
    const character = String.fromCodePoint(code);
    assert.notEqual(hasVisible(character), hasInvisible(character), code.toString(16));
  }
});
