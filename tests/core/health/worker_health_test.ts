import assert from "node:assert/strict";
import {
  checkWorker,
  defaultWorkerCount,
  memoryLevel,
  RecycleBackoff,
  type WorkerAction,
  workerHealthPolicy,
  type WorkerVitals,
} from "../../../lib/core/health/worker_health.ts";

const policy = { maxMissed: 5, maxDead: 100, maxBytes: 1_000 };
const well: WorkerVitals = { missed: 0, dead: 0, bytes: 0 };
const NONE: WorkerAction = { kind: "none" };
const REPLACE: WorkerAction = { kind: "replace" };
const recycle = (reason: "dead_sockets" | "grown", isUrgent: boolean): WorkerAction => (
  { kind: "recycle", reason, isUrgent }
);

for (
  const [vitals, what, judgement] of [
    [{}, "keeps a healthy one", NONE],
    [{ missed: 4 }, "keeps one that has missed 4 checks", NONE],
    [{ missed: 5 }, "replaces one that has missed 5 checks", REPLACE],
    [{ missed: 6 }, "replaces one that has missed more", REPLACE],
    [{ dead: 100 }, "keeps one with as many dead sockets as allowed", NONE],
    [{ dead: 101 }, "recycles one with more", recycle("dead_sockets", false)],
    [{ dead: 301 }, "recycles one with three times as many at once", recycle("dead_sockets", true)],
    [{ bytes: 1_000 }, "keeps one that uses its share of memory", NONE],
    [{ bytes: 1_001 }, "recycles one that uses more", recycle("grown", false)],
    [
      { missed: 5, dead: 101 },
      "replaces one that cannot shut down gracefully, whatever it holds",
      REPLACE,
    ],
  ] as const
) {
  Deno.test(`checkWorker() ${what}`, () => {
    assert.deepEqual(checkWorker({ ...well, ...vitals }, policy), judgement);
  });
}

for (
  const [maxConnections, workers, maxDead] of [
    [10_000, 1, 2_500],
    [10_000, 3, 834],
    [10_000, 64, 40],
    [10, 1, 3],
    [1_000_000, 2, 125_000],
  ] as const
) {
  Deno.test(`workerHealthPolicy() allows ${maxDead} dead sockets in one of ${workers} for ${maxConnections} connections`, () => {
    const { maxDead: allowed } = workerHealthPolicy({
      maxConnections,
      workers,
      maxBytes: Infinity,
    });
    assert.equal(allowed, maxDead);
  });
}

Deno.test("workerHealthPolicy() gives each worker and the main thread an equal share of the memory", () => {
  const share = (workers: number, maxBytes: number) =>
    workerHealthPolicy({ maxConnections: 100, workers, maxBytes }).maxBytes;
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
  Deno.test(`defaultWorkerCount() is ${count} for ${cores} cores on ${os}`, () => {
    assert.equal(defaultWorkerCount(os, cores), count);
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
  Deno.test(`memoryLevel() of ${bytes} with a limit of 1000 is ${level}`, () => {
    assert.equal(memoryLevel(bytes, 1_000), level);
  });
}

Deno.test("memoryLevel() is ample without a limit", () => {
  assert.equal(memoryLevel(1e15, Infinity), "ample");
});

const MINUTE = 60_000;

Deno.test("RecycleBackoff allows the first recycle at any time, and doubles the wait for each one after it", () => {
  const pace = new RecycleBackoff();
  const waits: number[] = [];
  let now = 0;
  for (let count = 0; count < 8; count++) {
    assert.ok(pace.allows(false, now));
    pace.recordRecycle(now);
    const from = now;
    while (!pace.allows(false, now)) now += MINUTE;
    waits.push((now - from) / MINUTE);
  }
  assert.deepEqual(waits, [10, 20, 40, 80, 160, 240, 240, 240]);
});

Deno.test("RecycleBackoff delays an urgent recycle for five seconds only", () => {
  const pace = new RecycleBackoff();
  pace.recordRecycle(0);
  assert.deepEqual([4_999, 5_000].map((now) => pace.allows(true, now)), [false, true]);
});

Deno.test("RecycleBackoff resets when nothing was recycled for twice the wait", () => {
  const pace = new RecycleBackoff();
  pace.recordRecycle(0);
  pace.recordRecycle(20 * MINUTE);
  assert.equal(pace.allows(false, 30 * MINUTE), true);
  pace.recordRecycle(30 * MINUTE);
  assert.equal(pace.allows(false, 40 * MINUTE), false);
});
