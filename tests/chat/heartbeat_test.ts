import assert from "node:assert/strict";
import { Heartbeat, type Peer } from "../../lib/chat/heartbeat.ts";
import {
  type CloseStatus,
  PING_TIMEOUT,
  TOKEN_EXPIRED,
} from "../../lib/core/protocol/close_codes.ts";
import {
  healthPolicy,
  type TokenExpiry,
  type Vitals,
} from "../../lib/core/health/connection_health.ts";
import { FakeClock } from "../support/fakes.ts";

const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: 1_000 });

/** A connection whose vitals the test sets, and which records what is done to it. */
class FakePeer implements Peer {
  readonly actions: string[] = [];
  readonly closeStatuses: CloseStatus[] = [];
  checks = 0;
  readonly #clock: FakeClock;
  /** Undefined when it is no longer open. */
  state: Vitals | undefined;
  expiry: TokenExpiry | null | undefined;

  constructor(clock: FakeClock, vitals: Partial<Vitals> = {}, expiry?: TokenExpiry) {
    this.#clock = clock;
    this.expiry = expiry;
    this.state = { backlog: 0, progressAt: 0, receivedAt: 0, canPing: false, ...vitals };
  }

  vitals(): Vitals | undefined {
    this.checks += 1;
    return this.state;
  }

  status(): string {
    return this.state === undefined ? "closing" : "open";
  }

  bufferedBytes(): number {
    return this.state?.backlog ?? 0;
  }

  ping(): void {
    this.actions.push("ping");
    if (this.state) this.state = { ...this.state, pingedAt: this.#clock.now() };
  }

  announceExpiry(): void {
    this.actions.push("announceExpiry");
    if (this.expiry) this.expiry = { ...this.expiry, isTold: true };
  }

  recheckUser(): void {
    this.actions.push("recheckUser");
  }

  drop(): void {
    this.actions.push("drop");
    this.state = undefined;
  }

  charge(): void {
    this.actions.push("charge");
  }

  close(status: CloseStatus): void {
    this.actions.push("close");
    this.closeStatuses.push(status);
    this.state = this.expiry = undefined;
  }

  checkEnding(now: number): void {
    this.actions.push(`checkEnding ${now}`);
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
    assert.deepEqual(peer.actions, []);
  }));

Deno.test("Heartbeat checks every connection once when something has been revoked", () =>
  beating((heartbeat, clock) => {
    const peers = [new FakePeer(clock), new FakePeer(clock)];
    for (const peer of peers) heartbeat.watch(peer);
    heartbeat.recheckUsers();
    assert.deepEqual(peers.map(({ actions }) => actions), [
      ["recheckUser"],
      ["recheckUser"],
    ]);
    return Promise.resolve();
  }));

Deno.test("Heartbeat pings a connection after 25 s and closes it within 60 s", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { canPing: true });
    heartbeat.watch(peer);
    await clock.advance(24_000);
    assert.deepEqual(peer.actions, []);
    await clock.advance(36_000);
    assert.deepEqual(peer.actions.slice(0, 2), ["ping", "close"]);
    assert.deepEqual(peer.closeStatuses, [PING_TIMEOUT]);
  }));

Deno.test("Heartbeat tells a client once that its token expires, and closes it within a second of that", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, {}, { at: 120_000, isTold: false });
    heartbeat.watch(peer);
    await clock.advance(59_999);
    assert.deepEqual(peer.actions, []);
    await clock.advance(1_000);
    assert.deepEqual(peer.actions, ["announceExpiry"]);
    await clock.advance(59_000);
    assert.deepEqual(peer.actions, ["announceExpiry"]);
    await clock.advance(1_000);
    assert.deepEqual(peer.closeStatuses, [TOKEN_EXPIRED]);
  }));

Deno.test("Heartbeat closes a client that is given a token for a moment within a second of its expiry", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock);
    heartbeat.watch(peer);
    await clock.advance(6_000);
    peer.expiry = { at: clock.now() + 100, isTold: true };
    await clock.advance(1_100);
    assert.deepEqual(peer.closeStatuses, [TOKEN_EXPIRED]);
  }));

