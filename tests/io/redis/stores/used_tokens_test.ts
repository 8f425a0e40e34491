/** Used session tokens in a real Redis: the store's promises, and two services that share it. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../../lib/chat/ports/bus.ts";
import { GUEST_TOKEN_MS } from "../../../../lib/chat/ports/used_tokens.ts";
import { createShortLivedClient } from "../../../../lib/io/redis/client/node_redis_client.ts";
import { readScripts } from "../../../../lib/io/redis/scripts.ts";
import { RedisUsedTokens } from "../../../../lib/io/redis/stores/used_tokens.ts";
import { user } from "../../../contract/fixtures.ts";
import { MAX_GUESTS, usedTokensContract } from "../../../contract/used_tokens_contract.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { until } from "../../../support/provision.ts";
import { openBus, whenReady } from "../../../support/redis/bus.ts";
import { startRedis } from "../../../support/redis/server.ts";
import { startTestService, type TestService } from "../../../support/service.ts";

const KEYS = ["test:{used_tokens}:serials", "test:{used_tokens}:by_use"];
const ann = user("u_ann00000");

/** A store of {@linkcode MAX_GUESTS} with a clock that the test sets. */
async function open() {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const client = createShortLivedClient({ url: redis.url }, 4_000);
  started.defer(() => client.destroy());
  await client.connect();
  let date = 1_700_000_000_000;
  const store = new RedisUsedTokens({
    client: { send: (_key, command) => client.sendCommand([...command]) },
    scripts: readScripts(),
    prefix: "test:",
    // No two uses are at the same time.
    clock: { date: () => ++date },
    reporter: { reportDamagedRows: () => {} },
  }, MAX_GUESTS);
  const held = started.move();
  return {
    redis,
    store,
    whenExpired: () => Promise.resolve(void (date += GUEST_TOKEN_MS)),
    sweep: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

usedTokensContract("RedisUsedTokens", open);

Deno.test("Redis keeps as many numbers as guests, and no more than it may", async () => {
  await using opened = await open();
  const { redis, store } = opened;
  for (let n = 0; n < 20; n++) await store.use(user(`u_guest${100 + n}`), 1);
  const [serials = "", byUse = ""] = KEYS;
  assert.equal(await redis.command("HLEN", serials), MAX_GUESTS);
  assert.equal(await redis.command("ZCARD", byUse), MAX_GUESTS);
});

Deno.test("RedisUsedTokens rejects with BusUnavailable while Redis is away, or has something else", async () => {
  // Nothing listens on the first port.
  await using away = openBus("redis://127.0.0.1:1");
  await assert.rejects(away.usedTokens.use(ann, 1), BusUnavailable);
  await using redis = await startRedis();
  await using bus = openBus(redis.url);
  await whenReady(bus);
  for (const key of KEYS) {
    await redis.command("DEL", ...KEYS);
    await redis.command("SET", key, "x");
    await assert.rejects(bus.usedTokens.use(ann, 1), BusUnavailable, key);
  }
  assert.match(bus.problems().join(), /damaged rows in Redis: 2/);
});

/** What a hello with a token leads to. */
async function hello(service: TestService, resume?: string) {
  await using client = await JsonClient.open(service);
  client.send({ type: "hello", ...(resume && { resume }) });
  const closed = client.connection.closed.then(({ code }) => ({ code }));
  return await Promise.race([client.next("hello"), closed]);
}

const tokenOf = (answer: object) => "resume" in answer ? String(answer.resume) : "";
const userOf = (answer: object) => "you" in answer ? Object(answer.you).user : undefined;

for (const workers of ["0", "1"]) {
  Deno.test(`A guest's older token is worth nothing on any instance once a newer one was used, with WORKERS=${workers}`, async () => {
    await using redis = await startRedis();
    const settings = { REDIS_URL: redis.url, WORKERS: workers };
    await using here = await startTestService(settings);
    await using there = await startTestService(settings);
    let first: object = {};
    // Until Redis is connected, a hello gets none.
    await until("a token", async () => tokenOf(first = await hello(here)) !== "");
    const second = await hello(there, tokenOf(first));
    assert.equal(userOf(second), userOf(first));
    assert.equal(
      userOf(await hello(here, tokenOf(first))),
      userOf(first),
      "until the newer is used",
    );
    assert.equal(userOf(await hello(there, tokenOf(second))), userOf(first));
    for (const service of [here, there]) {
      assert.deepEqual(await hello(service, tokenOf(first)), { code: 4508 });
    }
    assert.equal(
      userOf(await hello(here, tokenOf(second))),
      userOf(first),
      "by whoever had the old one",
    );
  });
}
