/**
 * What the bus over one Redis follows and hears, while Redis comes and goes.
 * @module
 */
import assert from "node:assert/strict";
import { RedisBus } from "../../lib/io/redis/bus.ts";
import { Ear } from "../contract/ear.ts";
import { enter, lobby, say } from "../contract/given.ts";
import { FakeClock, room } from "../fakes.ts";
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

/** The same with a clock that the test turns; `subscribed` is 1 as long as Redis has the lobby's channel, and then 0. */
async function openInFakeTime() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const clock = new FakeClock();
  const bus = started.use(openBus(redis.url, { clock }));
  const subscribed = async () => {
    const reply = await redis.command("PUBSUB", "CHANNELS", "test:{lobby}:live");
    return Array.isArray(reply) ? reply.length : -1;
  };
  const held = started.move();
  return { redis, clock, bus, subscribed, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Proves that what one says in the lobby the other one hears. */
async function reaches(speaker: RedisBus, hearer: RedisBus): Promise<void> {
  using ear = new Ear(hearer);
  const it = say("can you hear me?");
  await enter(speaker, it);
  assert.deepEqual((await ear.entries(1)).map(({ id }) => id), [it.id]);
}

Deno.test("RedisBus tells the tops by itself when its subscriptions are back", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  // The publisher stays as it is; the subscriber cannot come back.
  await redis.command("ACL", "SETUSER", "default", "-subscribe");
  await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
  await until(
    "the reason to be known",
    () => bus.probe().then(() => false, (error) => /NOPERM/.test(error.message)),
  );
  const { position } = await enter(bus, say("heard by nobody"));
  const life = new AbortController();
  const batches = bus.announcements(life.signal)[Symbol.asyncIterator]();
  await redis.command("ACL", "SETUSER", "default", "+subscribe");
  const top = { kind: "top", room: lobby, top: position, isRead: true };
  assert.deepEqual((await batches.next()).value, [top]);
  life.abort();
  await ready(bus);
});

Deno.test("RedisBus.follow() waits while Redis is away, also for a room that was followed before", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.follow(lobby);
  await redis.kill();
  await until("the loss to be noticed", async () => !await isReady(bus));
  let isFollowing = false;
  const following = bus.follow(lobby).then(() => isFollowing = true);
  await assert.rejects(bus.probe());
  assert.equal(isFollowing, false);
  await redis.restart();
  await following;
  await ready(bus);
  await reaches(bus, bus);
});

Deno.test("RedisBus tries again to subscribe as long as the room is followed, and no longer", async () => {
  await using redis = await startRedis();
  await redis.command("ACL", "SETUSER", "default", "resetchannels", "&test:probe:*");
  const clock = new FakeClock();
  await using bus = openBus(redis.url, { clock });
  const denied = async () => {
    const stats = String(await redis.command("INFO", "commandstats"));
    return Number(stats.match(/cmdstat_subscribe:.*rejected_calls=(\d+)/)?.[1] ?? 0);
  };
  await ready(bus);
  bus.follow(room("attic"));
  for (const times of [1, 2, 3]) {
    await until(`the room to be denied ${times} times`, async () => await denied() === times);
    await ready(bus);
    if (times < 3) await clock.advance(10_000);
  }
  bus.unfollow(room("attic"));
  for (let i = 0; i < 3; i++) {
    await clock.advance(60_000);
    // Whatever was sent before the probe has been answered before it.
    await bus.probe();
  }
  assert.equal(await denied(), 3);
});

Deno.test("RedisBus.follow() waits for a Redis that is not there yet", async () => {
  await using redis = await startRedis();
  await redis.kill();
  await using bus = openBus(redis.url);
  const following = bus.follow(lobby);
  await redis.restart();
  await following;
  await ready(bus);
  await reaches(bus, bus);
});

Deno.test("RedisBus lets a room go though Redis hangs at that moment", async () => {
  await using opened = await openInFakeTime();
  const { redis, clock, bus, subscribed } = opened;
  await bus.follow(lobby);
  await ready(bus);
  bus.unfollow(lobby);
  redis.pause();
  await clock.advance(31_000);
  await assert.rejects(bus.probe());
  await until(
    "the link to be given up",
    () => bus.probe().then(() => false, (error) => !/bring a probe back/.test(error.message)),
  );
  redis.resume();
  await until("the room to be let go", async () => await isReady(bus) && await subscribed() === 0);
});

Deno.test("RedisBus lingers 30 s from the last time that a room was left", async () => {
  await using opened = await openInFakeTime();
  const { clock, bus, subscribed } = opened;
  await bus.follow(lobby);
  await ready(bus);
  bus.unfollow(lobby);
  await clock.advance(29_000);
  await bus.follow(lobby);
  bus.unfollow(lobby);
  await clock.advance(29_000);
  // Whatever was sent before the probe has been answered before it.
  await bus.probe();
  assert.equal(await subscribed(), 1);
});

Deno.test("RedisBus.unfollow() lets a room go after 30 s, unless it is followed again", async () => {
  await using opened = await openInFakeTime();
  const { clock, bus, subscribed } = opened;
  await bus.follow(lobby);
  bus.unfollow(lobby);
  await bus.follow(lobby);
  await clock.advance(31_000);
  assert.equal(await subscribed(), 1);
  bus.unfollow(lobby);
  await clock.advance(31_000);
  // At once, while Redis has not yet answered that the room is let go.
  await bus.follow(lobby);
  await ready(bus);
  await reaches(bus, bus);
  bus.unfollow(lobby);
  await clock.advance(31_000);
  await until("the room to be let go", async () => await subscribed() === 0);
});

Deno.test("RedisBus.agreeOnSecret() gives all instances of a prefix the first one's", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await using same = openBus(redis.url);
  await using other = openBus(redis.url, { prefix: "other:" });
  assert.equal(await bus.agreeOnSecret("one"), "one");
  assert.equal(await same.agreeOnSecret("two"), "one");
  assert.equal(await other.agreeOnSecret("three"), "three");
  for (const it of [same, other]) await ready(it);
});

for (
  const [what, command] of [
    ["is empty", ["SET", "test:session_secret", ""]],
    ["is a list", ["RPUSH", "test:session_secret", "one"]],
  ] as const
) {
  Deno.test(`RedisBus.agreeOnSecret() replaces a secret that ${what}`, async () => {
    await using opened = await open();
    const { redis, bus } = opened;
    await redis.command(...command);
    assert.equal(await bus.agreeOnSecret("one"), "one");
    assert.equal(await bus.agreeOnSecret("two"), "one");
  });
}

Deno.test("RedisBus joins instances of the same prefix, and no others", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await using other = openBus(redis.url, { prefix: "other:" });
  await using same = openBus(redis.url);
  await bus.follow(lobby);
  for (const sender of [other, same]) await ready(sender);
  await enter(other, say("from another service"));
  await reaches(same, bus);
});
