import assert from "node:assert/strict";
import {
  type IsolateVitals,
  judge,
  type Judgement,
  supervisionPolicy,
  usualIsolates,
} from "../../lib/core/supervision.ts";

const policy = { maxMissed: 5, maxDead: 100, maxBytes: 1_000 };
const well: IsolateVitals = { missed: 0, dead: 0, bytes: 0 };
const REST: Judgement = { kind: "rest" };
const REPLACE: Judgement = { kind: "replace" };

for (
  const [vitals, what, judgement] of [
    [{}, "lets be one that is well", REST],
    [{ missed: 4 }, "lets be one that has missed 4 questions", REST],
    [{ missed: 5 }, "replaces one that has missed 5 questions", REPLACE],
    [{ missed: 6 }, "replaces one that has missed more", REPLACE],
    [{ dead: 100 }, "lets be one with as many dead sockets as allowed", REST],
    [{ dead: 101 }, "recycles one with more", { kind: "recycle", why: "dead_sockets" }],
    [{ bytes: 1_000 }, "lets be one that takes its share of memory", REST],
    [{ bytes: 1_001 }, "recycles one that takes more", { kind: "recycle", why: "grown" }],
    [{ missed: 5, dead: 101 }, "replaces one that cannot say goodbye, whatever it holds", REPLACE],
  ] as const
) {
  Deno.test(`judge() ${what}`, () => {
    assert.deepEqual(judge({ ...well, ...vitals }, policy), judgement);
  });
}

for (
  const [maxConnections, isolates, maxDead] of [
    [10_000, 1, 100],
    [10_000, 3, 33],
    [10_000, 64, 20],
    [10, 1, 20],
    [1_000_000, 2, 5_000],
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
