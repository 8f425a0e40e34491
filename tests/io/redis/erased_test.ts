/** What deleted, replaced and cleared messages leave in Redis: nothing of what they said, in any key. */
import assert from "node:assert/strict";
import type { Position } from "../../../lib/core/log/position.ts";
import type { Draft } from "../../../lib/core/log/entry.ts";
import type { RedisBus } from "../../../lib/io/redis/bus.ts";
import { draft, lobby, mustPublish, user } from "../../contract/fixtures.ts";
import { act } from "../../contract/state/room_state.ts";
import { openBus, whenReady } from "../../support/redis/bus.ts";
import { startRedis } from "../../support/redis/server.ts";

const MESSAGES = "test:{lobby}:messages";
const TEXT = "secret text";
const ATTACHED = { mentions: [user("secret_user")], metadata: { a: "secret metadata" } };

async function open() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url));
  await whenReady(bus);
  const held = started.move();
  return {
    redis,
    bus,
    /** Everything that Redis stores, as one text. */
    async dump(): Promise<string> {
      const keys = [await redis.command("KEYS", "*")].flat();
      const dumps = await Promise.all(keys.map((key) => readKey(redis, String(key))));
      return JSON.stringify(dumps);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const READS: Readonly<Record<string, readonly string[]>> = {
  string: ["GET", "KEY"],
  hash: ["HGETALL", "KEY"],
  stream: ["XRANGE", "KEY", "-", "+"],
  zset: ["ZRANGE", "KEY", "0", "-1"],
};

async function readKey(
  redis: Pick<Awaited<ReturnType<typeof startRedis>>, "command">,
  key: string,
) {
  const read = READS[String(await redis.command("TYPE", key))];
  assert.ok(read, key);
  const [command = "", ...args] = read.map((it) => it === "KEY" ? key : it);
  return [key, await redis.command(command, ...args)];
}

/** Publishes one message with everything. */
async function sayAll(bus: RedisBus): Promise<Position> {
  return (await mustPublish(bus, draft({ kind: "said", text: TEXT, ...ATTACHED }))).position;
}

for (
  const [how, removal] of [
    ["deleted", (of) => draft({ kind: "deleted", of })],
    ["cleared", () => act({ kind: "clear" })],
  ] as readonly (readonly [string, (of: Position) => Draft])[]
) {
  Deno.test(`RedisBus leaves nothing of a ${how} message in any key`, async () => {
    await using opened = await open();
    const of = await sayAll(opened.bus);
    assert.equal(
      (await opened.dump()).split("secret").length,
      6,
      "text, mention and metadata, once, and the mention in its two indexes",
    );
    await mustPublish(opened.bus, removal(of));
    assert.doesNotMatch(await opened.dump(), /secret/);
  });
}

Deno.test("RedisBus leaves nothing of a replaced text in any key, and keeps the rest", async () => {
  await using opened = await open();
  const of = await sayAll(opened.bus);
  await mustPublish(opened.bus, draft({ kind: "edited", of, text: "new" }));
  const dump = await opened.dump();
  assert.doesNotMatch(dump, /secret text/);
  assert.match(dump, /secret metadata/);
});

Deno.test("RedisBus returns a tombstone for a message whose metadata is damaged", async () => {
  await using opened = await open();
  const { bus, redis } = opened;
  const position = await sayAll(bus);
  const [member] = [await redis.command("ZRANGE", MESSAGES, "0", "-1")].flat();
  for (
    const [intact, damage] of [
      [JSON.stringify(ATTACHED.metadata), "[]"],
      ['"metadata":{', '"metadata":{{'],
      ["secret_user", "Bob"],
    ] as const
  ) {
    await redis.command("DEL", MESSAGES);
    const damaged = String(member).replace(intact, damage);
    assert.notEqual(damaged, member);
    await redis.command("ZADD", MESSAGES, "1", damaged);
    const { messages } = await bus.page(lobby, undefined, 10);
    assert.deepEqual(messages.map((it) => [it.position, it.deleted]), [[position, true]]);
    const { entries } = await bus.replay(lobby, { ...position, seq: 0 }, 10);
    assert.deepEqual(entries.map(({ action }) => action), [
      { kind: "said", text: "", deleted: true },
    ]);
  }
});
