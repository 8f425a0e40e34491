/** An instance on a Redis where another program publishes on a room's channel and damages its rows. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { startParley, whenInstanceReady } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";

/** Readiness as the admin listener reports it. */
async function readiness(adminUrl: string): Promise<{ status: number; body: string }> {
  const answer = await fetch(`${adminUrl}/readyz`);
  return { status: answer.status, body: await answer.text() };
}

Deno.test("Foreign messages and damaged rows in Redis hide no message, block no join, and are reported to the operator", async () => {
  await using redis = await startRedis();
  await using parley = await startParley({ REDIS_URL: redis.url });
  await whenInstanceReady(parley.url);
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
  await until("the report", async () => {
    const { status, body } = await readiness(parley.adminUrl);
    return status === 200 && /other programs on the rooms/.test(body) && /damaged rows/.test(body);
  });
  assert.equal(parley.output.match(/redis\.unknown_message/g)?.length, 1);
});
