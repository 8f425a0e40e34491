/**
 * Round trips to Redis: the requests of one tick are sent together.
 * @module
 */
import assert from "node:assert/strict";
import type { RedisBus } from "../../../lib/io/redis/bus.ts";
import { say } from "../../contract/fixtures.ts";
import { room } from "../../support/fakes.ts";
import { openBus, whenReady } from "../../support/redis/bus.ts";
import { type RedisServer, startRedis } from "../../support/redis/server.ts";

/** How often Redis has read from a connection, by its own count. */
async function reads(redis: RedisServer): Promise<number> {
  const info = String(await redis.command("INFO", "stats"));
  return Number(info.match(/total_reads_processed:(\d+)/)?.[1]);
}

function publishIn(bus: RedisBus, rooms: number): Promise<unknown>[] {
  return Array.from(
    { length: rooms },
    (_, i) => bus.publish({ ...say("hi"), room: room(`r${i}`) }),
  );
}

Deno.test("RedisBus.publish() makes one round trip for all rooms of a tick", async () => {
  await using redis = await startRedis();
  await using bus = openBus(redis.url);
  await whenReady(bus);
  // The first one loads the script.
  await Promise.all(publishIn(bus, 1));
  const before = await reads(redis);
  await Promise.all(publishIn(bus, 200));
  const together = await reads(redis) - before;
  // 200 drafts are more than one read takes in; sent separately, they would be 200 reads.
  assert.ok(together < 40, `Redis read ${together} times for 200 rooms`);
});

Deno.test("RedisBus.replay() and page() read once for all callers during a read", async () => {
  await using redis = await startRedis();
  await using bus = openBus(redis.url);
  await whenReady(bus);
  const lobby = room("lobby");
  const { top } = await bus.page(lobby, undefined, 0);
  await bus.publish({ ...say("hi"), room: lobby });
  await bus.replay(lobby, top, 10);
  await redis.command("CONFIG", "RESETSTAT");
  const replays = await Promise.all(Array.from({ length: 50 }, () => bus.replay(lobby, top, 10)));
  const pages = await Promise.all(Array.from({ length: 50 }, () => bus.page(lobby, undefined, 10)));
  assert.ok(replays.every(({ entries }) => entries.length === 1));
  assert.ok(pages.every(({ messages }) => messages.length === 1));
  const stats = String(await redis.command("INFO", "commandstats"));
  // One in progress when the others called, and one for those.
  assert.match(stats, /cmdstat_evalsha:calls=4,/);
});
