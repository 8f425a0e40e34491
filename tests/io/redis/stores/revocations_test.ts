/** Revocations in a real Redis: on every instance at once, and still there when Redis has been away. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../../lib/chat/ports/bus.ts";
import { RedisRevocations } from "../../../../lib/io/redis/stores/revocations.ts";
import { revocationContract } from "../../../contract/revocation_contract.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { FakeClock, flushMicrotasks } from "../../../support/fakes.ts";
import { until } from "../../../support/provision.ts";
import { openBus, patientClock, whenReady } from "../../../support/redis/bus.ts";
import { startRedis } from "../../../support/redis/server.ts";
import { signToken } from "../../../support/app.ts";
import {
  answers,
  enter,
  REVOCATION_SETTINGS,
  revoke,
} from "../../../support/identity/revocations.ts";
import { startTestService, type TestService } from "../../../support/service.ts";

const INTERVAL_MS = 30_000;
const ANN = { scope: "user", id: "a_ann00000", before: 5 } as const;
/** Set where Redis is away: without it, no token can be checked either. */
const SESSION_SECRET = "a session secret of the service";
const whenServiceReady = ({ adminUrl }: TestService) =>
  until("the service to be ready", async () => {
    const response = await fetch(`${adminUrl}/readyz`, {
      headers: { authorization: `Bearer ${REVOCATION_SETTINGS.ADMIN_TOKEN}` },
    });
    await response.body?.cancel();
    return response.ok;
  });

/** Resolves when a token is accepted: soon after Redis is, the service knows what has been revoked. */
const whenAdmitted = (service: TestService, token: string) =>
  until("the token to be accepted", async () => {
    await using client = await JsonClient.open(service);
    client.send({ type: "hello", token });
    const closed = client.connection.closed.then(() => false);
    return await Promise.race([client.next("hello").then(() => true, () => false), closed]);
  });

revocationContract("RedisRevocations", async () => {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url));
  await whenReady(bus);
  const held = started.move();
  return { store: bus.revocations, [Symbol.asyncDispose]: () => held.disposeAsync() };
});

Deno.test("An instance notices at once that another one has added a revocation", async () => {
  await using redis = await startRedis();
  await using here = openBus(redis.url, { clock: patientClock });
  await using there = openBus(redis.url);
  await Promise.all([here, there].map(whenReady));
  const life = new AbortController();
  let known = await here.revocations.read();
  assert.deepEqual(known, []);
  await there.revocations.add(ANN);
  while (known.length === 0) {
    await here.revocations.whenChanged(life.signal);
    known = await here.revocations.read();
  }
  assert.deepEqual(known, [ANN]);
});

Deno.test("RedisRevocations waits no longer than 30 s, in case a message was lost", async () => {
  const clock = new FakeClock();
  const store = new RedisRevocations({
    client: { publishCommand: "PUBLISH", send: () => Promise.resolve([]) },
    subscriptions: { subscribeChannel: () => new Promise(() => {}) },
    reporter: { reportDamagedRows: () => {} },
    prefix: "test:",
    clock,
  });
  let changes = 0;
  const life = new AbortController();
  store.whenChanged(life.signal).then(() => changes += 1);
  await clock.advance(INTERVAL_MS - 1);
  assert.equal(changes, 0);
  await clock.advance(1);
  assert.equal(changes, 1);
  store.onChanged();
  store.whenChanged(life.signal).then(() => changes += 1);
  await flushMicrotasks();
  assert.equal(changes, 2);
});

Deno.test("What is no revocation is skipped and reported, and a key of another type cannot be read", async () => {
  await using redis = await startRedis();
  await using bus = openBus(redis.url);
  await whenReady(bus);
  await bus.revocations.add(ANN);
  assert.deepEqual(bus.problems(), []);
  await redis.command("ZADD", "test:revocations", "1.5", "user:a_bea00000", "7", "room:den");
  assert.deepEqual(await bus.revocations.read(), [ANN]);
  assert.match(bus.problems().join(), /damaged rows in Redis: 2/);
  await redis.command("SET", "test:revocations", "x");
  await assert.rejects(bus.revocations.read(), BusUnavailable);
  await assert.rejects(bus.revocations.add(ANN), BusUnavailable);
  assert.match(bus.problems().join(), /damaged rows in Redis: 4/);
});

for (const workers of ["0", "1"]) {
  Deno.test(`A user who is signed out on one instance loses the connection to another, and a guest beside stays, with WORKERS=${workers}`, async () => {
    await using redis = await startRedis();
    const settings = { ...REVOCATION_SETTINGS, REDIS_URL: redis.url, WORKERS: workers };
    await using here = await startTestService(settings);
    await using there = await startTestService(settings);
    await Promise.all([here, there].map(whenServiceReady));
    const token = await signToken({ sub: "42" });
    for (const service of [here, there]) await whenAdmitted(service, token);
    const { client: ann } = await enter(there, { token });
    await using guest = (await enter(there, { name: "Guy" })).client;
    await revoke(here.url, { subject: "42" });
    assert.deepEqual(await ann.connection.closed, { code: 4508, reason: "signed out" });
    await answers(guest);
    for (const service of [here, there]) {
      await using again = await JsonClient.open(service);
      again.send({ type: "hello", token });
      assert.equal((await again.next("fault")).code, "bad_token");
    }
  });
}

Deno.test("While Redis is away, an instance that has just started admits nobody by a token, but guests", async () => {
  await using redis = await startRedis();
  await redis.kill();
  await using service = await startTestService({
    ...REVOCATION_SETTINGS,
    REDIS_URL: redis.url,
    SESSION_SECRET,
  });
  const token = await signToken({ sub: "42" });
  const ann = await JsonClient.open(service);
  ann.send({ type: "hello", token });
  assert.equal((await ann.connection.closed).code, 4010);
  await using guest = (await enter(service, { name: "Guy" })).client;
  await redis.restart();
  await whenServiceReady(service);
  await whenAdmitted(service, token);
  await answers(guest);
});

Deno.test("A Redis that comes back empty learns from a running instance what was revoked", async () => {
  await using redis = await startRedis();
  const settings = { ...REVOCATION_SETTINGS, REDIS_URL: redis.url, SESSION_SECRET };
  await using running = await startTestService(settings);
  await whenServiceReady(running);
  await whenAdmitted(running, await signToken({ sub: "43" }));
  await revoke(running.url, { subject: "42" });
  await redis.kill();
  const token = await signToken({ sub: "42" });
  const refuses = async (service: TestService) => {
    await using client = await JsonClient.open(service);
    client.send({ type: "hello", token });
    assert.equal((await client.next("fault")).code, "bad_token");
  };
  await refuses(running);
  await redis.restart();
  await until("the revocation to be stored again", async () => {
    return await redis.command("ZCARD", "parley:revocations") === 1;
  });
  await refuses(running);
  await using started = await startTestService(settings);
  await whenServiceReady(started);
  await whenAdmitted(started, await signToken({ sub: "43" }));
  await refuses(started);
});
