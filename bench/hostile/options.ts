/**
 * The command line of `deno task bench:hostile`.
 * @module
 */
import type { EngineName } from "../../lib/core/config/settings_table.ts";
import { ATTACKS } from "./attacks.ts";

/** What to run. */
export interface Options {
  /** Names of attacks, in the order of the table. */
  readonly only: readonly string[];
  /** Length of the measurement before an attack and of a short attack, in seconds. */
  readonly seconds: number;
  /** The engine that is attacked. */
  readonly engine: EngineName;
  /** Whether docs/internals/performance.md is written: only after a full run. */
  readonly writes: boolean;
}

/** The flags, for people. */
export const USAGE = `deno task bench:hostile [flags]
  --only=a,b    only these attacks; the document stays as it is
  --seconds=n   seconds before and during each attack; 12 without it
  --engine=name deno or node; deno without it
  --quick       2 seconds each, without the attacks that take over a minute; the document stays as it is
Attacks: ${ATTACKS.map(({ name }) => name).join(", ")}
`;

const QUICK_SECONDS = 2;

/** Reads the arguments; a string says what is wrong with them. */
export function parseOptions(args: readonly string[]): Options | string {
  const all = ATTACKS.map(({ name }) => name);
  const isQuick = args.includes("--quick");
  const short = ATTACKS.filter(({ minSeconds = 0 }) => minSeconds <= 60).map(({ name }) => name);
  let engine: EngineName = "deno";
  let only: readonly string[] = isQuick ? short : all;
  let seconds = isQuick ? QUICK_SECONDS : 12;
  for (const arg of args.filter((it) => it !== "--quick")) {
    const [, name, value = ""] = /^--(only|seconds|engine)=(.+)$/.exec(arg) ?? [];
    if (name === "only") only = value.split(",");
    else if (name === "seconds") seconds = Number(value);
    else if (name === "engine" && (value === "deno" || value === "node")) engine = value;
    else return `Cannot read ${arg}\n${USAGE}`;
  }
  const unknown = only.filter((name) => !all.includes(name));
  if (unknown.length > 0) return `Unknown attacks: ${unknown.join(", ")}\n${USAGE}`;
  if (!Number.isInteger(seconds) || seconds < 1) return `--seconds must be at least 1\n${USAGE}`;
  const isFull = !isQuick && all.every((name) => only.includes(name));
  return { only: all.filter((name) => only.includes(name)), seconds, engine, writes: isFull };
}
