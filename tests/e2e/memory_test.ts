/** A process above MAX_MEMORY_MB. What it takes is measured first, so that the limit can be set near it. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { type Parley, startParley } from "../parley.ts";
import { until } from "../provision.ts";
import { handshake, OPCODE, RawPeer, request } from "../raw.ts";
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

function residentBytes({ pid }: Parley): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1]) * 1024;
}

/** Memory of a service with a number of people in a room, in megabytes. */
async function usualMegabytes(): Promise<number> {
  await using parley = await startParley({ WORKERS: "1" });
  await using held = new AsyncDisposableStack();
  await gather(held, [parley], COUNT);
  return residentBytes(parley) / MEGABYTE;
}

Deno.test("A process above MAX_MEMORY_MB moves its clients to another isolate once, and has room again", async () => {
  const limit = Math.ceil(await usualMegabytes() * 1.3);
  await using parley = await startParley({ WORKERS: "1", MAX_MEMORY_MB: String(limit) });
  await using held = new AsyncDisposableStack();
  const talkers = await gather(held, [parley], COUNT);
  // A message without an end, of which the service itself sees nothing.
  using endless = await RawPeer.open(parley.port, "/s");
  const fragment = new Uint8Array(MEGABYTE).fill(97);
  for (let count = 0; residentBytes(parley) < limit * 1.05 * MEGABYTE; count++) {
    await endless.send(count === 0 ? OPCODE.text : OPCODE.continuation, fragment, false);
  }
  await parley.printed(/"isolate\.recycled".*"grown"/);
  await until("everybody to have been moved and to be back", async () => {
    return talkers.every(({ joins }) => joins > 1) && (await censusOf(parley)).open === COUNT;
  });
  await Promise.all(talkers.map((talker, index) => talker.say(`back ${index}`)));
  assert.deepEqual(talkers.map(({ joins }) => joins), talkers.map(() => 2));
  await until("new connections to be accepted", async () => {
    return (await request(parley.port, handshake(parley.port, "/ws"))).status === 101;
  });
});
