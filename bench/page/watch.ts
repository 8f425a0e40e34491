/**
 * Observes a page while something is done with it: the browser's trace, summed up, and the page's memory afterwards.
 * @module
 */
import type { CDPSession, Page } from "playwright-core";
import { type Load, loadOf, type TraceEvent } from "./trace.ts";

const CATEGORIES = [
  ...["devtools.timeline", "disabled-by-default-devtools.timeline"],
  "disabled-by-default-devtools.timeline.frame",
];
// A minute of a busy page takes a hundred megabytes. If the buffer is full, events are lost, which is reported.
const BUFFER_KB = 1_000_000;

/** The work and the time that it took. */
export interface TracedRun extends Load {
  readonly seconds: number;
}

/** What a page keeps in memory. */
export interface PageMemory {
  readonly nodes: number;
  readonly heapBytes: number;
}

/** Runs a function under a trace of the page. Throws if the trace has lost events. */
export async function traced(page: Page, fn: () => Promise<void>): Promise<TracedRun> {
  const session = await page.context().newCDPSession(page);
  await session.send("Tracing.start", {
    transferMode: "ReturnAsStream",
    traceConfig: {
      recordMode: "recordUntilFull",
      traceBufferSizeInKb: BUFFER_KB,
      includedCategories: CATEGORIES,
      excludedCategories: ["*"],
    },
  });
  const start = performance.now();
  await fn();
  const seconds = (performance.now() - start) / 1000;
  const events = await traceOf(session);
  await session.detach();
  return { seconds, ...loadOf(events) };
}

async function traceOf(session: CDPSession): Promise<readonly TraceEvent[]> {
  const complete = new Promise<{ stream?: string; dataLossOccurred: boolean }>((resolve) =>
    session.once("Tracing.tracingComplete", resolve)
  );
  await session.send("Tracing.end");
  const { stream = "", dataLossOccurred } = await complete;
  if (dataLossOccurred) throw new Error("Cannot read the trace: it was too long for its buffer");
  const parts: string[] = [];
  for (;;) {
    const { data, eof } = await session.send("IO.read", { handle: stream, size: 4_000_000 });
    parts.push(data);
    if (eof) break;
  }
  await session.send("IO.close", { handle: stream });
  const { traceEvents }: { traceEvents: readonly TraceEvent[] } = JSON.parse(parts.join(""));
  return traceEvents;
}

/** What the page keeps in memory after a garbage collection. */
export async function pageMemory(page: Page): Promise<PageMemory> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? NaN;
  return { nodes: metric("Nodes"), heapBytes: metric("JSHeapUsedSize") };
}
