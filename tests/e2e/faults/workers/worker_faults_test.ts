/** What happens to clients and process when a worker dies, misses posts, or stops responding. */
import assert from "node:assert/strict";
import { TestClient } from "../../../support/clients/test_client.ts";
import { type InspectedParley, startInspected } from "../../../support/programs/inspector.ts";
import type { Parley } from "../../../support/parley.ts";
import { until, withinDeadline } from "../../../support/provision.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import {
  AMPLE,
  assertAllReceived,
  connectClients,
  connectionCountsOf,
  MANY,
} from "./reliable_clients.ts";

/** Ends a worker from the inside, as a runtime error would, and waits until another one serves. */
async function untilReplaced(parley: InspectedParley, worker: string): Promise<void> {
  await parley.evaluateIn(worker, "self.close()");
  await until("another worker to serve", async () => {
    const workers = await parley.workers();
    return workers.length === 2 && !workers.includes(worker);
  });
}

Deno.test("A worker that dies is replaced, and its clients reconnect without losing anything", async () => {
  await using parley = await startInspected({ ...AMPLE, WORKERS: "2" });
  await using held = new AsyncDisposableStack();
  const clients = await connectClients(held, [parley], MANY);
  await clients[0]?.say("begin");
  let isOver = false;
  const talking = (async () => {
    let rounds = 0;
    while (!isOver) {
      const round = rounds++;
      await Promise.all(clients.map((client, index) => client.say(`${index}/${round}`)));
    }
    return rounds;
  })();
  // Both of the initial workers.
  for (const worker of await parley.workers()) await untilReplaced(parley, worker);
  isOver = true;
  const rounds = await withinDeadline("the last acknowledgements", talking);
  await assertAllReceived(clients, "begin", MANY * rounds);
  assert.ok(clients.every(({ reconnects }) => reconnects > 0));
  assert.equal(parley.output.match(/"worker\.died"/g)?.length, 2);
  await until("the slots of the dead workers to be free", async () => {
    return (await connectionCountsOf(parley)).open === MANY;
  });
  await parley.detach();
});

/** Blocks a worker's thread for a moment, without the work that others on this machine would have to wait for. */
const PAUSE = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);";

/** Blocks a worker until the file exists; resolves when it is blocked. */
async function keepBusy(parley: InspectedParley, worker: string, file: string): Promise<void> {
  const isThere = `try { Deno.statSync("${file}"); return; } catch {}`;
  await parley.evaluateIn(worker, `setTimeout(() => { for (;;) { ${isThere} ${PAUSE} } }, 0)`);
}

async function metric({ adminUrl }: Parley, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name} (\\d+)`, "m"))?.[1]);
}

Deno.test("A worker that was too busy for hundreds of posts fills the gap with few reads of the log", async () => {
  await using folder = new TemporaryFolder();
  await using parley = await startInspected({ ...AMPLE, WORKERS: "2" });
  await using held = new AsyncDisposableStack();
  const clients = await connectClients(held, [parley], MANY);
  await clients[0]?.say("begin");
  const [busy = ""] = await parley.workers();
  await keepBusy(parley, busy, `${folder.path}/enough`);
  // A client that receives its answer now is on the other worker.
  const first = clients.map((client, index) => client.say(`${index}`).then(() => client));
  const sender = await Promise.race(first);
  // One post each; the channel holds 256.
  for (let count = 0; count < 600; count++) await sender.say(`word ${count}`);
  await Deno.writeTextFile(`${folder.path}/enough`, "");
  await Promise.all(first);
  await assertAllReceived(clients, "begin", MANY + 600);
  assert.ok(await metric(parley, "parley_gaps_detected_total") >= 1);
  const readings = await metric(parley, "parley_gap_reads_total");
  assert.ok(readings >= 1 && readings <= 10, `${readings} readings`);
  await parley.detach();
});

Deno.test("parley exits with 70 when a worker neither responds nor can be terminated, after closing the other connections", async () => {
  await using parley = await startInspected({ WORKERS: "2" });
  await using held = new AsyncDisposableStack();
  const open = () => TestClient.open(`${parley.url}/s`);
  const clients = await Promise.all(Array.from({ length: MANY }, open));
  for (const client of clients) held.use(client);
  const [busy = ""] = await parley.workers();
  await parley.evaluateIn(busy, `setTimeout(() => { for (;;) { ${PAUSE} } }, 0)`);
  await parley.detach();
  assert.equal((await parley.ended).code, 70);
  assert.match(parley.output, /"worker\.unresponsive"[^]*"service\.failed".*cannot be terminated/);
  const codes = (await Promise.all(clients.map(({ closed }) => closed))).map(({ code }) => code);
  assert.ok(codes.includes(1012));
  assert.ok(codes.some((code) => code !== 1012), "no client was on the blocked worker");
});
