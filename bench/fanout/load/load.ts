/**
 * The load, in its own process. It reads one order as JSON, writes each phase as a line of JSON, and continues when it
 * receives a line: between the two, the caller can read exactly what the server has used. The last line is the report.
 * @module
 */
import { holdIdle, runConnectStorm, runLoad } from "../../../lib/load/mod.ts";
import { clientProtocolOf, type LoadOrder } from "./orders.ts";

const life = new AbortController();
const encoder = new TextEncoder();
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();

/** Reports a phase and waits for the line to continue; ends if the caller is gone. */
async function phase(phase: string): Promise<void> {
  write({ phase });
  const { done } = await lines.read();
  if (done) life.abort(new Error("nobody listens"));
}

function write(line: unknown): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(line)}\n`));
}

async function runOrder(order: LoadOrder): Promise<unknown> {
  switch (order.kind) {
    case "load": {
      const { histogram: _, ...report } = await runLoad(
        { ...order.plan, protocol: clientProtocolOf(order.tongue) },
        { onPhase: phase },
        life.signal,
      );
      return report;
    }
    case "idle": {
      const { url, count, connectsAtOnce } = order;
      const observer = {
        onPhase: (it: string) => it === "connected" ? holdUntilReleased() : phase(it),
      };
      return await holdIdle(
        url,
        clientProtocolOf(order.tongue),
        count,
        connectsAtOnce,
        observer,
        life.signal,
      );
    }
    case "storm": {
      await phase("measuring");
      const report = await runConnectStorm(
        order.url,
        order.count,
        order.connectsAtOnce,
        life.signal,
      );
      await phase("measured");
      return report;
    }
  }
}

/** Holds the connections until the line to continue arrives. */
async function holdUntilReleased(): Promise<void> {
  await phase("connected");
  life.abort();
}

if (import.meta.main) {
  write({ report: await runOrder(JSON.parse(Deno.args[0] ?? "null")) });
  Deno.exit(0);
}
