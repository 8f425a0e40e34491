/**
 * Statistics of the whole process: the sum of its workers' reports, collected on request. For a worker that does not
 * respond, its last report counts.
 * @module
 */
import type { ConnectionCounts } from "../../chat/heartbeat.ts";
import { formatPrometheus } from "../../core/metrics/prometheus.ts";
import type { EngineName } from "../../core/config/settings_table.ts";
import { mergeSnapshots } from "../../core/metrics/merge.ts";
import type { Metrics } from "../../core/metrics/metrics.ts";
import type { ServerPool } from "./server_pool.ts";

/** Sums the reports of all workers. */
export class ProcessStats {
  readonly #metrics: Metrics;
  readonly #pool: Promise<Pick<ServerPool, "reports" | "retiredCounters">>;

  /** Requests no report yet. @param metrics The metrics of the main thread itself. */
  constructor(metrics: Metrics, pool: Promise<Pick<ServerPool, "reports" | "retiredCounters">>) {
    this.#metrics = metrics;
    this.#pool = pool;
  }

  /** Number of connections in the whole process, by status. */
  async connectionCounts(): Promise<ConnectionCounts> {
    const pool = await this.#pool;
    return sumCounts((await pool.reports()).map(({ connectionCounts }) => connectionCounts));
  }

  /** All metrics in the text format of Prometheus. */
  async metrics(): Promise<string> {
    const pool = await this.#pool;
    const reports = await pool.reports();
    const snapshots = reports.map(({ metrics }) => metrics);
    return formatPrometheus(
      mergeSnapshots([this.#metrics.snapshot(), ...snapshots, pool.retiredCounters]),
    );
  }
}

/** Registers the gauges of the whole process: its memory, including buffers and workers, and its engine. */
export function registerProcessMetrics(metrics: Metrics, engine: EngineName): void {
  metrics.gauges(
    "parley_engine_info",
    "The engine that serves HTTP and WebSockets. Always 1.",
    "engine",
    () => ({ [engine]: 1 }),
  );
  metrics.gauge(
    "parley_resident_memory_bytes",
    "Memory of the whole process, including buffers and workers.",
    () => Deno.memoryUsage().rss,
  );
}

function sumCounts(all: readonly ConnectionCounts[]): ConnectionCounts {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [status, count] of Object.entries(counts)) {
      sums[status] = (sums[status] ?? 0) + count;
    }
  }
  return sums;
}
