/**
 * `parley bench ws://…`: puts a load on a server and tells how it fared. It asks before it loads what is not one's own, keeps
 * to what the server allows, and ends with what was measured so far when somebody presses Ctrl-C.
 * @module
 */
import process from "node:process";
import { type BenchOptions, readBenchOptions } from "../../core/bench_options.ts";
import { systemClock } from "../../chat/clock.ts";
import {
  askLimits,
  chatDialogue,
  ConnectFailed,
  type LoadPlan,
  type Phase,
  runLoad,
  type ServerLimits,
  textDialogue,
  type Watch,
} from "../load/load.ts";
import { refusal, resolveByDns } from "./bench_host.ts";
import { allowedPace, planLine, progressLine, summary } from "./bench_words.ts";

const WARMUP_MS = 1_000;
const CONNECTS_AT_ONCE = 50;
/** So many of a large crowd read at once what comes. */
const PROMPT = 100;
const encoder = new TextEncoder();

/** Runs the command; resolves with its exit status: 0 where nothing was lost or doubled, 1 otherwise, 2 for bad arguments. */
export async function bench(args: readonly string[]): Promise<number> {
  const read = readBenchOptions(args);
  if (read.kind === "bad") return complain(read.problems, 2);
  const { options } = read;
  const refused = await refusal(options, resolveByDns);
  if (refused !== undefined) return complain([refused], 2);
  using interrupt = listenForInterrupt();
  try {
    return await measure(options, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) return complain(["stopped before anything was measured"], 1);
    if (error instanceof ConnectFailed) return complain([error.message], 1);
    throw error;
  }
}

async function measure(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const limits = await limitsOf(options);
  if (limits !== undefined && options.textBytes > limits.maxTextBytes) {
    const allowed = `at most ${limits.maxTextBytes}, which is what the server takes`;
    return complain([`--text-bytes is ${options.textBytes}: allowed: ${allowed}`], 2);
  }
  const { pace, note } = allowedPace(options, limits);
  const room = options.room ?? `bench-${crypto.randomUUID().slice(0, 8)}`;
  tell(`${planLine(options, pace, room)}\n`);
  if (note !== undefined) tell(`${note}\n`);
  const plan = planOf(options, pace, room);
  const onlooker = new Onlooker(options);
  const report = await runLoad(plan, onlooker, signal);
  onlooker.clear();
  // Where the report is what standard output is for, people are told beside it.
  const say = options.json === "-" ? tell : (text: string) => write(Deno.stdout, text);
  say(summary(report, plan, onlooker.busy));
  const { dialogue, ...asked } = plan;
  const speaks = dialogue.subprotocol ?? "plain text";
  const written = await save(options.json, { ...asked, room, speaks, ...report });
  return !written || report.lost > 0 || report.doubled > 0 ? 1 : 0;
}

/** Where plain text is asked for, a server need not know our frames. */
async function limitsOf({ url, isPlain }: BenchOptions): Promise<ServerLimits | undefined> {
  try {
    return await askLimits(url.href);
  } catch (error) {
    if (isPlain && error instanceof ConnectFailed) return undefined;
    throw error;
  }
}

function planOf(options: BenchOptions, pace: LoadPlan["pace"], room: string): LoadPlan {
  const url = new URL(options.url);
  if (options.isPlain) url.searchParams.set("room", room);
  const { members, publishers, textBytes, slowShare, seconds } = options;
  return {
    url: url.href,
    dialogue: options.isPlain ? textDialogue() : chatDialogue(room),
    ...{ members, publishers, textBytes, pace, slowShare, unhurried: unhurriedOf(options) },
    warmupMs: WARMUP_MS,
    measureMs: seconds * 1000,
    connectsAtOnce: CONNECTS_AT_ONCE,
  };
}

/** In a large crowd, most are in no hurry: else it would be measured how fast this process reads. */
function unhurriedOf({ members, publishers }: BenchOptions): LoadPlan["unhurried"] {
  return members > publishers + 2 * PROMPT ? { prompt: PROMPT, restMs: 100 } : undefined;
}

/** Tells how far it is: on a terminal on one line, elsewhere a line a second. */
class Onlooker implements Watch {
  /** Which share of one core was used by this process while it was measured. */
  busy = 0;
  readonly #options: BenchOptions;
  readonly #isTerminal = Deno.stderr.isTerminal();
  #began = systemClock.now();
  #toldAt = -Infinity;
  #usage: NodeJS.CpuUsage | undefined;

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  phase(phase: Phase): void {
    const now = systemClock.now();
    if (phase === "measuring") this.#usage = process.cpuUsage();
    if (phase === "measured") {
      const { user, system } = process.cpuUsage(this.#usage);
      this.busy = (user + system) / 1000 / (now - this.#began);
    }
    this.#began = now;
  }

  progress(progress: Parameters<NonNullable<Watch["progress"]>>[0]): void {
    const now = systemClock.now();
    if (!this.#isTerminal && now - this.#toldAt < 990) return;
    this.#toldAt = now;
    const line = progressLine(progress, this.#options, now - this.#began);
    tell(this.#isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** Leaves nothing on the terminal's line. */
  clear(): void {
    if (this.#isTerminal) tell("\r\x1b[K");
  }
}

/** Aborts on the first Ctrl-C; after that, the second one ends the process as usual. */
function listenForInterrupt(): Disposable & { readonly signal: AbortSignal } {
  const interrupt = new AbortController();
  const stop = () => Deno.removeSignalListener("SIGINT", heard);
  const heard = () => {
    stop();
    interrupt.abort();
  };
  Deno.addSignalListener("SIGINT", heard);
  return { signal: interrupt.signal, [Symbol.dispose]: stop };
}

/** Says whether it could be written. */
async function save(
  path: string | undefined,
  report: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  if (path === undefined) return true;
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (path === "-") {
    write(Deno.stdout, text);
    return true;
  }
  try {
    await Deno.writeTextFile(path, text);
    return true;
  } catch (error) {
    complain(
      [`the report cannot be written: ${error instanceof Error ? error.message : error}`],
      1,
    );
    return false;
  }
}

function complain(problems: readonly string[], status: number): number {
  for (const problem of problems) tell(`parley: ${problem}\n`);
  return status;
}

function tell(text: string): void {
  write(Deno.stderr, text);
}

function write(stream: typeof Deno.stdout, text: string): void {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}
