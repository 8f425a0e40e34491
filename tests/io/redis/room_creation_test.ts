/** `ROOM_CREATION` with several instances on one Redis: a room that one has created exists on all. */
import assert from "node:assert/strict";
import { SECRET, signToken } from "../../support/app.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";
import { startTestService, type TestService } from "../../support/service.ts";

const whenReady = ({ adminUrl }: TestService) =>
  until("the service to be ready", async () => {
    const response = await fetch(`${adminUrl}/readyz`);
    await response.body?.cancel();
    return response.ok;
  });

Deno.test("Guests join a room that another instance has created, once it has an entry", async () => {
  await using redis = await startRedis();
  const settings = { REDIS_URL: redis.url, ROOM_CREATION: "members", JWT_SECRET: SECRET };
  await using here = await startTestService(settings);
  await using there = await startTestService(settings);
  await Promise.all([here, there].map(whenReady));
  const headers = { authorization: `Bearer ${await signToken()}` };
  await using ann = await TestClient.open(`${here.url}/ws?room=den`, { headers });
  // When it is answered, Ann is in the room.
  ann.send("/who");
  assert.equal(await ann.next(), "* 1 here: Ann");
  const visit = () => TestClient.open(`${there.url}/ws?room=den&name=Gil&history=1`);
  const early = await visit();
  assert.match(String(await early.next()), /^! the room does not exist/);
  assert.equal((await early.closed).code, 4507);
  ann.send("hi");
  assert.equal(await ann.next(), "Ann: hi");
  await using late = await visit();
  assert.equal(await late.next(), "Ann: hi");
});
