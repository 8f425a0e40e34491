/**
 * The targets, and whether each was met. A target is a ratio or a difference of two cells of the same run, computed
 * round by round. The result follows from the median and is never written by hand.
 * @module
 */
import { formatNumber, formatSpread, markdownTable } from "./format.ts";
import { type Figures, figuresOf, type Sample } from "../samples.ts";
import { ratios, type Spread, spread } from "./statistics.ts";

/** Where a number comes from. */
export interface Source {
  /** Name of the work. */
  readonly work: string;
  /** The variant of the work. */
  readonly variant: string;
  /** Name of the peer. */
  readonly peer: string;
  /** Name of the figure. */
  readonly figure: string;
}

/** How two numbers are compared. */
export type Measure =
  | { readonly kind: "value"; readonly of: Source; readonly per?: number }
  | { readonly kind: "ratio"; readonly of: Source; readonly to: Source }
  | { readonly kind: "more"; readonly of: Source; readonly than: Source; readonly per: number };

/** A target. */
export interface Target {
  /** What is compared, in words. */
  readonly what: string;
  /** The maximum or minimum; undefined if it is only reported. */
  readonly bound: { readonly atMost: number } | { readonly atLeast: number } | undefined;
  /** The unit, which follows each number. */
  readonly unit: string;
  /** The measured values. */
  readonly measure: Measure;
}

/** The measured value of a target; undefined if it was not measured. */
export function reached(measure: Measure, samples: readonly Sample[]): Spread | undefined {
  const of = column(measure.of, samples);
  if (measure.kind === "value") {
    return spread([...of.values()].map((value) => value / (measure.per ?? 1)));
  }
  if (measure.kind === "ratio") return ratios(of, column(measure.to, samples));
  const than = column(measure.than, samples);
  return spread([...of].flatMap(([round, value]) => {
    const other = than.get(round);
    return other === undefined ? [] : [(value - other) / measure.per];
  }));
}

/** In words: met, or by how much it was missed; empty if there is no limit. */
export function verdict({ bound }: Pick<Target, "bound">, found: Spread | undefined): string {
  if (!found) return "not measured";
  if (!bound) return "";
  const [limit, isMet] = "atMost" in bound
    ? [bound.atMost, found.median <= bound.atMost]
    : [bound.atLeast, found.median >= bound.atLeast];
  if (isMet) return "met";
  const share = Math.abs(found.median - limit) / Math.abs(limit);
  return `missed by ${formatNumber(share * 100)} %`;
}

/** All targets as a table. */
export function targetTable(targets: readonly Target[], samples: readonly Sample[]): string {
  const rows = targets.map((target) => {
    const { what, bound, unit, measure } = target;
    const found = reached(measure, samples);
    const limit = bound ? `${formatBound(bound)}${unit}` : "–";
    const value = found ? formatSpread(found) : "–";
    return [what, limit, `${value}${found ? unit : ""}`, verdict(target, found)];
  });
  return markdownTable(["target", "limit", "measured", ""], rows);
}

function formatBound(bound: NonNullable<Target["bound"]>): string {
  return "atMost" in bound ? `≤ ${formatNumber(bound.atMost)}` : `≥ ${formatNumber(bound.atLeast)}`;
}

function column(source: Source, samples: readonly Sample[]): ReadonlyMap<number, number> {
  const { work, variant, peer, figure } = source;
  const rounds: ReadonlyMap<number, Figures> = figuresOf(samples, work, variant, peer);
  return new Map([...rounds].flatMap(([round, figures]) => {
    const value = figures[figure];
    return value === undefined ? [] : [[round, value] as const];
  }));
}
