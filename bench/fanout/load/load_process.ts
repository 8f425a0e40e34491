/**
 * Starts the load process. It pauses at each phase, so that resources can be read.
 * @module
 */
import type { LoadOrder } from "./orders.ts";

const LOAD = new URL("load.ts", import.meta.url).pathname;

/** Called at each phase; the load waits for it. */
export type OnPhase = (phase: string) => Promise<void> | void;

/** The parts of the load generator's reports that are used here. What an order does not report is undefined. */
export interface Report {
  /** A number, or nested reports. */
  readonly [name: string]: unknown;
}

/** Carries out an order in a new process. Resolves to its report; ends the process if the signal aborts. */
export async function load(order: LoadOrder, at: OnPhase, signal: AbortSignal): Promise<Report> {
  signal.throwIfAborted();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--no-prompt", "-A", LOAD, JSON.stringify(order)],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = () => kill(child);
  signal.addEventListener("abort", end);
  const complaints = new Response(child.stderr).text();
  try {
    const report = await follow(child, at);
    if (report) return report;
    signal.throwIfAborted();
    throw new Error(`The load ended without a report: ${(await complaints).slice(-600)}`);
  } finally {
    signal.removeEventListener("abort", end);
    kill(child);
    await Promise.all([child.status, complaints]);
  }
}

async function follow(child: Deno.ChildProcess, at: OnPhase): Promise<Report | undefined> {
  const words = child.stdin.getWriter();
  const go = new TextEncoder().encode("go\n");
  for await (const line of child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(lines())) {
    const said: { phase?: string; report?: Report } = JSON.parse(line);
    if (said.report) return said.report;
    if (said.phase === undefined) continue;
    await at(said.phase);
    await words.write(go);
  }
  return undefined;
}

/** Splits text into lines. */
function lines(): TransformStream<string, string> {
  let held = "";
  return new TransformStream({
    transform(part, controller) {
      const whole = (held + part).split("\n");
      held = whole.pop() ?? "";
      for (const line of whole) controller.enqueue(line);
    },
  });
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has already ended.
  }
}
