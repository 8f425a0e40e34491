/**
 * What a run counts, and on which clock: microseconds since the run began, which is also what the texts carry.
 * @module
 */
import { FineHistogram } from "../../core/fine_histogram.ts";
import { Ledger } from "./ledger.ts";
import type { LoadPlan, Spread } from "./plan.ts";

/** What of a plan decides who hears what. */
export type Roles = Pick<LoadPlan, "members" | "publishers" | "slowShare" | "hears">;

/** How many of the members read nothing while it is measured: never those who speak. */
export function slowOf({ members, publishers, slowShare }: Roles): number {
  return Math.min(Math.floor(members * slowShare), members - publishers);
}

/** The counters of one run. */
export class Tally {
  /** Texts said so far. */
  said = 0;
  /** Texts heard so far. */
  heard = 0;
  /** Who has heard what. */
  readonly ledger: Ledger;
  /** In microseconds, of those who are prompt. */
  readonly latencies: FineHistogram = new FineHistogram();
  readonly #origin = performance.now();
  #beganAt = 0;
  #endedAt: number | undefined;
  #heardBefore = 0;
  #heardAtEnd: number | undefined;

  /** Everything is 0. */
  constructor(roles: Roles) {
    const { members, publishers, hears } = roles;
    this.ledger = new Ledger(members, publishers, members - slowOf(roles), hears ?? "all");
  }

  /** Since the run began. */
  micros(): number {
    return Math.floor((performance.now() - this.#origin) * 1000);
  }

  /** Measuring begins. */
  begin(): void {
    this.ledger.begin();
    this.#beganAt = this.micros();
    this.#heardBefore = this.heard;
  }

  /** Measuring ends; what is on its way may still be heard. */
  end(): void {
    this.ledger.end();
    this.#endedAt = this.micros();
    this.#heardAtEnd = this.heard;
  }

  /** How long it was measured. */
  get seconds(): number {
    return ((this.#endedAt ?? this.micros()) - this.#beganAt) / 1e6;
  }

  /** What was heard while it was measured. */
  get arrived(): number {
    return (this.#heardAtEnd ?? this.heard) - this.#heardBefore;
  }

  /** Whether everything has been heard that is to be. */
  get isComplete(): boolean {
    return this.ledger.deliveries === this.ledger.expected;
  }

  /** A member has heard a text. Says whether it is one of those measured, and the first time. */
  hear(member: number, publisher: number, seq: number): boolean {
    this.heard += 1;
    return this.ledger.hear(member, publisher, seq);
  }
}

/** What a histogram comes down to. @param unit How much of what is recorded is one of what is told. */
export function spreadOf(histogram: FineHistogram, unit = 1): Spread {
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
