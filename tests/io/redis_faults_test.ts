/**
 * What people are told where Redis does not take what they say, and that nothing is entered twice or half.
 * @module
 */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../lib/chat/bus.ts";
import type { Draft } from "../../lib/core/entries.ts";
import type { RedisBus } from "../../lib/io/redis/bus.ts";
import { Ear } from "../contract/ear.ts";
import { ann, draft, enter, isRejected, lobby, react, say } from "../contract/given.ts";
import { type Cut, CutLink } from "../cut_link.ts";
import { FakeClock } from "../fakes.ts";
import { until } from "../provision.ts";
import { isReady, openBus, ready } from "../redis_bus.ts";
import { startRedis } from "../redis_server.ts";

async function open() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url));
  await ready(bus);
  const held = started.move();
  return { redis, bus, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Proves that a draft is rejected, and what people are told. */
function rejects(
  bus: RedisBus,
  it: Draft,
  fate: "not sent" | "perhaps sent",
  why: RegExp,
): Promise<void> {
  return assert.rejects(bus.publish(it), (error) => {
    assert.ok(error instanceof BusUnavailable);
    assert.match(error.message, why);
    return error.perhapsSent === (fate === "perhaps sent");
  });
}

async function texts(bus: RedisBus): Promise<readonly string[]> {
  return (await bus.page(lobby, undefined, 100)).messages.map(({ text }) => text);
}

Deno.test("RedisBus rejects a draft as not sent while Redis is away, and takes the next when it is back", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  await redis.kill();
  await until(
    "the loss to be noticed",
    () => bus.tops().then(() => false, (error) => /away, try again/.test(error.message)),
  );
  await rejects(bus, say("gone"), "not sent", /away, try again/);
  await assert.rejects(bus.page(lobby, undefined, 1), BusUnavailable);
  await assert.rejects(bus.tops(), BusUnavailable);
  await assert.rejects(bus.people(lobby), BusUnavailable);
  await assert.rejects(bus.probe(), /through Redis: .*Error: /);
  await redis.restart();
  await ready(bus);
  using ear = new Ear(bus);
  await enter(bus, say("back"));
  assert.deepEqual((await ear.entries(1)).map(({ position }) => position.seq), [1]);
});

for (const cut of ["before", "after"] as const satisfies readonly Cut[]) {
  Deno.test(`RedisBus enters once, and in its turn, what was cut off ${cut} Redis had it`, async () => {
    await using redis = await startRedis();
    await using link = new CutLink(redis.port, "unlucky", cut, 2);
    await using bus = openBus(`redis://127.0.0.1:${link.port}`);
    await using watcher = openBus(redis.url);
    await Promise.all([ready(bus), ready(watcher)]);
    // From then on Redis knows the script, and it is not a question for it that is cut off.
    await enter(watcher, say("zeroth"));
    await watcher.follow(lobby);
    using ear = new Ear(watcher);
    const drafts = ["first", "unlucky", "third"].map((text) => say(text));
    const receipts = [];
    // One after another, so that the third waits for the second wherever that one is.
    for (const it of drafts) {
      receipts.push(enter(bus, it));
      await Promise.resolve();
    }
    const seqs = (await Promise.all(receipts)).map(({ position }) => position.seq);
    assert.deepEqual(seqs, [2, 3, 4]);
    assert.deepEqual((await ear.entries(3)).map(({ id }) => id), drafts.map(({ id }) => id));
    assert.equal(link.cutsLeft, 0);
    await ready(bus);
  });
}

Deno.test("RedisBus rejects a draft as perhaps sent where its reply is lost again and again for 10 s", async () => {
  await using redis = await startRedis();
  await using link = new CutLink(redis.port, "unlucky", "after");
  const clock = new FakeClock();
  await using bus = openBus(`redis://127.0.0.1:${link.port}`, { clock });
  await ready(bus);
  await enter(bus, say("lucky"));
  let isOver = false;
  const rejected = rejects(bus, say("unlucky"), "perhaps sent", /went away/)
    .finally(() => isOver = true);
  await until("the bus to give it up", async () => {
    if (await isReady(bus)) await clock.advance(1_000);
    return isOver;
  });
  await rejected;
  assert.ok(clock.now() >= 10_000);
  link.cutsLeft = 0;
  await ready(bus);
  assert.deepEqual(await texts(bus), ["lucky", "unlucky"]);
});

for (
  const [what, command, why] of [
    ["is full", ["CONFIG", "SET", "maxmemory", "1"], /is full/],
    ["cannot copy", ["CONFIG", "SET", "min-replicas-to-write", "1"], /second copy, try again/],
    ["forbids it", ["ACL", "SETUSER", "default", "-evalsha"], /does not allow it/],
  ] as const
) {
  Deno.test(`RedisBus rejects a draft as not sent where Redis ${what}, and goes on reading`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    const { position } = await enter(bus, say("before"));
    await redis.command(...command);
    await rejects(bus, say("refused"), "not sent", why);
    await rejects(bus, react(position, "👍"), "not sent", why);
    if (what === "forbids it") return;
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await redis.command("CONFIG", "SET", "min-replicas-to-write", "0");
    assert.equal((await enter(bus, say("after"))).position.seq, 2);
    assert.deepEqual(await texts(bus), ["before", "after"]);
  });
}

Deno.test("RedisBus goes on where Redis has forgotten its scripts", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  const drafts = [];
  for (let index = 0; index < 20; index++) {
    await redis.command("SCRIPT", "FLUSH");
    drafts.push(enter(bus, say(String(index))));
  }
  const seqs = (await Promise.all(drafts)).map(({ position }) => position.seq);
  assert.deepEqual(seqs, drafts.map((_, index) => index + 1));
});

for (const key of ["head", "log", "messages"]) {
  Deno.test(`RedisBus says so where something else stands in the place of a room's ${key}, and writes nothing`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    await enter(bus, say("one"));
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

Deno.test("RedisBus takes a text of every kind for a text, also in edits and reactions", async () => {
  await using opened = await open();
  const { bus } = opened;
  const nasty = ["\n", "%s%1%%", '"]}', "\\u0000", "\ud800", "]]--", "1 2 3\n4", "\0"];
  for (const text of nasty) {
    const { position: of } = await enter(bus, say(text));
    await enter(bus, react(of, text));
    await enter(bus, draft({ kind: "edited", of, text: `${text}!` }));
    const { messages: [message] } = await bus.page(lobby, undefined, 1);
    assert.equal(message?.text, `${text}!`);
    assert.deepEqual(message?.reactions, { [text]: [ann.user] });
  }
});

Deno.test("RedisBus keeps the order of a room where its texts are too long for one step", async () => {
  await using opened = await open();
  const { bus } = opened;
  const drafts = Array.from({ length: 40 }, (_, index) => say(String(index).padEnd(60_000)));
  const receipts = await Promise.all(drafts.map((it) => enter(bus, it)));
  assert.deepEqual(
    receipts.map(({ position }) => position.seq),
    drafts.map((_, index) => index + 1),
  );
  await isRejected(bus, { ...drafts[0] ?? say(""), deed: { kind: "said", text: "" } }, "id_reused");
});
