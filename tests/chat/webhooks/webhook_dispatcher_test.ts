/** Deliveries of one process: order, retries, and what survives a restart. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { readState, stateChange } from "../../../lib/chat/webhooks/webhook_records.ts";
import { GIVE_UP_MS, MIN_ATTEMPTS } from "../../../lib/core/webhooks/delivery_rules.ts";
import { attic, draft, lobby, mustPublish, numbers } from "../../contract/fixtures.ts";
import { forgetEpochs } from "../../support/forgotten_epochs.ts";
import { done, ERROR, OK, WebhookWorld, wordOf } from "./webhook_world.ts";

const HOOK = "https://example.com/hook";
const OTHER = "https://example.org/hook";
const DAY_MS = 24 * 3_600_000;

/** Lets the process go on until something is true. */
async function until(world: WebhookWorld, isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    assert.ok(turn < 100, "it never becomes true");
    await world.settle();
  }
}

Deno.test("A webhook is told what happens after it was added, in order and without delay", async () => {
  await using world = new WebhookWorld();
  await world.say(["before"]);
  await using _process = world.start();
  await world.add(HOOK);
  await world.say(["1", "2", "3"]);
  assert.deepEqual(world.words(), ["1", "2", "3"]);
});

Deno.test("Entries that were not asked for are passed over", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK, { events: ["deleted"] });
  await world.say(["1", "2"]);
  await world.clock.advance(1_000);
  assert.deepEqual(world.words(), []);
  const [report] = await world.list();
  assert.equal(report?.rooms.get(lobby)?.after.seq, 2);
});

Deno.test("A message that fails is tried again, and the later ones of its room wait behind it", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK);
  let isUp = false;
  world.answer = () => isUp ? OK : ERROR;
  await world.say(["1", "2"]);
  await world.clock.advance(2_499);
  assert.deepEqual(world.words(), ["1"]);
  await world.clock.advance(1);
  assert.deepEqual(world.words(), ["1", "1"]);
  isUp = true;
  await world.clock.advance(5_000);
  await world.settle();
  assert.deepEqual(world.words(), ["1", "1", "1", "2"]);
  assert.deepEqual(world.observed, ["failing", "recovered"]);
});

Deno.test("Other rooms and other webhooks do not wait for a failing one", async () => {
  await using world = new WebhookWorld();
  await using process = world.start();
  await world.add(HOOK, { rooms: [lobby, attic] });
  await world.add(OTHER);
  world.answer = ({ url, message }) =>
    url === HOOK && "room" in message.data && message.data.room === lobby ? ERROR : OK;
  await world.say(["in the lobby"]);
  await world.say(["up here", "still here"], attic);
  assert.deepEqual(world.words(HOOK), ["in the lobby", "up here", "still here"]);
  assert.deepEqual(world.words(OTHER), ["in the lobby"]);
  assert.equal(process.dispatcher.failingRooms, 1);
});

Deno.test("Receivers that never answer keep neither other webhooks nor the chat from going on", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK, { rooms: [lobby, attic] });
  await world.add(OTHER);
  world.answer = ({ url }) => url === HOOK ? new Promise(() => {}) : OK;
  await world.say(numbers(1, 50).map(String));
  assert.equal(world.words(OTHER).length, 50);
  assert.deepEqual(world.words(HOOK), ["1"]);
});

Deno.test("At most four attempts for one webhook are made at one time", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  const rooms = numbers(1, 9).map((number) => `room${number}` as typeof lobby);
  await world.add(HOOK, { rooms });
  world.answer = () => new Promise(() => {});
  for (const room of rooms) await world.say(["hello"], room);
  assert.equal(world.attempts.length, 4);
});

Deno.test("After three days a message is given up, and the next one is delivered", async () => {
  await using world = new WebhookWorld();
  const { id } = await world.add(HOOK);
  await world.say(["1", "2"]);
  // It fails for a millisecond less than three days by now.
  const [text] = await world.store.read([{ kind: "webhook_state", id }]);
  const state = readState(text) ?? assert.fail();
  const failing = { since: world.clock.date() - GIVE_UP_MS + 1, attempts: MIN_ATTEMPTS };
  const rooms = new Map(state.rooms.entries().map(([room, it]) => [room, { ...it, failing }]));
  assert.ok(await world.store.commit([stateChange(id, text, { ...state, rooms })]));

  world.answer = ({ message }) => wordOf(message) === "1" ? ERROR : OK;
  await using _process = world.start();
  await world.settle();
  assert.deepEqual(world.words(), ["1"]);
  await world.clock.advance(1);
  await world.settle();
  assert.deepEqual(world.words(), ["1", "1", "2"]);
  assert.deepEqual(world.observed, ["dead"]);
  await world.clock.advance(1_000);
  const [report] = await world.list();
  assert.equal(report?.rooms.get(lobby)?.dead?.count, 1);

  world.attempts.length = 0;
  world.answer = () => OK;
  done(await world.manage({ kind: "redeliver", id }));
  await world.clock.advance(1_000);
  assert.deepEqual(world.words(), ["1", "2"], "from the message that was given up");
  assert.equal((await world.list())[0]?.rooms.get(lobby)?.dead, undefined);
});

