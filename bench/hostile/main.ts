/**
 * `deno task bench:hostile`: a hundred honest clients beside each attack, with and without it. For each attack a fresh
 * service with default settings is started; ratios compare two phases of one run, since absolute times differ between
 * machines. Nothing fails for being slow: the table says what holds.
 * @module
 */
import { residentBytes } from "../fanout/server/accounting.ts";
import type { EngineName } from "../../lib/core/config/settings_table.ts";
import { describeMachine } from "../fanout/machine.ts";
import { withSection } from "../fanout/report/document_section.ts";
import { markdownTable } from "../fanout/report/format.ts";
import { type Parley, startParley } from "../../tests/support/parley.ts";
import type { Attack } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";
import type { Refusals } from "./attacker.ts";
import type { HonestResult } from "./honest.ts";
import { type Options, parseOptions } from "./options.ts";
import { failuresOf, type Result, resultTable } from "./report.ts";
import { fillStore } from "./stored.ts";

const DOCUMENT = new URL("../../docs/internals/performance.md", import.meta.url);
/** Everything else is as by default; every client says which address it comes from. */
const SETTINGS = { TRUST_PROXY: "127.0.0.1/32", ADMIN_PORT: "off", LOG_LEVEL: "info" };
const ADMIN_TOKEN = "a token of the attack bench";
const LOOK_MS = 200;
const REST_MS = 15_000;
const encoder = new TextEncoder();

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === "string") return complain(options);
  const results: Result[] = [];
  for (const attack of ATTACKS.filter(({ name }) => options.only.includes(name))) {
    const seconds = Math.max(options.seconds, attack.minSeconds ?? 0);
    say(`${attack.name}: ${attack.about} (${seconds} s)\n`);
    const result = await measure(attack, options, seconds);
    say(`  ${failuresOf(result).join(", ") || "holds"}\n`);
    results.push(result);
  }
  const machine = await describeMachine(new Set(), AbortSignal.timeout(10_000));
  const text = `${markdownTable(["", ""], machine)}\n\n${resultTable(results)}\n`;
  say(`\n${text}`);
  if (options.writes) await write(text, options.engine);
  return results.every((it) => failuresOf(it).length === 0) ? 0 : 1;
}

/** One attack on a fresh service. */
async function measure(
  attack: Attack,
  { seconds: calmSeconds, engine }: Options,
  seconds: number,
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix: "parley-hostile-" });
  try {
    if (attack.needsStored) await fillStore(folder);
    await using parley = await startParley({
      ...SETTINGS,
      ...(attack.needsInvite && { ADMIN_TOKEN }),
      WEBSOCKET_ENGINE: engine,
      DATA_DIR: folder,
    });
    return { engine, ...await attackBeside(parley, attack, calmSeconds, seconds) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function attackBeside(
  parley: Parley,
  attack: Attack,
  calmSeconds: number,
  seconds: number,
): Promise<Omit<Result, "engine">> {
  const invite = attack.needsInvite ? [await makeInvite(parley)] : [];
  await using honest = new Program("honest.ts", [String(parley.port)], 0);
  await honest.line((line) => line === "ready");
  await honest.send("phase before");
  await pause(calmSeconds * 1000);
  const before = await descriptors(parley.pid);
  const calmBytes = await residentBytes(parley.pid);
  await honest.send("phase attack");
  const memory = watchMemory(parley.pid);
  await using attacker = new Program(
    "attack_process.ts",
    [attack.name, String(parley.port), String(seconds), ...invite],
    10,
  );
  const refusals: Refusals = JSON.parse(await attacker.line((line) => line.startsWith("{")));
  const peakBytes = await memory.stop();
  await honest.send("phase after");
  const after = await descriptorsAtRest(parley.pid, before);
  await honest.send("end");
  const seen: HonestResult = JSON.parse(await honest.line((line) => line.startsWith("{")));
  const isAlive = after > 0;
  const bytes = { before: calmBytes, peak: peakBytes };
  return { attack, honest: seen, refusals, bytes, descriptors: { before, after }, isAlive };
}

/** The secret of an invite that makes an owner, who may ask for everything. */
async function makeInvite({ url }: Parley): Promise<string> {
  const response = await fetch(`${url}/api/v1/invites`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ role: "owner" }),
  });
  const { secret } = await response.json();
  if (response.status !== 201) throw new Error(`Cannot invite the attacker: ${response.status}`);
  return secret;
}

const CONFIG = new URL("../../tests/deno.json", import.meta.url).pathname;
const FLAGS = ["--config", CONFIG, "--frozen", "-A"];

/** A module of this folder as a process; ended when it is disposed. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  /** @param niceness Of the process: 0 to 19. */
  constructor(module: string, args: readonly string[], niceness: number) {
    const path = new URL(module, import.meta.url).pathname;
    this.#child = new Deno.Command("nice", {
      args: ["-n", String(niceness), Deno.execPath(), "run", ...FLAGS, path, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = lines(this.#child.stdout);
  }

  async send(line: string): Promise<void> {
    await this.#input.write(encoder.encode(`${line}\n`));
  }

  /** The next line that is wanted. */
  async line(isWanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error("Cannot go on: a process of the bench has ended");
      if (isWanted(value)) return value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
  }
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + part).split("\n");
    rest = whole.pop() ?? "";
    yield* whole;
  }
}

/** Looks at the memory of a process until it is stopped; resolves to the most that was seen, in bytes. */
function watchMemory(pid: number): { stop(): Promise<number> } {
  let isOver = false;
  const sample = async () => {
    let most = 0;
    while (!isOver) {
      most = Math.max(most, await residentBytes(pid));
      await pause(LOOK_MS);
    }
    return most;
  };
  const watching = sample();
  return {
    stop() {
      isOver = true;
      return watching;
    },
  };
}

/** How many file descriptors a process has open; 0 where it has ended. */
async function descriptors(pid: number): Promise<number> {
  let count = 0;
  try {
    for await (const _ of Deno.readDir(`/proc/${pid}/fd`)) count++;
  } catch {
    return 0;
  }
  return count;
}

/** The kernel, the runtime and timeouts need a moment to notice that the attacker has left. @param before As many as there were. */
async function descriptorsAtRest(pid: number, before: number): Promise<number> {
  const until = performance.now() + REST_MS;
  for (;;) {
    const count = await descriptors(pid);
    if (count <= before || performance.now() > until) return count;
    await pause(LOOK_MS);
  }
}

async function write(text: string, engine: EngineName): Promise<void> {
  const document = await Deno.readTextFile(DOCUMENT);
  await Deno.writeTextFile(DOCUMENT, withSection(document, `hostile-${engine}`, text));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function say(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

function complain(text: string): number {
  Deno.stderr.writeSync(encoder.encode(`${text}\n`));
  return 2;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
