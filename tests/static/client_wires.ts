/**
 * Real wires for the client library: WebSockets of this program whose waits are short, and a link to a server that can be
 * cut at any byte. What is left to chance comes from a seed.
 * @module
 */
import type { Surroundings } from "../../static/client/surroundings.js";
import { Dice } from "../simulation/dice.ts";

// From here on it is no wait but a time in which somebody has to answer, also on a machine that has much to do.
const DEADLINES_MS = 20_000;

/** Where the library runs, with waits a thousand times shorter. Disposing of it waits until all sockets have ended. */
export class QuickWorld implements Surroundings, AsyncDisposable {
  readonly #dice: Dice;
  readonly #open = new Set<Promise<void>>();
  readonly #wakes = new Set<() => void>();

  constructor(seed: number) {
    this.#dice = new Dice(seed);
  }

  open(url: string, protocol: string): WebSocket {
    const socket = new WebSocket(url, protocol);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.addEventListener("close", () => {
      this.#open.delete(promise);
      resolve();
    });
    this.#open.add(promise);
    return socket;
  }

  now(): number {
    return Date.now();
  }

  draw(): number {
    return this.#dice.next();
  }

  after(deed: () => void, ms: number): () => void {
    const timer = setTimeout(deed, ms < DEADLINES_MS ? ms / 1_000 : ms);
    return () => clearTimeout(timer);
  }

  onWake(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  /** The network is back. */
  wake(): void {
    for (const wake of this.#wakes) wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open);
  }
}

/** Which way: to the server, or from it. */
export type Way = "up" | "down";

/** Where a link is cut: after so many bytes of one way, over all its connections. */
export interface Cut {
  readonly way: Way;
  readonly bytes: number;
}

/** Passes everything on between clients and a server of this machine; is cut once, where it is said to be, and whenever it is asked. */
export class ByteLink implements AsyncDisposable {
  /** How many bytes have gone each way. */
  readonly passed = { up: 0, down: 0 };
  /** Nobody gets through any more, until it is up again. */
  isDown = false;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serverPort: number;
  readonly #cut: Cut | undefined;
  readonly #lines = new Set<Deno.Conn>();
  readonly #running: Promise<void>;

  constructor(serverPort: number, cut?: Cut) {
    this.#serverPort = serverPort;
    this.#cut = cut;
    this.#running = this.#run();
  }

  /** Of the chat behind it. */
  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}/ws`;
  }

  /** Cuts what is connected now. */
  cut(): void {
    for (const line of this.#lines) close(line);
    this.#lines.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#running;
  }

  async #run(): Promise<void> {
    const pumps: Promise<void>[] = [];
    for await (const client of this.#listener) {
      if (this.isDown) {
        client.close();
        continue;
      }
      pumps.push(this.#pass(client));
    }
    await Promise.all(pumps);
  }

  async #pass(client: Deno.Conn): Promise<void> {
    this.#lines.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#serverPort });
      this.#lines.add(server);
      await Promise.all([this.#pump(client, server, "up"), this.#pump(server, client, "down")]);
    } catch {
      // There is no server now.
      close(client);
    }
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, way: Way): Promise<void> {
    const buffer = new Uint8Array(4_096);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        const left = this.#cut?.way === way ? this.#cut.bytes - this.passed[way] : Infinity;
        const part = buffer.subarray(0, left < 0 ? count : Math.min(count, left));
        this.passed[way] += part.length;
        for (let done = 0; done < part.length;) done += await to.write(part.subarray(done));
        if (left >= 0 && count >= left) {
          // What comes after it is over a whole line.
          this.passed[way] += 1;
          break;
        }
      }
    } catch {
      // Cut from elsewhere.
    }
    for (const line of [from, to]) {
      close(line);
      this.#lines.delete(line);
    }
  }
}

function close(line: Deno.Conn): void {
  try {
    line.close();
  } catch {
    // It was closed before.
  }
}

/** Resolves when a value is as wanted; looks at each change. */
export function when<T>(
  value: { subscribe(listener: (value: T) => void): () => void },
  isWanted: (value: T) => boolean,
): Promise<T> {
  return new Promise((resolve) => {
    let isDone = false;
    const stop = value.subscribe((it) => {
      if (isDone || !isWanted(it)) return;
      isDone = true;
      resolve(it);
      // Later, since the first word comes before `subscribe()` has answered.
      queueMicrotask(() => stop());
    });
  });
}

/** What a promise gives; rejects where that takes far longer than anything does. */
export async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited 20 s for ${what}`)), 20_000);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
