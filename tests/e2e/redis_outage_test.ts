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
  for (const client of [ann, bob]) {
    // Answered when it has joined.
    client.send("/who");
    await client.next();
  }
  await say(ann, [ann, bob], "hello");
  const held = started.move();
  return { here, there, ann, bob, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Says a text; resolves when all have heard it, after whatever else came to them before. */
async function say(
  speaker: TestClient,
  all: readonly TestClient[],
  text: string,
): Promise<void> {
  speaker.send(text);
  for (const hearer of all) {
    for (let line = ""; !line.endsWith(text);) line = String(await hearer.next());
  }
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
    const answer = await fetch(`${here.adminUrl}/readyz`);
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
  await say(ann, [ann, bob], "Ann is back");
  await say(bob, [ann, bob], "Bob is back");
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

Deno.test("What is said while Redis hangs is entered once when it goes on, and the order holds", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { here, ann, bob } = two;
  redis.pause();
  for (const text of ["1", "2", "3"]) ann.send(text);
  await here.printed(/redis\.lost.*publisher/);
  ann.send("4");
  redis.resume();
  for (const text of ["1", "2", "3", "4"]) assert.equal(await bob.next(), `Ann: ${text}`);
  await say(ann, [ann, bob], "5");
  assert.equal(bob.untaken.length, 0);
});

Deno.test("What was said on one node while the other was cut off from Redis is heard there when it is back", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { ann, bob } = two;
  await redis.command("ACL", "SETUSER", "default", "-subscribe");
  await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
  for (const text of ["1", "2"]) ann.send(text);
  await redis.command("ACL", "SETUSER", "default", "+subscribe");
  for (const hearer of [ann, bob]) {
    for (const text of ["1", "2"]) assert.equal(await hearer.next(), `Ann: ${text}`);
  }
});

Deno.test("An instance does not hear what a service of another kind publishes beside it", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { ann, bob } = two;
  await redis.command("PUBLISH", "chat", "网友12: from the old service");
  await say(bob, [ann, bob], "only us");
});
