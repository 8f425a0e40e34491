/**
 * How a store in memory ages; the contract tests cover what all stores have in common.
 * @module
 */
import assert from "node:assert/strict";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import { type Action, type Draft, isUserId } from "../../../lib/core/log/entry.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { RECEIPTS_MS } from "../../../lib/core/log/room_log.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { numbers } from "../../contract/fixtures.ts";
import { type OpenStore, roomExistenceContract } from "../../contract/state/room_existence.ts";
import { stateRetentionContract } from "../../contract/state/state_retention.ts";
import { FakeClock, name, room } from "../../support/fakes.ts";

const lobby = room("lobby");
const ann = "user_ann";
assert.ok(isUserId(ann));
const user = ann;
const HOUR = 3_600_000;
const FOR_AN_HOUR: Retention = { messages: 1_000, entries: 1_000, ageMs: HOUR };
const said = (text: string): Action => ({ kind: "said", text });

/** A clock whose calendar can be set back. */
class Calendar extends FakeClock {
  setBackMs = 0;

  override date(): number {
    return super.date() - this.setBackMs;
  }
}

/** A store and its time. */
class Kept {
  readonly clock = new Calendar();
  readonly store: MemoryStore;
  #ids = 0;

  constructor(retention = FOR_AN_HOUR) {
    let epochs = 0;
    this.store = new MemoryStore(this.clock, retention, () => `e${epochs++}`);
  }

  draft(action: Action, id = `id${this.#ids++}`): Draft {
    return { room: lobby, user, name: name("Ann"), id, action };
  }

  async enter(action: Action): Promise<Position> {
    const outcome = await this.store.append(this.draft(action));
    return outcome.kind === "entered" ? outcome.entry.position : assert.fail(outcome.kind);
  }

  async texts(): Promise<string[]> {
    const { messages } = await this.store.page(lobby, undefined, 100);
    return messages.map(({ text }) => text);
  }
}

Deno.test("MemoryStore keeps a room's epoch, although it draws another each time", async () => {
  const { store } = new Kept();
  const { top } = await store.page(lobby, undefined, 0);
  assert.deepEqual((await store.page(lobby, undefined, 0)).top, top);
  assert.notEqual((await store.page(room("attic"), undefined, 0)).top.epoch, top.epoch);
});

Deno.test("MemoryStore recognizes a repetition for at least RECEIPTS_MS, whatever is sent meanwhile", async () => {
  const kept = new Kept({ messages: 1, entries: 1, ageMs: 1_000 });
  const first = kept.draft(said("first"));
  await kept.store.append(first);
  for (let k = 0; k < 9; k++) {
    await kept.clock.advance(RECEIPTS_MS / 10);
    await kept.enter(said("more"));
  }
  await kept.clock.advance(RECEIPTS_MS / 10 - 1);
  assert.equal((await kept.store.append(first)).kind, "repeated");
});

Deno.test("MemoryStore forgets a receipt after RECEIPTS_MS, at the next message", async () => {
  const kept = new Kept();
  const first = kept.draft(said("first"));
  await kept.store.append(first);
  await kept.clock.advance(RECEIPTS_MS + 1);
  await kept.enter(said("more"));
  assert.equal((await kept.store.append(first)).kind, "entered");
});

Deno.test("MemoryStore recognizes a repetition even when the calendar was set back or forward", async () => {
  const kept = new Kept();
  const first = kept.draft(said("first"));
  await kept.store.append(first);
  for (const setBackMs of [24 * HOUR, -24 * HOUR]) {
    kept.clock.setBackMs = setBackMs;
    await kept.enter(said("more"));
    assert.equal((await kept.store.append(first)).kind, "repeated");
  }
});

Deno.test("MemoryStore returns nothing older than the retention, whether or not a message was sent since", async () => {
  const kept = new Kept();
  const first = await kept.enter(said("first"));
  await kept.clock.advance(HOUR / 2);
  await kept.enter(said("second"));
  assert.deepEqual(await kept.texts(), ["first", "second"]);
  await kept.clock.advance(HOUR / 2 + 1);
  assert.deepEqual(await kept.texts(), ["second"]);
  assert.equal((await kept.store.readState(lobby, user, 0)).unread, 1);
  const start = { ...first, seq: 0 };
  assert.equal((await kept.store.replay(lobby, start, 9)).lossReason, "too_old");
  await kept.enter(said("third"));
  assert.deepEqual(await kept.texts(), ["second", "third"]);
  const replay = await kept.store.replay(lobby, start, 9);
  assert.deepEqual([replay.entries.map(({ position }) => position.seq), replay.lossReason], [
    [2, 3],
    "too_old",
  ]);
  assert.equal((await kept.store.replay(lobby, first, 9)).lossReason, undefined);
});

