/** Several isolates in one process: whoever is connected cannot tell. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { startInspected } from "../inspector.ts";
import { isReady, startParley } from "../parley.ts";
import { until } from "../provision.ts";
import { startRedis } from "../redis_server.ts";
import { startService } from "../service.ts";
import { AMPLE, censusOf, gather, haveHeard, MANY, talk, toldFrom } from "./gathering.ts";

/** The numbers of the isolates in whose log lines there is an event. */
function isolatesThatTold(output: string, event: string): readonly number[] {
  const lines = output.split("\n").filter((line) => line.includes(`"${event}"`));
  return [...new Set(lines.map((line): number => JSON.parse(line).isolate))].sort();
}

for (const workers of [2, 3]) {
  Deno.test(`People on ${workers} isolates hear each other, everything once and in one order, in JSON and in plain text`, async () => {
    await using parley = await startParley({
      ...AMPLE,
      WORKERS: String(workers),
      LOG_LEVEL: "debug",
    });
    await using held = new AsyncDisposableStack();
    const talkers = await gather(held, [parley], MANY);
    const readers: TestClient[] = [];
    for (let index = 0; index < 10; index++) {
      const reader = held.use(await TestClient.open(`${parley.url}/ws?name=r${index}`));
      reader.send(`here is r${index}`);
      while (await reader.next() !== `r${index}: here is r${index}`);
      readers.push(reader);
    }
    await talkers[0]?.say("begin");
    await talk(talkers, 3);
    await haveHeard(talkers, "begin", MANY * 3);
    const heard = toldFrom(talkers[0] ?? assert.fail("nobody"), "begin");
    for (const reader of readers) {
      while (await reader.next() !== "m0: begin");
      const lines = await reader.take(heard.length - 1);
      assert.deepEqual(lines.map((line) => String(line).replace(/^m\d+: /, "")), heard.slice(1));
      assert.deepEqual(reader.untaken, []);
    }
    await held.disposeAsync();
    const numbers = Array.from({ length: workers }, (_, index) => index + 1);
    await until("everybody's end to be told", () => {
      const told = isolatesThatTold(parley.output, "connection.ended");
      return Promise.resolve(told.join() === numbers.join());
    });
  });
}

Deno.test("People on two instances with two isolates each hear each other, everything once and in one order", async () => {
  await using redis = await startRedis();
  const env = { ...AMPLE, WORKERS: "2", REDIS_URL: redis.url };
  await using one = await startParley(env);
  await using other = await startParley(env);
  await Promise.all([isReady(one.url), isReady(other.url)]);
  await using held = new AsyncDisposableStack();
  const talkers = await gather(held, [one, other], MANY);
  await talkers[0]?.say("begin");
  await talk(talkers, 3);
  await haveHeard(talkers, "begin", MANY * 3);
});

Deno.test("/healthz of the admin listener counts the connections of all isolates", async () => {
  await using parley = await startParley({ WORKERS: "3" });
  await using held = new AsyncDisposableStack();
  for (let i = 0; i < 20; i++) held.use(await TestClient.open(`${parley.url}/s`));
  for (let i = 0; i < 20; i++) {
    await until("all to be counted", async () => (await censusOf(parley)).open === 20);
  }
});

for (
  const [setting, others] of [
    ["CONNECTIONS_PER_ADDRESS", { MAX_CONNECTIONS: "1000" }],
    ["MAX_CONNECTIONS", {}],
  ] as const
) {
  Deno.test(`${setting} holds for all isolates together, and a place that is given back is given again`, async () => {
    const env = { ...others, WORKERS: "3", TRUST_PROXY: "127.0.0.1", [setting]: "7" };
    await using parley = await startParley(env);
    await using held = new AsyncDisposableStack();
    // Loopback itself has no limit.
    const headers = { "x-forwarded-for": "203.0.113.7" };
    const open = () => TestClient.open(`${parley.url}/s`, { headers });
    const inside = await Promise.all(Array.from({ length: 7 }, open));
    for (const client of inside) held.use(client);
    for (let i = 0; i < 10; i++) await assert.rejects(open());
    inside[0]?.close();
    await until("the place to be free", async () => {
      const client = await open().catch(() => undefined);
      if (client) held.use(client);
      return client !== undefined;
    });
    for (let i = 0; i < 10; i++) await assert.rejects(open());
  });
}

Deno.test("parley with three isolates says goodbye to everybody with 1012 on SIGTERM, and ends with 0", async () => {
  await using parley = await startParley({ WORKERS: "3" });
  const clients = await Promise.all(
    Array.from(
      { length: 60 },
      (_, index) => TestClient.open(parley.url + (index % 2 ? "/s" : "/ws")),
    ),
  );
  const begun = performance.now();
  parley.kill("SIGTERM");
  for (const client of clients) assert.equal((await client.closed).code, 1012);
  assert.equal((await parley.ended).code, 0);
  assert.ok(performance.now() - begun < 5_000);
});

Deno.test("parley with isolates finds a port taken, though another one's isolates share it", async () => {
  await using first = await startParley({ WORKERS: "2" });
  const second = startParley({ WORKERS: "2", PORT: String(first.port) });
  await assert.rejects(second, new RegExp(`Port ${first.port} on 127.0.0.1 is taken`));
});

Deno.test("parley with WORKERS=0 serves in its main isolate", async () => {
  await using parley = await startInspected({ WORKERS: "0" });
  assert.deepEqual(await parley.isolates(), []);
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  ann.send("hello");
  assert.equal(await ann.next(), "Ann: hello");
  await parley.leave();
});

Deno.test("A service with isolates leaves nothing behind in its process", async () => {
  const service = await startService({ WORKERS: "2" });
  await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
  ann.send("hello");
  assert.equal(await ann.next(), "Ann: hello");
  await service.stop();
  assert.equal((await ann.closed).code, 1012);
});
