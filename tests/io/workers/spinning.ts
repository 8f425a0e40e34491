/**
 * Terminates a worker in an endless loop and one that is idle, and reports whether the lifeline of the first is cut by the
 * time that that of the second is.
 * @module
 */
import { openLifeline } from "../../../lib/io/workers/lifeline.ts";

async function start(
  how: "spin" | "wait",
): Promise<{ readonly worker: Worker; cut: Promise<void> }> {
  const { remotePort, closed } = openLifeline();
  const url = new URL("./spinning_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  worker.postMessage(how, [remotePort]);
  await new Promise((resolve) => worker.onmessage = resolve);
  return { worker, cut: closed };
}

const busy = await start("spin");
let isCut = false;
busy.cut.then(() => isCut = true);
busy.worker.terminate();
// Meanwhile ten others are started and ended, which is time enough for the first.
for (let i = 0; i < 10; i++) {
  const { worker, cut } = await start("wait");
  worker.terminate();
  await cut;
}
Deno.stdout.writeSync(new TextEncoder().encode(isCut ? "cut\n" : "not cut\n"));
Deno.exit(0);
