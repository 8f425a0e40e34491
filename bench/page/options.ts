/**
 * What the page's bench is asked for on the command line.
 * @module
 */

/** What can be measured. */
export const PARTS = ["weight", "first", "scroll", "busy"] as const;
/** One of them. */
export type Part = typeof PARTS[number];

/** What is to be done. */
export interface Options {
  /** What is measured. */
  readonly only: readonly Part[];
  /** How often the first conversation is held; the rest is played once for each four of them. */
  readonly rounds: number;
  /** Whether docs/internals/performance.md is written: not of a part. */
  readonly writes: boolean;
}

/** The flags, for people. */
export const USAGE = `deno task bench:page [flags]
  --only=a,b   only these of ${PARTS.join(", ")}; the document stays as it is
  --rounds=n   so many first conversations; 11 without it
  --quick      one of each, and the document stays as it is
`;

/** Reads the arguments; a string says what is wrong with them. */
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
