import assert from "node:assert/strict";
import {
  type IsolateVitals,
  judge,
  type Judgement,
  memoryLevel,
  RecyclePace,
  supervisionPolicy,
  usualIsolates,
} from "../../lib/core/supervision.ts";

const policy = { maxMissed: 5, maxDead: 100, maxBytes: 1_000 };
const well: IsolateVitals = { missed: 0, dead: 0, bytes: 0 };
const REST: Judgement = { kind: "rest" };
const REPLACE: Judgement = { kind: "replace" };
const recycle = (why: "dead_sockets" | "grown", isUrgent: boolean): Judgement => (
  { kind: "recycle", why, isUrgent }
);

for (
  const [vitals, what, judgement] of [
    [{}, "lets be one that is well", REST],
    [{ missed: 4 }, "lets be one that has missed 4 questions", REST],
    [{ missed: 5 }, "replaces one that has missed 5 questions", REPLACE],
    [{ missed: 6 }, "replaces one that has missed more", REPLACE],
    [{ dead: 100 }, "lets be one with as many dead sockets as allowed", REST],
    [{ dead: 101 }, "recycles one with more", recycle("dead_sockets", false)],
    [{ dead: 301 }, "recycles one with three times as many at once", recycle("dead_sockets", true)],
    [{ bytes: 1_000 }, "lets be one that takes its share of memory", REST],
    [{ bytes: 1_001 }, "recycles one that takes more", recycle("grown", false)],
    [{ missed: 5, dead: 101 }, "replaces one that cannot say goodbye, whatever it holds", REPLACE],
  ] as const
) {
  Deno.test(`judge() ${what}`, () => {
    assert.deepEqual(judge({ ...well, ...vitals }, policy), judgement);
  });
}

for (
  const [maxConnections, isolates, maxDead] of [
    [10_000, 1, 2_500],
    [10_000, 3, 834],
    [10_000, 64, 40],
    [10, 1, 3],
    [1_000_000, 2, 125_000],
  ] as const
) {
  Deno.test(`supervisionPolicy() allows ${maxDead} dead sockets in one of ${isolates} for ${maxConnections} connections`, () => {
    const { maxDead: allowed } = supervisionPolicy({
      maxConnections,
      isolates,
      maxBytes: Infinity,
    });
    assert.equal(allowed, maxDead);
  });
}

Deno.test("supervisionPolicy() gives each isolate an equal share of the memory, and the main one too", () => {
  const share = (isolates: number, maxBytes: number) =>
    supervisionPolicy({ maxConnections: 100, isolates, maxBytes }).maxBytes;
  assert.equal(share(1, 1_000), 500);
  assert.equal(share(3, 1_000), 250);
  assert.equal(share(3, Infinity), Infinity);
});

for (
  const [os, cores, count] of [
    ["linux", 1, 1],
    ["linux", 2, 1],
    ["linux", 8, 7],
    ["darwin", 8, 0],
    ["windows", 2, 0],
  ] as const
) {
  Deno.test(`usualIsolates() is ${count} for ${cores} cores on ${os}`, () => {
    assert.equal(usualIsolates(os, cores), count);
  });
}

for (
  const [bytes, level] of [
    [0, "ample"],
    [850, "ample"],
    [851, "tight"],
    [1_000, "tight"],
    [1_001, "over"],
    [1_200, "over"],
    [1_201, "urgent"],
  ] as const
) {
  Deno.test(`memoryLevel() of ${bytes} where 1000 are allowed is ${level}`, () => {
    assert.equal(memoryLevel(bytes, 1_000), level);
  });
}

Deno.test("memoryLevel() is ample where there is no limit", () => {
  assert.equal(memoryLevel(1e15, Infinity), "ample");
});

const MINUTE = 60_000;

Deno.test("RecyclePace allows one at any time, and makes the next ones wait twice as long each time", () => {
  const pace = new RecyclePace();
  const waits: number[] = [];
  let now = 0;
  for (let count = 0; count < 8; count++) {
    assert.ok(pace.allows(false, now));
    pace.note(now);
    const from = now;
    while (!pace.allows(false, now)) now += MINUTE;
    waits.push((now - from) / MINUTE);
  }
  assert.deepEqual(waits, [10, 20, 40, 80, 160, 240, 240, 240]);
});

Deno.test("RecyclePace lets what is urgent wait for five seconds only", () => {
  const pace = new RecyclePace();
  pace.note(0);
  assert.deepEqual([4_999, 5_000].map((now) => pace.allows(true, now)), [false, true]);
});

Deno.test("RecyclePace begins anew where nothing was recycled for twice the rest", () => {
  const pace = new RecyclePace();
  pace.note(0);
  pace.note(20 * MINUTE);
  assert.equal(pace.allows(false, 30 * MINUTE), true);
  pace.note(30 * MINUTE);
  assert.equal(pace.allows(false, 40 * MINUTE), false);
});
