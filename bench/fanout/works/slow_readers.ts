/**
 * One client in ten stops reading. The others should receive as before, and the memory for the slow ones must be
 * bounded.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { Server } from "../server/server.ts";
import type { CellRunner } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { deliveryFigures, type Work } from "../work.ts";

/** The default of the setting. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const MEMBERS = 100;
const TEXT_BYTES = 16 * 1024;
const SLOW_SHARE = 0.1;
const MIB = 1024 * 1024;
const LOOK_MS = 200;

const COLUMNS: readonly Column[] = [
  { title: "deliveries/s per reader", figure: "perReader", spread: true },
  { title: "p99 ms", figure: "p99Micros", per: 1000 },
  { title: "memory grew by MiB", figure: "grownBytes", per: MIB, spread: true },
  { title: "cap, MiB", figure: "capBytes", per: MIB },
  { title: "parked", figure: "parked" },
  { title: "disconnected", figure: "disconnected" },
  { title: "lost", figure: "lost" },
];

/** Without slow readers, and with. */
export const SLOW_READERS: Work = {
  name: "slow",
  title: "Slow readers",
  about:
    `${MEMBERS} members, 8 publishers in a closed loop, texts of 16 KB so that the kernel's buffers fill ` +
    "in time. With slow readers, one in ten stops reading when the measurement begins. " +
    "The cap is MAX_BUFFERED_BYTES for each of them; those that reach it are parked.",
  table: "of variants",
  columns: COLUMNS,
  cells: ["json", "text", "json-node", "text-node"].map((peer) => ({
    peer,
    variants: ["all read", "10 % read nothing"],
    run: (stage) => play(stage, peer),
  })),
};

async function* play(stage: CellRunner, name: string): AsyncGenerator<Figures> {
  for (const slowShare of [0, SLOW_SHARE]) yield await measure(stage, name, slowShare);
}

async function measure(stage: CellRunner, name: string, slowShare: number): Promise<Figures> {
  const peer = peerNamed(name);
  await using server = await stage.start(peer);
  await using memory = new Memory(server);
  let parked = NaN;
  const played = await stage.run([server], {
    kind: "load",
    tongue: peer.tongue,
    plan: {
      ...{
        url: server.chatUrl(),
        members: MEMBERS,
        publishers: 8,
        textBytes: TEXT_BYTES,
        slowShare,
      },
      ...{ pace: { kind: "closed", window: 1 }, connectsAtOnce: 64 },
      ...{ warmupMs: 1000, measureMs: 5000 },
    },
  }, async (phase) => {
    if (phase === "measuring") await memory.watch();
    if (phase === "measured") parked = await server.metric("parley_connections", 'state="parked"');
  });
  const figures = deliveryFigures(played);
  return {
    ...figures,
    perReader: (figures.perSecond ?? 0) / (MEMBERS * (1 - slowShare)),
    grownBytes: memory.grownBytes,
    parked,
    capBytes: MEMBERS * slowShare * MAX_BUFFERED_BYTES,
  };
}

/** Polls a server's memory and records the largest growth. */
class Memory implements AsyncDisposable {
  readonly #server: Server;
  #first = 0;
  #most = 0;
  #looking: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(server: Server) {
    this.#server = server;
  }

  get grownBytes(): number {
    return this.#most - this.#first;
  }

  async watch(): Promise<void> {
    this.#first = this.#most = await this.#server.residentBytes();
    this.#looking = this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      this.#most = Math.max(this.#most, await this.#server.residentBytes());
    }
  }
}
