/**
 * The command line of `deno task bench:page`.
 * @module
 */

/** The parts that can be measured. */
export const PARTS = ["weight", "first", "scroll", "busy"] as const;
/** A part. */
export type Part = typeof PARTS[number];

/** What to run. */
export interface Options {
  /** The parts to measure. */
  readonly only: readonly Part[];
  /** Number of first conversations; everything else runs once for every four of them. */
  readonly rounds: number;
  /** Whether to write docs/internals/performance.md: not after a partial run. */
  readonly writes: boolean;
}

/** The help text. */
export const USAGE = `deno task bench:page [flags]
  --only=a,b   only these of ${PARTS.join(", ")}; the document stays as it is
  --rounds=n   so many first conversations; 11 without it
  --quick      one of each, and the document stays as it is
`;

/** Parses the arguments; returns a message if they are invalid. */
export function parseOptions(args: readonly string[]): Options | string {
  let rounds = 11;
  let only: readonly string[] = PARTS;
  const isQuick = args.includes("--quick");
  for (const arg of args.filter((it) => it !== "--quick")) {
    const [, name, value = ""] = /^--(only|rounds)=(.+)$/.exec(arg) ?? [];
    if (name === "only") only = value.split(",");
    else if (name === "rounds") rounds = Number(value);
    else return `Cannot read ${arg}\n${USAGE}`;
  }
  const known = PARTS.filter((part) => only.includes(part));
  if (known.length < only.length) return `Cannot measure ${only.join(", ")}\n${USAGE}`;
  if (!Number.isInteger(rounds) || rounds < 1) return `--rounds must be at least 1\n${USAGE}`;
  return {
    only: known,
    rounds: isQuick ? 1 : rounds,
    writes: !isQuick && known.length === PARTS.length,
  };
}
