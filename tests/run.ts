/**
 * Runs the test suite, or the tiers that are named as arguments. Several processes of `deno test` run next to each other, and
 * what one printed is shown when it has ended, and only where a test failed. A failing tier does not keep the others from
 * running.
 *
 * TEST_JOBS sets how many processes run at the same time.
 * @module
 */
import { ALL_TIERS, testFiles, type Tier, tiersOf } from "./tiers.ts";

/** What one process of `deno test` is to run. */
export interface Job {
  readonly tier: string;
  /** In words, for people. */
  readonly what: string;
  readonly args: readonly string[];
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Numbers of tests, by how they ended. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

/** How a process of `deno test` ended. */
export interface Outcome extends Counts {
  readonly output: string;
}

/** Runs a job to its end. @param lane Which of the jobs that run at the same time it is, from 0. */
export type Start = (job: Job, lane: number) => Promise<Outcome>;

const ROOT = new URL("..", import.meta.url);
/** Imports the files that its environment names. */
const TOGETHER = "tests/together.ts";
const NONE: Counts = { passed: 0, failed: 0, ignored: 0 };
const PASSED = /^.* \.\.\. ok \(.*\)\n/gm;
/** What `deno test` prints when all tests have ended: their errors, and a line for each failure. */
const ENDED = /\n ERRORS \n([^]*)\n FAILURES \n\n([^]*?)\n\n/;
/** The place of a test, after its name. */
const PLACE = / => \S+:\d+:\d+$/;
/** The line of a failed test, where it failed. */
const FAILED = /^(\S.*) \.\.\. FAILED \(/gm;
/** The last test of a process that was killed in it, and what that test printed. */
const CUT_SHORT =
  /^(\S.*) \.\.\.(?! ok| FAILED| ignored).*$(?![^]*^\S.* \.\.\. (?:ok|FAILED|ignored))/gm;
/** Of what a failed process printed, at the end of a run: those who read logs read their end. */
const MOST_CHARACTERS = 4_000;
/** Between two reports of progress. */
const REPORT_MS = 30_000;
/** Number of processes that the end of a run names as the slowest. */
const SLOWEST = 5;
/** What `deno test` prints about a test that takes long, in the middle of its line. */
const STILL_RUNNING = "has been running for over";
const STILL_RUNNING_LINE = /'.*' has been running for over \(.*\)\n/g;
/** Far longer than any test takes on a busy machine. */
const SILENCE_MS = 15 * 60_000;

/** Splits the files of a tier among processes; the largest files come first, since they tend to take longest. */
export function jobsOf(
  { name, filesPerProcess, sharesIsolate = false, usesPrograms, examples, env }: Tier,
  files: readonly string[],
  size: (path: string) => number,
): readonly Job[] {
  const sorted = files.toSorted((one, other) => size(other) - size(one));
  const count = Math.ceil(sorted.length / filesPerProcess);
  const shares = Array.from(
    { length: count },
    (_, share) => sorted.filter((_, index) => index % count === share),
  );
  const permissions = usesPrograms
    ? ["--allow-all"]
    : ["read", "write", "net", "env", "sys", `run=${Deno.execPath()}`].map((it) => `--allow-${it}`);
  const job = (what: string, modules: readonly string[], ...flags: string[]) => ({
    tier: name,
    what,
    env: modules.includes(TOGETHER) ? { ...env, TEST_FILES: what } : env,
    args: [
      "test",
      "--config",
      "tests/deno.json",
      "--frozen",
      "--no-check",
      ...permissions,
      ...flags,
      ...modules,
    ],
  });
  return [
    ...shares.map((paths) => job(paths.join(" "), sharesIsolate ? [TOGETHER] : paths)),
    ...examples.map((folder) => job(folder, [folder], "--doc")),
  ];
}

/** Reads what `deno test` printed. A process that ends without a closing line, or with an error besides, counts as a failure. */
export function outcomeOf(output: string, code: number): Outcome {
  const closing =
    /^(?:ok|FAILED) \| (\d+) passed[^|]* \| (\d+) failed[^|\n]*?(?: \| (\d+) ignored.*)?$/gm;
  const last = [...output.matchAll(closing)].at(-1);
  const [, passed = 0, failed = 0, ignored = 0] = last ?? [];
  const counts = { passed: Number(passed), failed: Number(failed), ignored: Number(ignored) };
  if ((code === 0 && last) || counts.failed > 0) return { ...counts, output };
  return { ...counts, failed: 1, output: `${output}\ndeno test ended with ${code}\n` };
}

/** The tiers of these names, or all if there are none. Throws RangeError for an unknown name. */
export function tiersNamed(names: readonly string[]): readonly Tier[] {
  const known = [...new Set(ALL_TIERS.map(({ name }) => name))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot run tests: the tiers are ${known.join(", ")}: received ${unknown}`,
    );
  }
  return ALL_TIERS.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** The closing line. */
export function summary({ passed, failed, ignored }: Counts, ms: number): string {
  const verdict = failed === 0 ? "ok" : "FAILED";
  const rest = ignored === 0 ? "" : ` | ${ignored} ignored`;
  return `${verdict} | ${passed} passed | ${failed} failed${rest} (${duration(ms)})`;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

function sum(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    ignored: one.ignored + other.ignored,
  };
}

/** What the end of a run says about a failed process: its errors, and a line for each failed test. */
function failuresOf({ tier, what }: Job, output: string): readonly string[] {
  const [, errors, ended] = ENDED.exec(output) ?? [];
  const names = ended?.split("\n").map((it) => it.replace(PLACE, "")) ?? namesOf(output);
  const lines = (names.length > 0 ? names : [what]).map((it) => `FAILED ${tier}: ${it}`);
  const shown = errors?.slice(0, MOST_CHARACTERS) ?? output.slice(-MOST_CHARACTERS);
  return [`\n${shown.trim()}`, ...lines];
}

/** The tests that failed in a process which did not end by itself, and the one in which it was killed. */
function namesOf(output: string): readonly string[] {
  const plain = output.replaceAll(STILL_RUNNING_LINE, "");
  return [FAILED, CUT_SHORT].flatMap((it) =>
    [...plain.matchAll(it)].flatMap(([, name]) => name ?? [])
  );
}

/** The first of a job's files, without its folder. */
function firstOf({ what }: Pick<Job, "what">): string {
  return what.replaceAll(/\S*\/| .*/g, "");
}

/** A job, and how long it took, in milliseconds. */
interface Timed {
  readonly job: Job;
  readonly ms: number;
}

/** The line that says where the time went. */
function slowest(timed: readonly Timed[]): string {
  const longest = timed.toSorted((one, other) => other.ms - one.ms).slice(0, SLOWEST);
  const parts = longest.map(({ job, ms }) => {
    const more = job.what.split(" ").length - 1;
    return `${duration(ms)} ${job.tier} ${firstOf(job)}${more > 0 ? ` +${more}` : ""}`;
  });
  return `slowest    ${parts.join(", ")}`;
}

/** How far a tier is. */
class Progress {
  readonly name: string;
  readonly running = new Set<Job>();
  counts = NONE;
  readonly #total: number;
  readonly #from = performance.now();
  #ended = 0;

  constructor(name: string, total: number) {
    this.name = name;
    this.#total = total;
  }

  get isOver(): boolean {
    return this.#ended === this.#total;
  }

  add(outcome: Counts): void {
    this.#ended++;
    this.counts = sum(this.counts, outcome);
  }

  toString(): string {
    const name = this.name.padEnd(10);
    if (this.isOver) return `${name} ${summary(this.counts, performance.now() - this.#from)}`;
    const { passed, failed } = this.counts;
    const share = `${this.#ended} of ${this.#total} processes ended`;
    const now = [...this.running].map(firstOf).join(" ");
    return `${name} ${share}, ${passed} passed, ${failed} failed; now ${now}`;
  }
}

/**
 * Runs jobs in their order, so many at a time, and prints how far they are, and which of them were the slowest; resolves with
 * the numbers of all.
 *
 * @param print Takes a text of one or more lines.
 */
export async function runJobs(
  jobs: readonly Job[],
  atATime: number,
  start: Start,
  print: (text: string) => void,
): Promise<Counts> {
  const tiers = new Map<string, Progress>();
  for (const [tier, its] of Map.groupBy(jobs, ({ tier }) => tier)) {
    tiers.set(tier, new Progress(tier, its.length));
  }
  const report = setInterval(() => {
    for (const it of tiers.values()) if (it.running.size > 0) print(String(it));
  }, REPORT_MS);
  const failures: string[] = [];
  const timed: Timed[] = [];
  const waiting = jobs.values();
  const work = async (lane: number) => {
    for (const job of waiting) {
      const progress = tiers.get(job.tier) ?? new Progress(job.tier, 1);
      progress.running.add(job);
      const from = performance.now();
      const outcome = await start(job, lane);
      timed.push({ job, ms: performance.now() - from });
      progress.running.delete(job);
      progress.add(outcome);
      if (outcome.failed > 0) {
        print(`\n== ${job.tier}: ${job.what}\n${outcome.output.replaceAll(PASSED, "")}`);
        failures.push(...failuresOf(job, outcome.output));
      }
      if (progress.isOver) print(String(progress));
    }
  };
  await Promise.all(Array.from({ length: atATime }, (_, lane) => work(lane)));
  clearInterval(report);
  if (timed.length > 1) print(slowest(timed));
  for (const failure of failures) print(failure);
  return [...tiers.values()].map(({ counts }) => counts).reduce(sum, NONE);
}

function startSilenceTimer(onSilence: () => void): () => void {
  const timer = setTimeout(onSilence, SILENCE_MS);
  return () => clearTimeout(timer);
}

/**
 * Runs Deno as a job asks. The names of ignored tests say what to install, so they are printed at once.
 *
 * @param startTimer Calls back after the longest silence that is allowed; returns a function that cancels it. A process
 *   that prints nothing for so long counts as hung and is killed; its last line names the test.
 */
export async function startDeno(
  { tier, args, env }: Pick<Job, "tier" | "args" | "env">,
  startTimer: (onSilence: () => void) => () => void = startSilenceTimer,
): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  let printed = "";
  const onSilence = () => {
    printed += `\nKilled: it printed nothing for ${SILENCE_MS / 60_000} minutes\n`;
    child.kill("SIGKILL");
  };
  let cancel = startTimer(onSilence);
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      printed += text;
      // A test that hangs is reported again and again.
      if (text.includes(STILL_RUNNING)) continue;
      cancel();
      cancel = startTimer(onSilence);
    }
  };
  const [{ code, signal }] = await Promise.all([
    child.status,
    read(child.stdout),
    read(child.stderr),
  ]);
  cancel();
  const outcome = outcomeOf(printed, code);
  for (const [line] of outcome.output.matchAll(/^.* \.\.\. ignored .*$/gm)) {
    print(`${tier.padEnd(10)} ${line}`);
  }
  return signal === null ? outcome : { ...outcome, output: `${outcome.output}${signal}\n` };
}

/** Its tests get ports that no other lane uses. */
function startInLane(job: Job, lane: number): Promise<Outcome> {
  return startDeno({ ...job, env: { ...job.env, TEST_LANE: String(lane) } });
}

function print(text: string): void {
  let bytes = new TextEncoder().encode(`${text}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

/** Two a core, since most wait for one another most of the time. */
function defaultJobs(): number {
  return Number(Deno.env.get("TEST_JOBS")) || 2 * navigator.hardwareConcurrency;
}

if (import.meta.main) {
  const from = performance.now();
  const files = testFiles(ROOT);
  const size = (path: string) => Deno.statSync(new URL(path, ROOT)).size;
  const jobs = tiersNamed(Deno.args).flatMap((tier) =>
    jobsOf(tier, files.filter((path) => tiersOf(path).includes(tier)), size)
  );
  const counts = await runJobs(jobs, defaultJobs(), startInLane, print);
  print(`\n${summary(counts, performance.now() - from)}`);
  Deno.exit(counts.failed === 0 ? 0 : 1);
}
