/**
 * Counters, gauges and histograms. Code that counts holds its instrument, so that counting only increments a field;
 * names and labels are used only in snapshots. A snapshot is a plain value that can be posted between threads.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const metrics = new Metrics();
 * const said = metrics.counter("parley_messages_total", "What was said.");
 * said.add();
 * const samples = [{ labels: {}, value: 1 }];
 * const metric = { kind: "counter", name: "parley_messages_total", help: "What was said.", samples };
 * assert.deepEqual(metrics.snapshot(), [metric]);
 * ```
 * @module
 */

/** Labels that distinguish the samples of a metric. Few and known in advance: never a room or a user. */
export type Labels = Readonly<Record<string, string>>;

/** One labeled value. */
export interface Sample {
  /** Unique within the metric. */
  readonly labels: Labels;
  /** The value, in the unit of the metric's name. */
  readonly value: number;
}

/** A metric at one point in time; a plain value. */
export type Metric =
  & {
    /** Ends with its unit; with `_total` for counters. */
    readonly name: string;
    /** One sentence. */
    readonly help: string;
  }
  & (
    | { readonly kind: "counter" | "gauge"; readonly samples: readonly Sample[] }
    | {
      readonly kind: "histogram";
      /** The upper bound of each bucket, inclusive, ascending. One more bucket holds greater values. */
      readonly bounds: readonly number[];
      /** Number of values in each bucket; not cumulative. */
      readonly counts: readonly number[];
      /** The sum of all values. */
      readonly sum: number;
    }
  );

/** All metrics of a thread, in the order of creation. */
export type Snapshot = readonly Metric[];

/** A counter: its value only increases. */
export class Counter {
  #value = 0;

  /** The count since the counter was created. */
  get value(): number {
    return this.#value;
  }

  /** Adds to the count. @param count At least 0. */
  add(count = 1): void {
    this.#value += count;
  }
}

/** A histogram: counts values by bucket. */
export class Histogram {
  /** The upper bound of each bucket, inclusive, ascending. One more bucket holds greater values. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** Starts empty. @param bounds As in {@linkcode Metric}, ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Number of values in each bucket; not cumulative. */
  get counts(): readonly number[] {
    return [...this.#counts];
  }

  /** The sum of all values. */
  get sum(): number {
    return this.#sum;
  }

  /** Records a value. */
  observe(value: number): void {
    let bucket = 0;
    while (value > (this.bounds[bucket] ?? Infinity)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }
}

/** The metrics of one thread. */
export class Metrics {
  readonly #readers = new Map<string, () => Metric>();
  readonly #counters = new Map<string, { readonly labels: Labels; readonly counter: Counter }[]>();

  /** Creates a counter. Several can share a name if their labels differ. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    if (!name.endsWith("_total")) {
      throw new RangeError(`Cannot make counter: its name must end in _total: received ${name}`);
    }
    const counter = new Counter();
    const others = this.#counters.get(name);
    if (others) others.push({ labels, counter });
    else this.#register(name, () => this.#readCounters(name, help));
    this.#counters.set(name, others ?? [{ labels, counter }]);
    return counter;
  }

  /** Creates a gauge, read at each snapshot. @param read Returns undefined if the value is not known: there is no sample then. */
  gauge(name: string, help: string, read: () => number | undefined): void {
    this.#register(name, () => {
      const value = read();
      return gauge(name, help, value === undefined ? [] : [{ labels: {}, value }]);
    });
  }

  /** Creates several gauges of one name, read together. @param label The label whose values are the keys. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    const samples = () =>
      Object.entries(read()).map(([key, value]) => ({ labels: { [label]: key }, value }));
    this.#register(name, () => gauge(name, help, samples()));
  }

  /** Creates a histogram. @param bounds As in {@linkcode Metric}. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const histogram = new Histogram(bounds);
    this.#register(name, () => {
      const { counts, sum } = histogram;
      return { kind: "histogram", name, help, bounds, counts, sum };
    });
    return histogram;
  }

  /** Reads all metrics. */
  snapshot(): Snapshot {
    return [...this.#readers.values()].map((read) => read());
  }

  #readCounters(name: string, help: string): Metric {
    const counters = this.#counters.get(name) ?? [];
    const samples = counters.map(({ labels, counter }) => ({ labels, value: counter.value }));
    return { kind: "counter", name, help, samples };
  }

  #register(name: string, read: () => Metric): void {
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(name)) {
      throw new RangeError(`Cannot make metric: its name must be in snake_case: received ${name}`);
    }
    if (this.#readers.has(name)) {
      throw new RangeError(`Cannot make metric: there is one of this name: received ${name}`);
    }
    this.#readers.set(name, read);
  }
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { kind: "gauge", name, help, samples };
}
