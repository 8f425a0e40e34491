/**
 * `parley bench ws://…`: puts load on a server and prints the results. It refuses public hosts without explicit consent,
 * stays within the server's rate limits, and on Ctrl-C reports what it has measured so far.
 * @module
 */
import process from "node:process";
import { type BenchOptions, readBenchOptions } from "./options.ts";
import { systemClock } from "../../chat/ports/clock.ts";
import {
  ConnectFailed,
  fetchServerLimits,
  jsonClientProtocol,
  jsonRoomsProtocol,
  type LoadObserver,
  type LoadPlan,
  type Phase,
  runLoad,
  type ServerLimits,
  textChatProtocol,
  textClientProtocol,
} from "../mod.ts";
import { hostRefusal, resolveByDns } from "./host_check.ts";
import { allowedPace, planLine, progressLine, roomProblem, summary } from "./report_text.ts";

const WARMUP_MS = 1_000;
const CONNECTS_AT_ONCE = 50;
/** Number of members that read at once, if there are many. */
const PROMPT_CLIENTS = 100;
const encoder = new TextEncoder();

/** Runs the command; resolves with its exit status: 0 if nothing was lost or doubled, and all came back that were to, 1 otherwise, 2 for bad arguments. */
export async function runBenchCommand(args: readonly string[]): Promise<number> {
  const read = readBenchOptions(args);
  if (read.kind === "bad") return fail(read.problems, 2);
  const { options } = read;
  const refusal = await hostRefusal(options, resolveByDns);
  if (refusal !== undefined) return fail([refusal], 2);
  using interrupt = listenForInterrupt();
  try {
    return await measure(options, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) return fail(["stopped before anything was measured"], 1);
    if (error instanceof ConnectFailed) return fail([error.message], 1);
    throw error;
  }
}

async function measure(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const limits = await limitsOf(options);
  if (limits !== undefined && options.textBytes > limits.maxTextBytes) {
    const allowed = `at most ${limits.maxTextBytes}, the server's limit`;
    return fail([`--text-bytes is ${options.textBytes}: allowed: ${allowed}`], 2);
  }
  const problem = limits && roomProblem(options, limits);
  if (problem !== undefined) return fail([problem], 2);
  const { pace, note } = allowedPace(options, limits);
  const room = options.room ?? `bench-${crypto.randomUUID().slice(0, 8)}`;
  printError(`${planLine(options, pace, room)}\n`);
  if (note !== undefined) printError(`${note}\n`);
  const plan = planOf(options, pace, room, limits !== undefined);
  const printer = new ProgressPrinter(options);
  const report = await runLoad(plan, printer, signal);
  printer.clear();
  // If the JSON report goes to standard output, print the summary to standard error.
  const print = options.json === "-" ? printError : (text: string) => write(Deno.stdout, text);
  print(summary(report, plan, printer.busy));
  const { protocol, ...asked } = plan;
  const speaks = protocol.subprotocol ?? "plain text";
  const written = await save(options.json, { ...asked, room, speaks, ...report });
  const isMissing = (report.returned?.missing ?? 0) > 0;
  return !written || report.lost > 0 || report.doubled > 0 || isMissing ? 1 : 0;
}

/** Undefined if unknown: with `--plain`, the server need not support `chat.v1.json`. */
async function limitsOf({ url, isPlain }: BenchOptions): Promise<ServerLimits | undefined> {
  try {
    return await fetchServerLimits(url.href);
  } catch (error) {
    if (isPlain && error instanceof ConnectFailed) return undefined;
    throw error;
  }
}

/** @param isParley Whether the server has answered as Parley does. */
function planOf(
  options: BenchOptions,
  pace: LoadPlan["pace"],
  room: string,
  isParley: boolean,
): LoadPlan {
  const plain = isParley ? textChatProtocol() : textClientProtocol();
  const url = new URL(options.url);
  if (options.isPlain) url.searchParams.set("room", room);
  const { members, publishers, textBytes, slowShare, seconds, comeBack } = options;
  const groups = options.rooms / options.roomsEach;
  const json = options.rooms === 1
    ? jsonClientProtocol(room)
    : jsonRoomsProtocol(room, groups, options.roomsEach);
  return {
    url: url.href,
    protocol: options.isPlain ? plain : json,
    ...{ members, publishers, textBytes, pace, slowShare, groups, comeBack },
    unhurried: unhurriedOf(options),
    warmupMs: WARMUP_MS,
    measureMs: seconds * 1000,
    connectsAtOnce: CONNECTS_AT_ONCE,
  };
}

/** With many members, most read only at intervals: otherwise the run would measure how fast this process reads. */
function unhurriedOf({ members, publishers }: BenchOptions): LoadPlan["unhurried"] {
  return members > publishers + 2 * PROMPT_CLIENTS
    ? { prompt: PROMPT_CLIENTS, restMs: 100 }
    : undefined;
}

/** Prints the progress: on one line on a terminal, elsewhere as one line per second. */
class ProgressPrinter implements LoadObserver {
  /** Share of one core that this process used during the measurement. */
  busy = 0;
  readonly #options: BenchOptions;
  readonly #isTerminal = Deno.stderr.isTerminal();
  #phaseStart = systemClock.now();
  #printedAt = -Infinity;
  #usage: NodeJS.CpuUsage | undefined;

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  onPhase(phase: Phase): void {
    const now = systemClock.now();
    if (phase === "measuring") this.#usage = process.cpuUsage();
    if (phase === "measured") {
      const { user, system } = process.cpuUsage(this.#usage);
      this.busy = (user + system) / 1000 / (now - this.#phaseStart);
    }
    this.#phaseStart = now;
    if (phase === "returning" && this.#options.comeBack === "restart") {
      this.clear();
      printError("Restart the service now, or end the run with Ctrl-C.\n");
    }
  }

  onProgress(progress: Parameters<NonNullable<LoadObserver["onProgress"]>>[0]): void {
    const now = systemClock.now();
    if (!this.#isTerminal && now - this.#printedAt < 990) return;
    this.#printedAt = now;
    const line = progressLine(progress, this.#options, now - this.#phaseStart);
    printError(this.#isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** Clears the terminal's line. */
  clear(): void {
    if (this.#isTerminal) printError("\r\x1b[K");
  }
}

/** Aborts on the first Ctrl-C; a second one ends the process as usual. */
function listenForInterrupt(): Disposable & { readonly signal: AbortSignal } {
  const interrupt = new AbortController();
  const stop = () => Deno.removeSignalListener("SIGINT", onInterrupt);
  const onInterrupt = () => {
    stop();
    interrupt.abort();
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  return { signal: interrupt.signal, [Symbol.dispose]: stop };
}

/** Writes the JSON report, if requested; resolves with false if that failed. */
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
    fail(
      [`the report cannot be written: ${error instanceof Error ? error.message : error}`],
      1,
    );
    return false;
  }
}

function fail(problems: readonly string[], status: number): number {
  for (const problem of problems) printError(`parley: ${problem}\n`);
  return status;
}

function printError(text: string): void {
  write(Deno.stderr, text);
}

function write(stream: typeof Deno.stdout, text: string): void {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}
