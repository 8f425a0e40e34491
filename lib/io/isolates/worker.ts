/**
 * A serving isolate, from the inside. It is thrown away without warning where that is needed, so nothing is kept here that
 * is not somewhere else too. This file is named where the isolate is started and in the compile task, since the runtime
 * does not find it by itself.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { DrainKind } from "../drain.ts";
import { type Front, openFront } from "../front.ts";
import { keepErrorsFromEnding } from "../last_net.ts";
import { openLog } from "../log.ts";
import type { FromServing, MainAnswers, Start, ToServing } from "./calls.ts";
import { Line } from "./line.ts";
import { remoteBase } from "./remote_base.ts";

const front = Promise.withResolvers<Front>();
const main = new Line<MainAnswers>((post) => tell({ kind: "post", post }), {
  report: async () => (await front.promise).report(),
  drain: async (kind: DrainKind) => await (await front.promise).drain(kind),
  relieve: async () => (await front.promise).relieve(),
});
// Held, and never let go: it is closed when this isolate ends.
let lifeline: MessagePort | undefined;

self.onmessage = ({ data, ports }: MessageEvent<ToServing>) => {
  if (data.kind === "post") return main.receive(data.post);
  [lifeline] = ports;
  // On a line that is not listened to, an end is not noticed.
  if (lifeline) lifeline.onmessage = () => {};
  start(data.start);
};

async function start({ config, channel, port, number }: Start): Promise<void> {
  try {
    await openLog(config, number);
    keepErrorsFromEnding();
    const station = { channel, port, isShared: true };
    front.resolve(await openFront(config, remoteBase(main), station));
    tell({ kind: "up" });
  } catch (error) {
    tell({ kind: "failed", why: error instanceof Error ? error.message : String(error) });
    return;
  }
  // What is broken here is not mended here.
  const why = await (await front.promise).broken;
  tell({ kind: "failed", why: why.message });
}

function tell(message: FromServing): void {
  self.postMessage(message);
}
