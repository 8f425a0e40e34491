/**
 * Samples for tests, as a run would have recorded them.
 * @module
 */
import type { Figures, Results, Sample } from "../../bench/fanout/samples.ts";

/** One sample for each of these figures, a round each. */
export function measured(
  work: string,
  variant: string,
  peer: string,
  ...rounds: readonly Figures[]
): Sample[] {
  return rounds.map((figures, nth) => ({
    ...{ work, variant, peer, round: nth + 1 },
    outcome: { kind: "measured", figures },
  }));
}

/** A sample that failed. */
export function failed(work: string, variant: string, peer: string, why: string): Sample {
  return { work, variant, peer, round: 1, outcome: { kind: "failed", why } };
}

/** Results that consist only of samples. */
export function resultsOf(...samples: readonly Sample[]): Results {
  return { machine: [["processor", "abacus"]], absences: [], samples };
}
