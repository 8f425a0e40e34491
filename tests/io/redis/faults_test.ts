/**
 * Errors that senders receive when Redis rejects their drafts. Nothing is stored twice or in part.
 * @module
 */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { Draft } from "../../../lib/core/log/entry.ts";
import type { RedisBus } from "../../../lib/io/redis/bus.ts";
import { AnnouncementReader } from "../../contract/log/announcement_reader.ts";
import {
  ann,
  attic,
  draft,
  isRejected,
  lobby,
  mustPublish,
  react,
  say,
} from "../../contract/fixtures.ts";
import { FakeClock } from "../../support/fakes.ts";
import { FaultProxy } from "../../support/clients/fault_proxy.ts";
import { until } from "../../support/provision.ts";
import { isReady, openBus, whenReady } from "../../support/redis/bus.ts";
import { startRedis } from "../../support/redis/server.ts";

async function open() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url));
  await whenReady(bus);
  const held = started.move();
  return { redis, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Checks that a draft is rejected, and the message that users receive. */
function rejects(
  bus: RedisBus,
  it: Draft,
  fate: "not sent" | "perhaps sent",
  why: RegExp,
): Promise<void> {
  return assert.rejects(bus.publish(it), (error) => {
    assert.ok(error instanceof BusUnavailable);
    assert.match(error.message, why);
    return error.mayHaveApplied === (fate === "perhaps sent");
  });
}

async function texts(bus: RedisBus): Promise<readonly string[]> {
  return (await bus.page(lobby, undefined, 100)).messages.map(({ text }) => text);
}

Deno.test("RedisBus rejects a draft as not sent while Redis is away, and accepts the next when it is back", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.subscribe(lobby);
  await redis.kill();
  await until(
    "the loss to be noticed",
    () =>
      bus.topPositions().then(() => false, (error) => /unavailable, try again/.test(error.message)),
  );
  await rejects(bus, say("gone"), "not sent", /unavailable, try again/);
  await assert.rejects(bus.page(lobby, undefined, 1), BusUnavailable);
  await assert.rejects(bus.topPositions(), BusUnavailable);
  await assert.rejects(bus.people(lobby), BusUnavailable);
  await assert.rejects(bus.probe(), /through Redis: .*Error: /);
  await redis.restart();
  await whenReady(bus);
  using reader = new AnnouncementReader(bus);
  await mustPublish(bus, say("back"));
  assert.deepEqual((await reader.entries(1)).map(({ position }) => position.seq), [1]);
});

for (const [moment, loss] of [["before", "request"], ["after", "reply"]] as const) {
  Deno.test(`RedisBus stores a draft once and in order when its connection is cut ${moment} Redis had it`, async () => {
    await using redis = await startRedis();
    await using proxy = new FaultProxy(redis.port);
    proxy.cutOn("unlucky", loss, 2);
    await using bus = openBus(`redis://${proxy.host}`);
    await using watcher = openBus(redis.url);
    await Promise.all([whenReady(bus), whenReady(watcher)]);
    // From then on Redis knows the script, so the request that is cut off does not ask for it.
    await mustPublish(watcher, say("zeroth"));
    await watcher.subscribe(lobby);
    using reader = new AnnouncementReader(watcher);
    const drafts = ["first", "unlucky", "third"].map((text) => say(text));
    const receipts = [];
    // One after another, so that the third waits for the second wherever that one is.
    for (const it of drafts) {
      receipts.push(mustPublish(bus, it));
      await Promise.resolve();
    }
    const seqs = (await Promise.all(receipts)).map(({ position }) => position.seq);
    assert.deepEqual(seqs, [2, 3, 4]);
    assert.deepEqual((await reader.entries(3)).map(({ id }) => id), drafts.map(({ id }) => id));
    assert.equal(proxy.cutsLeft, 0);
    await whenReady(bus);
  });
}

Deno.test("RedisBus rejects a draft as perhaps sent when its reply is lost repeatedly for 10 s", async () => {
  await using redis = await startRedis();
  await using proxy = new FaultProxy(redis.port);
  proxy.cutOn("unlucky", "reply");
  const clock = new FakeClock();
  await using bus = openBus(`redis://${proxy.host}`, { clock });
  await whenReady(bus);
  await mustPublish(bus, say("lucky"));
  let isOver = false;
  const rejected = rejects(bus, say("unlucky"), "perhaps sent", /connection .* was lost/)
    .finally(() => isOver = true);
  await until("the bus to give it up", async () => {
    if (await isReady(bus)) await clock.advance(1_000);
    return isOver;
  });
  await rejected;
  assert.ok(clock.now() >= 10_000);
  proxy.cutsLeft = 0;
  await whenReady(bus);
  assert.deepEqual(await texts(bus), ["lucky", "unlucky"]);
});

