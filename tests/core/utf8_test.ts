/**
 * That texts are counted in bytes of UTF-8.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { exceedsBytes } from "../../lib/core/utf8.ts";
import { anyText } from "./deceits.ts";

for (
  const [what, text, bytes] of [
    ["nothing", "", 0],
    ["ASCII", "hello", 5],
    ["letters of two bytes", "éé", 4],
    ["Chinese of three bytes", "网友", 6],
    ["emoji of four bytes in two code units", "😀😀", 8],
    ["half a surrogate pair, sent as U+FFFD", "\ud83d", 3],
    ["65,535 letters", "x".repeat(65_535), 65_535],
  ] as const
) {
  Deno.test(`exceedsBytes() counts ${what} as ${bytes}`, () => {
    assert.equal(exceedsBytes(text, bytes), false);
    assert.equal(exceedsBytes(text, bytes - 1), true);
  });
}

Deno.test("exceedsBytes() agrees with TextEncoder about every text and limit", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: -3, max: 3 }), fc.nat(200), (text, offset, other) => {
      const { length } = new TextEncoder().encode(text);
      for (const max of [Math.max(0, length + offset), other]) {
        assert.equal(exceedsBytes(text, max), length > max);
      }
    }),
    { numRuns: 1000 },
  );
});
