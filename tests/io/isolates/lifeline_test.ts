import assert from "node:assert/strict";
import { openLifeline } from "../../../lib/io/isolates/lifeline.ts";

/** Starts an isolate that ends as it is told, or waits for its end. */
async function start(how: "wait" | "close" | "throw") {
  const { farEnd, cut } = openLifeline();
  const url = new URL("./spinning_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const heard = new Promise((resolve) => worker.onmessage = resolve);
  const failed = new Promise((resolve) => {
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(event.message);
    };
  });
  worker.postMessage(how, [farEnd]);
  if (how === "wait") await heard;
  if (how === "throw") assert.match(String(await failed), /of its own making/);
  return { worker, cut };
}

Deno.test("A lifeline is cut when the isolate that holds it is terminated", async () => {
  const { worker, cut } = await start("wait");
  worker.terminate();
  await cut;
});

Deno.test("A lifeline is cut when the isolate that holds it ends by itself", async () => {
  const { worker, cut } = await start("close");
  await cut;
  worker.terminate();
});

Deno.test("A lifeline is cut when the isolate that holds it ends by an error", async () => {
  const { worker, cut } = await start("throw");
  await cut;
  worker.terminate();
});

// In a process of its own, since the thread goes on until the process ends.
Deno.test("A lifeline is not cut where terminate() cannot end the isolate that holds it", async () => {
  const program = new URL("./spinning.ts", import.meta.url).pathname;
  const args = ["run", "--quiet", "--no-check", "--allow-read", program];
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), { args }).output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
  assert.deepEqual([out, code], ["not cut\n", 0], err);
});
