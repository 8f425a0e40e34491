/**
 * Runs one cell: owns the Redis that its servers share, starts and ends the servers, and limits how long the cell may
 * take.
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

/** The resources used between two readings. */
export interface ResourceUsage {
  /** CPU time of the servers, in microseconds. */
  readonly serverMicros: number;
  /** CPU time of Redis, in microseconds. */
  readonly redisMicros: number;
  /** Time between the readings. */
  readonly seconds: number;
}

/** The result of an order, and the resources used while it was measured. */
export interface MeasuredLoad {
  /** The report of the load process. */
  readonly report: Report;
  /** Used between the phases "measuring" and "measured". */
  readonly usage: ResourceUsage;
}

/** Returns the resources used since it was started. */
export type ReadUsage = () => Promise<ResourceUsage>;

/** The environment of one cell. */
export class CellRunner {
  /** Aborts when the cell must end. */
  readonly signal: AbortSignal;
  readonly #redis: RedisServer;

  /** Creates the environment of a cell. @param signal Ends the cell when it aborts. */
  constructor(redis: RedisServer, signal: AbortSignal) {
    this.#redis = redis;
    this.signal = signal;
  }

  /** Starts a server on an empty Redis. */
  async start(peer: Peer, settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    await this.#redis.command("FLUSHALL");
    return await this.join(peer, settings);
  }

  /** Starts another server on the same Redis, without emptying it. */
  join(peer: Peer, settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    return Server.start(peer, this.#redis.port, this.signal, settings);
  }

  /** Carries out an order. Resolves to its report and the resources used between "measuring" and "measured". */
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

  /** Starts measuring resources; the result returns what was used since. */
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

  /** Opens idle connections and holds them while a function runs. */
  async holdIdle(
    servers: readonly Server[],
    idle: { readonly tongue: WireProtocol; readonly url: string; readonly count: number },
    then: {
      /** Resources used until all were connected and the servers were idle again. */
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

  /** Waits until the servers are nearly idle, up to a limit. */
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
