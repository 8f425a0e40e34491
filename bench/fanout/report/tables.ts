/**
 * Renders samples as Markdown tables. A cell whose rounds have failed says so; cells that were not run are omitted.
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { formatNumber, formatSpread, markdownTable } from "./format.ts";
import { distinct, figuresOf, type Sample } from "../samples.ts";
import { spread } from "./statistics.ts";

/** A column of a table. */
export interface Column {
  /** Its heading, with the unit. */
  readonly title: string;
  /** Name of the figure. */
  readonly figure: string;
  /** Divides the figure to get the column's unit; default 1. */
  readonly per?: number;
  /** Whether the minimum and maximum are shown too. */
  readonly spread?: boolean;
}

/** The parts of a work that its tables need. */
export interface TableSpec {
  /** Its name in the samples. */
  readonly name: string;
  /** Whether each variant has a table with a row for each peer, or one table has a row for each combination. */
  readonly table: "of peers" | "of variants";
  /** The figures shown for each cell. */
  readonly columns: readonly Column[];
}

/** A peer's name in a table. */
export type TitleOf = (peer: string) => string;

/** The tables of one work, each under a line with its variant; empty if nothing was run. */
export function workTables(work: TableSpec, samples: readonly Sample[], titleOf: TitleOf): string {
  const own = samples.filter((it) => it.work === work.name);
  const variants = distinct(own.map(({ variant }) => variant));
  if (variants.length === 0) return "";
  if (work.table === "of variants") return variantTable(work, own, variants, titleOf);
  return variants.map((variant) => {
    const peers = distinct(own.filter((it) => it.variant === variant).map(({ peer }) => peer));
    const rows = peers.map((peer) => [titleOf(peer), ...cells(work, own, variant, peer)]);
    return `**${variant}**\n\n${markdownTable(["", ...titles(work)], rows)}`;
  }).join("\n\n");
}

function variantTable(
  work: TableSpec,
  own: readonly Sample[],
  variants: readonly string[],
  titleOf: TitleOf,
): string {
  const peers = distinct(own.map(({ peer }) => peer));
  const rows = peers.flatMap((peer) =>
    variants.map((variant) => {
      const label = peers.length === 1 ? variant : `${titleOf(peer)}: ${variant}`;
      return [label, ...cells(work, own, variant, peer)];
    })
  );
  return markdownTable(["", ...titles(work)], rows);
}

function titles({ columns }: TableSpec): string[] {
  return columns.map(({ title }) => title);
}

function cells(
  work: TableSpec,
  own: readonly Sample[],
  variant: string,
  peer: string,
): string[] {
  const rounds = [...figuresOf(own, work.name, variant, peer).values()];
  if (rounds.length === 0) return work.columns.map((_, at) => at === 0 ? "failed" : "");
  return work.columns.map(({ figure, per = 1, spread: isWhole }) => {
    const values = rounds.flatMap((it) => it[figure] === undefined ? [] : [it[figure] / per]);
    const found = spread(values);
    if (!found) return "–";
    return isWhole ? formatSpread(found) : formatNumber(found.median);
  });
}

/** All failures with their reasons; empty if there are none. */
export function failures(samples: readonly Sample[], titleOf: TitleOf): string {
  const lines = samples.flatMap(({ work, variant, peer, outcome }) =>
    outcome.kind === "failed"
      ? [`- ${titleOf(peer)}, ${work}, ${variant}: ${firstLine(outcome.why)}`]
      : []
  );
  return distinct(lines).join("\n");
}

function firstLine(text: string): string {
  const plain = stripVTControlCharacters(text).split("\n")[0] ?? "";
  return `\`${plain.replaceAll("`", "'").slice(0, 200)}\``;
}
