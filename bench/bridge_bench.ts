/** From the bus to a hub by BroadcastChannel: a post until it is heard, in this isolate, and in a worker and back. */
import { Bridge, listen } from "../lib/io/bridge.ts";
import { announced } from "./given.ts";

const here = `bench:${crypto.randomUUID()}`;
const there = `bench:${crypto.randomUUID()}`;
const bridgeHere = new Bridge(here);
const bridgeThere = new Bridge(there);
let heard = () => {};
let answered = () => {};

/** A worker that hears the bridge. */
async function openWorker(): Promise<void> {
  const answers = new BroadcastChannel("bench:answers");
  answers.onmessage = () => answered();
  const worker = new Worker(new URL("./bridge_worker.ts", import.meta.url), { type: "module" });
  const isThere = new Promise<void>((resolve) => answered = resolve);
  worker.postMessage(there);
  await isThere;
}

// A worker is read like any other file.
const mayRead = await Deno.permissions.query({ name: "read", path: import.meta.dirname });
const ignore = mayRead.state !== "granted";
if (!ignore) await openWorker();

for (const count of [1, 100]) {
  const entries = announced(count);
  const group = `post ${count}`;
  Deno.bench(`structuredClone(): ${count} entries`, { group, baseline: true }, () => {
    structuredClone(entries);
  });
  Deno.bench(`Bridge.post() to this isolate: ${count} entries`, { group }, async (bench) => {
    using _ear = listen(here, () => heard());
    bench.start();
    const done = new Promise<void>((resolve) => heard = resolve);
    bridgeHere.post(entries);
    await done;
    bench.end();
  });
  const title = `Bridge.post() to a worker and back: ${count} entries`;
  Deno.bench(title, { group, ignore }, async () => {
    const done = new Promise<void>((resolve) => answered = resolve);
    bridgeThere.post(entries);
    await done;
  });
}
