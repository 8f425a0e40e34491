/**
 * Medians with their minimum and maximum. In a mean, one disturbed round would affect all. Ratios are computed round by
 * round, because what disturbs a machine for a minute disturbs both sides of a ratio.
 * @module
 */

/** The median and the range of some measurements. */
export interface Spread {
  /** The median. */
  readonly median: number;
  /** The minimum. */
  readonly min: number;
  /** The maximum. */
  readonly max: number;
}

/** The spread of some numbers; undefined if there are none. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? max;
  return { median: (low + high) / 2, min, max };
}

/** The spread of the ratios in the rounds in which both were measured and the second was not 0. */
export function ratios(
  over: ReadonlyMap<number, number>,
  under: ReadonlyMap<number, number>,
): Spread | undefined {
  const values = [...over].flatMap(([round, value]) => {
    const divisor = under.get(round);
    return divisor ? [value / divisor] : [];
  });
  return spread(values);
}
