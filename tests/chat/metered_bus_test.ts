/** That users and rooms keep to their budgets, over all connections and workers. */
import assert from "node:assert/strict";
import type { Note, Published } from "../../lib/chat/bus.ts";
import { EmbeddedBus } from "../../lib/chat/embedded_bus.ts";
import { MemoryStore } from "../../lib/chat/memory_store.ts";
import { MeteredBus } from "../../lib/chat/metered_bus.ts";
import { type SlowDownCounters, slowDownCounters } from "../../lib/chat/meters.ts";
import { budgetTable } from "../../lib/core/budgets.ts";
import type { Deed, UserId } from "../../lib/core/entries.ts";
import { Metrics } from "../../lib/core/metrics.ts";
import { AMPLE, counter, FakeClock, FakeIdentities, name, room } from "../fakes.ts";

const DEFAULTS = { messagesPerSecond: 10, bytesPerSecond: 32_768 };
const KB = 1_024;
const lobby = room("lobby");
const identities = new FakeIdentities();

/** A metered bus, and what came through to the bus behind it. */
class Meter {
  readonly clock = new FakeClock();
  readonly refused: SlowDownCounters = slowDownCounters(new Metrics());
  readonly bus: MeteredBus;
  /** What was entered, in bytes of text. */
  readonly entered: number[] = [];
  readonly noted: Note[] = [];
  readonly #drawId = counter("id");

  constructor(settings = DEFAULTS) {
    const { clock, refused, entered, noted } = this;
    const bus = new EmbeddedBus(new MemoryStore(clock, AMPLE, counter("epoch")), clock);
    const publish = bus.publish.bind(bus);
    bus.publish = (draft) => {
      entered.push("text" in draft.deed ? draft.deed.text.length : 0);
      return publish(draft);
    };
    bus.signal = (_, note) => void noted.push(note);
    this.bus = new MeteredBus({ bus, table: budgetTable(settings), clock, refused });
  }

