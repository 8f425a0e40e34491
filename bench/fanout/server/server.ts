/**
 * One server of one cell: started on a free port, asked until it answers, charged for what it uses, and ended with all that
 * came from it. It is killed, not asked: what a shutdown takes is measured nowhere, and thousands of farewells take long.
 * @module
 */
import { freePort } from "../../../tests/support/provision.ts";
import { cpuMicros, family, residentBytes } from "./accounting.ts";
import { metricIn } from "./metric_in.ts";
import { ADMIN_TOKEN, type Peer } from "../peers/peers.ts";

const BEARER = { authorization: `Bearer ${ADMIN_TOKEN}` };
const START_MS = 20_000;
const POLL_MS = 25;
const REQUEST_TIMEOUT_MS = 3_000;
const MAX_OUTPUT = 2_000;

/** A server that runs. */
export class Server implements AsyncDisposable {
  /** Who it is. */
  readonly peer: Peer;
  /** Where it listens. */
  readonly port: number;
  /** Its first process. */
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #read: Promise<void>;
  #output = "";
  #over = false;

  private constructor(peer: Peer, port: number, child: Deno.ChildProcess, folder: string) {
    this.peer = peer;
    this.port = port;
    this.pid = child.pid;
    this.#child = child;
    this.#folder = folder;
    this.#read = Promise.all([this.#follow(child.stdout), this.#follow(child.stderr)])
      .then(() => child.status).then(() => {
        this.#over = true;
      });
  }

  /** Starts a peer. @param settings Only ours has any. */
  static async start(
    peer: Peer,
    redisPort: number,
    signal: AbortSignal,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Server> {
    const folder = await Deno.makeTempDir({ prefix: "parley-bench-" });
    const port = freePort();
    try {
      const launch = await peer.launch({ port, redisPort, folder, settings }, signal);
      signal.throwIfAborted();
      const child = new Deno.Command(launch.program, {
        args: [...launch.args],
        cwd: launch.cwd,
        env: { ...inheritedEnv(), ...launch.env },
        clearEnv: true,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const server = new Server(peer, port, child, folder);
      await server.#whenUp(signal);
      return server;
    } catch (error) {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
      throw error;
    }
  }

  /** Where its chat is. @param query As in `?room=attic`. */
  chatUrl(query = ""): string {
    return `ws://127.0.0.1:${this.port}${this.peer.chat}${query}`;
  }

  /** Where its echo is. */
  get echoUrl(): string {
    return `ws://127.0.0.1:${this.port}${this.peer.echo}`;
  }

  /** Microseconds on a processor so far. */
  cpuMicros(): Promise<number> {
    return cpuMicros(this.pid);
  }

  /** Bytes of memory now. */
  residentBytes(): Promise<number> {
    return residentBytes(this.pid);
  }

  /** One number of `/metrics`, by name and label; NaN where there is none. Only ours has any. */
  async metric(name: string, label: string): Promise<number> {
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const answer = await fetch(`http://127.0.0.1:${this.port}/metrics`, {
        signal,
        headers: BEARER,
      });
      return metricIn(await answer.text(), name, label);
    } catch {
      return NaN;
    }
  }

  /** Throws with what it printed, where it has ended by itself. */
  assertRuns(): void {
    if (this.#over) throw new Error(`${this.peer.name} ended: ${this.#output}`);
  }

  /** Kills it with all that came from it, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await family(this.pid)) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    await this.#read;
    await Deno.remove(this.#folder, { recursive: true }).catch(() => {});
  }

  async #whenUp(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
    while (!limit.aborted && !this.#over) {
      if (await this.#answers(limit)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const why = this.#over ? "ended" : `did not answer within ${START_MS} ms`;
    await this[Symbol.asyncDispose]();
    throw new Error(`${this.peer.name} ${why}: ${this.#output}`);
  }

  async #answers(signal: AbortSignal): Promise<boolean> {
    const { ready, chat } = this.peer;
    try {
      const answer = await fetch(`http://127.0.0.1:${this.port}${ready ?? chat}`, { signal });
      await answer.body?.cancel();
      return ready === undefined || answer.ok;
    } catch {
      return false;
    }
  }

  async #follow(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      this.#output = (this.#output + part).slice(-MAX_OUTPUT);
    }
  }
}

function inheritedEnv(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
