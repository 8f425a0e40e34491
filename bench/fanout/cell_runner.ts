/**
 * Where a cell is played: the Redis that all share, one after another, and a limit to how long it may take.
 * @module
 */
import type { RedisServer } from "../../tests/support/redis/server.ts";
import { cpuMicros } from "./server/accounting.ts";
import { load, type Report } from "./load/load_process.ts";
import type { LoadOrder, WireProtocol } from "./load/orders.ts";
import type { Peer } from "./peers/peers.ts";
import { Server } from "./server/server.ts";

const CALM_MICROS = 10_000;
const LOOK_MS = 200;
const CALM_WITHIN_MS = 8_000;

/** What two readings of the accounts differ by. */
export interface ResourceUsage {
  /** Of all servers asked about, on a processor. */
  readonly serverMicros: number;
  /** Of Redis, on a processor. */
  readonly redisMicros: number;
  /** Between the readings. */
  readonly seconds: number;
}

/** What an order came to, and what was used while it was measured. */
export interface MeasuredLoad {
  /** The load's. */
  readonly report: Report;
  /** Between "measuring" and "measured". */
  readonly usage: ResourceUsage;
}

/** Says what was used since it was begun. */
export type ReadUsage = () => Promise<ResourceUsage>;

/** One cell's surroundings. */
export class CellRunner {
  /** Aborts when the cell has to end. */
  readonly signal: AbortSignal;
  readonly #redis: RedisServer;

  /** The surroundings of a cell that has to end when the signal aborts. */
  constructor(redis: RedisServer, signal: AbortSignal) {
    this.#redis = redis;
    this.signal = signal;
  }

  /** Starts a server on an empty Redis. */
  async start(peer: Peer, settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    await this.#redis.command("FLUSHALL");
    return await this.join(peer, settings);
  }

  /** Starts one more on the same Redis as it is. */
  join(peer: Peer, settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    return Server.start(peer, this.#redis.port, this.signal, settings);
  }

  /** Carries out an order; brings its report and what was used between "measuring" and "measured". */
  async run(
    servers: readonly Server[],
    order: LoadOrder,
    at: (phase: string) => Promise<void> | void = () => {},
  ): Promise<MeasuredLoad> {
    let readUsage: ReadUsage | undefined;
    let charge: ResourceUsage | undefined;
    const report = await load(order, async (phase) => {
      if (phase === "measured") charge = await readUsage?.();
      await at(phase);
      if (phase === "measuring") readUsage = await this.meter(servers);
    }, this.signal);
    for (const server of servers) server.assertRuns();
    if (!charge) throw new Error("The load was never measured");
    return { report, usage: charge };
  }

  /** Begins to charge: what is brought says what was used since. */
  async meter(servers: readonly Server[]): Promise<ReadUsage> {
    const read = async () => ({
      at: performance.now(),
      server: sum(await Promise.all(servers.map((it) => it.cpuMicros()))),
      redis: await cpuMicros(this.#redis.pid),
    });
    const before = await read();
    return async () => {
      const after = await read();
      return {
        serverMicros: after.server - before.server,
        redisMicros: after.redis - before.redis,
        seconds: (after.at - before.at) / 1000,
      };
    };
  }

  /** Opens connections that say nothing, and holds them while something else is done. */
  async holdIdle(
    servers: readonly Server[],
    idle: { readonly tongue: WireProtocol; readonly url: string; readonly count: number },
    then: {
      /** What it took until all were in and the servers were calm again. */
      joined?(charge: ResourceUsage): void;
      held(): Promise<void>;
    },
  ): Promise<void> {
    const readUsage = await this.meter(servers);
    await load({ kind: "idle", ...idle, connectsAtOnce: 64 }, async (phase) => {
      if (phase !== "connected") return;
      await this.waitUntilIdle(servers);
      then.joined?.(await readUsage());
      await then.held();
    }, this.signal);
    for (const server of servers) server.assertRuns();
  }

  /** Waits until the servers do next to nothing, or long enough. */
  async waitUntilIdle(servers: readonly Server[]): Promise<void> {
    const read = async () => sum(await Promise.all(servers.map((it) => it.cpuMicros())));
    const deadline = performance.now() + CALM_WITHIN_MS;
    for (let before = await read(); performance.now() < deadline;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const now = await read();
      if (now - before < CALM_MICROS * servers.length) return;
      before = now;
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