  publish(user: UserId, deed: Deed, where = lobby, people = 1): Promise<Published> {
    const draft = { room: where, user, name: name("Ann"), id: this.#drawId(), deed };
    return this.bus.publish(draft, people);
  }

  say(user: UserId, bytes: number, where = lobby, people = 1): Promise<Published> {
    return this.publish(user, { kind: "said", text: "x".repeat(bytes) }, where, people);
  }
}

/** The limit that refused it, and for how long. */
function refusal(published: Published): readonly [string, number] | undefined {
  return published.kind === "rejected" && published.why === "slow_down"
    ? [published.limit, published.afterMs]
    : undefined;
}

Deno.test("MeteredBus gives one user one budget, however many rooms and connections", async () => {
  const meter = new Meter();
  const user = identities.draw();
  for (let i = 0; i < 200; i++) await meter.say(user, 10, room(`room-${i % 31}`));
  assert.equal(meter.entered.length, 60);
  assert.deepEqual(refusal(await meter.say(user, 10)), ["user", 100]);
  assert.equal(meter.refused.user.value, 141);
  assert.equal(refusal(await meter.say(identities.draw(), 10)), undefined);
  await meter.clock.advance(100);
  assert.equal(refusal(await meter.say(user, 10)), undefined);
});

Deno.test("MeteredBus gives one user no more bytes than the limit, over all rooms", async () => {
  const meter = new Meter();
  const user = identities.draw();
  for (let i = 0; i < 50; i++) await meter.say(user, 60 * KB, room(`room-${i}`));
  assert.equal(meter.entered.length, 8);
});

Deno.test("MeteredBus never refuses a renaming, and charges the user for it", async () => {
  const meter = new Meter();
  const user = identities.draw();
  const renamed = { kind: "renamed", from: name("Bob") } as const;
  for (let i = 0; i < 100; i++) {
    assert.equal(refusal(await meter.publish(user, renamed, room(`room-${i}`))), undefined);
  }
  assert.equal(refusal(await meter.say(user, 10))?.[0], "user");
});

Deno.test("MeteredBus slows a room's senders down before its readers are sent too much", async () => {
  const meter = new Meter();
  const senders = Array.from({ length: 5 }, () => identities.draw());
  for (let tick = 0; tick < 100; tick++) {
    for (const user of senders) await meter.say(user, 65_000, lobby, 100);
    await meter.clock.advance(100);
  }
  const sent = meter.entered.reduce((sum, bytes) => sum + bytes, 0);
  // 256 KiB at once and 128 KiB a second, for 10 s.
  assert.ok(sent <= (256 + 10 * 128) * KB, `${sent}`);
  assert.ok(sent >= 10 * 128 * KB, `${sent}`);
  assert.ok(meter.refused.room.value > 0);
});

for (
  const [people, most] of [[1, 1_536], [100, 1_536], [1_000, 154], [10_000, 24]] as const
) {
  Deno.test(`MeteredBus lets a room of ${people} receive at most ${most} KiB in ten seconds`, async () => {
    const meter = new Meter();
    for (let tick = 0; tick < 100; tick++) {
      for (let i = 0; i < 20; i++) await meter.say(identities.draw(), 8_192, lobby, people);
      await meter.clock.advance(100);
    }
    const sent = meter.entered.length * 8;
    assert.ok(sent <= most, `${sent} KiB`);
    assert.ok(sent >= most * 0.9 - 8, `${sent} KiB`);
  });
}

Deno.test("MeteredBus lets short messages pass where long ones must wait", async () => {
  const meter = new Meter();
  let refused = 0;
  for (let tick = 0; tick < 100; tick++) {
    for (let i = 0; i < 20; i++) await meter.say(identities.draw(), 65_000, lobby, 100);
    await meter.clock.advance(100);
    if (refusal(await meter.say(identities.draw(), 100, lobby, 100))) refused += 1;
  }
  assert.ok(refused === 0, `${refused} of 100`);
});

Deno.test("MeteredBus leaves other rooms alone when one is sent too much", async () => {
  const meter = new Meter();
  for (let i = 0; i < 100; i++) await meter.say(identities.draw(), 65_000, lobby, 100);
  assert.equal(refusal(await meter.say(identities.draw(), 65_000, lobby, 100))?.[0], "room");
  assert.equal(refusal(await meter.say(identities.draw(), 65_000, room("attic"), 100)), undefined);
});

Deno.test("MeteredBus charges no user for what the room refused", async () => {
  const meter = new Meter();
  const user = identities.draw();
  for (let i = 0; i < 100; i++) await meter.say(identities.draw(), 65_000);
  for (let i = 0; i < 100; i++) assert.equal(refusal(await meter.say(user, 60_000))?.[0], "room");
  assert.equal(refusal(await meter.say(user, 60_000, room("attic"))), undefined);
});

Deno.test("MeteredBus drops news of who is writing where there is too much of it, and no other", async () => {
  const meter = new Meter();
  const user = identities.draw();
  const typing: Note = { kind: "typing", user, name: name("Ann"), on: true };
  for (let i = 0; i < 1_000; i++) meter.bus.signal(lobby, typing, 100);
  assert.equal(meter.noted.length, 600);
  const movement: Note = { kind: "gone", node: "node", user };
  meter.bus.signal(lobby, movement, 100);
  assert.deepEqual(meter.noted.at(-1), movement);
  assert.equal(refusal(await meter.say(user, 10)), undefined);
});

Deno.test("MeteredBus without limits lets everything pass", async () => {
  const meter = new Meter({ messagesPerSecond: 0, bytesPerSecond: 0 });
  const user = identities.draw();
  for (let i = 0; i < 1_000; i++) await meter.say(user, 65_000, lobby, 10_000);
  assert.equal(meter.entered.length, 1_000);
});