Deno.test("A receiver that answers 410 gets nothing more until the webhook is enabled", async () => {
  await using world = new WebhookWorld();
  await using process = world.start();
  const { id } = await world.add(HOOK, { rooms: [lobby, attic] });
  world.answer = () => ({ kind: "answered", status: 410 });
  await world.say(["1"]);
  await world.say(["a"], attic);
  await world.clock.advance(DAY_MS);
  assert.deepEqual(world.words(), ["1"]);
  assert.deepEqual(world.observed, ["disabled"]);
  assert.equal(process.dispatcher.ownedCount, 0);
  world.answer = () => OK;
  done(await world.manage({ kind: "enable", id }));
  await world.clock.advance(1_000);
  assert.deepEqual(world.words(HOOK).toSorted(), ["1", "1", "a"]);
});

Deno.test("What was not delivered before a stop is delivered after the next start", async () => {
  await using world = new WebhookWorld();
  {
    await using _process = world.start();
    await world.add(HOOK);
    await world.say(["1"]);
    world.answer = () => ERROR;
    await world.say(["2"]);
  }
  await world.say(["3"]);
  world.answer = () => OK;
  await using _process = world.start();
  await world.settle();
  assert.deepEqual(world.words(), ["1", "2", "2", "3"]);
});

Deno.test("After a crash at most a second of deliveries is repeated, and nothing is missing", async () => {
  await using world = new WebhookWorld();
  {
    await using process = world.start();
    await world.add(HOOK);
    await world.say(["1", "2"]);
    await world.clock.advance(1_000);
    await world.say(["3"]);
    process.crash();
  }
  await using _process = world.start();
  await world.say(["4"]);
  assert.deepEqual(world.words(), ["1", "2", "3", "3", "4"]);
});

Deno.test("A cursor whose write was not acknowledged is found out, and the deliveries go on", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK);
  const { store } = world;
  for (const isApplied of [true, false]) {
    const commit = store.commit.bind(store);
    store.commit = async (changes) => {
      store.commit = commit;
      if (isApplied) await commit(changes);
      throw new BusUnavailable("no answer", { mayHaveApplied: true });
    };
    await world.say([`applied: ${isApplied}`]);
    await world.clock.advance(3_000);
  }
  assert.deepEqual(world.words(), ["applied: true", "applied: false"]);
  assert.equal((await world.list())[0]?.rooms.get(lobby)?.after.seq, 2);
});

Deno.test("While the log is unavailable nothing is lost", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK);
  await world.say(["1"]);
  world.answer = () => {
    world.bus.availability = "away";
    return OK;
  };
  await world.say(["2", "3"]);
  await world.clock.advance(10_000);
  world.bus.availability = "well";
  world.answer = () => OK;
  await world.clock.advance(10_000);
  assert.deepEqual(world.words(), ["1", "2", "3"]);
});

Deno.test("An entry whose announcement was lost is delivered within 15 seconds", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK);
  world.bus.unsubscribe(lobby);
  await world.say(["1"]);
  assert.deepEqual(world.words(), []);
  await world.clock.advance(15_000);
  assert.deepEqual(world.words(), ["1"]);
  await world.bus.subscribe(lobby);
});

Deno.test("If the log has dropped entries, the webhook is told which, and then goes on", async () => {
  await using world = new WebhookWorld();
  let isUp = false;
  world.answer = () => isUp ? OK : ERROR;
  await using _process = world.start();
  await world.add(HOOK);
  // The fake store keeps a thousand.
  for (let from = 1; from <= 1_011; from += 337) {
    await world.say(numbers(from, from + 336).map(String));
  }
  isUp = true;
  await world.clock.advance(20_000);
  await until(world, () => world.words().at(-1) === "1011");
  const lost = world.attempts.map(({ message }) => message.data).filter(({ type }) =>
    type === "lost"
  );
  assert.equal(lost.length, 1);
  const [range] = lost;
  assert.ok(range?.type === "lost");
  assert.equal(range.reason, "too_old");
  assert.match(range.after, /:0$/);
  assert.match(range.until, /:11$/);
  assert.deepEqual(world.words().slice(-1_001), ["lost", ...numbers(12, 1_011).map(String)]);
  assert.deepEqual(world.observed.filter((it) => it === "lost"), ["lost"]);
});

