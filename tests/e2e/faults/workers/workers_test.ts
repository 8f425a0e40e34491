/** Several workers in one process, which clients cannot distinguish from one. */
import assert from "node:assert/strict";
import { TestClient } from "../../../support/clients/test_client.ts";
import { startInspected } from "../../../support/programs/inspector.ts";
import { startParley, whenInstanceReady } from "../../../support/parley.ts";
import { until } from "../../../support/provision.ts";
import { startRedis } from "../../../support/redis/server.ts";
import { startTestService } from "../../../support/service.ts";
import {
  AMPLE,
  assertAllReceived,
  connectClients,
  connectionCountsOf,
  MANY,
  receivedFrom,
  sendRounds,
} from "./reliable_clients.ts";

/** The numbers of the workers that logged an event. */
function workersThatLogged(output: string, event: string): readonly number[] {
  const lines = output.split("\n").filter((line) => line.includes(`"${event}"`));
  return [...new Set(lines.map((line): number => JSON.parse(line).worker))].sort();
}

for (const workers of [2, 3]) {
  Deno.test(`Clients on ${workers} workers receive every message once and in one order, in JSON and in plain text`, async () => {
    await using parley = await startParley({
      ...AMPLE,
      WORKERS: String(workers),
      LOG_LEVEL: "debug",
    });
    await using held = new AsyncDisposableStack();
    const clients = await connectClients(held, [parley], MANY);
    const readers: TestClient[] = [];
    for (let index = 0; index < 10; index++) {
      const reader = held.use(await TestClient.open(`${parley.url}/ws?name=r${index}`));
      reader.send(`here is r${index}`);
      while (await reader.next() !== `r${index}: here is r${index}`);
      readers.push(reader);
    }
    await clients[0]?.say("begin");
    await sendRounds(clients, 3);
    await assertAllReceived(clients, "begin", MANY * 3);
    const received = receivedFrom(clients[0] ?? assert.fail("no clients"), "begin");
    for (const reader of readers) {
      while (await reader.next() !== "m0: begin");
      const lines = await reader.take(received.length - 1);
      assert.deepEqual(lines.map((line) => String(line).replace(/^m\d+: /, "")), received.slice(1));
      assert.deepEqual(reader.unread, []);
    }
    await held.disposeAsync();
    const numbers = Array.from({ length: workers }, (_, index) => index + 1);
    await until("the end of every connection to be logged", () => {
      const logged = workersThatLogged(parley.output, "connection.ended");
      return Promise.resolve(logged.join() === numbers.join());
    });
  });
}

Deno.test("Clients on two instances with two workers each receive every message once and in one order", async () => {
  await using redis = await startRedis();
  const env = { ...AMPLE, WORKERS: "2", REDIS_URL: redis.url };
  await using one = await startParley(env);
  await using other = await startParley(env);
  await Promise.all([whenInstanceReady(one.url), whenInstanceReady(other.url)]);
  await using held = new AsyncDisposableStack();
  const clients = await connectClients(held, [one, other], MANY);
  await clients[0]?.say("begin");
  await sendRounds(clients, 3);
  await assertAllReceived(clients, "begin", MANY * 3);
});

Deno.test("CONNECTIONS_PER_ADDRESS and MAX_CONNECTIONS apply to all workers together, and a released slot can be used again", async () => {
  await using parley = await startParley({
    ...{ WORKERS: "3", TRUST_PROXY: "127.0.0.1" },
    ...{ CONNECTIONS_PER_ADDRESS: "7", MAX_CONNECTIONS: "14" },
  });
  await using held = new AsyncDisposableStack();
  // Connections from loopback itself are not limited.
  const openFrom = (address: string) =>
    TestClient.open(`${parley.url}/s`, { headers: { "x-forwarded-for": address } });
  // The address reaches its limit, and then another one that of the service, where a third finds no slot.
  for (
    const [full, next] of [
      ["203.0.113.7", "203.0.113.7"],
      ["203.0.113.8", "203.0.113.9"],
    ] as const
  ) {
    const inside = await Promise.all(Array.from({ length: 7 }, () => openFrom(full)));
    for (const client of inside) held.use(client);
    for (let i = 0; i < 10; i++) await assert.rejects(openFrom(next));
    inside[0]?.close();
    await until("the slot to be free", async () => {
      const client = await openFrom(next).catch(() => undefined);
      if (client) held.use(client);
      return client !== undefined;
    });
    for (let i = 0; i < 10; i++) await assert.rejects(openFrom(next));
  }
});

Deno.test("parley with three workers counts all connections at /healthz, closes them with 1012 on SIGTERM, and exits with 0", async () => {
  await using parley = await startParley({ WORKERS: "3" });
  const clients = await Promise.all(
    Array.from(
      { length: 60 },
      (_, index) => TestClient.open(parley.url + (index % 2 ? "/s" : "/ws")),
    ),
  );
  for (let i = 0; i < 20; i++) {
    await until(
      "all connections to be counted",
      async () => (await connectionCountsOf(parley)).open === 60,
    );
  }
  parley.kill("SIGTERM");
  for (const client of clients) assert.equal((await client.closed).code, 1012);
  assert.equal((await parley.ended).code, 0);
});

Deno.test("parley with workers reports a taken port, even if the workers of another process share it", async () => {
  await using first = await startParley({ WORKERS: "2" });
  const second = startParley({ WORKERS: "2", PORT: String(first.port) });
  await assert.rejects(second, new RegExp(`Port ${first.port} on 127.0.0.1 is taken`));
});

Deno.test("parley with WORKERS=0 serves in its main thread", async () => {
  await using parley = await startInspected({ WORKERS: "0" });
  assert.deepEqual(await parley.workers(), []);
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  ann.send("hello");
  assert.equal(await ann.next(), "Ann: hello");
  await parley.detach();
});

Deno.test("A service with workers releases everything when it ends", async () => {
  const service = await startTestService({ WORKERS: "2" });
  await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
  ann.send("hello");
  assert.equal(await ann.next(), "Ann: hello");
  await service.stop();
  assert.equal((await ann.closed).code, 1012);
});
