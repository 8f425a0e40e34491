import assert from "node:assert/strict";
import type { Peer } from "../../lib/chat/heartbeat.ts";
import { RESTARTING } from "../../lib/core/farewells.ts";
import { drain, longestDrainMs } from "../../lib/io/drain.ts";
import { FakeClock } from "../fakes.ts";

/** A crowd of which each goes when it is told, unless it is stuck. */
function gather(size: number, clock: FakeClock, isStuck = false) {
  const toldAt: number[] = [];
  const waits: (number | undefined)[] = [];
  const crowd = new Set<Peer>();
  for (let i = 0; i < size; i++) {
    const peer: Peer = {
      vitals: () => ({ state: "connecting", since: 0 }),
      ask() {},
      charge() {},
      park() {},
      close(farewell) {
        assert.equal(farewell.code, RESTARTING.code);
        toldAt.push(clock.now());
        waits.push(farewell.afterMs);
        if (!isStuck) crowd.delete(peer);
      },
    };
    crowd.add(peer);
  }
  return { crowd, toldAt, waits };
}

const half = () => 0.5;

Deno.test("drain() tells a few at once and is done when they are gone", async () => {
  const clock = new FakeClock();
  const { crowd, toldAt } = gather(10, clock);
  await drain("stop", () => crowd, clock, half, new AbortController().signal);
  assert.deepEqual(toldAt, Array(10).fill(0));
});

Deno.test("drain() spreads a crowd over 0.8 s, and tells everybody once", async () => {
  const clock = new FakeClock();
  const { crowd, toldAt } = gather(10_000, clock);
  const draining = drain("stop", () => crowd, clock, half, new AbortController().signal);
  await clock.advance(800);
  await draining;
  assert.equal(toldAt.length, 10_000);
  assert.ok(Math.max(...toldAt) >= 700);
  const atOnce = Math.max(
    ...Object.values(Object.groupBy(toldAt, String)).map((it) => it?.length ?? 0),
  );
  assert.ok(atOnce <= 250, `${atOnce} at once`);
});

for (const [size, ms] of [[2, 501], [1_000, 1_000], [100_000, 4_250]] as const) {
  Deno.test(`drain() asks each of ${size} to stay away for a time drawn by their number`, async () => {
    const clock = new FakeClock();
    const { crowd, waits } = gather(size, clock);
    let drawn = 0;
    const random = () => drawn++ % 2 / 2;
    const draining = drain("stop", () => crowd, clock, random, new AbortController().signal);
    await clock.advance(1_000);
    await draining;
    assert.equal(waits.length, size);
    assert.deepEqual(new Set(waits), new Set([500, ms]));
  });
}

// What is left of 5 s is for Redis's last replies (0.3 s), the listener (0.4 s) and the process's end.
for (const [size, ms] of [[3, 2_920], [10_000, 3_720]] as const) {
  Deno.test(`drain() gives up on ${size} who are stuck after ${ms} ms`, async () => {
    const clock = new FakeClock();
    const { crowd } = gather(size, clock, true);
    const draining = drain("stop", () => crowd, clock, half, new AbortController().signal);
    await clock.advance(ms);
    await draining;
    assert.equal(crowd.size, size);
  });
}

Deno.test("drain() tells one whose handshake ends only while it waits", async () => {
  const clock = new FakeClock();
  const { crowd } = gather(1, clock, true);
  const late = gather(1, clock);
  const draining = drain("stop", () => crowd, clock, half, new AbortController().signal);
  for (const peer of late.crowd) crowd.add(peer);
  await clock.advance(3_020);
  await draining;
  assert.ok(late.toldAt.length > 0);
});

for (const [size, gap] of [[10, 1_000], [100, 100], [500, 20]] as const) {
  Deno.test(`drain() that moves ${size} tells one each ${gap} ms, and asks none to stay away for more than half a second`, async () => {
    const clock = new FakeClock();
    const { crowd, toldAt, waits } = gather(size, clock);
    const draining = drain("move", () => crowd, clock, half, new AbortController().signal);
    await clock.advance(10_000);
    await draining;
    assert.deepEqual(toldAt, Array.from({ length: size }, (_, index) => index * gap));
    assert.ok(waits.every((wait) => wait !== undefined && wait <= 500));
  });
}

Deno.test("drain() that moves a crowd takes ten seconds for it", async () => {
  const clock = new FakeClock();
  const { crowd, toldAt } = gather(10_000, clock);
  const draining = drain("move", () => crowd, clock, half, new AbortController().signal);
  await clock.advance(10_000);
  await draining;
  assert.equal(toldAt.length, 10_000);
  assert.equal(Math.max(...toldAt), 9_980);
});

for (const kind of ["stop", "move", "urgent"] as const) {
  Deno.test(`drain() for ${kind} is over in time though all are stuck`, async () => {
    const clock = new FakeClock();
    const { crowd } = gather(1_000, clock, true);
    const draining = drain(kind, () => crowd, clock, half, new AbortController().signal);
    await clock.advance(longestDrainMs(kind));
    await draining;
  });
}
