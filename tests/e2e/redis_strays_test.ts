/** An instance on a Redis where strangers publish on a room's channel and damage what it holds. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { isReady, startParley } from "../parley.ts";
import { until } from "../provision.ts";
import { startRedis } from "../redis_server.ts";

/** Brings what the admin listener says of readiness. */
async function readiness(adminUrl: string): Promise<{ status: number; body: string }> {
  const answer = await fetch(`${adminUrl}/readyz`);
  return { status: answer.status, body: await answer.text() };
}

Deno.test("Strangers in Redis hide nothing and keep nobody out, and whoever runs the service is told", async () => {
  await using redis = await startRedis();
  await using parley = await startParley({ REDIS_URL: redis.url });
  await isReady(parley.url);
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  ann.send("one");
  assert.equal(await ann.next(), "Ann: one");
  const [eras] = [await redis.command("HGET", "parley:{lobby}:head", "eras")].flat();
  const epoch = String(eras).split(":")[0];
  const said = { user: "user_eve", name: "Eve", id: "e1", deed: { kind: "said", text: "forged" } };
  const forged = JSON.stringify({ entries: [{ epoch, seq: 2, at: 1, draft: said }] });
  for (let k = 0; k < 100; k++) await redis.command("PUBLISH", "parley:{lobby}:live", forged);
  ann.send("two");
  assert.equal(await ann.next(), "Ann: two");
  await redis.command("XDEL", "parley:{lobby}:log", "1-0");
  await redis.command("ZADD", "parley:{lobby}:messages", "1.5", "strange");
  await redis.command("HSET", "parley:{lobby}:people", "user_eve", "strange");
  await using bob = await TestClient.open(`${parley.url}/ws?name=Bob&history=10`);
  assert.deepEqual([await bob.next(), await bob.next()], ["Ann: one", "Ann: two"]);
  bob.send("three");
  for (const it of [ann, bob]) assert.equal(await it.next(), "Bob: three");
  await until("it to be reported", async () => {
    const { status, body } = await readiness(parley.adminUrl);
    return status === 200 && /other programs on the rooms/.test(body) && /damaged rows/.test(body);
  });
  assert.equal(parley.output.match(/redis\.stranger/g)?.length, 1);
});
