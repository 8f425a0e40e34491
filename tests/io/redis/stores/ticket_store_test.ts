/** Tickets in a real Redis: the store's promises, what is stored, and two services that share it. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../../lib/chat/ports/bus.ts";
import { systemClock } from "../../../../lib/chat/ports/clock.ts";
import { StoredTickets } from "../../../../lib/io/auth/stored_tickets.ts";
import { ticketStoreContract, tokenUser } from "../../../contract/ticket_store_contract.ts";
import { requestTicket, SECRET, signToken, ticketFor } from "../../../support/app.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { TestClient } from "../../../support/clients/test_client.ts";
import { until } from "../../../support/provision.ts";
import { openBus, whenReady } from "../../../support/redis/bus.ts";
import { startRedis } from "../../../support/redis/server.ts";
import { startTestService } from "../../../support/service.ts";

/** Without limits, since a test that waits for Redis requests many tickets. */
const settings = (url: string) => ({
  REDIS_URL: url,
  JWT_SECRET: SECRET,
  MESSAGES_PER_SECOND: "0",
});

ticketStoreContract("RedisTicketStore", async () => {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis());
  const bus = started.use(openBus(redis.url));
  await whenReady(bus);
  const held = started.move();
  return {
    store: bus.tickets,
    whenExpired: () =>
      until("the short ticket to expire", async () => {
        return await redis.command("EXISTS", "test:ticket:short") === 0;
      }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
});

Deno.test("Redis has no ticket, only hashes of them that expire", async () => {
  await using redis = await startRedis();
  await using bus = openBus(redis.url);
  await whenReady(bus);
  const expiresAt = Date.now() + 3_600_000;
  const { ticket } = await new StoredTickets(bus.tickets, systemClock)
    .issue({ ...tokenUser, expiresAt });
  const keys = await redis.command("KEYS", "test:ticket:*");
  assert.ok(Array.isArray(keys) && keys.length === 1);
  const [key] = keys.map(String);
  assert.ok(key !== undefined && !key.includes(ticket));
  assert.ok(!String(await redis.command("GET", key)).includes(ticket));
  const leftMs = Number(await redis.command("PTTL", key));
  assert.ok(leftMs > 0 && leftMs <= 30_000, `${leftMs} ms`);
});

Deno.test("RedisTicketStore rejects with BusUnavailable while Redis is away, or has something else", async () => {
  // Nothing listens on the first port.
  await using away = openBus("redis://127.0.0.1:1");
  await assert.rejects(away.tickets.put("one", tokenUser, 1_000), BusUnavailable);
  await assert.rejects(away.tickets.take("one"), BusUnavailable);
  await using redis = await startRedis();
  await using bus = openBus(redis.url);
  await whenReady(bus);
  for (const foreign of ["{", "{}", '{"user":"a_ann00000","name":null,"rights":"all"}']) {
    await redis.command("SET", "test:ticket:one", foreign);
    await assert.rejects(bus.tickets.take("one"), BusUnavailable);
  }
  await redis.command("LPUSH", "test:ticket:one", "x");
  await assert.rejects(bus.tickets.take("one"), BusUnavailable);
});

Deno.test("A ticket of one instance is taken once on all instances", async () => {
  await using redis = await startRedis();
  const env = settings(redis.url);
  await using first = await startTestService(env);
  await using second = await startTestService(env);
  const token = await signToken();
  // Until Redis is connected, the answer is 503.
  await until("Redis to be connected", async () => {
    return (await requestTicket(first, token)).status === 201 &&
      (await requestTicket(second, token)).status === 201;
  });
  const ticket = await ticketFor(first, token);
  const clients = await Promise.all(
    [first, second, second].map((it) => JsonClient.open(it, { path: `/ws?ticket=${ticket}` })),
  );
  for (const client of clients) client.send({ type: "hello" });
  const answers = await Promise.all(clients.map((client) => client.next("hello", "fault")));
  for (const client of clients) await client[Symbol.asyncDispose]();
  const kinds = answers.map(({ type, code }) => code ?? type);
  assert.deepEqual(kinds.toSorted(), ["bad_token", "bad_token", "hello"]);
});

Deno.test("Without Redis no ticket is issued, and a connection with one is closed with 4010", async () => {
  await using redis = await startRedis();
  await using service = await startTestService(settings(redis.url));
  const token = await signToken();
  await until("Redis to be connected", async () => {
    return (await requestTicket(service, token)).status === 201;
  });
  const ticket = await ticketFor(service, token);
  await redis.kill();
  await until("the loss to be noticed", async () => {
    return (await requestTicket(service, token)).status !== 201;
  });
  const response = await requestTicket(service, token);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "2");
  assert.equal(response.body.code, "unavailable");
  const text = await TestClient.open(`${service.url}/ws?ticket=${ticket}`);
  assert.equal((await text.closed).code, 4010);
  const json = await JsonClient.open(service, { path: `/ws?ticket=${ticket}` });
  json.send({ type: "hello" });
  assert.equal((await json.connection.closed).code, 4010);
});
