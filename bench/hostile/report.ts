/**
 * Renders the measurements as a table with results.
 * @module
 */
import type { EngineName } from "../../lib/core/config/settings_table.ts";
import { formatNumber, markdownTable } from "../fanout/report/format.ts";
import type { Refusals } from "./attacker.ts";
import type { Attack } from "./attack.ts";
import type { HonestResult } from "./honest.ts";

/** What one attack did. */
export interface Result {
  /** The engine that was attacked. */
  readonly engine: EngineName;
  /** The attack. */
  readonly attack: Pick<Attack, "name" | "about" | "refusedBy">;
  /** What the honest clients saw in the phases `before` and `attack`. */
  readonly honest: HonestResult;
  /** How the attacker was refused. */
  readonly refusals: Refusals;
  /** Resident memory of the service before the attack, and the most during it, in bytes. */
  readonly bytes: { readonly before: number; readonly peak: number };
  /** Open file descriptors of the service before the attack, and within 15 s after the attacker had left. */
  readonly descriptors: { readonly before: number; readonly after: number };
  /** Whether the service still answered afterwards. */
  readonly isAlive: boolean;
}

/** What an attack may do at most. */
interface Limits {
  /** {@linkcode ratioOf} stays below it. */
  readonly ratio: number;
  /** The peak of the memory, in bytes. */
  maxBytes(before: number): number;
  /** How many more file descriptors there may be afterwards. */
  readonly descriptors: number;
}

const LIMITS: Readonly<Record<EngineName, Limits>> = {
  deno: { ratio: 4, maxBytes: () => 400 * 1024 * 1024, descriptors: Infinity },
  node: { ratio: 2, maxBytes: (before) => 1.5 * before, descriptors: 0 },
};
const MIN_HEARD = 0.99;

/** How many times longer the honest clients' 99th percentile was during the attack. */
export function ratioOf({ honest: { phases } }: Result): number {
  return (phases["attack"]?.p99Ms ?? NaN) / (phases["before"]?.p99Ms ?? NaN);
}

/** Which expectations an attack broke; none where all held. */
export function failuresOf(result: Result): readonly string[] {
  const { engine, attack, honest, refusals, bytes, descriptors, isAlive } = result;
  const limits = LIMITS[engine];
  const during = honest.phases["attack"];
  const ratio = ratioOf(result);
  const share = during ? during.received / during.expected : 0;
  const isRefused = attack.refusedBy.some((how) => (refusals[how] ?? 0) > 0);
  return [
    ...(isAlive ? [] : ["the service ended"]),
    ...(honest.disconnected > 0 ? [`${honest.disconnected} disconnected`] : []),
    ...(honest.wrong > 0 ? [`${honest.wrong} out of order`] : []),
    ...(share >= MIN_HEARD ? [] : [`${formatNumber(share * 100)} % received`]),
    ...(ratio < limits.ratio ? [] : [`ratio ${formatNumber(ratio)}`]),
    ...(bytes.peak < limits.maxBytes(bytes.before) ? [] : [`${mebibytes(bytes.peak)} MiB`]),
    ...(descriptors.after <= descriptors.before + limits.descriptors
      ? []
      : [`${descriptors.after - descriptors.before} descriptors left`]),
    ...(isRefused || attack.refusedBy.length === 0 ? [] : ["not refused"]),
  ];
}

/** The table, a row per attack. */
export function resultTable(results: readonly Result[]): string {
  const head = [
    "attack",
    "p99 before, ms",
    "during, ms",
    "ratio",
    "honest disconnected",
    "received, %",
    "memory before → peak, MiB",
    "descriptors before → after",
    "attacker refused",
    "verdict",
  ];
  return markdownTable(head, results.map(rowOf));
}

function rowOf(result: Result): string[] {
  const { attack, honest, refusals, bytes, descriptors } = result;
  const [before, during] = [honest.phases["before"], honest.phases["attack"]];
  const failures = failuresOf(result);
  return [
    `${attack.about} (\`${attack.name}\`)`,
    formatNumber(before?.p99Ms ?? NaN),
    formatNumber(during?.p99Ms ?? NaN),
    formatNumber(ratioOf(result)),
    String(honest.disconnected),
    formatNumber(during ? during.received / during.expected * 100 : NaN),
    `${mebibytes(bytes.before)} → ${mebibytes(bytes.peak)}`,
    `${descriptors.before} → ${descriptors.after}`,
    Object.entries(refusals).map(([how, count]) => `${how} × ${count}`).join(", ") || "–",
    failures.length === 0 ? "holds" : `**${failures.join(", ")}**`,
  ];
}

function mebibytes(bytes: number): string {
  return formatNumber(bytes / 1024 / 1024);
}
