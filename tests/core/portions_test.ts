import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Entry } from "../../lib/core/entries.ts";
import { MAX_PORTION, portionFor, portionsOf, weightOf } from "../../lib/core/portions.ts";
import { isUserId } from "../../lib/core/entries.ts";
import { name, room } from "../fakes.ts";

const user = "user_no_1";
assert.ok(isUserId(user));
const common = { room: room("lobby"), user, name: name("Ann"), at: 0 };

function entry(seq: number, length: number): Entry {
  const deed = { kind: "said", text: "x".repeat(length) } as const;
  return { ...common, id: `${seq}`, position: { epoch: "a", seq }, deed };
}

function replay(lengths: readonly number[]) {
  const entries = lengths.map((length, index) => entry(index + 1, length));
  return { top: { epoch: "a", seq: lengths.length + 5 }, entries, gap: "too_old" } as const;
}

Deno.test("portionsOf() leaves what is not much in one part, its gap too", () => {
  const little = replay([10, 20, 30]);
  assert.deepEqual(portionsOf(little), [little]);
  const nothing = replay([]);
  assert.deepEqual(portionsOf(nothing), [nothing]);
});

Deno.test("portionsOf() gives every entry once and in order, and says only once what is missing", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200_000), { maxLength: 300 }), (lengths) => {
      const whole = replay(lengths);
      const parts = portionsOf(whole);
      assert.deepEqual(parts.flatMap(({ entries }) => entries), whole.entries);
      assert.deepEqual(
        parts.map(({ gap }) => gap),
        parts.map((_, i) => i === 0 ? "too_old" : undefined),
      );
      for (const { top } of parts) assert.deepEqual(top, whole.top);
    }),
    { numRuns: 50 },
  );
});

Deno.test("portionsOf() makes no part of several entries that is too much for one go", () => {
  const parts = portionsOf(replay([...Array(500).fill(64), 100_000, 100_000, 10_000]));
  const weights = parts.map(({ entries }) =>
    entries.reduce((sum, entry) => sum + weightOf(entry), 0)
  );
  assert.ok(weights.every((weight) => weight <= MAX_PORTION), `${weights}`);
  assert.ok(parts.length <= 7);
  assert.equal(portionsOf(replay([1_000_000])).length, 1);
});

Deno.test("portionFor() leaves a peer that may be little behind room for a portion, whatever its characters take", () => {
  for (const maxBufferedBytes of [8_192, 65_536, 1_048_576, 16_777_216]) {
    const max = portionFor(maxBufferedBytes);
    assert.ok(max <= MAX_PORTION && 3 * max <= maxBufferedBytes / 2);
    const parts = portionsOf(replay(Array(100).fill(max / 4)), max);
    for (const { entries } of parts) {
      const weight = entries.reduce((sum, entry) => sum + weightOf(entry), 0);
      assert.ok(weight <= max || entries.length === 1, `${weight} of ${max}`);
    }
  }
});
