/**
 * No caller gets more than allowed, and what is taken is returned exactly once.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Quota, TokenBucket } from "../../../lib/core/limits/token_bucket.ts";

for (
  const [what, rate, at, taken] of [
    ["grants its burst at once and no more", { perSecond: 1, burst: 3 }, [0, 0, 0, 0], "yyyn"],
    ["grants one more for each that it gains", { perSecond: 2, burst: 1 }, [0, 500, 1000], "yyy"],
    ["grants none before one is gained", { perSecond: 2, burst: 1 }, [0, 499, 500], "yny"],
    ["adds up parts of tokens", { perSecond: 1, burst: 1 }, [0, 400, 800, 1200], "ynny"],
    [
      "keeps no more than its burst",
      { perSecond: 1, burst: 2 },
      [0, 60_000, 60_000, 60_000],
      "yyyn",
    ],
    ["gains nothing at a rate of 0", { perSecond: 0, burst: 1 }, [0, 1e9], "yn"],
    ["holds a token and a half", { perSecond: 1, burst: 1.5 }, [0, 0, 500, 500], "ynyn"],
  ] as const
) {
  Deno.test(`TokenBucket ${what}`, () => {
    const bucket = new TokenBucket(rate, 0);
    assert.equal(at.map((now) => bucket.take(now) ? "y" : "n").join(""), taken);
  });
}

Deno.test("TokenBucket counts time from its creation", () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 1_000_000);
  const taken = [1_000_000, 1_000_999, 1_001_000].map((now) => bucket.take(now));
  assert.deepEqual(taken, [true, false, true]);
});

for (const burst of [0, 0.9, -1, NaN]) {
  Deno.test(`TokenBucket rejects a burst of ${burst}`, () => {
    assert.throws(() => new TokenBucket({ perSecond: 1, burst }, 0), {
      name: "RangeError",
      message: `Cannot create TokenBucket: burst must be >= 1: received ${burst}`,
    });
  });
}

for (
  const [what, charged, cost, ms] of [
    ["0 for a cost that fits", 0, 3, 0],
    ["the time until what is missing has been gained", 3, 2, 1_000],
    ["the time until the debt is paid and the cost gained", 5, 1, 1_500],
    ["the time until it is full for a cost above the burst", 1, 100, 500],
    ["the same for any debt above one burst, so that no wait is longer", 1_000, 1, 2_000],
  ] as const
) {
  Deno.test(`TokenBucket.msUntil() is ${what}`, () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0);
    bucket.charge(0, charged);
    assert.equal(bucket.msUntil(0, cost), ms);
    if (ms > 0) assert.equal(bucket.take(ms - 1, cost), false);
    assert.equal(bucket.take(ms, cost), true);
  });
}

Deno.test("TokenBucket.msUntil() is Infinity at a rate of 0", () => {
  const bucket = new TokenBucket({ perSecond: 0, burst: 1 }, 0);
  bucket.charge(0, 1);
  assert.equal(bucket.msUntil(1e9), Infinity);
});

Deno.test("TokenBucket is full again when what was taken has been regained", () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 3 }, 0);
  assert.equal(bucket.isFull(0), true);
  bucket.charge(0, 2);
  assert.deepEqual([bucket.isFull(1_999), bucket.isFull(2_000)], [false, true]);
});

/** Times that never decrease, many of them equal. */
const anyTimes = fc.array(fc.oneof(fc.constant(0), fc.nat(300), fc.nat(5_000)), {
  maxLength: 60,
  size: "max",
})
  .map((steps) => {
    let now = 0;
    return steps.map((step) => now += step);
  });
const anyRate = fc.record({
  perSecond: fc.oneof(fc.nat(50), fc.double({ min: 0, max: 50, noNaN: true })),
  burst: fc.integer({ min: 1, max: 20 }),
});

