/**
 * A hundred honest clients in a process of their own: all are in one room, each says something every five seconds, and
 * every copy that arrives is timed. Lines on standard input begin a phase (`phase NAME`) or end the run (`end`); the
 * result is one line of JSON on standard output.
 * @module
 */
import WebSocket from "ws";

const CLIENTS = 100;
const EACH_SAYS_EVERY_MS = 5_000;
/** What was said last is waited for this long. */
const LAST_MS = 5_000;

/** What was measured in one phase. */
export interface Phase {
  /** 99th percentile of the time from saying to hearing, in milliseconds, over all clients. */
  readonly p99Ms: number;
  /** Messages said. */
  readonly said: number;
  /** Copies that should have arrived: each message at each client that was connected at the start. */
  readonly expected: number;
  /** Copies that arrived, once each. */
  readonly received: number;
}

/** What the honest clients saw. */
export interface HonestResult {
  /** By their names. */
  readonly phases: Readonly<Record<string, Phase>>;
  /** Clients whose connection ended before the run did. */
  readonly disconnected: number;
  /** Close codes of those. */
  readonly closeCodes: readonly number[];
  /** Copies that arrived twice or out of order. */
  readonly wrong: number;
}

class PhaseRecord {
  said = 0;
  readonly delays: number[] = [];
}

class Clients {
  readonly #phases = new Map<string, PhaseRecord>();
  readonly #sent = new Map<number, { readonly at: number; readonly phase: string }>();
  readonly #lastHeard: number[] = [];
  readonly #closeCodes: number[] = [];
  readonly #sockets: WebSocket[] = [];
  #phase = "start";
  #number = 0;
  #isOver = false;
  #wrong = 0;

  async connect(port: number): Promise<void> {
    for (let index = 0; index < CLIENTS; index++) await this.#connectOne(port, index);
  }

  begin(phase: string): void {
    this.#phase = phase;
  }

  /** One of them says something, all in turn. */
  say(): void {
    const speaker = this.#sockets[this.#number % CLIENTS];
    const number = this.#number++;
    this.#sent.set(number, { at: performance.now(), phase: this.#phase });
    this.#record(this.#phase).said += 1;
    const frame = { type: "say", room: "honest", id: `n${number}`, text: `honest ${number}` };
    if (speaker?.readyState === WebSocket.OPEN) speaker.send(JSON.stringify(frame));
  }

  /** Whether every copy has arrived. */
  get isComplete(): boolean {
    const received = [...this.#phases.values()].reduce((sum, { delays }) => sum + delays.length, 0);
    return received >= this.#number * CLIENTS;
  }

  end(): HonestResult {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.terminate();
    const phases = [...this.#phases].map(([name, { said, delays }]): [string, Phase] => {
      const sorted = Float64Array.from(delays).sort();
      const p99Ms = sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? NaN;
      return [name, { p99Ms, said, expected: said * CLIENTS, received: delays.length }];
    });
    return {
      phases: Object.fromEntries(phases),
      disconnected: this.#closeCodes.length,
      closeCodes: this.#closeCodes,
      wrong: this.#wrong,
    };
  }

  async #connectOne(port: number, index: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, "chat.v1.json", {
      headers: { "X-Forwarded-For": `198.51.100.${index + 1}` },
      perMessageDeflate: false,
    });
    this.#sockets.push(socket);
    this.#lastHeard.push(0);
    const joined = Promise.withResolvers<void>();
    socket.on("open", () => {
      const hello = { type: "hello", name: `honest ${index}` };
      const join = { type: "join", room: "honest" };
      socket.send(`${JSON.stringify(hello)}\n${JSON.stringify(join)}`);
    });
    socket.on("message", (data: unknown) => {
      for (const line of String(data).split("\n")) {
        if (line.startsWith('{"type":"joined"')) joined.resolve();
        else this.#onFrame(index, line, socket);
      }
    });
    socket.on("error", (error: Error) => joined.reject(error));
    socket.on("close", (code: number) => {
      if (!this.#isOver) this.#closeCodes.push(code);
      joined.reject(new Error(`closed with ${code} before it had joined`));
    });
    await joined.promise;
  }

  #onFrame(index: number, line: string, socket: WebSocket): void {
    if (line === '{"type":"ping"}') socket.send('{"type":"pong"}');
    const [, number] = /"text":"honest (\d+)"/.exec(line.slice(0, 500)) ?? [];
    if (!line.startsWith('{"type":"said"') || number === undefined) return;
    const sent = this.#sent.get(Number(number));
    if (sent === undefined) return;
    // The room's order is that of positions: two clients that speak at once may be received either way round.
    const seq = Number(/"position":"\w+:(\d+)"/.exec(line.slice(0, 500))?.[1]);
    if (seq > (this.#lastHeard[index] ?? 0)) {
      this.#record(sent.phase).delays.push(performance.now() - sent.at);
      this.#lastHeard[index] = seq;
    } else this.#wrong += 1;
  }

  #record(phase: string): PhaseRecord {
    const record = this.#phases.get(phase) ?? new PhaseRecord();
    this.#phases.set(phase, record);
    return record;
  }
}

/** Runs until standard input says `end`. */
async function main(port: number): Promise<void> {
  const clients = new Clients();
  await clients.connect(port);
  print("ready");
  const talk = setInterval(() => clients.say(), EACH_SAYS_EVERY_MS / CLIENTS);
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = text.split("\n");
    for (const line of lines) {
      if (line.startsWith("phase ")) clients.begin(line.slice("phase ".length));
    }
    if (lines.includes("end")) break;
  }
  clearInterval(talk);
  const until = performance.now() + LAST_MS;
  while (!clients.isComplete && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  print(JSON.stringify(clients.end()));
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  await main(Number(Deno.args[0]));
  Deno.exit(0);
}
