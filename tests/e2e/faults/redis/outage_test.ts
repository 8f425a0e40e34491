/** Two instances on one Redis that is killed, hangs and recovers, while clients stay connected. */
import assert from "node:assert/strict";
import { TestClient } from "../../../support/clients/test_client.ts";
import { startParley, whenInstanceReady } from "../../../support/parley.ts";
import { freePort, until } from "../../../support/provision.ts";
import { type RedisServer, startRedis } from "../../../support/redis/server.ts";

/** Two instances, each with one client. */
async function openTwo(redis: RedisServer) {
  await using started = new AsyncDisposableStack();
  const env = { REDIS_URL: redis.url };
  const [here, there] = [started.use(await startParley(env)), started.use(await startParley(env))];
  await whenInstanceReady(here.url);
  await whenInstanceReady(there.url);
  const ann = started.use(await TestClient.open(`${here.url}/ws?name=Ann`));
  const bob = started.use(await TestClient.open(`${there.url}/ws?name=Bob`));
  for (const client of [ann, bob]) {
    // The answer shows that the client has joined.
    client.send("/who");
    await client.next();
  }
  await say(ann, [ann, bob], "hello");
  const held = started.move();
  return { here, there, ann, bob, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Sends a text; resolves when all clients have received it, after anything sent to them earlier. */
async function say(
  speaker: TestClient,
  all: readonly TestClient[],
  text: string,
): Promise<void> {
  speaker.send(text);
  for (const receiver of all) {
    for (let line = ""; !line.endsWith(text);) line = String(await receiver.next());
  }
}

Deno.test("Clients stay connected while Redis is killed, receive a fault for each unsent message, and can send when it is back", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { here, there, ann, bob } = two;
  await redis.kill();
  await Promise.all([here, there].map((it) => it.printed(/redis\.lost.*publisher/)));
  ann.send("into the void");
  assert.match(String(await ann.next()), /^! not sent: /);
  await until("/readyz to report the loss", async () => {
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
  await Promise.all([here, there].map(({ url }) => whenInstanceReady(url)));
  await say(ann, [ann, bob], "Ann is back");
  await say(bob, [ann, bob], "Bob is back");
});

Deno.test("A client that joins while Redis is down is notified, waits, and is notified when it has joined", async () => {
  const port = freePort();
  await using parley = await startParley({ REDIS_URL: `redis://127.0.0.1:${port}` });
  await parley.printed(/redis\.lost/);
  assert.equal((await fetch(`${parley.url}/healthz`).then((it) => it.json())).status, "ok");
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  assert.equal(await ann.next(), "! the room cannot be reached yet: waiting to join");
  await using _redis = await startRedis({ port });
  assert.equal(await ann.next(), "* joined lobby");
  await whenInstanceReady(parley.url);
  ann.send("at last");
  assert.equal(await ann.next(), "Ann: at last");
});

/** Suspends Redis until the service notices. Returns false if the service gave up on the message before Redis resumed. */
async function outlastsHang(): Promise<boolean> {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { here, ann, bob } = two;
  redis.pause();
  for (const text of ["1", "2", "3"]) ann.send(text);
  await here.printed(/redis\.lost/);
  ann.send("4");
  redis.resume();
  const first = String(await ann.next());
  if (first.startsWith("! perhaps not sent")) return false;
  assert.equal(first, "Ann: 1");
  for (const text of ["1", "2", "3", "4"]) assert.equal(await bob.next(), `Ann: ${text}`);
  await say(ann, [ann, bob], "5");
  assert.equal(bob.unread.length, 0);
  return true;
}

Deno.test("Messages sent while Redis hangs are stored once and in order when it resumes", async () => {
  // A message is retried for ten seconds. A busy machine may take longer to notice the loss.
  for (let triesLeft = 9; !await outlastsHang(); triesLeft--) assert.ok(triesLeft > 0);
});

Deno.test("An instance ignores what a different service publishes on the same Redis, and delivers the messages it missed when it was cut off", async () => {
  await using redis = await startRedis();
  await using two = await openTwo(redis);
  const { ann, bob } = two;
  await redis.command("PUBLISH", "chat", "网友12: from the old service");
  await say(bob, [ann, bob], "only us");
  await redis.command("ACL", "SETUSER", "default", "-subscribe");
  await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
  for (const text of ["1", "2"]) ann.send(text);
  await redis.command("ACL", "SETUSER", "default", "+subscribe");
  for (const receiver of [ann, bob]) {
    for (const text of ["1", "2"]) assert.equal(await receiver.next(), `Ann: ${text}`);
  }
});
