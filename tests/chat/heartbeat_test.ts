import assert from "node:assert/strict";
import { Heartbeat, type Peer } from "../../lib/chat/heartbeat.ts";
import {
  type CloseStatus,
  PING_TIMEOUT,
  SLOW_CONSUMER,
} from "../../lib/core/protocol/close_codes.ts";
import { healthPolicy, type Vitals } from "../../lib/core/health/connection_health.ts";
import { FakeClock } from "../support/fakes.ts";

const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: 1_000 });

/** A connection whose vitals the test sets, and which records what is done to it. */
class FakePeer implements Peer {
  readonly deeds: string[] = [];
  readonly closeStatuses: CloseStatus[] = [];
  looks = 0;
  readonly #clock: FakeClock;
  state: Vitals;

  constructor(clock: FakeClock, open: Partial<Extract<Vitals, { state: "open" }>> = {}) {
    this.#clock = clock;
    this.state = {
      state: "open",
      backlog: 0,
      progressAt: 0,
      receivedAt: 0,
      canPing: false,
      ...open,
    };
  }

  vitals(): Vitals {
    this.looks += 1;
    return this.state;
  }

  ping(): void {
    this.deeds.push("ask");
    if (this.state.state === "open") this.state = { ...this.state, pingedAt: this.#clock.now() };
  }

  park(): void {
    this.deeds.push("park");
    this.state = { state: "parked", backlog: 5_000, since: this.#clock.now() };
  }

  charge(): void {
    this.deeds.push("charge");
    if (this.state.state !== "open") this.state = { ...this.state, isCharged: true };
  }

  close(status: CloseStatus): void {
    this.deeds.push("dismiss");
    this.closeStatuses.push(status);
    this.state = { state: "closing", since: this.#clock.now() };
  }
}

async function beating(fn: (heartbeat: Heartbeat, clock: FakeClock) => Promise<void>) {
  const clock = new FakeClock();
  const heartbeat = new Heartbeat(clock, policy);
  const life = new AbortController();
  const running = heartbeat.run(life.signal);
  await fn(heartbeat, clock);
  life.abort();
  await running;
  assert.equal(clock.sleeping, 0);
}

Deno.test("Heartbeat ignores a silent connection whose protocol has no pong", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock);
    heartbeat.watch(peer);
    await clock.advance(600_000);
    assert.deepEqual(peer.deeds, []);
  }));

Deno.test("Heartbeat pings a connection after 25 s and closes it within 60 s", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { canPing: true });
    heartbeat.watch(peer);
    await clock.advance(24_000);
    assert.deepEqual(peer.deeds, []);
    await clock.advance(36_000);
    assert.deepEqual(peer.deeds, ["ask", "dismiss"]);
    assert.deepEqual(peer.closeStatuses, [PING_TIMEOUT]);
  }));

Deno.test("Heartbeat parks a slow consumer, and closes it only when it has drained", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { backlog: 1_001 });
    heartbeat.watch(peer);
    await clock.advance(600_000);
    assert.deepEqual(peer.deeds, ["park", "charge"]);
    peer.state = { state: "parked", backlog: 0, since: 0 };
    await clock.advance(5_000);
    assert.deepEqual(peer.closeStatuses, [SLOW_CONSUMER]);
  }));

Deno.test("Heartbeat parks a connection whose backlog has stalled", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { backlog: 1, progressAt: 0 });
    heartbeat.watch(peer);
    await clock.advance(31_000);
    assert.deepEqual(peer.deeds, ["park"]);
  }));

Deno.test("Heartbeat checks each of many connections once in 5 s, a slice at a time, with one timer", () =>
  beating(async (heartbeat, clock) => {
    const peers = Array.from({ length: 100 }, () => new FakePeer(clock));
    for (const peer of peers) heartbeat.watch(peer);
    await clock.advance(250);
    assert.equal(clock.sleeping, 1);
    assert.equal(peers.filter(({ looks }) => looks > 0).length, 5);
    await clock.advance(4_750);
    assert.deepEqual(new Set(peers.map(({ looks }) => looks)), new Set([1]));
  }));

Deno.test("Heartbeat checks every connection once in 5 s, even when many close meanwhile", () =>
  beating(async (heartbeat, clock) => {
    const peers = Array.from({ length: 100 }, () => new FakePeer(clock));
    for (const peer of peers) heartbeat.watch(peer);
    await clock.advance(2_500);
    for (const peer of peers.slice(0, 50)) heartbeat.unwatch(peer);
    await clock.advance(2_500);
    assert.deepEqual(new Set(peers.map(({ looks }) => looks)), new Set([1]));
    await clock.advance(5_000);
    assert.deepEqual(new Set(peers.slice(50).map(({ looks }) => looks)), new Set([2]));
  }));

Deno.test("Heartbeat does not check a connection that was removed", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock);
    heartbeat.watch(peer);
    heartbeat.unwatch(peer);
    await clock.advance(10_000);
    assert.equal(peer.looks, 0);
    assert.deepEqual([...heartbeat.peers()], []);
  }));

Deno.test("Heartbeat.census() distinguishes stuck from connecting and dead from parked", () =>
  beating(async (heartbeat, clock) => {
    const states: Vitals[] = [
      { state: "connecting", since: 0 },
      { state: "connecting", since: 119_000 },
      { state: "parked", backlog: 1, since: 0 },
      { state: "parked", backlog: 1, since: 100_000 },
      { state: "closing", since: 0 },
      { state: "closing", since: 100_000 },
    ];
    for (const state of states) {
      const peer = new FakePeer(clock);
      peer.state = state;
      heartbeat.watch(peer);
    }
    heartbeat.watch(new FakePeer(clock));
    await clock.advance(120_000);
    const counts = { connecting: 1, open: 1, parked: 1, closing: 1, stuck: 1, dead: 2 };
    assert.deepEqual(heartbeat.connectionCounts(), counts);
  }));

Deno.test("Heartbeat frees memory by parking the largest backlogs, until half of the total is left", () => {
  const clock = new FakeClock();
  const heartbeat = new Heartbeat(clock, policy);
  const backlogs = [100_000, 900_000, 70_000, 65_535, 500_000, 0];
  const peers = backlogs.map((backlog) => new FakePeer(clock, { backlog }));
  for (const peer of peers) heartbeat.watch(peer);
  const parked = () => backlogs.filter((_, index) => peers[index]?.state.state === "parked");
  assert.equal(heartbeat.parkLargestBacklogs(), 1);
  assert.deepEqual(parked(), [900_000]);
  assert.equal(heartbeat.parkLargestBacklogs(), 1);
  assert.deepEqual(parked(), [900_000, 500_000]);
  for (let time = 0; time < 5; time++) heartbeat.parkLargestBacklogs();
  assert.deepEqual(parked(), [100_000, 900_000, 70_000, 500_000]);
});
