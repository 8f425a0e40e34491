/** A process above MAX_MEMORY_MB. Its memory use is measured first, so that the limit can be set close to it. */
import assert from "node:assert/strict";
import { TestClient } from "../../../support/clients/test_client.ts";
import { type Parley, startParley } from "../../../support/parley.ts";
import { until } from "../../../support/provision.ts";
import { handshake, OPCODE, RawSocket, sendRequest } from "../../../support/clients/raw_socket.ts";
import { connectClients, connectionCountsOf } from "./reliable_clients.ts";

const COUNT = 20;
const MEGABYTE = 1024 * 1024;

Deno.test("A process above MAX_MEMORY_MB refuses new connections with a reason, and keeps existing ones", async () => {
  await using parley = await startParley({ WORKERS: "0", MAX_MEMORY_MB: "20" });
  // The guard checks every half second.
  const early = await TestClient.open(`${parley.url}/s`).catch(() => undefined);
  await until("new connections to be refused", async () => {
    const { status, body } = await sendRequest(parley.port, handshake(parley.port, "/ws"));
    return status === 503 && /MAX_MEMORY_MB/.test(body);
  });
  assert.match(parley.output, /"memory\.low"/);
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

/** Memory of a service with this number of clients in a room, in megabytes. */
async function usualMegabytes(): Promise<number> {
  await using parley = await startParley({ WORKERS: "1" });
  await using held = new AsyncDisposableStack();
  await connectClients(held, [parley], COUNT);
  return residentBytes(parley) / MEGABYTE;
}

Deno.test("A process above MAX_MEMORY_MB moves its clients to another worker once, and accepts connections again", async () => {
  const limit = Math.ceil(await usualMegabytes() * 1.3);
  await using parley = await startParley({ WORKERS: "1", MAX_MEMORY_MB: String(limit) });
  await using held = new AsyncDisposableStack();
  const clients = await connectClients(held, [parley], COUNT);
  // An unfinished message, which the runtime buffers and the service never sees.
  using endless = await RawSocket.open(parley.port, "/s");
  const fragment = new Uint8Array(MEGABYTE).fill(97);
  for (let count = 0; residentBytes(parley) < limit * 1.05 * MEGABYTE; count++) {
    await endless.send(count === 0 ? OPCODE.text : OPCODE.continuation, fragment, false);
  }
  await parley.printed(/"worker\.recycled".*"grown"/);
  await until("all clients to have moved and reconnected", async () => {
    return clients.every(({ joins }) => joins > 1) &&
      (await connectionCountsOf(parley)).open === COUNT;
  });
  await Promise.all(clients.map((client, index) => client.say(`back ${index}`)));
  assert.deepEqual(clients.map(({ joins }) => joins), clients.map(() => 2));
  await until("new connections to be accepted", async () => {
    return (await sendRequest(parley.port, handshake(parley.port, "/ws"))).status === 101;
  });
});
