/**
 * What the bus on a single Redis follows and receives while Redis disappears and returns.
 * @module
 */
import assert from "node:assert/strict";
import { RedisBus } from "../../../lib/io/redis/bus.ts";
import { AnnouncementReader } from "../../contract/log/announcement_reader.ts";
import { lobby, mustPublish, say } from "../../contract/fixtures.ts";
import { FakeClock, room } from "../../support/fakes.ts";
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

/** The same with a clock that the test advances; `subscribed` is 1 while Redis has the lobby's channel, then 0. */
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

/** Checks that a message from one bus in the lobby reaches the other. */
async function reaches(speaker: RedisBus, hearer: RedisBus): Promise<void> {
  using reader = new AnnouncementReader(hearer);
  const it = say("can you hear me?");
  await mustPublish(speaker, it);
  assert.deepEqual((await reader.entries(1)).map(({ id }) => id), [it.id]);
}

Deno.test("RedisBus announces the tops by itself when its subscriptions are restored", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.subscribe(lobby);
  // The publisher stays connected; the subscriber cannot reconnect.
  await redis.command("ACL", "SETUSER", "default", "-subscribe");
  await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
  await until(
    "the reason to be known",
    () => bus.probe().then(() => false, (error) => /NOPERM/.test(error.message)),
  );
  const { position } = await mustPublish(bus, say("received by no instance"));
  const life = new AbortController();
  const batches = bus.announcements(life.signal)[Symbol.asyncIterator]();
  await redis.command("ACL", "SETUSER", "default", "+subscribe");
  const top = { kind: "top", room: lobby, top: position, isRead: true };
  assert.deepEqual((await batches.next()).value, [top]);
  life.abort();
  await whenReady(bus);
});

Deno.test("RedisBus.follow() waits while Redis is away, even for a room that was followed before", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await bus.subscribe(lobby);
  await redis.kill();
  await until("the loss to be noticed", async () => !await isReady(bus));
  let isFollowing = false;
  const following = bus.subscribe(lobby).then(() => isFollowing = true);
  await assert.rejects(bus.probe());
  assert.equal(isFollowing, false);
  await redis.restart();
  await following;
  await whenReady(bus);
  await reaches(bus, bus);
});

Deno.test("RedisBus retries a subscription as long as the room is followed", async () => {
  await using redis = await startRedis();
  await redis.command(
    "ACL",
    "SETUSER",
    "default",
    "resetchannels",
    "&test:probe:*",
    "&test:revocations",
    "&test:{directory}:changed",
  );
  const clock = new FakeClock();
  await using bus = openBus(redis.url, { clock });
  const denied = async () => {
    const stats = String(await redis.command("INFO", "commandstats"));
    return Number(stats.match(/cmdstat_subscribe:.*rejected_calls=(\d+)/)?.[1] ?? 0);
  };
  await whenReady(bus);
  bus.subscribe(room("attic"));
  for (const times of [1, 2, 3]) {
    await until(`the room to be denied ${times} times`, async () => await denied() === times);
    await whenReady(bus);
    if (times < 3) await clock.advance(10_000);
  }
  bus.unsubscribe(room("attic"));
  for (let i = 0; i < 3; i++) {
    await clock.advance(60_000);
    // Whatever was sent before the probe has been answered before it.
    await bus.probe();
  }
  assert.equal(await denied(), 3);
});

Deno.test("RedisBus.follow() waits for a Redis that is not running yet", async () => {
  await using redis = await startRedis();
  await redis.kill();
  await using bus = openBus(redis.url);
  const following = bus.subscribe(lobby);
  await redis.restart();
  await following;
  await whenReady(bus);
  await reaches(bus, bus);
});

Deno.test("RedisBus unfollows a room although Redis hangs at that moment", async () => {
  await using opened = await openInFakeTime();
  const { redis, clock, bus, subscribed } = opened;
  await bus.subscribe(lobby);
  await whenReady(bus);
  bus.unsubscribe(lobby);
  redis.pause();
  await clock.advance(31_000);
  await assert.rejects(bus.probe());
  await until(
    "the link to be given up",
    () =>
      bus.probe().then(
        () => false,
        (error) => !/probe message was not received/.test(error.message),
      ),
  );
  redis.resume();
  await until("the room to be let go", async () => await isReady(bus) && await subscribed() === 0);
});

Deno.test("RedisBus keeps following for 30 s from the last time that a room was left", async () => {
  await using opened = await openInFakeTime();
  const { clock, bus, subscribed } = opened;
  await bus.subscribe(lobby);
  await whenReady(bus);
  bus.unsubscribe(lobby);
  await clock.advance(29_000);
  await bus.subscribe(lobby);
  bus.unsubscribe(lobby);
  await clock.advance(29_000);
  // Whatever was sent before the probe has been answered before it.
  await bus.probe();
  assert.equal(await subscribed(), 1);
});

Deno.test("RedisBus.unfollow() unfollows a room after 30 s, unless it is followed again", async () => {
  await using opened = await openInFakeTime();
  const { clock, bus, subscribed } = opened;
  await bus.subscribe(lobby);
  bus.unsubscribe(lobby);
  await bus.subscribe(lobby);
  await clock.advance(31_000);
  assert.equal(await subscribed(), 1);
  bus.unsubscribe(lobby);
  await clock.advance(31_000);
  // Immediately, while Redis has not yet confirmed the unsubscription.
  await bus.subscribe(lobby);
  await whenReady(bus);
  await reaches(bus, bus);
  bus.unsubscribe(lobby);
  await clock.advance(31_000);
  await until("the room to be let go", async () => await subscribed() === 0);
});

Deno.test("RedisBus.agreeOnSecret() returns the first instance's secret to all instances of a prefix", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await using same = openBus(redis.url);
  await using other = openBus(redis.url, { prefix: "other:" });
  assert.equal(await bus.getOrCreateSecret("one"), "one");
  assert.equal(await same.getOrCreateSecret("two"), "one");
  assert.equal(await other.getOrCreateSecret("three"), "three");
  for (const it of [same, other]) await whenReady(it);
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
    assert.equal(await bus.getOrCreateSecret("one"), "one");
    assert.equal(await bus.getOrCreateSecret("two"), "one");
  });
}

Deno.test("RedisBus connects instances of the same prefix, and no others", async () => {
  await using opened = await open();
  const { redis, bus } = opened;
  await using other = openBus(redis.url, { prefix: "other:" });
  await using same = openBus(redis.url);
  await bus.subscribe(lobby);
  for (const sender of [other, same]) await whenReady(sender);
  await mustPublish(other, say("from another service"));
  await reaches(same, bus);
});
