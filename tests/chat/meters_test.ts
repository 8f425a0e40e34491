/** What a hub counts, against what its members heard. */
import assert from "node:assert/strict";
import { Heartbeat, type Peer } from "../../lib/chat/heartbeat.ts";
import { Hub } from "../../lib/chat/hub.ts";
import type { Member } from "../../lib/chat/member.ts";
import {
  isolateMeters,
  meterConnections,
  publishedCounter,
  roundTripHistogram,
  servingMeters,
} from "../../lib/chat/meters.ts";
import type { Dialect } from "../../lib/core/dialect.ts";
import type { Deed } from "../../lib/core/entries.ts";
import { expose } from "../../lib/core/exposition.ts";
import { Metrics } from "../../lib/core/metrics.ts";
import { jsonDialect } from "../../lib/core/protocol.ts";
import { pulsePolicy, type Vitals } from "../../lib/core/pulse.ts";
import { textDialect } from "../../lib/core/text_mode.ts";
import { readExposition } from "../core/exposition_reader.ts";
import { counter, FakeBus, FakeClock, FakeIdentities, name, room, settle } from "../fakes.ts";

const lobby = room("lobby");
const identities = new FakeIdentities();
const ann = { user: identities.draw(), name: name("Ann") };

/** A hub that hears its bus, and what it counts. */
class Chat implements Disposable {
  readonly clock = new FakeClock();
  readonly bus = new FakeBus(this.clock);
  readonly meters = servingMeters(new Metrics());
  readonly #life = new AbortController();
  readonly #hub = new Hub({
    clock: this.clock,
    bus: this.bus,
    meters: this.meters,
    node: "node",
    random: () => 0,
    guestName: "guest",
    recoverLimit: 5,
    drawId: counter("id"),
  });
  isDeaf = false;

  constructor() {
    this.#carry();
  }

  async join(dialect: Dialect): Promise<void> {
    const member: Member = {
      dialect,
      arrive() {},
      turnAway() {},
      deliver() {},
      replay() {},
      isBehind: () => false,
    };
    const author = { user: identities.draw(), name: name(`m${identities.draw()}`) };
    this.#hub.join(lobby, member, { ...author, draw: undefined, since: undefined, limit: 0 });
    await settle();
  }

  async enter(...deeds: Deed[]): Promise<void> {
    const drafts = deeds.map((deed) => ({ ...ann, room: lobby, id: identities.draw(), deed }));
    await Promise.all(drafts.map((draft) => this.bus.publish(draft)));
    await settle();
  }

  async #carry(): Promise<void> {
    for await (const heard of this.bus.announcements(this.#life.signal)) {
      if (!this.isDeaf) this.#hub.receive(heard);
    }
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}

function said(text: string): Deed {
  return { kind: "said", text };
}

Deno.test("A room counts each entry once for each member who heard it", async () => {
  using chat = new Chat();
  const { deliveries } = chat.meters;
  await chat.enter(said("nobody hears it"));
  await chat.join(jsonDialect);
  await chat.join(jsonDialect);
  await chat.join(textDialect);
  assert.equal(deliveries.value, 0);
  await chat.enter(said("1"), said("2"));
  assert.equal(deliveries.value, 6);
  const { top } = await chat.bus.page(lobby, undefined, 0);
  // Plain text does not tell of reactions.
  await chat.enter({ kind: "reacted", of: top, emoji: "👍", on: true });
  assert.equal(deliveries.value, 8);
});

Deno.test("A room times each fan-out once, and each entry's way to its members", async () => {
  using chat = new Chat();
  await chat.join(jsonDialect);
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

Deno.test("A room takes what comes from a clock that is ahead for just entered", async () => {
  using chat = new Chat();
  await chat.join(jsonDialect);
  chat.clock.date = () => 0;
  await chat.enter(said("1"));
  assert.equal(chat.meters.deliverySeconds.sum, 0);
});

Deno.test("A room counts a hole once, and what healing it took", async () => {
  using chat = new Chat();
  const { holesSeen, holesHealed, replays, entriesRead, losses } = chat.meters;
  await chat.join(jsonDialect);
  chat.isDeaf = true;
  await chat.enter(said("1"), said("2"));
  chat.isDeaf = false;
  await chat.enter(said("3"), said("4"));
  const counts = [holesSeen, holesHealed, replays, entriesRead, losses].map(({ value }) => value);
  assert.deepEqual(counts, [1, 1, 1, 4, 0]);
});

Deno.test("Heartbeat.buffered() adds what waits for everybody who is not closing", () => {
  const heartbeat = new Heartbeat(new FakeClock(), policy);
  for (const vitals of VITALS) heartbeat.watch(peer(vitals));
  assert.equal(heartbeat.buffered(), 101_000);
});

Deno.test("Every metric can be read by a strict reader, and stands in the operations guide", () => {
  const metrics = new Metrics();
  const heartbeat = new Heartbeat(new FakeClock(), policy);
  for (const vitals of VITALS) heartbeat.watch(peer(vitals));
  servingMeters(metrics);
  meterConnections(metrics, heartbeat);
  publishedCounter(metrics);
  roundTripHistogram(metrics);
  isolateMeters(metrics, () => 3);
  const families = readExposition(expose(metrics.snapshot()));
  assert.equal(families.length, 17);
  const guide = Deno.readTextFileSync(new URL("../../docs/operations.md", import.meta.url));
  for (const { name, help } of families) {
    assert.match(name, /^chat_/);
    assert.match(help, /\.$/);
    assert.ok(guide.includes(`\`${name}\``), name);
  }
  const connections = families.find(({ name }) => name === "chat_connections")?.lines ?? [];
  assert.deepEqual(
    connections.map(({ labels, value }) => [labels.state, value]),
    [["connecting", 1], ["open", 1], ["parked", 1], ["closing", 1], ["stuck", 0], ["dead", 0]],
  );
});

const policy = pulsePolicy({ pingMs: 25_000, maxBufferedBytes: 1_000 });
const VITALS: readonly Vitals[] = [
  { state: "connecting", since: 0 },
  { state: "open", backlog: 1_000, movedAt: 0, heardAt: 0, answers: false },
  { state: "parked", backlog: 100_000, since: 0 },
  { state: "closing", since: 0 },
];

function peer(vitals: Vitals): Peer {
  return { vitals: () => vitals, ask() {}, park() {}, close() {}, charge() {} };
}
