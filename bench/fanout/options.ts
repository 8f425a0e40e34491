/**
 * The command line of `deno task bench:fanout`.
 * @module
 */

/** What to run. */
export interface Options {
  /** Number of rounds. */
  readonly rounds: number;
  /** Works, peers, or `work/peer`; empty for all. */
  readonly only: readonly string[];
  /** Result files to start from, separated by commas. New measurements replace those in them. */
  readonly from: string | undefined;
  /** The file to which results are written. */
  readonly json: string | undefined;
  /** Whether to measure; false with `--from` alone. */
  readonly measures: boolean;
  /** Whether to write docs/internals/performance.md: not after a partial run, unless there are results to merge it into. */
  readonly writes: boolean;
}

/** The help text. */
export const USAGE = `deno task bench:fanout [flags]
  --only=a,b      only these works, peers, or work/peer; the document stays as it is, unless
                  there is a --from to put them into
  --rounds=n      so many rounds; 5 without it
  --quick         one round, and the document stays as it is
  --json=file     keeps the results there
  --from=a,b      begins with results that were kept, the later over the earlier: alone, it makes
                  the document again; with --only or --rounds, what is measured anew replaces theirs
  --list          names the works and the peers
`;

/** Parses the arguments; returns a message if they are invalid. */
export function parseOptions(args: readonly string[]): Options | string {
  const flags = new Map<string, string>();
  for (const arg of args) {
    const [, name, value] = /^--([a-z]+)(?:=(.*))?$/.exec(arg) ?? [];
    const isBare = name === "quick";
    const isKnown = isBare || ["only", "rounds", "json", "from"].includes(name ?? "");
    if (name === undefined || !isKnown || isBare !== (value === undefined) || value === "") {
      return `Cannot read ${arg}\n${USAGE}`;
    }
    flags.set(name, value ?? "");
  }
  const isQuick = flags.has("quick");
  const rounds = Number(flags.get("rounds") ?? (isQuick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) return `--rounds must be at least 1\n${USAGE}`;
  const only = (flags.get("only") ?? "").split(",").filter((it) => it !== "");
  return {
    rounds,
    only,
    from: flags.get("from"),
    json: flags.get("json"),
    measures: !flags.has("from") || flags.has("only") || flags.has("rounds") || isQuick,
    writes: !isQuick && (only.length === 0 || flags.has("from")),
  };
}

/** Whether a cell was selected. */
export function isWanted(only: readonly string[], work: string, peer: string): boolean {
  return only.length === 0 ||
    only.some((it) => it === work || it === peer || it === `${work}/${peer}`);
}
