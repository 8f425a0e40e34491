/** Users and rooms keep to their budgets, across all connections and workers. */
import assert from "node:assert/strict";
import type { PublishResult, Signal } from "../../../lib/chat/ports/bus.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import { RateLimitedBus } from "../../../lib/chat/bus/rate_limited_bus.ts";
import { type SlowDownCounters, slowDownCounters } from "../../../lib/chat/metrics.ts";
import { budgetTable } from "../../../lib/core/limits/budgets.ts";
import type { Content } from "../../../lib/core/log/content.ts";
import type { Action, UserId } from "../../../lib/core/log/entry.ts";
import { eventText, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { AUDIT_ROOM, SERVICE_AUTHOR } from "../../../lib/core/rooms/service_rooms.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { user as ofAddress } from "../../contract/fixtures.ts";
import { AMPLE, counter, FakeClock, FakeSessionTokens, name, room } from "../../support/fakes.ts";

const DEFAULTS = { messagesPerSecond: 10, bytesPerSecond: 32_768 };
const KB = 1_024;
const lobby = room("lobby");
const sessionTokens = new FakeSessionTokens();

/** A metered bus, and what reached the bus behind it. */
class Meter {
  readonly clock = new FakeClock();
  readonly refused: SlowDownCounters = slowDownCounters(new Metrics());
  readonly bus: RateLimitedBus;
  /** The stored texts, in bytes. */
  readonly entered: number[] = [];
  readonly noted: Signal[] = [];
  readonly #newId = counter("id");

  constructor(settings = DEFAULTS) {
    const { clock, refused, entered, noted } = this;
    const bus = new EmbeddedBus(new MemoryStore(clock, AMPLE, counter("epoch")), clock);
    const publish = bus.publish.bind(bus);
    bus.publish = (draft) => {
      entered.push("text" in draft.action ? draft.action.text.length : 0);
      return publish(draft);
    };
    bus.signal = (_, note) => void noted.push(note);
    this.bus = new RateLimitedBus({ bus, table: budgetTable(settings), clock, refused });
  }

  publish(user: UserId, action: Action, where = lobby, people = 1): Promise<PublishResult> {
    const draft = { room: where, user, name: name("Ann"), id: this.#newId(), action };
    return this.bus.publish(draft, people);
  }

  say(user: UserId, bytes: number, where = lobby, people = 1): Promise<PublishResult> {
    return this.publish(user, { kind: "said", text: "x".repeat(bytes) }, where, people);
  }
}

/** The limit that refused it, and the time to wait. */
function refusal(published: PublishResult): readonly [string, number] | undefined {
  return published.kind === "rejected" && published.why === "slow_down"
    ? [published.limit, published.afterMs]
    : undefined;
}

Deno.test("RateLimitedBus gives a user one budget for all rooms and connections", async () => {
  const meter = new Meter();
  const user = sessionTokens.newUserId();
  for (let i = 0; i < 200; i++) await meter.say(user, 10, room(`room-${i % 31}`));
  assert.equal(meter.entered.length, 60);
  assert.deepEqual(refusal(await meter.say(user, 10)), ["user", 100]);
  assert.equal(meter.refused.user.value, 141);
  assert.equal(refusal(await meter.say(sessionTokens.newUserId(), 10)), undefined);
  await meter.clock.advance(100);
  assert.equal(refusal(await meter.say(user, 10)), undefined);
});

Deno.test("RateLimitedBus limits a user's bytes across all rooms", async () => {
  const meter = new Meter();
  const user = sessionTokens.newUserId();
  for (let i = 0; i < 50; i++) await meter.say(user, 60 * KB, room(`room-${i}`));
  assert.equal(meter.entered.length, 8);
});

Deno.test("RateLimitedBus counts the metadata and the mentions of messages as bytes", async () => {
  const user = sessionTokens.newUserId();
  const enteredOf60 = async (content: Omit<Content, "text">) => {
    const meter = new Meter();
    for (let i = 0; i < 60; i++) await meter.publish(user, { kind: "said", text: "", ...content });
    return meter.entered.length;
  };
  assert.equal(await enteredOf60({}), 60);
  assert.ok(await enteredOf60({ metadata: { a: "x".repeat(16 * KB) } }) < 40);
  assert.ok(await enteredOf60({ mentions: new Array(1_000).fill(user) }) < 60);
});

Deno.test("RateLimitedBus lets moderators end a flood, within their own budget, and the service without one", async () => {
  const meter = new Meter();
  const moderator = sessionTokens.newUserId();
  const event = { kind: "clear" } as const;
  const clear = { kind: "said", text: eventText(event), event } as const;
  const flood = async () => refusal(await meter.say(sessionTokens.newUserId(), 10));
  let limit: string | undefined;
  for (let i = 0; i < 1_000 && limit === undefined; i++) [limit] = await flood() ?? [];
  assert.equal(limit, "room");
  assert.equal(refusal(await meter.publish(moderator, clear)), undefined);
  const results = [];
  for (let i = 0; i < 100; i++) results.push(refusal(await meter.publish(moderator, clear)));
  assert.deepEqual(results.at(-1)?.[0], "user");
  for (let i = 0; i < 100; i++) {
    assert.equal(refusal(await meter.publish(SERVICE_AUTHOR.user, clear)), undefined);
  }
});

Deno.test("RateLimitedBus never refuses a rename, and charges the user for it", async () => {
  const meter = new Meter();
  const user = sessionTokens.newUserId();
  const renamed = { kind: "renamed", from: name("Bob") } as const;
  for (let i = 0; i < 100; i++) {
    assert.equal(refusal(await meter.publish(user, renamed, room(`room-${i}`))), undefined);
  }
  assert.equal(refusal(await meter.say(user, 10))?.[0], "user");
});

Deno.test("RateLimitedBus slows a room's senders down before its members receive too much", async () => {
  const meter = new Meter();
  const senders = Array.from({ length: 5 }, () => sessionTokens.newUserId());
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
  Deno.test(`RateLimitedBus lets a room of ${people} receive at most ${most} KiB in ten seconds`, async () => {
    const meter = new Meter();
    for (let tick = 0; tick < 100; tick++) {
      for (let i = 0; i < 20; i++) await meter.say(sessionTokens.newUserId(), 8_192, lobby, people);
      await meter.clock.advance(100);
    }
    const sent = meter.entered.length * 8;
    assert.ok(sent <= most, `${sent} KiB`);
    assert.ok(sent >= most * 0.9 - 8, `${sent} KiB`);
  });
}

Deno.test("RateLimitedBus lets short messages pass while long ones wait", async () => {
  const meter = new Meter();
  let refused = 0;
  for (let tick = 0; tick < 100; tick++) {
    for (let i = 0; i < 20; i++) await meter.say(sessionTokens.newUserId(), 65_000, lobby, 100);
    await meter.clock.advance(100);
    if (refusal(await meter.say(sessionTokens.newUserId(), 100, lobby, 100))) refused += 1;
  }
  assert.ok(refused === 0, `${refused} of 100`);
});

Deno.test("RateLimitedBus does not limit other rooms when one receives too much", async () => {
  const meter = new Meter();
  for (let i = 0; i < 100; i++) await meter.say(sessionTokens.newUserId(), 65_000, lobby, 100);
  assert.equal(
    refusal(await meter.say(sessionTokens.newUserId(), 65_000, lobby, 100))?.[0],
    "room",
  );
  assert.equal(
    refusal(await meter.say(sessionTokens.newUserId(), 65_000, room("attic"), 100)),
    undefined,
  );
});

Deno.test("RateLimitedBus does not charge a user for what the room refused", async () => {
  const meter = new Meter();
  const user = sessionTokens.newUserId();
  for (let i = 0; i < 100; i++) await meter.say(sessionTokens.newUserId(), 65_000);
  for (let i = 0; i < 100; i++) assert.equal(refusal(await meter.say(user, 60_000))?.[0], "room");
  assert.equal(refusal(await meter.say(user, 60_000, room("attic"))), undefined);
});

Deno.test("RateLimitedBus drops only typing notices when there are too many", async () => {
  const meter = new Meter();
  const user = sessionTokens.newUserId();
  const typing: Signal = { kind: "typing", user, name: name("Ann"), on: true };
  for (let i = 0; i < 1_000; i++) meter.bus.signal(lobby, typing, 100);
  assert.equal(meter.noted.length, 600);
  const movement: Signal = { kind: "gone", node: "node", user };
  meter.bus.signal(lobby, movement, 100);
  assert.deepEqual(meter.noted.at(-1), movement);
  assert.equal(refusal(await meter.say(user, 10)), undefined);
});

Deno.test("RateLimitedBus without limits lets everything pass", async () => {
  const meter = new Meter({ messagesPerSecond: 0, bytesPerSecond: 0 });
  const user = sessionTokens.newUserId();
  for (let i = 0; i < 1_000; i++) await meter.say(user, 65_000, lobby, 10_000);
  assert.equal(meter.entered.length, 1_000);
});

/** The number of events that enter `_audit` at once. */
async function countRecorded(event: RoomEvent, by: () => UserId): Promise<number> {
  const meter = new Meter();
  let entered = 0;
  for (let i = 0; i < 1_000; i++) {
    const action = { kind: "said", text: eventText(event), event } as const;
    if (refusal(await meter.publish(by(), action, AUDIT_ROOM)) === undefined) entered += 1;
  }
  return entered;
}

Deno.test("RateLimitedBus refuses no record of what a moderator has done in a room", async () => {
  const [user, other] = [sessionTokens.newUserId(), sessionTokens.newUserId()];
  const kick = { kind: "kick", user: other, name: name("Bob"), rank: "owner" } as const;
  assert.equal(await countRecorded({ ...kick, room: lobby }, () => user), 1_000);
  // Without a room, it is no record.
  assert.equal(await countRecorded(kick, () => user), 60);
});

Deno.test("RateLimitedBus limits records that anybody can cause, and what concerns addresses", async () => {
  const settings = { kind: "room", topic: "Tea", room: lobby } as const;
  const limit = await countRecorded(settings, () => sessionTokens.newUserId());
  assert.ok(limit < 700, `${limit}`);
  const user = sessionTokens.newUserId();
  const address = { user: ofAddress("ip_c0000201"), name: name("Bob"), room: lobby };
  assert.equal(await countRecorded({ kind: "unmute", ...address }, () => user), 60);
});