Deno.test("MemoryStore deletes expired messages at the next message", async () => {
  const kept = new Kept();
  const first = await kept.enter(said("first"));
  await kept.clock.advance(2 * HOUR);
  await kept.enter(said("second"));
  // By the calendar it would be kept, but it is already deleted.
  kept.clock.setBackMs = 2 * HOUR;
  assert.deepEqual(await kept.texts(), ["second"]);
  assert.equal((await kept.store.replay(lobby, { ...first, seq: 0 }, 9)).lossReason, "too_old");
});

Deno.test("MemoryStore deletes expired messages in a sweep, without a new message", async () => {
  const kept = new Kept();
  await kept.enter(said("first"));
  await kept.clock.advance(HOUR + 1);
  kept.store.sweep(() => true);
  kept.clock.setBackMs = HOUR + 1;
  assert.deepEqual(await kept.texts(), []);
});

Deno.test("MemoryStore counts the age from when a message was sent, not from when it was edited", async () => {
  const kept = new Kept();
  const of = await kept.enter(said("first"));
  await kept.clock.advance(HOUR - 1);
  await kept.enter({ kind: "edited", of, text: "1st" });
  assert.deepEqual(await kept.texts(), ["1st"]);
  await kept.clock.advance(2);
  assert.deepEqual(await kept.texts(), []);
});

Deno.test("MemoryStore deletes nothing because of a wrong calendar, and stamps correctly once it is corrected", async () => {
  const kept = new Kept();
  const wrong = [-97 * HOUR, 0, 24 * HOUR, 0, 97 * HOUR, 0];
  const stamps: number[] = [];
  for (const [k, setBackMs] of wrong.entries()) {
    kept.clock.setBackMs = setBackMs;
    await kept.enter(said(String(k)));
    kept.store.sweep(() => false);
    const { messages } = await kept.store.page(lobby, undefined, 9);
    assert.deepEqual(messages.map(({ text }) => text), wrong.slice(0, k + 1).map((_, k) => `${k}`));
    stamps.push((messages.at(-1)?.at ?? 0) - kept.clock.date());
  }
  assert.deepEqual(stamps, wrong.map(() => 0));
});

Deno.test("MemoryStore stores nothing of rooms that were only visited", async () => {
  const kept = new Kept();
  const visited = numbers(1, 100).map((n) => room(`room-${n}`));
  for (const one of visited) {
    const { top } = await kept.store.page(one, undefined, 0);
    await kept.store.markRead(one, user, top);
    assert.deepEqual((await kept.store.page(one, undefined, 0)).top, top);
    assert.equal((await kept.store.readState(one, user, 0)).read, undefined);
  }
  const [first, second] = visited;
  assert.ok(first && second);
  const ask = async (one: RoomId) => (await kept.store.page(one, undefined, 0)).top.epoch;
  const before = await ask(first);
  const forgotten = await ask(second);
  for (let minute = 0; minute < 5; minute++) {
    await kept.clock.advance(60_000);
    assert.equal(await ask(first), before);
  }
  assert.notEqual(await ask(second), forgotten);
});

Deno.test("MemoryStore continues its numbers when all its messages have expired", async () => {
  const kept = new Kept();
  const first = await kept.enter(said("first"));
  await kept.clock.advance(2 * HOUR);
  assert.deepEqual(await kept.store.replay(lobby, first, 9), { top: first, entries: [] });
  assert.deepEqual(await kept.enter(said("second")), { ...first, seq: 2 });
});

Deno.test("MemoryStore ignores a read marker beyond the top or in an unknown epoch", async () => {
  const kept = new Kept();
  const first = await kept.enter(said("first"));
  for (const read of [{ ...first, seq: 99 }, { ...first, epoch: "another" }]) {
    await kept.store.markRead(lobby, user, read);
    assert.deepEqual(await kept.store.readState(lobby, user, 0), { read: undefined, unread: 1 });
  }
  await kept.store.markRead(lobby, user, first);
  assert.deepEqual(await kept.store.readState(lobby, user, 0), { read: first, unread: 0 });
});

Deno.test("MemoryStore deletes rooms in which everything expired long ago, unless they are in use", async () => {
  const kept = new Kept();
  const first = await kept.enter(said("first"));
  const sweep = async (isWanted: boolean) => {
    kept.store.sweep(() => isWanted);
    return (await kept.store.page(lobby, undefined, 0)).top;
  };
  await kept.clock.advance(2 * HOUR);
  assert.deepEqual(await sweep(false), first);
  await kept.clock.advance(1);
  assert.deepEqual(await sweep(true), first);
  const fresh = await sweep(false);
  assert.equal(fresh.seq, 0);
  assert.notEqual(fresh.epoch, first.epoch);
  assert.equal((await kept.store.replay(lobby, first, 9)).lossReason, "unknown_epoch");
});

function openStore(retention: Retention, clock: FakeClock): Promise<OpenStore> {
  let epochs = 0;
  const store = new MemoryStore(clock, retention, () => `e${epochs++}`);
  return Promise.resolve({
    bus: new EmbeddedBus(store, clock),
    sweep: () => Promise.resolve(store.sweep(() => false)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

roomExistenceContract("MemoryStore", openStore);
stateRetentionContract("MemoryStore", openStore);
