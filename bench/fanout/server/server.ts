/**
 * One server of one cell: started on a free port, requested until it answers, measured, and ended with its descendants.
 * It is killed: no work measures a shutdown, and closing thousands of connections takes long.
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

/** A running server. */
export class Server implements AsyncDisposable {
  /** The peer. */
  readonly peer: Peer;
  /** Its port. */
  readonly port: number;
  /** Its main process. */
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

  /** Starts a peer. @param settings For Parley only. */
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

  /** The URL of its chat. @param query As in `?room=attic`. */
  chatUrl(query = ""): string {
    return `ws://127.0.0.1:${this.port}${this.peer.chat}${query}`;
  }

  /** The URL of its echo. */
  get echoUrl(): string {
    return `ws://127.0.0.1:${this.port}${this.peer.echo}`;
  }

  /** CPU time so far, in microseconds. */
  cpuMicros(): Promise<number> {
    return cpuMicros(this.pid);
  }

  /** Current memory, in bytes. */
  residentBytes(): Promise<number> {
    return residentBytes(this.pid);
  }

  /** A number in `/metrics`, by name and label; NaN if there is none, as for all but Parley. */
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

  /** Throws with its output if it has ended by itself. */
  assertRuns(): void {
    if (this.#over) throw new Error(`${this.peer.name} ended: ${this.#output}`);
  }

  /** Kills it with its descendants, and waits until they are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await family(this.pid)) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has already ended.
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
