/**
 * A real Redis for a test that can be ended, stopped and started again while the service uses it. It stores
 * nothing: after `restart()` it is empty.
 * @module
 */
import { onFreePort, PortTaken, type Program, redisServer, Running } from "../provision.ts";

/** What Redis answers (RESP 2); its errors are thrown. */
export type Reply = string | number | null | readonly Reply[];

/** How a Redis is started; `args` follow the test's own and override them. */
export interface RedisInit {
  readonly args?: readonly string[];
  readonly port?: number;
  /** Whether it is a server of a cluster, with a second port, 10,000 above the first, by which those talk. */
  readonly clustered?: boolean;
  /** What it watches as a sentinel, as lines of its configuration. */
  readonly sentinel?: readonly string[];
}

/** Distance of a port to that of the cluster's bus, which Redis chooses. */
export const CLUSTER_BUS = 10_000;

/** Starts a Redis that answers, on a free port unless one is given. */
export async function startRedis(init: RedisInit = {}): Promise<RedisServer> {
  const program = await redisServer();
  const folder = await Deno.makeTempDir({ prefix: "parley-redis-" });
  const start = (port: number) => RedisServer.start(program, port, folder, init);
  try {
    return await (init.port === undefined
      ? onFreePort(start, init.clustered ? CLUSTER_BUS : 0)
      : start(init.port));
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/** A running Redis. Disposing of it ends it and removes its folder. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #run: () => Promise<Running>;
  readonly #folder: string;
  #running: Running;
  #outputBefore = "";

  private constructor(port: number, folder: string, run: () => Promise<Running>, running: Running) {
    this.port = port;
    this.#folder = folder;
    this.#run = run;
    this.#running = running;
  }

  /** Use {@linkcode startRedis}, which finds the program and a port. */
  static async start(
    program: Program,
    port: number,
    folder: string,
    { args = [], clustered = false, sentinel }: RedisInit,
  ): Promise<RedisServer> {
    const place = { bind: "127.0.0.1", port, dir: folder };
    const kind = clustered ? { "cluster-enabled": "yes" } : {};
    const own = sentinel
      ? [await configure(folder, place, sentinel), "--sentinel"]
      : Object.entries({ ...place, ...kind, save: "", appendonly: "no" }).flatMap((
        [name, value],
      ) => [`--${name}`, String(value)]);
    const run = () =>
      Running.start(program, [...own, ...args], folder, ({ pid }) => isUp(port, pid));
    return new RedisServer(port, folder, run, await run());
  }

  /** `redis://127.0.0.1:PORT` */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Differs after a restart. */
  get pid(): number {
    return this.#running.pid;
  }

  /** All of its output since the first start. */
  get output(): string {
    return this.#outputBefore + this.#running.output;
  }

  /** Sends one command on a separate connection; rejects with the error that Redis returns. */
  command(...args: readonly string[]): Promise<Reply> {
    return command(this.port, args);
  }

  /** Ends it like a power cut, and waits until it has ended. Stopped or not, running or not. */
  async kill(): Promise<void> {
    this.#running.signal("SIGKILL");
    await this.#running.ended;
  }

  /** Starts it again, empty, on the same port and in the same folder; ends it first if it is running. */
  async restart(): Promise<void> {
    await this.kill();
    this.#outputBefore += this.#running.output;
    this.#running = await this.#runAgain();
  }

  /** Another program may use its port for a moment. */
  async #runAgain(): Promise<Running> {
    for (let triesLeft = 9;; triesLeft--) {
      try {
        return await this.#run();
      } catch (error) {
        if (triesLeft === 0 || !(error instanceof PortTaken)) throw error;
      }
    }
  }

  /** Stops it without closing a connection: it hangs, like a machine that swaps. */
  pause(): void {
    this.#running.signal("SIGSTOP");
  }

  /** Continues it after `pause()`. */
  resume(): void {
    this.#running.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Writes the file that a sentinel needs to store what it learns; returns its path. */
async function configure(
  folder: string,
  place: Readonly<Record<string, string | number>>,
  lines: readonly string[],
): Promise<string> {
  const own = Object.entries(place).map(([name, value]) => `${name} ${value}`);
  const path = `${folder}/sentinel.conf`;
  await Deno.writeTextFile(path, [...own, ...lines, ""].join("\n"));
  return path;
}

/** Whether the Redis that answers is this process, not another one that took the port meanwhile. */
async function isUp(port: number, pid: number): Promise<boolean> {
  try {
    await command(port, ["PING"]);
    const info = await command(port, ["INFO", "server"]);
    return String(info).includes(`process_id:${pid}\r\n`);
  } catch {
    return false;
  }
}

async function command(port: number, args: readonly string[]): Promise<Reply> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const parts = args.map((arg) => `$${new TextEncoder().encode(arg).length}\r\n${arg}\r\n`);
  await writeAll(connection, new TextEncoder().encode(`*${args.length}\r\n${parts.join("")}`));
  return await new ReplyReader(connection).read();
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads one reply. Bytes are decoded as Latin-1 while counting, so that a length is a number of characters. */
class ReplyReader {
  readonly #connection: Deno.Conn;
  #held = "";

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async read(): Promise<Reply> {
    const line = await this.#line();
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return decode(rest);
      case "-":
        throw new Error(`Redis answered ${decode(rest)}`);
      case ":":
        return Number(rest);
      case "$":
        return rest === "-1" ? null : decode((await this.#take(Number(rest) + 2)).slice(0, -2));
      case "*":
        return rest === "-1" ? null : await this.#list(Number(rest));
      default:
        throw new Error(`Cannot read reply of Redis: received ${line}`);
    }
  }

  async #list(length: number): Promise<Reply[]> {
    const replies: Reply[] = [];
    while (replies.length < length) replies.push(await this.read());
    return replies;
  }

  async #line(): Promise<string> {
    while (!this.#held.includes("\r\n")) await this.#more();
    const line = await this.#take(this.#held.indexOf("\r\n") + 2);
    return line.slice(0, -2);
  }

  async #take(length: number): Promise<string> {
    while (this.#held.length < length) await this.#more();
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }

  async #more(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const length = await this.#connection.read(buffer);
    if (length === null) throw new Error("Redis hung up before its reply was whole");
    for (const byte of buffer.subarray(0, length)) this.#held += String.fromCharCode(byte);
  }
}

function decode(latin1: string): string {
  return new TextDecoder().decode(Uint8Array.from(latin1, (char) => char.charCodeAt(0)));
}
