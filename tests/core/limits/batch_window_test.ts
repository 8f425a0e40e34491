/** A window saves sends where there are many, delays nothing for longer than its length, and is absent elsewhere. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  BATCH_RATES,
  type BatchPolicy,
  BatchWindow,
  batchWindowMs,
} from "../../../lib/core/limits/batch_window.ts";

const maxMs = fc.integer({ min: 0, max: 1_000 });
const policy: fc.Arbitrary<BatchPolicy> = fc.record({
  maxMs,
  quietRate: fc.integer({ min: 0, max: 10_000 }),
  busyRate: fc.integer({ min: 10_001, max: 1_000_000 }),
});
const rate = fc.double({ min: 0, max: 1e7, noNaN: true });
const loopDelayMs = fc.double({ min: 0, max: 1_000, noNaN: true });

Deno.test("batchWindowMs() is a whole number from 0 to the maximum", () => {
  fc.assert(fc.property(policy, rate, loopDelayMs, (policy, rate, loopDelayMs) => {
    const ms = batchWindowMs(policy, rate, loopDelayMs);
    assert.ok(Number.isInteger(ms) && ms >= 0 && ms <= policy.maxMs, `${ms}`);
  }));
});

Deno.test("batchWindowMs() does not shrink when there are more deliveries or the event loop is later", () => {
  fc.assert(fc.property(policy, rate, rate, loopDelayMs, loopDelayMs, (policy, a, b, c, d) => {
    const [less, more] = [Math.min(a, b), Math.max(a, b)];
    const [early, late] = [Math.min(c, d), Math.max(c, d)];
    assert.ok(batchWindowMs(policy, less, early) <= batchWindowMs(policy, more, early));
    assert.ok(batchWindowMs(policy, less, early) <= batchWindowMs(policy, less, late));
  }));
});

Deno.test("batchWindowMs() is 0 up to the quiet rate, and the maximum from the busy rate on", () => {
  fc.assert(fc.property(policy, fc.double({ min: 0, max: 1, noNaN: true }), (policy, share) => {
    assert.equal(batchWindowMs(policy, policy.quietRate * share, 0), 0);
    assert.equal(batchWindowMs(policy, policy.busyRate * (1 + share), 0), policy.maxMs);
  }));
});

for (
  const [members, perSecond, loopDelayMs, ms] of [
    [10, 100, 0, 0],
    [200, 20, 0, 0],
    [1_000, 5, 0, 0],
    [1_000, 20, 0, 8],
    [1_000, 20, 10, 19],
    [1_000, 50, 0, 25],
    [5_000, 100, 0, 25],
  ] as const
) {
  Deno.test(`batchWindowMs() of ${members} members and ${perSecond} messages a second is ${ms} ms of 25 if the loop is ${loopDelayMs} ms late`, () => {
    assert.equal(
      batchWindowMs({ ...BATCH_RATES, maxMs: 25 }, members * perSecond, loopDelayMs),
      ms,
    );
  });
}

/** Frames at the times, in milliseconds; each batch is the indexes of its frames, and when it left. */
function batchesOf(policy: BatchPolicy, members: number, times: readonly number[]) {
  const window = new BatchWindow(policy);
  const batches: { frames: number[]; at: number; lengthMs: number }[] = [];
  let waiting: number[] = [], dueAt = Infinity;
  const leave = (at: number) => {
    batches.push({ frames: waiting, at, lengthMs: window.lengthMs });
    [waiting, dueAt] = [[], Infinity];
    window.leave(at, at);
  };
  for (const [index, at] of times.entries()) {
    if (dueAt <= at) leave(dueAt);
    waiting.push(index);
    window.count(members, at);
    dueAt = window.dueAt(at, 0);
    if (dueAt <= at) leave(at);
  }
  if (waiting.length > 0) leave(dueAt);
  return batches;
}

const times = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 200 })
  .map((pauses) => pauses.map((_, index) => pauses.slice(0, index + 1).reduce((a, b) => a + b)));

Deno.test("BatchWindow keeps the order, and no frame waits for longer than the maximum", () => {
  fc.assert(
    fc.property(policy, fc.integer({ min: 1, max: 5_000 }), times, (policy, members, times) => {
      const batches = batchesOf(policy, members, times);
      assert.deepEqual(batches.flatMap(({ frames }) => frames), times.map((_, index) => index));
      for (const { frames, at } of batches) {
        for (const frame of frames) {
          const waited = at - (times[frame] ?? NaN);
          assert.ok(waited >= 0 && waited <= policy.maxMs, `${waited} ms`);
        }
      }
    }),
  );
});

Deno.test("BatchWindow lets the first frame after a silence of its length leave at once", () => {
  fc.assert(
    fc.property(policy, fc.integer({ min: 1, max: 5_000 }), times, (policy, members, times) => {
      let before = -Infinity;
      for (const { frames, at, lengthMs } of batchesOf(policy, members, times)) {
        const first = times[frames[0] ?? NaN] ?? NaN;
        if (first - before >= lengthMs) assert.equal(at, first);
        else assert.equal(at, before + lengthMs);
        before = at;
      }
    }),
  );
});

Deno.test("BatchWindow sends once per window in a busy room, and each frame alone in a quiet one", () => {
  const policy = { ...BATCH_RATES, maxMs: 25 };
  const everyTen = Array.from({ length: 1_000 }, (_, index) => index * 10);
  // 10 s of 25 ms, after a second in which the rate becomes known.
  const busy = batchesOf(policy, 1_000, everyTen).length;
  assert.ok(busy >= 400 && busy <= 450, `${busy} batches`);
  assert.equal(batchesOf(policy, 50, everyTen).length, 1_000);
  assert.equal(batchesOf({ ...policy, maxMs: 0 }, 1_000, everyTen).length, 1_000);
});

Deno.test("BatchWindow forgets a burst within seconds", () => {
  const window = new BatchWindow({ ...BATCH_RATES, maxMs: 25 });
  window.count(1_000_000, 0);
  window.dueAt(0, 0);
  window.leave(0, 0);
  assert.equal(window.dueAt(10, 0), 25);
  window.leave(25, 25);
  assert.equal(window.dueAt(6_000, 0), 6_000);
  assert.equal(window.lengthMs, 0);
});

Deno.test("BatchWindow does not extend a window that has begun, however the load grows", () => {
  const window = new BatchWindow({ maxMs: 100, quietRate: 0, busyRate: 1_000 });
  window.leave(0, 0);
  window.count(200, 0);
  assert.equal(window.dueAt(0, 0), 20);
  window.count(1_000_000, 1);
  assert.equal(window.dueAt(1, 500), 20);
});

for (
  const [fanoutMs, dueAt] of [[0, 25], [5, 25], [12, 25], [15, 30], [25, 50], [80, 105]] as const
) {
  Deno.test(`BatchWindow of 25 ms that begins with a fan-out of ${fanoutMs} ms ends after ${dueAt} ms`, () => {
    const window = new BatchWindow({ maxMs: 25, quietRate: 0, busyRate: 1 });
    window.leave(0, fanoutMs);
    window.count(1_000, fanoutMs);
    assert.equal(window.dueAt(fanoutMs, 0), dueAt);
  });
}
