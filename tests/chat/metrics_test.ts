/** What a hub counts, compared with what its members received. */
import assert from "node:assert/strict";
import { Heartbeat, type Peer } from "../../lib/chat/heartbeat.ts";
import { KnownNames } from "../../lib/chat/members/known_names.ts";
import { Hub } from "../../lib/chat/room/hub.ts";
import {
  addConnectionGauges,
  publishMetrics,
  roundTripHistogram,
  workerMetrics,
  workerPoolMetrics,
} from "../../lib/chat/metrics.ts";
import type { FrameEncoder } from "../../lib/core/protocol/encoder.ts";
import type { Action } from "../../lib/core/log/entry.ts";
import { formatPrometheus } from "../../lib/core/metrics/prometheus.ts";
import { Metrics } from "../../lib/core/metrics/metrics.ts";
import { jsonEncoder } from "../../lib/core/protocol/json_protocol.ts";
import { healthPolicy } from "../../lib/core/health/connection_health.ts";
import { textEncoder } from "../../lib/core/protocol/text_protocol.ts";
import { readExposition } from "../core/metrics/prometheus_reader.ts";
import {
  counter,
  FakeBus,
  FakeClock,
  FakeSessionTokens,
  fakeSubscriber,
  flushMicrotasks,
  name,
  room,
} from "../support/fakes.ts";

const lobby = room("lobby");
const sessionTokens = new FakeSessionTokens();
const ann = { user: sessionTokens.newUserId(), name: name("Ann") };

/** A hub that receives the announcements of its bus, and its metrics. */
class Chat implements Disposable {
  readonly clock = new FakeClock();
  readonly bus = new FakeBus(this.clock);
  readonly meters = workerMetrics(new Metrics());
  readonly #life = new AbortController();
  readonly #hub = new Hub({
    clock: this.clock,
    bus: this.bus,
    metrics: this.meters,
    node: "node",
    random: () => 0,
    guestName: "guest",
    names: new KnownNames(),
    recoverLimit: 5,
    newId: counter("id"),
  });
  isDeaf = false;

  constructor() {
    this.#carry();
  }

  async join(encoder: FrameEncoder): Promise<void> {
    const author = { user: sessionTokens.newUserId(), name: name(`m${sessionTokens.newUserId()}`) };
    const member = fakeSubscriber(author.user, encoder);
    this.#hub.join(lobby, member, { ...author, pickName: undefined, since: undefined, limit: 0 });
    await flushMicrotasks();
  }

  async enter(...actions: Action[]): Promise<void> {
    const drafts = actions.map((action) => ({
      ...ann,
      room: lobby,
      id: sessionTokens.newUserId(),
      action,
    }));
    await Promise.all(drafts.map((draft) => this.bus.publish(draft)));
    await flushMicrotasks();
  }

  async #carry(): Promise<void> {
    for await (const announcements of this.bus.announcements(this.#life.signal)) {
      if (!this.isDeaf) this.#hub.dispatch(announcements);
    }
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}

function said(text: string): Action {
  return { kind: "said", text };
}

Deno.test("A room counts each entry once for each member that received it", async () => {
  using chat = new Chat();
  const { deliveries } = chat.meters;
  await chat.enter(said("nobody hears it"));
  await chat.join(jsonEncoder);
  await chat.join(jsonEncoder);
  await chat.join(textEncoder);
  assert.equal(deliveries.value, 0);
  await chat.enter(said("1"), said("2"));
  assert.equal(deliveries.value, 6);
  const { top } = await chat.bus.page(lobby, undefined, 0);
  // Plain text has no line for reactions.
  await chat.enter({ kind: "reacted", of: top, emoji: "👍", on: true });
  assert.equal(deliveries.value, 8);
});

Deno.test("A room times each fan-out once, and each entry's way to its members", async () => {
  using chat = new Chat();
  await chat.join(jsonEncoder);
  await chat.enter(said("1"), said("2"));
  chat.isDeaf = true;
  await chat.enter(said("3"));
  await chat.clock.advance(1_500);
  chat.isDeaf = false;
  await chat.enter(said("4"));
  const { fanoutSeconds, deliverySeconds } = chat.meters;
  assert.equal(fanoutSeconds.counts.reduce((sum, count) => sum + count), 2);
  assert.equal(deliverySeconds.sum, 1.5);
  assert.equal(deliverySeconds.counts[0], 3);
  assert.equal(deliverySeconds.counts[deliverySeconds.bounds.indexOf(2)], 1);
});

Deno.test("A room counts an entry from a clock that is ahead as just stored", async () => {
  using chat = new Chat();
  await chat.join(jsonEncoder);
  chat.clock.date = () => 0;
  await chat.enter(said("1"));
  assert.equal(chat.meters.deliverySeconds.sum, 0);
});

Deno.test("A room counts a gap once, and how it was filled", async () => {
  using chat = new Chat();
  const { gapsDetected, gapsFilled, replays, entriesRead, losses } = chat.meters;
  await chat.join(jsonEncoder);
  chat.isDeaf = true;
  await chat.enter(said("1"), said("2"));
  chat.isDeaf = false;
  await chat.enter(said("3"), said("4"));
  const counts = [gapsDetected, gapsFilled, replays, entriesRead, losses].map(({ value }) => value);
  assert.deepEqual(counts, [1, 1, 1, 4, 0]);
});

Deno.test("Heartbeat.bufferedBytes() adds up the backlogs of all connections", () => {
  const heartbeat = new Heartbeat(new FakeClock(), policy);
  for (const one of PEERS) heartbeat.watch(one);
  assert.equal(heartbeat.bufferedBytes(), 101_000);
});

Deno.test("Every metric parses strictly, and is in the operations guide", () => {
  const metrics = new Metrics();
  const heartbeat = new Heartbeat(new FakeClock(), policy);
  for (const one of PEERS) heartbeat.watch(one);
  workerMetrics(metrics);
  addConnectionGauges(metrics, heartbeat, ["open", "parked", "dead"]);
  publishMetrics(metrics);
  roundTripHistogram(metrics);
  workerPoolMetrics(metrics, () => 3);
  const families = readExposition(formatPrometheus(metrics.snapshot()));
  assert.equal(families.length, 22);
  const guide = Deno.readTextFileSync(
    new URL("../../docs/operations/monitoring.md", import.meta.url),
  );
  for (const { name, help } of families) {
    assert.match(name, /^parley_/);
    assert.match(help, /\.$/);
    assert.ok(guide.includes(`\`${name}\``), name);
  }
  const connections = families.find(({ name }) => name === "parley_connections")?.lines ?? [];
  assert.deepEqual(
    connections.map(({ labels, value }) => [labels.state, value]),
    [["open", 2], ["parked", 1], ["dead", 0]],
  );
});

const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: 1_000 });
const PEERS = [peer("open", 1_000), peer("parked", 100_000), peer("open", 0)];

function peer(status: string, bufferedBytes: number): Peer {
  return {
    status: () => status,
    bufferedBytes: () => bufferedBytes,
    vitals: () => undefined,
    ping() {},
    drop() {},
    close() {},
    charge() {},
  };
}
