/**
 * Starts a whole Parley as its own process, as a user would, on a free port.
 * @module
 */
import { settings } from "../lib/core/config.ts";
import { until } from "./provision.ts";

/** A Parley that runs. */
export interface Parley extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Where its admin listener is; empty where it does not say so in its log. */
  readonly adminUrl: string;
  readonly pid: number;
  /** What it has printed so far, log and all. */
  readonly output: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ readonly code: number }>;
  /** Sends a signal. */
  kill(signal: Deno.Signal): void;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<{ readonly code: number }>;
  /** Resolves when it has printed something that matches; rejects if it ends first. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
}

const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** The arguments of `deno run` for the service, with the permissions that the start task has. */
export function runArguments(...args: readonly string[]): string[] {
  const names = settings.map(({ name }) => name).join(",");
  const permissions = ["net", "read", "write", `env=${names}`].map((it) => `--allow-${it}`);
  return ["run", "--no-prompt", "--cached-only", ...permissions, MAIN, ...args];
}

/** Runs the service with only these settings; both ports are free ones unless said otherwise. */
export async function startParley(env: Readonly<Record<string, string>> = {}): Promise<Parley> {
  const child = spawn(Deno.execPath(), runArguments(), env);
  return Object.assign(child, await addressesOf(child, env));
}

/** Where a process that was started with these settings listens. */
export async function addressesOf(
  { printed }: Pick<Parley, "printed">,
  env: Readonly<Record<string, string>>,
): Promise<Pick<Parley, "url" | "port" | "adminUrl">> {
  const [, url = "", port] = await printed(/is on (http:\/\/\S+:(\d+)) /);
  const isSilent = env["ADMIN_PORT"] === "off" || /warning|error/.test(env["LOG_LEVEL"] ?? "");
  const [, adminUrl = ""] = isSilent ? [] : await printed(/admin\.listening.*?(http:[\w./:[\]]+)/);
  return { url, port: Number(port), adminUrl };
}

/** Resolves when an instance says that its bus works. */
export function isReady(url: string): Promise<void> {
  return until(`${url} to be ready`, async () => {
    const answer = await fetch(`${url}/readyz`);
    await answer.body?.cancel();
    return answer.ok;
  });
}

/** Runs any command that in the end is the service, and reads along; on free ports, keeping nothing, unless said otherwise. */
export function spawn(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Omit<Parley, "url" | "port" | "adminUrl"> {
  return spawnAsIs(program, args, { PORT: "0", ADMIN_PORT: "0", DATA_DIR: ":memory:", ...env });
}

/** The same, with these settings and no others. */
export function spawnAsIs(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Omit<Parley, "url" | "port" | "adminUrl"> {
  const kept = ["PATH", "HOME", "DENO_DIR"].map((name) => [name, Deno.env.get(name) ?? ""]);
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...Object.fromEntries(kept), ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const transcript = new Transcript();
  const read = Promise.all([transcript.follow(child.stdout), transcript.follow(child.stderr)]);
  const ended = read.then(() => child.status).then((status) => (transcript.finish(), status));
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

/** What a process prints, as it comes. */
class Transcript {
  text = "";
  #finished = false;
  #wake: (() => void)[] = [];

  async follow(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      this.text += part;
      this.#tell();
    }
  }

  finish(): void {
    this.#finished = true;
    this.#tell();
  }

  async find(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.text.match(pattern);
      if (match) return match;
      if (this.#finished) throw new Error(`Ended without printing ${pattern}:\n${this.text}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