for (
  const [what, command, why] of [
    ["is full", ["CONFIG", "SET", "maxmemory", "1"], /is full/],
    ["cannot copy", ["CONFIG", "SET", "min-replicas-to-write", "1"], /too few replicas, try again/],
    ["forbids it", ["ACL", "SETUSER", "default", "-evalsha"], /denied access/],
  ] as const
) {
  Deno.test(`RedisBus rejects a draft as not sent when Redis ${what}, and continues reading`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    const { position } = await mustPublish(bus, say("before"));
    await redis.command(...command);
    await rejects(bus, say("refused"), "not sent", why);
    await rejects(bus, react(position, "👍"), "not sent", why);
    // Also in rooms that do not exist yet, and in those that somebody has only visited.
    await rejects(bus, say("refused", { room: attic }), "not sent", why);
    if (what !== "forbids it") {
      await bus.page(attic, undefined, 0).catch(() => {});
      await rejects(bus, say("refused", { room: attic }), "not sent", why);
    }
    if (what === "forbids it") return;
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await redis.command("CONFIG", "SET", "min-replicas-to-write", "0");
    assert.equal((await mustPublish(bus, say("after"))).position.seq, 2);
    assert.deepEqual(await texts(bus), ["before", "after"]);
  });
}

Deno.test("RedisBus lets the head of a room expire that a full Redis has refused, or in which everything was refused", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const edit = draft({ kind: "edited", of: { epoch: "a", seq: 1 }, text: "!" }, { room: attic });
  assert.equal((await bus.publish(edit)).kind, "rejected");
  assert.ok(Number(await redis.command("PTTL", "test:{attic}:head")) > 0);
});

for (
  const [where, id] of [
    ["right after the newest one", "3-5"],
    ["far above", "9-0"],
    ["at the highest id", "18446744073709551615-18446744073709551615"],
  ] as const
) {
  Deno.test(`RedisBus publishes in a room whose log has a foreign row ${where}`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    for (const text of ["1", "2", "3"]) await mustPublish(bus, say(text));
    await redis.command("XADD", "test:{lobby}:log", id, "entry", "foreign");
    assert.equal((await mustPublish(bus, say("4"))).position.seq, 4);
    assert.deepEqual(await texts(bus), ["1", "2", "3", "4"]);
  });
}

Deno.test("RedisBus continues when Redis has forgotten its scripts", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const drafts = [];
  for (let index = 0; index < 20; index++) {
    await redis.command("SCRIPT", "FLUSH");
    drafts.push(mustPublish(bus, say(String(index))));
  }
  const seqs = (await Promise.all(drafts)).map(({ position }) => position.seq);
  assert.deepEqual(seqs, drafts.map((_, index) => index + 1));
});

for (const key of ["head", "log", "messages"]) {
  Deno.test(`RedisBus reports a foreign value under a room's ${key}, and writes nothing`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    await mustPublish(bus, say("one"));
    await redis.command("SET", `test:{lobby}:${key}`, "strange");
    const size = await redis.command("DBSIZE");
    const heads = () => key === "head" ? null : redis.command("HGET", "test:{lobby}:head", "top");
    const top = await heads();
    await rejects(bus, say("two"), "not sent", /damaged|could not/);
    assert.deepEqual([await redis.command("DBSIZE"), await heads()], [size, top]);
    const read = key === "messages"
      ? bus.page(lobby, undefined, 10)
      : bus.replay(lobby, { epoch: "e", seq: 0 }, 10);
    await assert.rejects(read, BusUnavailable);
    assert.match(bus.problems().join(), /damaged rows in Redis/);
  });
}

Deno.test("RedisBus preserves texts of every kind, including edits and reactions", async () => {
  await using opened = await open();
  const { bus } = opened;
  const nasty = ["\n", "%s%1%%", '"]}', "\\u0000", "\ud800", "]]--", "1 2 3\n4", "\0"];
  for (const text of nasty) {
    const { position: of } = await mustPublish(bus, say(text));
    await mustPublish(bus, react(of, text));
    await mustPublish(bus, draft({ kind: "edited", of, text: `${text}!` }));
    const { messages: [message] } = await bus.page(lobby, undefined, 1);
    assert.equal(message?.text, `${text}!`);
    assert.deepEqual(message?.reactions, { [text]: [ann.user] });
  }
});

Deno.test("RedisBus keeps the order of a room whose texts are too long for one step", async () => {
  await using opened = await open();
  const { bus } = opened;
  const drafts = Array.from({ length: 40 }, (_, index) => say(String(index).padEnd(60_000)));
  const receipts = await Promise.all(drafts.map((it) => mustPublish(bus, it)));
  assert.deepEqual(
    receipts.map(({ position }) => position.seq),
    drafts.map((_, index) => index + 1),
  );
  await isRejected(
    bus,
    { ...drafts[0] ?? say(""), action: { kind: "said", text: "" } },
    "id_reused",
  );
});
