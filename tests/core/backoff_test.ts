/**
 * That waits grow, stay within bounds, and never pass the longest.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs } from "../../lib/core/backoff.ts";

const policy = { firstMs: 100, longestMs: 3_000 };

for (
  const [attempt, shortest, longest] of [
    [0, 50, 100],
    [1, 100, 200],
    [2, 200, 400],
    [4, 800, 1_600],
    [5, 1_500, 3_000],
    [6, 1_500, 3_000],
    [1_000_000, 1_500, 3_000],
    [Number.MAX_SAFE_INTEGER, 1_500, 3_000],
  ] as const
) {
  Deno.test(`backoffMs() waits ${shortest}–${longest} ms before attempt ${attempt}`, () => {
    assert.equal(backoffMs(attempt, policy, 0), shortest);
    assert.equal(backoffMs(attempt, policy, 0.5), (shortest + longest) / 2);
    assert.equal(backoffMs(attempt, policy, 1 - Number.EPSILON / 2), longest);
  });
}

const anyPolicy = fc.record({
  firstMs: fc.integer({ min: 1, max: 10_000 }),
  longestMs: fc.integer({ min: 1, max: 3_600_000 }),
});
const anyAttempt = fc.oneof(fc.nat(40), fc.nat());
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("backoffMs() is whole, never above the longest, never below half of the first", () => {
  fc.assert(
    fc.property(anyAttempt, anyPolicy, anyRandom, (attempt, policy, random) => {
      const ms = backoffMs(attempt, policy, random);
      assert.ok(Number.isInteger(ms), String(ms));
      assert.ok(ms <= policy.longestMs, String(ms));
      assert.ok(ms >= Math.min(policy.firstMs, policy.longestMs) / 2, String(ms));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("backoffMs() waits no shorter than half of this attempt's ceiling and no longer than all of it", () => {
  fc.assert(
    fc.property(fc.nat(25), anyPolicy, anyRandom, (attempt, policy, random) => {
      let ceiling = policy.firstMs;
      for (let step = 0; step < attempt; step++) ceiling *= 2;
      ceiling = Math.min(ceiling, policy.longestMs);
      const ms = backoffMs(attempt, policy, random);
      assert.ok(ms >= Math.floor(ceiling / 2) && ms <= ceiling, `${ms} of ${ceiling}`);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("backoffMs() does not get shorter from one attempt to the next", () => {
  fc.assert(
    fc.property(anyAttempt, anyPolicy, anyRandom, (attempt, policy, random) => {
      assert.ok(backoffMs(attempt, policy, random) <= backoffMs(attempt + 1, policy, random));
    }),
    { numRuns: 500 },
  );
});

Deno.test("backoffMs() spreads a crowd over half of the ceiling", () => {
  const waits = new Set(Array.from({ length: 50 }, (_, k) => backoffMs(0, policy, k / 50)));
  assert.equal(waits.size, 50);
});
