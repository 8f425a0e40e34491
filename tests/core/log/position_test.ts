/**
 * Positions round-trip through text, and nothing else parses as one.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatPosition,
  isSamePosition,
  parsePosition,
  type Position,
} from "../../../lib/core/log/position.ts";
import { anyText } from "../names/hostile_texts.ts";

const anyEpoch = fc.string({
  unit: fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyz"),
  minLength: 1,
  maxLength: 32,
});
const anyPosition: fc.Arbitrary<Position> = fc.record({
  epoch: anyEpoch,
  seq: fc.oneof(fc.nat(20), fc.nat({ max: 999_999_999_999_999 })),
}, { noNullPrototype: true });

for (
  const [what, text, position] of [
    ["an epoch and a number", "k3j9:12", { epoch: "k3j9", seq: 12 }],
    ["the place before the first entry", "a:0", { epoch: "a", seq: 0 }],
    ["an epoch of digits", "7:7", { epoch: "7", seq: 7 }],
    ["an epoch of 32 characters", `${"z".repeat(32)}:1`, { epoch: "z".repeat(32), seq: 1 }],
    ["a number of 15 digits", "a:999999999999999", { epoch: "a", seq: 999_999_999_999_999 }],
  ] as const
) {
  Deno.test(`parsePosition() parses ${what}`, () => {
    assert.deepEqual(parsePosition(text), position);
  });
}

for (
  const [what, text] of [
    ["nothing", ""],
    ["a number alone", "12"],
    ["an epoch alone", "a"],
    ["no epoch", ":1"],
    ["no number", "a:"],
    ["an epoch of 33 characters", `${"z".repeat(33)}:1`],
    ["a number of 16 digits, which might not be exact", "a:9999999999999999"],
    ["capital letters", "A:1"],
    ["a letter beyond ASCII", "ä:1"],
    ["digits beyond ASCII", "a:\u0661"],
    ["a minus", "a:-1"],
    ["a fraction", "a:1.5"],
    ["an exponent", "a:1e3"],
    ["a second colon", "a:b:1"],
    ["a space before", " a:1"],
    ["a line break after", "a:1\n"],
    ["a line of its own among others", "x\na:1\nx"],
  ] as const
) {
  Deno.test(`parsePosition() rejects ${what}`, () => {
    assert.equal(parsePosition(text), undefined);
  });
}

Deno.test("parsePosition() parses every position that formatPosition() writes", () => {
  fc.assert(fc.property(anyPosition, (position) => {
    assert.deepEqual(parsePosition(formatPosition(position)), position);
  }));
});

Deno.test("parsePosition() returns an exact number and a plain epoch, or nothing, for any text", () => {
  const nearly = fc.tuple(fc.oneof(anyEpoch, anyText), fc.oneof(fc.nat().map(String), anyText));
  const anyTry = fc.oneof(anyText, nearly.map(([epoch, seq]) => `${epoch}:${seq}`));
  fc.assert(
    fc.property(anyTry, (text) => {
      const position = parsePosition(text);
      if (position === undefined) return;
      assert.match(position.epoch, /^[0-9a-z]{1,32}$/);
      assert.ok(Number.isSafeInteger(position.seq) && position.seq >= 0, String(position.seq));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("isSamePosition() compares both the epoch and the number", () => {
  const few = fc.option(
    fc.record({ epoch: fc.constantFrom("a", "b"), seq: fc.nat(2) }),
    { nil: undefined },
  );
  const written = (position?: Position) => position && formatPosition(position);
  fc.assert(fc.property(few, few, (one, other) => {
    assert.equal(isSamePosition(one, other), written(one) === written(other));
  }));
});
