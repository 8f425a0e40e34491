/**
 * Composes the report: the machine, the targets, the unavailable peers, the tables of all works, and the failures.
 * @module
 */
import { markdownTable } from "./format.ts";
import type { Panel } from "./plot.ts";
import { distinct, figuresOf, type Results, type Sample } from "../samples.ts";
import { spread } from "./statistics.ts";
import { failures, type TableSpec, type TitleOf, workTables } from "./tables.ts";
import { type Target, targetTable } from "./targets.ts";

/** The parts of a work that are reported besides its tables. */
export interface Chapter extends TableSpec {
  /** The heading. */
  readonly title: string;
  /** What was measured. */
  readonly about: string;
}

/** The report as Markdown, with headings from the second level. */
export function report(
  results: Results,
  chapters: readonly Chapter[],
  targets: readonly Target[],
  titleOf: TitleOf,
): string {
  const { machine, absences, samples } = results;
  const parts = [
    `### The machine\n\n${markdownTable(["", ""], machine)}`,
    absences.length > 0 &&
    `### Left out\n\n${absences.map((it) => `- ${titleOf(it.peer)}: ${it.why}`).join("\n")}`,
    `### Targets\n\n${rounds(samples)}\n\n${targetTable(targets, samples)}`,
    ...chapters.map((chapter) => renderChapter(chapter, samples, titleOf)),
  ];
  const failed = failures(samples, titleOf);
  if (failed !== "") parts.push(`### What failed\n\n${failed}`);
  return parts.filter((part) => part !== false && part !== "").join("\n\n");
}

function rounds(samples: readonly Sample[]): string {
  const count = Math.max(0, ...samples.map(({ round }) => round));
  if (count === 1) return "One round: single figures.";
  return `Medians of up to ${count} interleaved rounds, least and greatest in parentheses.`;
}

function renderChapter(chapter: Chapter, samples: readonly Sample[], titleOf: TitleOf): string {
  const tables = workTables(chapter, samples, titleOf);
  return tables === "" ? "" : `### ${chapter.title}\n\n${chapter.about}\n\n${tables}`;
}

/** A plot of how one figure grows: a panel for each peer, with a bar for each variant of a work. */
export function growthPanels(
  samples: readonly Sample[],
  { name, columns }: TableSpec,
  figure: string,
  titleOf: TitleOf,
): Panel[] {
  const own = samples.filter((it) => it.work === name);
  const { title = figure, per = 1 } = columns.find((it) => it.figure === figure) ?? {};
  return distinct(own.map(({ peer }) => peer)).map((peer) => {
    const bars = distinct(own.map(({ variant }) => variant)).flatMap((variant) => {
      const rounds = [...figuresOf(own, name, variant, peer).values()];
      const found = spread(rounds.flatMap((it) => (it[figure] ?? NaN) / per));
      return found ? [{ label: variant, spread: found, isOurs: true }] : [];
    });
    return { title: `${title}: ${titleOf(peer).replaceAll("`", "")}`, bars };
  });
}

/** The plot: CPU per delivery of all peers, with a panel for each variant of a work. @param ours Whether a peer is Parley. */
export function panels(
  samples: readonly Sample[],
  work: string,
  titleOf: TitleOf,
  ours: (peer: string) => boolean,
): Panel[] {
  const own = samples.filter((it) => it.work === work);
  return distinct(own.map(({ variant }) => variant)).map((variant) => {
    const peers = distinct(own.filter((it) => it.variant === variant).map(({ peer }) => peer));
    const bars = peers.flatMap((peer) => {
      const rounds = [...figuresOf(own, work, variant, peer).values()];
      const found = spread(rounds.flatMap(({ serverMicros }) => serverMicros ?? []));
      const label = titleOf(peer).replaceAll("`", "");
      return found ? [{ label, spread: found, isOurs: ours(peer) }] : [];
    });
    return { title: variant, bars };
  });
}