Deno.test("TokenBucket never grants more in any window than burst + rate × time", () => {
  fc.assert(
    fc.property(anyRate, anyTimes, (rate, times) => {
      const bucket = new TokenBucket(rate, 0);
      const granted = times.filter((now) => bucket.take(now));
      for (const [i, from] of granted.entries()) {
        for (const [more, to] of granted.slice(i).entries()) {
          const most = rate.burst + rate.perSecond * (to - from) / 1000 + 1e-6;
          assert.ok(more + 1 <= most, `${more + 1} from ${from} to ${to}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("TokenBucket grants any cost after the wait that it returned", () => {
  const anyCosts = fc.array(fc.tuple(fc.nat(3_000), fc.double({ min: 0, max: 40, noNaN: true })));
  const rate = fc.record({
    perSecond: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
    burst: fc.double({ min: 1, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(rate, anyCosts, (rate, costs) => {
      const bucket = new TokenBucket(rate, 0);
      let now = 0;
      for (const [pause, cost] of costs) {
        now += pause;
        now += bucket.msUntil(now, cost);
        assert.equal(bucket.take(now, cost), true, `${cost} at ${now}`);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("TokenBucket never refuses a caller that keeps to its rate", () => {
  const whole = fc.record({ perSecond: fc.constantFrom(1, 2, 4, 5, 8, 10), burst: fc.nat(9) });
  fc.assert(
    fc.property(whole, fc.array(fc.nat(1000)), ({ perSecond, burst }, extras) => {
      const bucket = new TokenBucket({ perSecond, burst: burst + 1 }, 0);
      let now = 0;
      for (const extra of extras) assert.ok(bucket.take(now += 1000 / perSecond + extra));
    }),
    { numRuns: 300 },
  );
});

/** Acquires a slot that must be free. */
function acquired(quota: Quota, key: string): Disposable {
  const slot = quota.acquire(key);
  assert.ok(typeof slot !== "string", String(slot));
  return slot;
}

Deno.test("Quota refuses when all slots are taken, and grants a slot again once one is free", () => {
  const quota = new Quota(2, 0);
  const slot = acquired(quota, "a");
  acquired(quota, "b");
  assert.equal(quota.acquire("c"), "all taken");
  slot[Symbol.dispose]();
  acquired(quota, "c");
  assert.equal(quota.used, 2);
});

Deno.test("Quota refuses when all slots of a key are taken, and other keys still have theirs", () => {
  const quota = new Quota(10, 1);
  const slot = acquired(quota, "a");
  assert.equal(quota.acquire("a"), "all of this key taken");
  acquired(quota, "b");
  slot[Symbol.dispose]();
  acquired(quota, "a");
});

Deno.test("Quota reports the total limit before that of the key", () => {
  const quota = new Quota(1, 1);
  acquired(quota, "a");
  assert.equal(quota.acquire("a"), "all taken");
});

Deno.test("Quota has no limit per key when that is 0", () => {
  const quota = new Quota(100, 0);
  for (let k = 0; k < 100; k++) acquired(quota, "a");
  assert.equal(quota.used, 100);
});

Deno.test("Quota of 0 slots grants none", () => {
  assert.equal(new Quota(0, 0).acquire("a"), "all taken");
});

Deno.test("Quota does not count a refused acquisition", () => {
  const quota = new Quota(1, 0);
  acquired(quota, "a");
  for (let k = 0; k < 5; k++) quota.acquire("b");
  assert.equal(quota.used, 1);
});

Deno.test("Quota frees a slot once, however often it is disposed", () => {
  const quota = new Quota(2, 2);
  const slot = acquired(quota, "a");
  acquired(quota, "a");
  for (let k = 0; k < 3; k++) slot[Symbol.dispose]();
  assert.equal(quota.used, 1);
  acquired(quota, "a");
  assert.equal(quota.acquire("b"), "all taken");
});

Deno.test("Quota still counts the other slots of a key when one is freed", () => {
  const quota = new Quota(10, 2);
  const slot = acquired(quota, "a");
  acquired(quota, "a");
  slot[Symbol.dispose]();
  acquired(quota, "a");
  assert.equal(quota.acquire("a"), "all of this key taken");
});

Deno.test("Quota frees a slot at the end of the block that uses it", () => {
  const quota = new Quota(1, 0);
  {
    using _place = acquired(quota, "a");
    assert.equal(quota.used, 1);
  }
  assert.equal(quota.used, 0);
});

Deno.test("Quota counts exactly the slots that are held, after any acquisitions and disposals", () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("take" as const), key: fc.constantFrom("a", "b", "__proto__") }),
    fc.record({ kind: fc.constant("dispose" as const), which: fc.nat(40) }),
  );
  const anyActions = fc.array(action, { maxLength: 80, size: "max" });
  fc.assert(
    fc.property(fc.nat(6), fc.nat(4), anyActions, (max, maxPerKey, actions) => {
      const quota = new Quota(max, maxPerKey);
      const slots: { readonly key: string; readonly slot: Disposable; held: boolean }[] = [];
      for (const action of actions) {
        const held = slots.filter(({ held }) => held);
        if (action.kind === "take") {
          const { key } = action;
          const mine = held.filter((slot) => slot.key === key).length;
          const slot = quota.acquire(key);
          if (held.length >= max) assert.equal(slot, "all taken");
          else if (maxPerKey > 0 && mine >= maxPerKey) assert.equal(slot, "all of this key taken");
          else if (typeof slot === "string") assert.fail(slot);
          else slots.push({ key, slot, held: true });
        } else {
          const one = slots[action.which % Math.max(1, slots.length)];
          one?.slot[Symbol.dispose]();
          if (one) one.held = false;
        }
        assert.equal(quota.used, slots.filter(({ held }) => held).length);
      }
    }),
    { numRuns: 500 },
  );
});
