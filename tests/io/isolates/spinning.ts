/**
 * Terminates an isolate that is busy in a loop without an end, beside one that is not, and tells whether the lifeline of the
 * first is cut by the time that of the second is.
 * @module
 */
import { openLifeline } from "../../../lib/io/isolates/lifeline.ts";

async function start(
  how: "spin" | "wait",
): Promise<{ readonly worker: Worker; cut: Promise<void> }> {
  const { farEnd, cut } = openLifeline();
  const url = new URL("./spinning_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  worker.postMessage(how, [farEnd]);
  await new Promise((resolve) => worker.onmessage = resolve);
  return { worker, cut };
}

const busy = await start("spin");
let isCut = false;
busy.cut.then(() => isCut = true);
busy.worker.terminate();
// Ten others are started and ended meanwhile: time enough for the first.
for (let i = 0; i < 10; i++) {
  const { worker, cut } = await start("wait");
  worker.terminate();
  await cut;
}
Deno.stdout.writeSync(new TextEncoder().encode(isCut ? "cut\n" : "not cut\n"));
Deno.exit(0);
