import assert from "node:assert/strict";
import type { Peer } from "../../../lib/chat/heartbeat.ts";
import { SERVICE_RESTART } from "../../../lib/core/protocol/close_codes.ts";
import { drain, type DrainKind, longestDrainMs } from "../../../lib/io/serving/drain.ts";
import { FakeClock } from "../../support/fakes.ts";

/** Connections that close when told to, unless they are stuck. */
function fakePeers(size: number, clock: FakeClock, isStuck = false) {
  const toldAt: number[] = [];
  const waits: (number | undefined)[] = [];
  const peers = new Set<Peer>();
  for (let i = 0; i < size; i++) {
    const peer: Peer = {
      vitals: () => undefined,
      status: () => "open",
      bufferedBytes: () => 0,
      ping() {},
      charge() {},
      drop() {},
      close(status) {
        assert.equal(status.code, SERVICE_RESTART.code);
        toldAt.push(clock.now());
        waits.push(status.afterMs);
        if (!isStuck) peers.delete(peer);
      },
    };
    peers.add(peer);
  }
  return { peers, toldAt, waits };
}

const STOP_MS = 8_000;

function run(
  kind: DrainKind,
  peers: Iterable<Peer>,
  clock: FakeClock,
  { random = (): number => 0.5, flush = () => {}, stopMs = STOP_MS } = {},
): Promise<void> {
  const context = { peers: () => peers, clock, random, flush, stopMs };
  return drain(kind, context, new AbortController().signal);
}

Deno.test("drain() closes a few connections immediately and resolves when they are closed", async () => {
  const clock = new FakeClock();
  const { peers, toldAt } = fakePeers(10, clock);
  await run("stop", peers, clock);
  assert.deepEqual(toldAt, Array(10).fill(0));
});

Deno.test("drain() spreads many connections over 0.8 s, and closes each once", async () => {
  const clock = new FakeClock();
  const { peers, toldAt } = fakePeers(10_000, clock);
  const draining = run("stop", peers, clock);
  await clock.advance(800);
  await draining;
  assert.equal(toldAt.length, 10_000);
  assert.ok(Math.max(...toldAt) >= 700);
  const atOnce = Math.max(
    ...Object.values(Object.groupBy(toldAt, String)).map((it) => it?.length ?? 0),
  );
  assert.ok(atOnce <= 250, `${atOnce} at once`);
});

Deno.test("drain() sends what is waiting before each group of connections is closed", async () => {
  const clock = new FakeClock();
  const { peers, toldAt } = fakePeers(100, clock);
  const closedBefore: number[] = [];
  const flush = () => void closedBefore.push(toldAt.length);
  const draining = run("stop", peers, clock, { flush });
  await clock.advance(800);
  await draining;
  assert.deepEqual(closedBefore, Array.from({ length: 10 }, (_, index) => index * 10));
});

for (const [size, ms] of [[2, 501], [1_000, 1_000], [100_000, 4_250]] as const) {
  Deno.test(`drain() delays the reconnection of each of ${size} by a time that depends on their number`, async () => {
    const clock = new FakeClock();
    const { peers, waits } = fakePeers(size, clock);
    let drawn = 0;
    const random = () => drawn++ % 2 / 2;
    const draining = run("stop", peers, clock, { random });
    await clock.advance(1_000);
    await draining;
    assert.equal(waits.length, size);
    assert.deepEqual(new Set(waits), new Set([500, ms]));
  });
}

for (const [size, ms] of [[3, 2_920], [10_000, 3_720]] as const) {
  Deno.test(`drain() gives up on ${size} stuck connections after ${ms} ms`, async () => {
    const clock = new FakeClock();
    const { peers } = fakePeers(size, clock, true);
    const draining = run("stop", peers, clock);
    await clock.advance(ms);
    await draining;
    assert.equal(peers.size, size);
  });
}

for (const kind of ["stop", "move", "urgent"] as const) {
  Deno.test(`drain() for ${kind} closes a connection whose handshake completes during the wait`, async () => {
    const clock = new FakeClock();
    const { peers, toldAt } = fakePeers(1, clock);
    for (const peer of peers) {
      const close = peer.close.bind(peer);
      // A connection that is not open ignores it.
      peer.close = (status) => clock.now() >= 120 && close(status);
    }
    const draining = run(kind, peers, clock);
    await clock.advance(1_000);
    await draining;
    assert.deepEqual(toldAt, [200]);
  });

  Deno.test(`drain() for ${kind} leaves time for answers when timers are late`, async () => {
    const clock = new FakeClock();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (ms, signal) => sleep(2 * ms, signal);
    const { peers, toldAt } = fakePeers(3_000, clock, true);
    for (const peer of peers) {
      const close = peer.close.bind(peer);
      peer.close = (status) => {
        close(status);
        sleep(100, new AbortController().signal).then(() => peers.delete(peer));
      };
    }
    const draining = run(kind, peers, clock, { stopMs: 1_000 });
    for (let ms = 0; ms < longestDrainMs(kind, 1_000); ms += 100) await clock.advance(100);
    await draining;
    assert.equal(peers.size, 0);
    assert.ok(toldAt.length >= 3_000);
  });
}

for (const [size, gap] of [[10, 1_000], [100, 100], [500, 20]] as const) {
  Deno.test(`drain() that moves ${size} closes one each ${gap} ms, and delays none by more than half a second`, async () => {
    const clock = new FakeClock();
    const { peers, toldAt, waits } = fakePeers(size, clock);
    const draining = run("move", peers, clock);
    await clock.advance(10_000);
    await draining;
    assert.deepEqual(toldAt, Array.from({ length: size }, (_, index) => index * gap));
    assert.ok(waits.every((wait) => wait !== undefined && wait <= 500));
  });
}

Deno.test("drain() that moves many connections takes ten seconds", async () => {
  const clock = new FakeClock();
  const { peers, toldAt } = fakePeers(10_000, clock);
  const draining = run("move", peers, clock);
  await clock.advance(10_000);
  await draining;
  assert.equal(toldAt.length, 10_000);
  assert.equal(Math.max(...toldAt), 9_980);
});

Deno.test("drain() goes on as long as clients answer, and not longer than DRAIN_SECONDS", async () => {
  for (const [size, left] of [[70, 0], [1_000, 920]] as const) {
    const clock = new FakeClock();
    const { peers } = fakePeers(size, clock, true);
    let isDone = false;
    const draining = run("stop", peers, clock).then(() => isDone = true);
    // One answers every 100 ms.
    for (let ms = 0; ms < STOP_MS; ms += 100) {
      for (const peer of [...peers].slice(0, 1)) peers.delete(peer);
      assert.equal(isDone, false);
      await clock.advance(peers.size === 0 ? STOP_MS - ms : 100);
      if (peers.size === 0) break;
    }
    await draining;
    assert.equal(peers.size, left);
  }
});

for (const kind of ["stop", "move", "urgent"] as const) {
  Deno.test(`drain() for ${kind} ends in time even if all connections are stuck`, async () => {
    const clock = new FakeClock();
    const { peers } = fakePeers(1_000, clock, true);
    const draining = run(kind, peers, clock);
    await clock.advance(longestDrainMs(kind, STOP_MS));
    await draining;
  });
}
