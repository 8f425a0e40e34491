import assert from "node:assert/strict";
import { Heartbeat, type Peer } from "../../lib/chat/heartbeat.ts";
import { type Farewell, SILENT, SLOW } from "../../lib/core/farewells.ts";
import { pulsePolicy, type Vitals } from "../../lib/core/pulse.ts";
import { FakeClock } from "../fakes.ts";

const policy = pulsePolicy({ pingMs: 25_000, maxBufferedBytes: 1_000 });

/** A peer whose vital signs the test sets, and who does what it is told. */
class FakePeer implements Peer {
  readonly deeds: string[] = [];
  readonly farewells: Farewell[] = [];
  looks = 0;
  readonly #clock: FakeClock;
  state: Vitals;

  constructor(clock: FakeClock, open: Partial<Extract<Vitals, { state: "open" }>> = {}) {
    this.#clock = clock;
    this.state = { state: "open", backlog: 0, movedAt: 0, heardAt: 0, answers: false, ...open };
  }

  vitals(): Vitals {
    this.looks += 1;
    return this.state;
  }

  ask(): void {
    this.deeds.push("ask");
    if (this.state.state === "open") this.state = { ...this.state, askedAt: this.#clock.now() };
  }

  park(): void {
    this.deeds.push("park");
    this.state = { state: "parked", backlog: 5_000, since: this.#clock.now() };
  }

  charge(): void {
    this.deeds.push("charge");
    if (this.state.state !== "open") this.state = { ...this.state, isCharged: true };
  }

  close(farewell: Farewell): void {
    this.deeds.push("dismiss");
    this.farewells.push(farewell);
    this.state = { state: "closing", since: this.#clock.now() };
  }
}

async function beating(deed: (heartbeat: Heartbeat, clock: FakeClock) => Promise<void>) {
  const clock = new FakeClock();
  const heartbeat = new Heartbeat(clock, policy);
  const life = new AbortController();
  const running = heartbeat.run(life.signal);
  await deed(heartbeat, clock);
  life.abort();
  await running;
  assert.equal(clock.sleeping, 0);
}

Deno.test("Heartbeat leaves a silent peer alone where its protocol has no answer", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock);
    heartbeat.watch(peer);
    await clock.advance(600_000);
    assert.deepEqual(peer.deeds, []);
  }));

Deno.test("Heartbeat asks one who can answer after 25 s and dismisses it within 60 s", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { answers: true });
    heartbeat.watch(peer);
    await clock.advance(24_000);
    assert.deepEqual(peer.deeds, []);
    await clock.advance(36_000);
    assert.deepEqual(peer.deeds, ["ask", "dismiss"]);
    assert.deepEqual(peer.farewells, [SILENT]);
  }));

Deno.test("Heartbeat parks a slow peer, and dismisses it only when it has drained", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { backlog: 1_001 });
    heartbeat.watch(peer);
    await clock.advance(600_000);
    assert.deepEqual(peer.deeds, ["park", "charge"]);
    peer.state = { state: "parked", backlog: 0, since: 0 };
    await clock.advance(5_000);
    assert.deepEqual(peer.farewells, [SLOW]);
  }));

Deno.test("Heartbeat parks a peer whose backlog does not move", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock, { backlog: 1, movedAt: 0 });
    heartbeat.watch(peer);
    await clock.advance(31_000);
    assert.deepEqual(peer.deeds, ["park"]);
  }));

Deno.test("Heartbeat looks at each of many peers once in 5 s, a slice at a time, with one timer", () =>
  beating(async (heartbeat, clock) => {
    const peers = Array.from({ length: 100 }, () => new FakePeer(clock));
    for (const peer of peers) heartbeat.watch(peer);
    await clock.advance(250);
    assert.equal(clock.sleeping, 1);
    assert.equal(peers.filter(({ looks }) => looks > 0).length, 5);
    await clock.advance(4_750);
    assert.deepEqual(new Set(peers.map(({ looks }) => looks)), new Set([1]));
  }));

Deno.test("Heartbeat looks at everybody once in 5 s, though many go in the midst of it", () =>
  beating(async (heartbeat, clock) => {
    const peers = Array.from({ length: 100 }, () => new FakePeer(clock));
    for (const peer of peers) heartbeat.watch(peer);
    await clock.advance(2_500);
    for (const peer of peers.slice(0, 50)) heartbeat.forget(peer);
    await clock.advance(2_500);
    assert.deepEqual(new Set(peers.map(({ looks }) => looks)), new Set([1]));
    await clock.advance(5_000);
    assert.deepEqual(new Set(peers.slice(50).map(({ looks }) => looks)), new Set([2]));
  }));

Deno.test("Heartbeat does not look at a peer that is forgotten", () =>
  beating(async (heartbeat, clock) => {
    const peer = new FakePeer(clock);
    heartbeat.watch(peer);
    heartbeat.forget(peer);
    await clock.advance(10_000);
    assert.equal(peer.looks, 0);
    assert.deepEqual([...heartbeat.peers()], []);
  }));

Deno.test("Heartbeat.census() tells the stuck from the connecting and the dead from the parked", () =>
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
    assert.deepEqual(heartbeat.census(), counts);
  }));

Deno.test("Heartbeat relieves memory by parking the largest backlogs, until they are half of all", () => {
  const clock = new FakeClock();
  const heartbeat = new Heartbeat(clock, policy);
  const backlogs = [100_000, 900_000, 70_000, 65_535, 500_000, 0];
  const peers = backlogs.map((backlog) => new FakePeer(clock, { backlog }));
  for (const peer of peers) heartbeat.watch(peer);
  const parked = () => backlogs.filter((_, index) => peers[index]?.state.state === "parked");
  assert.equal(heartbeat.relieve(), 1);
  assert.deepEqual(parked(), [900_000]);
  assert.equal(heartbeat.relieve(), 1);
  assert.deepEqual(parked(), [900_000, 500_000]);
  for (let time = 0; time < 5; time++) heartbeat.relieve();
  assert.deepEqual(parked(), [100_000, 900_000, 70_000, 500_000]);
});
