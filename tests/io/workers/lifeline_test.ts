import assert from "node:assert/strict";
import { openLifeline } from "../../../lib/io/workers/lifeline.ts";

/** Starts a worker that ends as told, or waits to be ended. */
async function start(how: "wait" | "close" | "throw") {
  const { remotePort, closed } = openLifeline();
  const url = new URL("./spinning_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const answered = new Promise((resolve) => worker.onmessage = resolve);
  const failed = new Promise((resolve) => {
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(event.message);
    };
  });
  worker.postMessage(how, [remotePort]);
  if (how === "wait") await answered;
  if (how === "throw") assert.match(String(await failed), /of its own making/);
  return { worker, cut: closed };
}

Deno.test("A lifeline is cut when its worker is terminated", async () => {
  const { worker, cut } = await start("wait");
  worker.terminate();
  await cut;
});

Deno.test("A lifeline is cut when its worker ends by itself", async () => {
  const { worker, cut } = await start("close");
  await cut;
  worker.terminate();
});

Deno.test("A lifeline is cut when its worker ends with an error", async () => {
  const { worker, cut } = await start("throw");
  await cut;
  worker.terminate();
});

// In a separate process, since the thread continues until the process ends.
Deno.test("A lifeline is not cut when terminate() cannot end its worker", async () => {
  const program = new URL("./spinning.ts", import.meta.url).pathname;
  const args = ["run", "--quiet", "--no-check", "--allow-read", program];
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), { args }).output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
  assert.deepEqual([out, code], ["not cut\n", 0], err);
});
