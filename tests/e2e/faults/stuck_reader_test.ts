/** A client that stops reading uses no more memory than its limit, and the others miss nothing. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { ENGINE } from "../../support/engine.ts";
import { type Parley, startParley } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { closeCode, OPCODE, RawSocket } from "../../support/clients/raw_socket.ts";

const TEXT = "x".repeat(60_000);
const MEGABYTE = 1024 * 1024;

Deno.test("A stuck reader among 200 is dropped, and the other 199 receive everything while it stays stuck", async () => {
  await using parley = await startParley({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  await using held = new AsyncDisposableStack();
  using _stuck = await RawSocket.open(parley.port, "/ws?name=stuck");
  const readers = [held.use(await TestClient.open(`${parley.url}/ws?name=reader0`))];
  // The kernel buffers some megabytes for the stuck reader before the service buffers anything.
  await until("the service to buffer for the stuck reader", async () => {
    await sayToAll(readers, TEXT, 10);
    return await bufferedBytes(parley) > 0;
  });
  for (let i = 1; i < 199; i++) {
    readers.push(held.use(await TestClient.open(`${parley.url}/ws?name=reader${i}`)));
  }
  await Promise.all(readers.map(haveJoined));
  await until("the stuck reader to be dropped", async () => {
    await sayToAll(readers, TEXT, 10);
    return (await connectionCounts(parley)).open === 199;
  });
  if (ENGINE === "deno") assert.equal((await connectionCounts(parley)).parked, 1);
  await sayToAll(readers, "and still everybody hears");
  assert.equal((await parley.stop()).code, 0);
});

Deno.test("A stuck reader is dropped at MAX_BUFFERED_BYTES, and its buffer does not grow beyond that", async () => {
  await using parley = await startParley({
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
    // Stored messages are not measured here.
    HISTORY_MESSAGES: "1",
    RECOVER_LIMIT: "1",
    // Each worker would add memory of its own that fluctuates.
    WORKERS: "0",
  });
  using _stuck = await RawSocket.open(parley.port, "/ws?name=stuck");
  await using speaker = await TestClient.open(`${parley.url}/ws?name=speaker`);
  // The runtime's own memory has settled after a while.
  for (let i = 0; i < 60; i++) await sayToAll([speaker], TEXT, 10);
  const before = residentBytes(parley.pid);
  for (let i = 0; i < 200; i++) await sayToAll([speaker], TEXT, 10);
  const grown = residentBytes(parley.pid) - before;
  // 120 MB were sent. The runtime's own memory grows by up to 30 MB, in steps.
  assert.ok(grown < 60 * MEGABYTE, `grown by ${Math.round(grown / MEGABYTE)} MB`);
  const buffered = Number(
    (await parley.printed(/"connection\.(?:parked|dropped)".*"buffered":(\d+)/))[1],
  );
  assert.ok(buffered <= MEGABYTE + TEXT.length, `${buffered} bytes were buffered`);
});

Deno.test("A slow reader is closed with 4008, behind what it was sent before", async () => {
  await using parley = await startParley({
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
    PING_SECONDS: "10",
  });
  using slow = await RawSocket.open(parley.port, "/ws?name=slow");
  await using speaker = await TestClient.open(`${parley.url}/ws?name=speaker`);
  await until("the slow reader to be dropped", async () => {
    await sayToAll([speaker], TEXT, 10);
    return (await connectionCounts(parley)).open === 1;
  });
  let frame = await slow.next();
  while (frame?.opcode === OPCODE.text) frame = await slow.next();
  // The second engine ends a reader that has not read it in time.
  if (ENGINE === "deno" || frame !== undefined) assert.equal(closeCode(frame), 4008);
});

/** Sends the text from the first reader several times; resolves when all have received it, so that none falls behind. */
async function sayToAll(readers: readonly TestClient[], text: string, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) readers[0]?.send(text);
  for (const reader of readers) {
    for (const line of await reader.take(times)) assert.ok(String(line).endsWith(text));
  }
}

/** Waits until the client has joined: an open connection may still be joining, and is answered only afterwards. */
async function haveJoined(reader: TestClient): Promise<void> {
  reader.send("/who");
  assert.match(String(await reader.next()), /^\* \d+ here: /);
}

async function connectionCounts(parley: Parley): Promise<{ open: number; parked?: number }> {
  return (await (await fetch(`${parley.adminUrl}/healthz`)).json()).connections;
}

async function bufferedBytes(parley: Parley): Promise<number> {
  const metrics = await (await fetch(`${parley.adminUrl}/metrics`)).text();
  return Number(/^parley_buffered_bytes (.*)$/m.exec(metrics)?.[1]);
}

function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1] ?? 0) * 1024;
}