Deno.test("Each entry is delivered once after a loss, although the log has forgotten the epochs of its entries", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK);
  await world.say(["seen"]);
  forgetEpochs(world.bus);
  const texts = numbers(1, 50).map(String);
  await world.say(texts);
  await until(world, () => world.words().at(-1) === "50");
  await world.clock.advance(60_000);
  assert.deepEqual(world.words(), ["seen", "lost", "seen", ...texts]);
  assert.deepEqual(world.observed, ["lost"]);
});

Deno.test("Nothing is delivered again when an epoch is lost that has begun after what was delivered", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK);
  // A server that has taken over has begun an epoch, and a second one, which never had that epoch, takes over in between.
  const { bus } = world;
  const replay = bus.replay.bind(bus);
  let isLost = false;
  bus.replay = async (room, since, limit) => {
    const found = await replay(room, since, limit);
    return isLost ? found : { ...found, top: { ...found.top, epoch: "lost" } };
  };
  world.answer = () => {
    isLost = world.attempts.length > 20;
    return OK;
  };
  const texts = numbers(1, 40).map(String);
  await world.say(texts);
  await until(world, () => world.words().at(-1) === "40");
  await world.clock.advance(60_000);
  assert.deepEqual(world.words(), texts);
});

Deno.test("Deliveries start again from a position, which is included", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  const { id } = await world.add(HOOK);
  await world.say(["1", "2", "3"]);
  const { position } = (await world.bus.page(lobby, undefined, 2)).messages[0] ??
    assert.fail();
  done(await world.manage({ kind: "redeliver", id, start: { room: lobby, from: position } }));
  await world.clock.advance(1_000);
  assert.deepEqual(world.words(), ["1", "2", "3", "2", "3"]);
});

Deno.test("A text that is deleted while its message waits is not delivered", async () => {
  await using world = new WebhookWorld();
  await using _process = world.start();
  await world.add(HOOK);
  let isUp = false;
  world.answer = () => isUp ? OK : ERROR;
  await world.say(["a secret"]);
  const { position: of } = (await world.bus.page(lobby, undefined, 1)).messages[0] ??
    assert.fail();
  await mustPublish(world.bus, draft({ kind: "deleted", of }));
  isUp = true;
  await world.clock.advance(2_500);
  const { data } = world.attempts.at(-1)?.message ?? assert.fail();
  assert.ok(data.type === "said" && data.text === "" && data.deleted);
});

Deno.test("A webhook that is removed gets nothing more, and leaves no records", async () => {
  await using world = new WebhookWorld();
  await using process = world.start();
  const { id } = await world.add(HOOK);
  done(await world.manage({ kind: "remove", id }));
  await world.clock.advance(0);
  await world.say(["1"]);
  assert.deepEqual(world.words(), []);
  assert.equal(process.dispatcher.ownedCount, 0);
  assert.equal((await world.store.list("webhook")).size, 0);
  assert.equal((await world.store.list("webhook_state")).size, 0);
  await world.clock.advance(60_000);
  assert.equal((await world.store.list("webhook_state")).size, 0);
});

Deno.test("A webhook that is removed while the records are read is not revived", async () => {
  await using world = new WebhookWorld();
  const { id } = await world.add(HOOK);
  const { store } = world;
  const list = store.list.bind(store);
  store.list = async (kind) => {
    const records = await list(kind);
    store.list = list;
    done(await world.manage({ kind: "remove", id }));
    return records;
  };
  await using process = world.start();
  await world.clock.advance(10_000);
  assert.equal(process.dispatcher.ownedCount, 0);
  assert.equal((await store.list("webhook_state")).size, 0);
  assert.deepEqual(world.observed, []);
});

Deno.test("A webhook whose state is lost is told what happens from now on, and that is reported", async () => {
  await using world = new WebhookWorld();
  const { id } = await world.add(HOOK);
  await world.say(["1"]);
  const [from] = await world.store.read([{ kind: "webhook_state", id }]);
  await world.store.commit([{ kind: "webhook_state", id, from, to: undefined }]);
  await using _process = world.start();
  await world.settle();
  await world.say(["2"]);
  assert.deepEqual(world.words(), ["2"]);
  assert.deepEqual(world.observed, ["damaged"]);
});

Deno.test("A damaged record is reported once, and other webhooks go on", async () => {
  await using world = new WebhookWorld();
  await world.store.commit([{ kind: "webhook", id: "bad", from: undefined, to: "{" }]);
  await using _process = world.start();
  await world.add(HOOK);
  await world.say(["1"]);
  await world.clock.advance(10_000);
  assert.deepEqual(world.words(), ["1"]);
  assert.deepEqual(world.observed, ["damaged"]);
});
