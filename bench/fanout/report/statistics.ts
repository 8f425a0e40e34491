/**
 * Medians with their least and greatest. A mean would let one disturbed round speak for all; ratios are taken round by
 * round, because what disturbs a machine for a minute disturbs both sides of a ratio.
 * @module
 */

/** The middle and the ends of some measurements. */
export interface Spread {
  /** As many are less as are greater. */
  readonly median: number;
  /** The least. */
  readonly min: number;
  /** The greatest. */
  readonly max: number;
}

/** The spread of at least one number; undefined of none. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? max;
  return { median: (low + high) / 2, min, max };
}

/** The spread of the ratios of those rounds in which both were measured and the second was not 0. */
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
