/**
 * The state of a room in Redis, where only Redis knows the time: its fields are changed instead of the clock. And what becomes
 * of it when keys are lost, damaged or written by other programs.
 * @module
 */
import assert from "node:assert/strict";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import { ann, bob, draft, lobby, mustPublish, say } from "../../contract/fixtures.ts";
import { act, fieldsOf, mute } from "../../contract/state/room_state.ts";
import { openBus, whenReady } from "../../support/redis/bus.ts";
import { startRedis } from "../../support/redis/server.ts";

const STATE = "test:{lobby}:state";
const HOUR_MS = 3_600_000;

async function open() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url));
  await whenReady(bus);
  const held = started.move();
  const set = (...fields: readonly string[]) => redis.command("HSET", STATE, ...fields);
  return { redis, bus, set, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

Deno.test("RedisBus takes messages of a muted user again when the mute has ended", async () => {
  await using opened = await open();
  const { bus, set } = opened;
  const { at } = await mustPublish(bus, say("hello"));
  await mustPublish(bus, act(mute(at + HOUR_MS)));
  const it = say("after", bob);
  assert.equal((await bus.publish(it)).kind, "rejected");
  await set(`mute:${bob.user}`, `${at} {}`);
  await mustPublish(bus, it);
});

Deno.test("RedisBus takes the next message when the interval of slow mode is over", async () => {
  await using opened = await open();
  const { bus, set } = opened;
  await mustPublish(bus, act({ kind: "room", slowSeconds: 3_600 }));
  const { at } = await mustPublish(bus, say("one"));
  const sent = `sent:${ann.user}`;
  assert.equal((await fieldsOf(bus))[sent], String(at));
  const next = say("two");
  assert.equal((await bus.publish(next)).kind, "rejected");
  await set(sent, String(at - HOUR_MS));
  const second = await mustPublish(bus, next);
  assert.equal((await fieldsOf(bus))[sent], String(second.at));
  // The clock went back since.
  await set(sent, String(at + HOUR_MS));
  await mustPublish(bus, say("three"));
});

Deno.test("RedisBus deletes the state of a room with the head, because its numbers begin anew", async () => {
  await using opened = await open();
  const { bus, redis } = opened;
  await mustPublish(bus, act({ kind: "room", archived: true, access: "private" }));
  await redis.command("DEL", "test:{lobby}:head");
  assert.deepEqual((await bus.admission(lobby, ann.user)).fields, new Map());
  assert.deepEqual((await bus.state(lobby)).fields, new Map());
  assert.equal((await mustPublish(bus, say("hello"))).position.seq, 1);
});

Deno.test("RedisBus creates nothing when it reads whether a user may be in a room that does not exist", async () => {
  await using opened = await open();
  const { bus, redis } = opened;
  await bus.admission(lobby, ann.user);
  assert.deepEqual(await redis.command("KEYS", "test:{lobby}:*"), []);
});

Deno.test("RedisBus ignores fields that it cannot read", async () => {
  await using opened = await open();
  const { bus, set } = opened;
  await mustPublish(bus, act({ kind: "room", topic: "Tea" }));
  await set("slow", "often", `sent:${ann.user}`, "1e99", `mute:${ann.user}`, "forever", "x y", "");
  await mustPublish(bus, say("one"));
  await mustPublish(bus, say("two"));
  assert.equal((await fieldsOf(bus)).topic, '"Tea"');
});

Deno.test("RedisBus reports a state whose key has another type, and refuses drafts before it writes anything", async () => {
  await using opened = await open();
  const { bus, redis } = opened;
  const { position } = await mustPublish(bus, say("before"));
  await redis.command("SET", STATE, "foreign");
  await assert.rejects(bus.state(lobby));
  await assert.rejects(bus.admission(lobby, ann.user));
  await assert.rejects(bus.publish(say("refused")));
  assert.match(bus.problems().join(), /damaged rows in Redis/);
  assert.deepEqual((await bus.page(lobby, undefined, 0)).top, position);
  await redis.command("DEL", STATE);
  assert.equal((await mustPublish(bus, say("after"))).position.seq, 2);
});

Deno.test("RedisBus returns a tombstone for a message whose event is damaged", async () => {
  await using opened = await open();
  const { bus, redis } = opened;
  const key = "test:{lobby}:messages";
  const { position } = await mustPublish(bus, act({ kind: "clear" }));
  const [member] = [await redis.command("ZRANGE", key, "0", "-1")].flat();
  await redis.command("DEL", key);
  await redis.command("ZADD", key, "1", String(member).replace('"clear"', '"dance"'));
  const { messages } = await bus.page(lobby, undefined, 10);
  assert.deepEqual(messages.map((it) => [it.position, it.deleted]), [[position, true]]);
  assert.match(bus.problems().join(), /damaged rows in Redis/);
});

Deno.test("RedisBus takes no event for the draft of the user whom it is about", async () => {
  await using opened = await open();
  const { bus, redis } = opened;
  // The author comes first in it, as in a draft.
  const event: RoomEvent = { ...bob, kind: "kick", rank: "owner" };
  const kick = draft({ kind: "said", text: "kicked", event }, { id: "same", ...ann });
  await mustPublish(bus, kick);
  // Receipts may have expired early, so the log is searched for them.
  await redis.command("HINCRBY", "test:{lobby}:head", "at", String(-24 * HOUR_MS));
  await redis.command("DEL", `test:{lobby}:once:${ann.user}:same`);
  await mustPublish(bus, say("other"));
  assert.equal((await mustPublish(bus, say("mine", { id: "same", ...bob }))).position.seq, 3);
});
