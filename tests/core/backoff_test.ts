/**
 * Waits grow, stay within bounds and never exceed the maximum; clients that reconnect together are spread out.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs, reconnectSpreadMs } from "../../lib/core/backoff.ts";

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

Deno.test("backoffMs() is an integer, never above the maximum and never below half of the first wait", () => {
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

Deno.test("backoffMs() waits between half of the attempt's ceiling and all of it", () => {
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

Deno.test("backoffMs() never shrinks from one attempt to the next", () => {
  fc.assert(
    fc.property(anyAttempt, anyPolicy, anyRandom, (attempt, policy, random) => {
      assert.ok(backoffMs(attempt, policy, random) <= backoffMs(attempt + 1, policy, random));
    }),
    { numRuns: 500 },
  );
});

Deno.test("backoffMs() spreads many clients over half of the ceiling", () => {
  const waits = new Set(Array.from({ length: 50 }, (_, k) => backoffMs(0, policy, k / 50)));
  assert.equal(waits.size, 50);
});

for (
  const [count, longest] of [
    [1, 501],
    [100, 600],
    [5_000, 5_500],
    [7_500, 8_000],
    [7_501, 8_000],
    [1_000_000, 8_000],
  ] as const
) {
  Deno.test(`reconnectSpreadMs() delays each of ${count} clients by 500–${longest} ms`, () => {
    assert.equal(reconnectSpreadMs(count, 0), 500);
    assert.equal(reconnectSpreadMs(count, 0.5), Math.round((500 + longest) / 2));
    assert.equal(reconnectSpreadMs(count, 1 - Number.EPSILON / 2), longest);
  });
}

for (const count of [1_000, 10_000, 100_000]) {
  Deno.test(`reconnectSpreadMs() keeps ${count} clients from reconnecting at the same time`, () => {
    const seconds = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const second = Math.floor((reconnectSpreadMs(count, i / count) - 500) / 1_000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    const most = Math.max(...seconds.values());
    // At most 7.5 s for all of them.
    assert.ok(most <= Math.max(1_001, count / 7.5 + 10), `${most} in one second`);
  });
}

Deno.test("reconnectSpreadMs() is an integer between 500 ms and 8 s", () => {
  fc.assert(
    fc.property(fc.nat(), anyRandom, (count, random) => {
      const ms = reconnectSpreadMs(count, random);
      assert.ok(Number.isInteger(ms) && ms >= 500 && ms <= 8_000, String(ms));
    }),
    { numRuns: 1000 },
  );
});
