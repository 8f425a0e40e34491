/** From the bus to a hub by BroadcastChannel: until a post is received in this isolate, and to a worker and back. */
import { Broadcaster, onBroadcast } from "../lib/io/serving/broadcast.ts";
import { announcementsOf } from "./fixtures.ts";

const here = `bench:${crypto.randomUUID()}`;
const there = `bench:${crypto.randomUUID()}`;
const broadcasterHere = new Broadcaster(here);
const broadcasterThere = new Broadcaster(there);
let onReceived = () => {};
let onAnswered = () => {};

/** Starts a worker that answers each post. */
async function openWorker(): Promise<void> {
  const answers = new BroadcastChannel("bench:answers");
  answers.onmessage = () => onAnswered();
  const worker = new Worker(new URL("./broadcast_worker.ts", import.meta.url), { type: "module" });
  const isThere = new Promise<void>((resolve) => onAnswered = resolve);
  worker.postMessage(there);
  await isThere;
}

// A worker is read like any other file.
const mayRead = await Deno.permissions.query({ name: "read", path: import.meta.dirname });
const ignore = mayRead.state !== "granted";
if (!ignore) await openWorker();

for (const count of [1, 100]) {
  const entries = announcementsOf(count);
  const group = `post ${count}`;
  Deno.bench(`structuredClone(): ${count} entries`, { group, baseline: true }, () => {
    structuredClone(entries);
  });
  Deno.bench(`Broadcaster.post() to this isolate: ${count} entries`, { group }, async (bench) => {
    using _listener = onBroadcast(here, () => onReceived());
    bench.start();
    const done = new Promise<void>((resolve) => onReceived = resolve);
    broadcasterHere.post(entries);
    await done;
    bench.end();
  });
  const title = `Broadcaster.post() to a worker and back: ${count} entries`;
  Deno.bench(title, { group, ignore }, async () => {
    const done = new Promise<void>((resolve) => onAnswered = resolve);
    broadcasterThere.post(entries);
    await done;
  });
}
