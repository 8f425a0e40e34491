/**
 * What the whole process knows of itself: the sum of what its isolates tell when somebody asks. An isolate that does not
 * answer is counted as it was when it last did.
 * @module
 */
import type { Census } from "../chat/heartbeat.ts";
import { expose } from "../core/exposition.ts";
import { sum } from "../core/metric_sums.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Condition } from "../core/pulse.ts";
import type { Serving } from "./serving.ts";

/** The sum of all isolates. */
export class Overview {
  readonly #metrics: Metrics;
  readonly #serving: Promise<Pick<Serving, "reports" | "past">>;

  /** Asks nobody yet. @param metrics What the main isolate itself counts. */
  constructor(metrics: Metrics, serving: Promise<Pick<Serving, "reports" | "past">>) {
    this.#metrics = metrics;
    this.#serving = serving;
  }

  /** All connections, by condition. */
  async census(): Promise<Census> {
    const serving = await this.#serving;
    return total((await serving.reports()).map(({ census }) => census));
  }

  /** What all have counted, as Prometheus reads it. */
  async metrics(): Promise<string> {
    const serving = await this.#serving;
    const reports = await serving.reports();
    const counted = reports.map(({ counted }) => counted);
    return expose(sum([this.#metrics.snapshot(), ...counted, serving.past]));
  }
}

/** What the operating system gives to the process, isolates and buffers and all. */
export function meterProcess(metrics: Metrics): void {
  metrics.gauge(
    "chat_resident_memory_bytes",
    "Memory of the whole process that is in use.",
    () => Deno.memoryUsage().rss,
  );
}

function total(censuses: readonly Census[]): Census {
  const sum = (condition: Condition) =>
    censuses.reduce((count, census) => count + census[condition], 0);
  return {
    connecting: sum("connecting"),
    open: sum("open"),
    parked: sum("parked"),
    closing: sum("closing"),
    stuck: sum("stuck"),
    dead: sum("dead"),
  };
}
