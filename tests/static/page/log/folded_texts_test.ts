import assert from "node:assert/strict";
import { isLong } from "../../../../static/page/log/rows/folded_texts.js";

for (
  const [what, text, expected] of [
    ["nothing", "", false],
    ["forty lines", "line\n".repeat(39) + "line", false],
    ["forty-one lines", "line\n".repeat(40) + "line", true],
    ["a paragraph of 3,200 characters", "x".repeat(3_200), false],
    ["a paragraph of 3,201 characters", "x".repeat(3_201), true],
    ["twenty lines of two rows, and one", `${"x".repeat(81)}\n`.repeat(20), true],
    ["64 KB", "x".repeat(65_535), true],
    ["64 KB of empty lines", "\n".repeat(65_535), true],
  ] as const
) {
  Deno.test(`isLong() is ${expected} for ${what}`, () => assert.equal(isLong(text), expected));
}
