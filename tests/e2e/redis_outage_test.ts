/** Two instances on one Redis that is killed, hangs and comes back, while people stay connected. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { isReady, startParley } from "../parley.ts";
import { freePort, until } from "../provision.ts";
import { type RedisServer, startRedis } from "../redis_server.ts";

/** Two instances, and one person on each. */
async function openTwo(redis: RedisServer) {
  await using started = new AsyncDisposableStack();
  const env = { REDIS_URL: redis.url };
  const [here, there] = [started.use(await startParley(env)), started.use(await startParley(env))];
  await isReady(here.url);
  await isReady(there.url);
  const ann = started.use(await TestClient.open(`${here.url}/ws?name=Ann`));
  const bob = started.use(await TestClient.open(`${there.url}/ws?name=Bob`));
  await sayUntilHeard(ann, [ann, bob], "hello");
  const held = started.move();
  return { here, there, ann, bob, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/**
 * Says a text again and again until all have heard it. Nothing is kept for one who joins or reconnects this very moment,
 * so the first may not be heard by all.
 */
async function sayUntilHeard(
  speaker: TestClient,
  all: readonly TestClient[],
  text: string,
): Promise<void> {
  const hearers = new Set(all);
  await until(`all to hear ${text}`, async () => {
    speaker.send(text);
    assert.match(String(await speaker.next()), /: |^! /);
    for (const hearer of hearers) {
      if (hearer === speaker || hearer.untaken.some((it) => String(it).endsWith(text))) {
        hearers.delete(hearer);
      }
    }
    return hearers.size === 0;
  });
  for (const hearer of all) hearer.clear();
}

Deno.test("People stay connected while Redis is killed, are told what was not sent, and go on when it is back", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { here, there, ann, bob } = two;
  await redis.kill();
  await Promise.all([here, there].map((it) => it.printed(/redis\.lost.*publisher/)));
  ann.send("into the void");
  assert.match(String(await ann.next()), /^! not sent: /);
  await until("the loss to show in /readyz", async () => {
    const answer = await fetch(`${here.url}/readyz`);
    const { reason } = await answer.json();
    return answer.status === 503 && /Redis/.test(reason);
  });
  await using cid = await TestClient.open(`${here.url}/ws?name=Cid`);
  assert.equal(await cid.next(), "! the room cannot be reached yet: waiting to join");
  await using echo = await TestClient.open(`${here.url}/s`);
  echo.send("needs no Redis");
  assert.equal(await echo.next(), "needs no Redis");
  await redis.restart();
  assert.equal(await cid.next(), "* joined lobby");
  await Promise.all([here, there].map(({ url }) => isReady(url)));
  await sayUntilHeard(ann, [ann, bob], "Ann is back");
  await sayUntilHeard(bob, [ann, bob], "Bob is back");
});

Deno.test("One who joins while Redis is away is told so, waits, and is told when joined", async () => {
  const port = freePort();
  await using parley = await startParley({ REDIS_URL: `redis://127.0.0.1:${port}` });
  await parley.printed(/redis\.lost/);
  assert.equal((await fetch(`${parley.url}/healthz`).then((it) => it.json())).status, "ok");
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  assert.equal(await ann.next(), "! the room cannot be reached yet: waiting to join");
  await using _redis = await startRedis({ port });
  assert.equal(await ann.next(), "* joined lobby");
  await isReady(parley.url);
  ann.send("at last");
  assert.equal(await ann.next(), "Ann: at last");
});

Deno.test("One who speaks while Redis hangs is told that it was perhaps not sent", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { here, ann, bob } = two;
  redis.pause();
  ann.send("who knows");
  assert.match(String(await ann.next()), /^! perhaps not sent: /);
  redis.resume();
  await isReady(here.url);
  await sayUntilHeard(ann, [ann, bob], "back again");
});

Deno.test("An instance does not hear what a service of another kind publishes beside it", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { ann, bob } = two;
  await redis.command("PUBLISH", "chat", "网友12: from the old service");
  await sayUntilHeard(bob, [ann, bob], "only us");
});
