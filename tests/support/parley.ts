/**
 * Starts a whole Parley in its own process, as a user would, on a free port.
 * @module
 */
import { settingVariables } from "../../lib/core/config/secret_files.ts";
import { PACKAGE_VARIABLES } from "../../lib/core/config/settings_table.ts";
import { ENGINE } from "./engine.ts";
import { DEADLINE_MS, endingOf, until, wholeLines } from "./provision.ts";

/** A running Parley. */
export interface Parley extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or `https:` with a certificate. */
  readonly url: string;
  readonly port: number;
  /** The URL of its admin listener; empty if it does not log one. */
  readonly adminUrl: string;
  readonly pid: number;
  /** Its output so far, including the log. */
  readonly output: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ readonly code: number }>;
  /** Sends a signal. */
  kill(signal: Deno.Signal): void;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<{ readonly code: number }>;
  /** Resolves when its output matches; rejects if it ends first, or never does. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
}

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** The arguments of `deno run` for the service, with the permissions that the start task has. */
export function runArguments(...args: readonly string[]): string[] {
  const names = [...settingVariables, ...PACKAGE_VARIABLES].join(",");
  const permissions = ["net", "read", "write", `env=${names}`].map((it) => `--allow-${it}`);
  return ["run", "--no-prompt", "--cached-only", ...permissions, MAIN, ...args];
}

/** Runs the service with only these settings; both ports are free ones by default. */
export async function startParley(env: Readonly<Record<string, string>> = {}): Promise<Parley> {
  const child = spawn(Deno.execPath(), runArguments(), env);
  return Object.assign(child, await addressesFrom(child, env));
}

/**
 * One Parley for all tests of a file, which runs from before the first to after the last one: for tests that neither change
 * it nor see what others did with it.
 */
export function shareParley(): () => Parley {
  let parley: Parley | undefined;
  Deno.test.beforeAll(async () => {
    parley = await startParley();
  });
  Deno.test.afterAll(async () => {
    await parley?.[Symbol.asyncDispose]();
  });
  return () => {
    if (parley === undefined) throw new Error("Cannot find the Parley of this file: not started");
    return parley;
  };
}

/** Where a process that was started with these settings listens. */
export async function addressesFrom(
  { printed }: Pick<Parley, "printed">,
  env: Readonly<Record<string, string>>,
): Promise<Pick<Parley, "url" | "port" | "adminUrl">> {
  const [, url = "", port] = await printed(/is on (https?:\/\/\S+:(\d+)) /);
  const isSilent = env["ADMIN_PORT"] === "off" || /warning|error/.test(env["LOG_LEVEL"] ?? "");
  const [, adminUrl = ""] = isSilent ? [] : await printed(/admin\.listening.*?(http:[\w./:[\]]+)/);
  return { url, port: Number(port), adminUrl };
}

/** Resolves when an instance reports that its bus works. */
export function whenInstanceReady(url: string): Promise<void> {
  return until(`${url} to be ready`, async () => {
    const answer = await fetch(`${url}/readyz`);
    await answer.body?.cancel();
    return answer.ok;
  });
}

/**
 * Runs any command that eventually runs the service, and reads its output; on free ports and in memory by default. It has one
 * worker, as by default on two cores, and none with the second engine: each more takes a quarter of a second to start.
 */
export function spawn(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Omit<Parley, "url" | "port" | "adminUrl"> {
  const usual = { PORT: "0", ADMIN_PORT: "0", DATA_DIR: ":memory:", WEBSOCKET_ENGINE: ENGINE };
  const WORKERS = ENGINE === "node" ? "0" : "1";
  return spawnAsIs(program, args, { ...usual, WORKERS, ...env });
}

/** The same, with these settings and no others. */
export function spawnAsIs(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Omit<Parley, "url" | "port" | "adminUrl"> {
  const kept = ["PATH", "HOME", "DENO_DIR"].map((name) => [name, Deno.env.get(name) ?? ""]);
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { ...Object.fromEntries(kept), ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const transcript = new Transcript();
  const read = Promise.all([transcript.follow(child.stdout), transcript.follow(child.stderr)]);
  const ended = read.then(() => child.status).then((status) => {
    transcript.finish(endingOf(status));
    return status;
  });
  const kill = (signal: Deno.Signal) => child.kill(signal);
  const stop = () => (kill("SIGTERM"), ended);
  return {
    pid: child.pid,
    ended,
    kill,
    stop,
    get output() {
      return transcript.text;
    },
    printed: (pattern) => transcript.find(pattern),
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await ended;
    },
  };
}

/** The output of a process as it arrives. */
class Transcript {
  text = "";
  #ending: string | undefined;
  #waiting: (() => void)[] = [];

  async follow(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const lines of wholeLines(stream)) {
      this.text += lines;
      this.#wakeAll();
    }
  }

  /** @param ending How the process ended, in words. */
  finish(ending: string): void {
    this.#ending = ending;
    this.#wakeAll();
  }

  async find(pattern: RegExp): Promise<RegExpMatchArray> {
    const deadline = performance.now() + DEADLINE_MS;
    const timer = setTimeout(() => this.#wakeAll(), DEADLINE_MS + 1);
    using _timer = { [Symbol.dispose]: () => clearTimeout(timer) };
    for (;;) {
      const match = this.text.match(pattern);
      if (match) return match;
      if (this.#ending !== undefined) {
        throw new Error(`Ended ${this.#ending} without printing ${pattern}:\n${this.text}`);
      }
      if (performance.now() > deadline) {
        throw new Error(`Waited ${DEADLINE_MS} ms for ${pattern}:\n${this.text}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