Deno.test("Heartbeat does not look again for a token of a guest", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock);
    heartbeat.watch(peer);
    let looks = 0;
    Object.defineProperty(peer, "expiry", { get: () => (looks++, null) });
    await clock.advance(60_000);
    assert.equal(looks, 1);
  }));

Deno.test("Heartbeat drops a slow consumer once, and then checks how its connection ends", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { backlog: 1_001 });
    heartbeat.watch(peer);
    await clock.advance(15_000);
    assert.deepEqual(peer.actions, ["drop", "checkEnding 5250", "checkEnding 10250"]);
  }));

Deno.test("Heartbeat drops a connection whose backlog has stalled", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { backlog: 1, progressAt: 0 });
    heartbeat.watch(peer);
    await clock.advance(30_000);
    assert.deepEqual(peer.actions, ["drop"]);
  }));

Deno.test("Heartbeat checks each of many connections once in 5 s, a slice at a time, with one timer", () =>
  beating(async (heartbeat, clock) => {
    const peers = Array.from({ length: 100 }, () => new FakePeer(clock));
    for (const peer of peers) heartbeat.watch(peer);
    await clock.advance(250);
    assert.equal(clock.sleeping, 1);
    assert.equal(peers.filter(({ checks }) => checks > 0).length, 5);
    await clock.advance(4_750);
    assert.deepEqual(new Set(peers.map(({ checks }) => checks)), new Set([1]));
  }));

Deno.test("Heartbeat checks every connection once in 5 s, even when many close meanwhile", () =>
  beating(async (heartbeat, clock) => {
    const peers = Array.from({ length: 100 }, () => new FakePeer(clock));
    for (const peer of peers) heartbeat.watch(peer);
    await clock.advance(2_500);
    for (const peer of peers.slice(0, 50)) heartbeat.unwatch(peer);
    await clock.advance(2_500);
    assert.deepEqual(new Set(peers.map(({ checks }) => checks)), new Set([1]));
    await clock.advance(5_000);
    assert.deepEqual(new Set(peers.slice(50).map(({ checks }) => checks)), new Set([2]));
  }));

Deno.test("Heartbeat does not check a connection that was removed", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock);
    heartbeat.watch(peer);
    heartbeat.unwatch(peer);
    await clock.advance(10_000);
    assert.equal(peer.checks, 0);
    assert.deepEqual([...heartbeat.peers()], []);
  }));

Deno.test("Heartbeat.connectionCounts() counts by status, also those that no connection has", () =>
  beating((heartbeat, clock) => {
    const peers = Array.from({ length: 3 }, () => new FakePeer(clock));
    for (const peer of peers) heartbeat.watch(peer);
    peers[0]?.drop();
    const counts = heartbeat.connectionCounts(["open", "dead"]);
    assert.deepEqual(counts, { open: 2, dead: 0, closing: 1 });
    return Promise.resolve();
  }));

Deno.test("Heartbeat frees memory by dropping the largest backlogs, until half of the total is left", () => {
  const clock = new FakeClock();
  const heartbeat = new Heartbeat(clock, policy);
  const backlogs = [100_000, 900_000, 70_000, 65_535, 500_000, 0];
  const peers = backlogs.map((backlog) => new FakePeer(clock, { backlog }));
  for (const peer of peers) heartbeat.watch(peer);
  const dropped = () => backlogs.filter((_, index) => peers[index]?.state === undefined);
  assert.equal(heartbeat.dropLargestBacklogs(), 1);
  assert.deepEqual(dropped(), [900_000]);
  assert.equal(heartbeat.dropLargestBacklogs(), 1);
  assert.deepEqual(dropped(), [900_000, 500_000]);
  for (let time = 0; time < 5; time++) heartbeat.dropLargestBacklogs();
  assert.deepEqual(dropped(), [100_000, 900_000, 70_000, 500_000]);
});
