/**
 * Texts are counted in bytes of UTF-8.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { exceedsBytes, utf8Length } from "../../lib/core/utf8.ts";
import { anyText } from "./names/hostile_texts.ts";

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

Deno.test("exceedsBytes() agrees with TextEncoder for every text and limit", () => {
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

Deno.test("utf8Length() equals the encoder's length, for any length and any surrogates", () => {
  const piece = fc.constantFrom("a", "é", "中", "👋", "\ud83d", "\udc4b", "\0", "xyz ");
  const text = fc.array(piece, { maxLength: 200, size: "max" }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(text, fc.nat(500), fc.nat(3), (text, times, before) => {
      const long = "x".repeat(before) + text.repeat(times);
      assert.equal(utf8Length(long), new TextEncoder().encode(long).length);
    }),
    { numRuns: 300 },
  );
});
