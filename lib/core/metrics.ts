/**
 * What is counted. Whoever counts holds its instrument, so that counting is the increment of a field; names and labels
 * are for whoever reads. A snapshot is a plain value, which goes from isolate to isolate as it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const metrics = new Metrics();
 * const said = metrics.counter("chat_said_total", "What was said.");
 * said.add();
 * const samples = [{ labels: {}, value: 1 }];
 * const metric = { kind: "counter", name: "chat_said_total", help: "What was said.", samples };
 * assert.deepEqual(metrics.snapshot(), [metric]);
 * ```
 * @module
 */

/** Tells the samples of one metric apart. Few and known beforehand: never a room or a user. */
export type Labels = Readonly<Record<string, string>>;

/** One number. */
export interface Sample {
  /** Which of the metric's. */
  readonly labels: Labels;
  /** How much. */
  readonly value: number;
}

/** A metric as it was at one moment; a plain value. */
export type Metric =
  & {
    /** Ends in its unit; in `_total`, where it only grows. */
    readonly name: string;
    /** One sentence. */
    readonly help: string;
  }
  & (
    | { readonly kind: "counter" | "gauge"; readonly samples: readonly Sample[] }
    | {
      readonly kind: "histogram";
      /** The greatest value that falls into each bucket, ascending; there is one more for what is greater. */
      readonly bounds: readonly number[];
      /** How many fell into each bucket, and into no smaller one. */
      readonly counts: readonly number[];
      /** Of all values. */
      readonly sum: number;
    }
  );

/** All metrics of an isolate, in the order in which they were made. */
export type Snapshot = readonly Metric[];

/** Counts up. */
export class Counter {
  #value = 0;

  /** How much it has counted. */
  get value(): number {
    return this.#value;
  }

  /** Counts one, or several. */
  add(count = 1): void {
    this.#value += count;
  }
}

/** Counts values by their size. */
export class Histogram {
  /** See {@linkcode Metric}. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** Nothing was seen yet. @param bounds Ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** How many fell into each bucket. */
  get counts(): readonly number[] {
    return [...this.#counts];
  }

  /** Of all values. */
  get sum(): number {
    return this.#sum;
  }

  /** Takes a value in. */
  observe(value: number): void {
    let bucket = 0;
    while (value > (this.bounds[bucket] ?? Infinity)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }
}

/** The instruments of one isolate. */
export class Metrics {
  readonly #readers = new Map<string, () => Metric>();
  readonly #counters = new Map<string, { readonly labels: Labels; readonly counter: Counter }[]>();

  /** A new counter. Several may share a name, with other labels. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    if (!name.endsWith("_total")) {
      throw new RangeError(`Cannot make counter: its name must end in _total: received ${name}`);
    }
    const counter = new Counter();
    const others = this.#counters.get(name);
    if (others) others.push({ labels, counter });
    else this.#make(name, () => this.#readCounters(name, help));
    this.#counters.set(name, others ?? [{ labels, counter }]);
    return counter;
  }

  /** Something that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number): void {
    this.#make(name, () => gauge(name, help, [{ labels: {}, value: read() }]));
  }

  /** Several of one name, read together. @param label Whose values are the keys. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    const samples = () =>
      Object.entries(read()).map(([key, value]) => ({ labels: { [label]: key }, value }));
    this.#make(name, () => gauge(name, help, samples()));
  }

  /** A new histogram. @param bounds See {@linkcode Metric}. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const histogram = new Histogram(bounds);
    this.#make(name, () => {
      const { counts, sum } = histogram;
      return { kind: "histogram", name, help, bounds, counts, sum };
    });
    return histogram;
  }

  /** All of them as they are now. */
  snapshot(): Snapshot {
    return [...this.#readers.values()].map((read) => read());
  }

  #readCounters(name: string, help: string): Metric {
    const counters = this.#counters.get(name) ?? [];
    const samples = counters.map(({ labels, counter }) => ({ labels, value: counter.value }));
    return { kind: "counter", name, help, samples };
  }

  #make(name: string, read: () => Metric): void {
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
