/**
 * The results of a run: one sample for each work, variant, peer and round, with its figures by name. Stored as JSON, so
 * that the report can be generated again, and so that a run of some works replaces only their samples.
 * @module
 */

/** Numbers by name. Names end with their unit. */
export type Figures = Readonly<Record<string, number>>;

/** The result of one cell in one round. */
export type Outcome =
  | { readonly kind: "measured"; readonly figures: Figures }
  | { readonly kind: "failed"; readonly why: string };

/** One measurement. */
export interface Sample {
  /** Name of the work. */
  readonly work: string;
  /** The variant of the work. */
  readonly variant: string;
  /** Name of the peer. */
  readonly peer: string;
  /** Number of the round, from 1. */
  readonly round: number;
  /** The result. */
  readonly outcome: Outcome;
}

/** A peer that is not available, and what to install. */
export interface Absence {
  /** Name of the peer. */
  readonly peer: string;
  /** The reason. */
  readonly why: string;
}

/** The machine and versions: names and values, in the order of the report. */
export type Machine = readonly (readonly [string, string])[];

/** The results of one run, or of several merged ones. */
export interface Results {
  /** The machine and versions. */
  readonly machine: Machine;
  /** Peers that were not available. */
  readonly absences: readonly Absence[];
  /** All samples, in the order of measurement. */
  readonly samples: readonly Sample[];
}

/** The figures of one cell, by round. */
export function figuresOf(
  samples: readonly Sample[],
  work: string,
  variant: string,
  peer: string,
): ReadonlyMap<number, Figures> {
  const found = samples.filter((it) =>
    it.work === work && it.variant === variant && it.peer === peer
  );
  return new Map(
    found.flatMap(({ round, outcome }) =>
      outcome.kind === "measured" ? [[round, outcome.figures] as const] : []
    ),
  );
}

/** Merges a later run into an earlier one: cells that were measured again are replaced. */
export function merged(before: Results, after: Results): Results {
  const cellOf = ({ work, peer }: Sample) => `${work}\n${peer}`;
  const again = new Set(after.samples.map(cellOf));
  const gone = new Set([...again].map((cell) => cell.split("\n")[1]));
  const asked = new Set([...gone, ...after.absences.map(({ peer }) => peer)]);
  return {
    machine: after.machine,
    absences: [...before.absences.filter(({ peer }) => !asked.has(peer)), ...after.absences],
    samples: [...before.samples.filter((it) => !again.has(cellOf(it))), ...after.samples],
  };
}

/** The distinct values, in order of first occurrence. */
export function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
