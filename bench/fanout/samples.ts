/**
 * What a run leaves behind: one sample for each work, variant, peer and round, as numbers with names. Kept as JSON, so that
 * the report can be made again, and so that a run of some of the works takes the place of only those.
 * @module
 */

/** Numbers by name; a unit ends the name. */
export type Figures = Readonly<Record<string, number>>;

/** What came of one cell in one round. */
export type Outcome =
  | { readonly kind: "measured"; readonly figures: Figures }
  | { readonly kind: "failed"; readonly why: string };

/** One measurement and where it belongs. */
export interface Sample {
  /** Name of the work. */
  readonly work: string;
  /** Which of the work's. */
  readonly variant: string;
  /** Name of the peer. */
  readonly peer: string;
  /** From 1 on. */
  readonly round: number;
  /** What came of it. */
  readonly outcome: Outcome;
}

/** A peer that could not be had, and what would help. */
export interface Absence {
  /** Name of the peer. */
  readonly peer: string;
  /** The reason, in words. */
  readonly why: string;
}

/** What it was measured on: a name and what it is, in the order to be told. */
export type Machine = readonly (readonly [string, string])[];

/** All of one run, or of several that were put together. */
export interface Results {
  /** What it was measured on. */
  readonly machine: Machine;
  /** Who could not be had. */
  readonly absences: readonly Absence[];
  /** All, in the order of playing. */
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

/** Puts a later run over an earlier one: what was measured again counts anew, the rest stays. */
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

/** Each value once, in the order of its first coming. */
export function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
