/** A process above MAX_MEMORY_MB. What it takes is measured first, so that the limit can be set below it. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { type Parley, startParley } from "../parley.ts";
import { until } from "../provision.ts";
import { handshake, request } from "../raw.ts";
import { censusOf, gather } from "./gathering.ts";

const COUNT = 20;
const MEGABYTE = 1024 * 1024;

Deno.test("A process above MAX_MEMORY_MB refuses new connections, says why, and keeps those it has", async () => {
  await using parley = await startParley({ WORKERS: "0", MAX_MEMORY_MB: "20" });
  // The guard looks every half second.
  const early = await TestClient.open(`${parley.url}/s`).catch(() => undefined);
  await until("new connections to be refused", async () => {
    const { status, body } = await request(parley.port, handshake(parley.port, "/ws"));
    return status === 503 && /MAX_MEMORY_MB/.test(body);
  });
  assert.match(parley.output, /"memory\.short"/);
  assert.equal((await fetch(`${parley.url}/healthz`).then((it) => it.json())).status, "ok");
  if (early === undefined) return;
  early.send("still here");
  assert.equal(await early.next(), "still here");
  await early[Symbol.asyncDispose]();
});

async function residentBytes({ adminUrl }: Parley): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(text.match(/^chat_resident_memory_bytes (\S+)/m)?.[1]);
}

Deno.test("A process that stays above MAX_MEMORY_MB moves its clients to another isolate once, and all are back", async () => {
  let limit = 0;
  {
    await using parley = await startParley({ WORKERS: "1" });
    await using held = new AsyncDisposableStack();
    await gather(held, [parley], COUNT);
    limit = Math.round(await residentBytes(parley) / MEGABYTE / 1.1);
  }
  await using limited = await startParley({ WORKERS: "1", MAX_MEMORY_MB: String(limit) });
  await using held = new AsyncDisposableStack();
  const talkers = await gather(held, [limited], COUNT);
  await limited.printed(/"isolate\.recycled".*"grown"/);
  await until("everybody to have been moved", () => {
    return Promise.resolve(talkers.every(({ joins }) => joins > 1));
  });
  await until("all to be back", async () => (await censusOf(limited)).open === COUNT);
  await Promise.all(talkers.map((talker, index) => talker.say(`back ${index}`)));
  assert.deepEqual(talkers.map(({ joins }) => joins), talkers.map(() => 2));
});
