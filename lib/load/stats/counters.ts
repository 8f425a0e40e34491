/**
 * The counters and the clock of a run. The clock is in microseconds since the run began, as in the marked texts.
 * @module
 */
import { FineHistogram } from "./histogram.ts";
import { DeliveryLedger } from "./delivery_ledger.ts";
import type { LoadPlan, Percentiles } from "../plan.ts";

/** The part of a plan that decides which member receives which texts. */
export type DeliveryRoles = Pick<LoadPlan, "members" | "publishers" | "slowShare" | "groups">;

/** Number of members that read nothing during the measurement; publishers are never among them. */
export function slowReaderCount({ members, publishers, slowShare }: DeliveryRoles): number {
  return Math.min(Math.floor(members * slowShare), members - publishers);
}

/** The counters of one run. */
export class LoadCounters {
  /** Texts sent so far. */
  said = 0;
  /** Texts received so far. */
  received = 0;
  /** Which member has received which texts. */
  readonly ledger: DeliveryLedger;
  /** Latencies of prompt members, in microseconds. */
  readonly latencies: FineHistogram = new FineHistogram();
  readonly #origin = performance.now();
  #beganAt = 0;
  #endedAt: number | undefined;
  #receivedBefore = 0;
  #receivedAtEnd: number | undefined;

  /** Starts with all counters at 0. */
  constructor(roles: DeliveryRoles) {
    const { members, publishers, groups = 1 } = roles;
    this.ledger = new DeliveryLedger(
      members,
      publishers,
      members - slowReaderCount(roles),
      groups,
    );
  }

  /** Microseconds since the run began. */
  micros(): number {
    return Math.floor((performance.now() - this.#origin) * 1000);
  }

  /** Begins the measurement. */
  begin(): void {
    this.ledger.begin();
    this.#beganAt = this.micros();
    this.#receivedBefore = this.received;
  }

  /** Ends the measurement; texts in flight may still be received. */
  end(): void {
    this.ledger.end();
    this.#endedAt = this.micros();
    this.#receivedAtEnd = this.received;
  }

  /** Duration of the measurement so far. */
  get seconds(): number {
    return ((this.#endedAt ?? this.micros()) - this.#beganAt) / 1e6;
  }

  /** Texts received during the measurement. */
  get arrived(): number {
    return (this.#receivedAtEnd ?? this.received) - this.#receivedBefore;
  }

  /** Whether all expected deliveries have happened. */
  get isComplete(): boolean {
    return this.ledger.deliveries === this.ledger.expected;
  }

  /** Records that a member has received a text. Returns whether the text is measured and not a duplicate. */
  recordDelivery(member: number, publisher: number, seq: number): boolean {
    this.received += 1;
    return this.ledger.recordDelivery(member, publisher, seq);
  }
}

/** Summarizes a histogram. @param unit Divisor: recorded units per unit of the result. */
export function percentilesOf(histogram: FineHistogram, unit = 1): Percentiles {
  const at = (share: number) => histogram.quantile(share) / unit;
  return {
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: histogram.max / unit,
    mean: histogram.mean / unit,
  };
}
