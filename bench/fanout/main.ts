/**
 * `deno task bench:fanout`: runs the benchmarks on real servers, one after another, and writes the results into
 * docs/internals/performance.md.
 * @module
 */
import { writeDocument } from "./report/document.ts";
import { describeMachine } from "./machine.ts";
import { type Options, parseOptions } from "./options.ts";
import { PEERS_BY_NAME } from "./peers/peers.ts";
import { absencesAmong } from "./peers/presence.ts";
import { runRounds, turns } from "./rounds.ts";
import { distinct, merged, type Results, type Sample } from "./samples.ts";
import { WORKS } from "./works.ts";

const encoder = new TextEncoder();

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  if (args.includes("--list")) return list();
  const options = parseOptions(args);
  if (typeof options === "string") return complain(options);
  const before = options.from === undefined ? undefined : await readResults(options.from);
  const results = options.measures || !before ? await measure(options, before, signal) : before;
  if (options.writes) say(`Written: ${await writeDocument(results)}`);
  return results.samples.some(({ outcome }) => outcome.kind === "failed") ? 1 : 0;
}

/** Runs the cells, saves the results after each one, and merges them into earlier results. */
async function measure(
  options: Options,
  before: Results | undefined,
  signal: AbortSignal,
): Promise<Results> {
  const path = options.json ?? await Deno.makeTempFile({ prefix: "fanout-", suffix: ".json" });
  const asked = turns(WORKS, options.only, []);
  if (asked.length === 0) throw new RangeError(`Nothing is called ${options.only.join(", ")}`);
  const peers = distinct(asked.map(({ cell }) => cell.peer));
  const absences = await absencesAmong(peers, say, signal);
  const order = turns(WORKS, options.only, absences);
  const there = new Set(order.map(({ cell }) => cell.peer));
  const machine = await describeMachine(there, signal);
  const samples: Sample[] = [];
  const now = (): Results => ({ machine, absences, samples });
  const together = () => before ? merged(before, now()) : now();
  const perRound = order.reduce((sum, { cell }) => sum + cell.variants.length, 0);
  const onSample = (sample: Sample) => {
    samples.push(sample);
    say(`${samples.length}/${perRound * options.rounds} ${describe(sample)}`);
    Deno.writeTextFileSync(path, JSON.stringify(together()));
  };
  await runRounds(order, options.rounds, onSample, signal);
  say(`The results are kept in ${path}`);
  return together();
}

/** A line of progress. */
function describe({ work, variant, peer, round, outcome }: Sample): string {
  const place = `round ${round}, ${work}, ${variant}, ${peer}`;
  if (outcome.kind === "failed") return `${place}: FAILED: ${outcome.why}`;
  const columns = WORKS.find(({ name }) => name === work)?.columns.slice(0, 3) ?? [];
  const figures = columns.map(({ figure, per = 1, title }) =>
    `${((outcome.figures[figure] ?? NaN) / per).toPrecision(3)} ${title}`
  );
  return `${place}: ${figures.join(", ")}`;
}

/** @param paths Separated by commas; later files override earlier ones. */
async function readResults(paths: string): Promise<Results> {
  const all = await Promise.all(paths.split(",").map((path) => Deno.readTextFile(path)));
  return all.map((text): Results => JSON.parse(text)).reduce(merged);
}

function list(): number {
  for (const { name, title } of WORKS) say(`work  ${name.padEnd(14)} ${title}`);
  for (const { name, title } of PEERS_BY_NAME.values()) say(`peer  ${name.padEnd(14)} ${title}`);
  return 0;
}

function complain(why: string): number {
  Deno.stderr.writeSync(encoder.encode(`${why}\n`));
  return 2;
}

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

if (import.meta.main) {
  const life = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => life.abort(new Error("Interrupted")));
  }
  try {
    Deno.exit(await main(Deno.args, life.signal));
  } catch (error) {
    Deno.exit(complain(error instanceof Error ? error.message : String(error)) || 1);
  }
}
