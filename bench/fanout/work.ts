/**
 * A work is one benchmark: its cells, and the table that shows them. A cell is one peer with one or more variants that
 * share a server, because starting and filling a server takes longer than measuring it.
 * @module
 */
import type { Report } from "./load/load_process.ts";
import type { Figures } from "./samples.ts";
import type { CellRunner, MeasuredLoad } from "./cell_runner.ts";
import type { Column, TableSpec } from "./report/tables.ts";

/** One peer, in one or more variants of a work. */
export interface Cell {
  /** Name of the peer. */
  readonly peer: string;
  /** Names of its variants, in the order of their figures. */
  readonly variants: readonly string[];
  /** Measures each variant, in that order, and yields its figures. */
  run(stage: CellRunner): AsyncIterable<Figures>;
}

/** A benchmark, and how it is reported. */
export interface Work extends TableSpec {
  /** Heading in the report. */
  readonly title: string;
  /** What was measured, for readers of the table. */
  readonly about: string;
  /** In the order of a round. */
  readonly cells: readonly Cell[];
}

/** The columns of all works that measure deliveries. */
export const DELIVERY_COLUMNS: readonly Column[] = [
  { title: "CPU µs per delivery", figure: "serverMicros", spread: true },
  { title: "deliveries/s", figure: "perSecond", spread: true },
  { title: "p50 ms", figure: "p50Micros", per: 1000 },
  { title: "p99 ms", figure: "p99Micros", per: 1000, spread: true },
  { title: "p99.9 ms", figure: "p999Micros", per: 1000 },
  { title: "cores used", figure: "cores" },
  { title: "Redis CPU µs per delivery", figure: "redisMicros" },
  { title: "lost", figure: "lost" },
  { title: "doubled", figure: "doubled" },
];

/** The figures of deliveries. Throws if there were none. */
export function deliveryFigures({ report, usage }: MeasuredLoad): Figures {
  const arrived = numberIn(report, "arrived");
  if (arrived === 0) throw new Error("Nothing was delivered");
  return {
    serverMicros: usage.serverMicros / arrived,
    redisMicros: usage.redisMicros / arrived,
    cores: usage.serverMicros / 1e6 / usage.seconds,
    perSecond: numberIn(report, "deliveriesPerSecond"),
    saidPerSecond: numberIn(report, "said") / numberIn(report, "seconds"),
    p50Micros: numberIn(report, "latencyMicros", "p50"),
    p99Micros: numberIn(report, "latencyMicros", "p99"),
    p999Micros: numberIn(report, "latencyMicros", "p999"),
    lost: numberIn(report, "lost"),
    doubled: numberIn(report, "doubled"),
    outOfOrder: numberIn(report, "outOfOrder"),
    disconnected: numberIn(report, "disconnected", "count"),
    behindMillis: numberIn(report, "behindMs"),
  };
}

/** A number in a report, by its path. */
export function numberIn(report: Report, ...path: readonly string[]): number {
  let value: unknown = report;
  for (const name of path) {
    value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  }
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot find ${path.join(".")} in the load's report: received ${value}`);
}
