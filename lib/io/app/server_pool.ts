/**
 * Serves clients in the main thread or in workers, behind one interface. Callers do not need to know which of the two
 * is in use.
 * @module
 */
import { systemClock } from "../../chat/ports/clock.ts";
import { workerPoolMetrics } from "../../chat/metrics.ts";
import type { Config } from "../../core/config/config.ts";
import { mergeSnapshots, withoutGauges } from "../../core/metrics/merge.ts";
import type { Metrics, Snapshot } from "../../core/metrics/metrics.ts";
import { workerHealthPolicy } from "../../core/health/worker_health.ts";
import { reachesOtherWorkers } from "../serving/broadcast.ts";
import { type ServerReport, startChatServer } from "../serving/chat_server.ts";
import type { SharedServices } from "../serving/shared_services.ts";
import { WorkerHandle } from "../workers/worker_handle.ts";
import type { MoveState } from "../workers/recycle_planner.ts";
import { logger } from "../logger.ts";
import { Supervisor, type SupervisorContext } from "../workers/supervisor.ts";
import { firstFailure } from "../tasks.ts";
import { reservePort } from "./port_reservation.ts";
import type { KeyPair } from "../tls/key_pair.ts";
import type { PackedFiles } from "../web/packed_files.ts";

/** Serves clients, in this thread or in workers. */
export interface ServerPool extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** Number of workers; 0 if the main thread serves. */
  readonly workers: number;
  /** One report for each worker that has sent one. */
  reports(): Promise<readonly ServerReport[]>;
  /** Counters of the workers that have ended. */
  readonly retiredCounters: Snapshot;
  /** Resolves with the reason when a required task has ended and cannot be restarted. */
  readonly failed: Promise<Error>;
  /** Whether clients are being moved to another worker, or were a moment ago: they must be admitted again. */
  readonly moveState: MoveState;
  /** Parks the connections with the largest backlogs, so that they use no more memory. */
  dropLargestBacklogs(): void;
  /**
   * Uses another certificate for new connections. If the engine cannot do that, the clients are moved to new workers, one
   * worker at a time after this has resolved, or are disconnected for a moment if the main thread serves.
   */
  replaceKeyPair(pair: KeyPair): Promise<void>;
  /** Refuses new connections and closes all others; resolves a second after `DRAIN_SECONDS` at the latest. */
  drain(): Promise<void>;
}

/** What the servers of a pool have in common. */
export interface PoolOptions {
  /** The name of the process's broadcast channel. */
  readonly channel: string;
  /** The certificate for HTTPS; undefined for HTTP. */
  readonly keyPair: KeyPair | undefined;
  /** Addresses of this machine; undefined if unknown. */
  readonly addresses: readonly string[] | undefined;
  /** What the pages are made of. */
  readonly pageFiles: PackedFiles;
}

/** Workers cannot be started here; `cause` says why. The port can be opened. */
export class WorkersUnavailable extends Error {
  /** For log records; check with `instanceof`. */
  override readonly name = "WorkersUnavailable";
}

/** Serves in this thread. Throws `Deno.errors.AddrInUse` if the port is taken. */
export async function serveInProcess(
  config: Config,
  services: SharedServices,
  options: PoolOptions,
): Promise<ServerPool> {
  const server = await startChatServer(config, services, {
    ...options,
    port: config.port,
    isShared: false,
  });
  return {
    port: server.port,
    workers: 0,
    failed: server.failed,
    retiredCounters: [],
    reports: () => Promise.resolve([server.report()]),
    moveState: "no",
    dropLargestBacklogs: () => server.dropLargestBacklogs(),
    async replaceKeyPair(pair) {
      if (server.replaceKeyPair(pair)) return;
      logger.warn("tls.clients_disconnected");
      await server.reopenPort();
    },
    drain: () => server.drain("stop"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * Serves in `count` workers. Throws the runtime's error if the port cannot be opened, and {@linkcode WorkersUnavailable} if a
 * worker cannot be started.
 */
export async function serveInWorkers(
  count: number,
  config: Config,
  services: SharedServices,
  options: PoolOptions,
  metrics: Metrics,
): Promise<ServerPool> {
  if (!reachesOtherWorkers()) {
    const cause = new Error(
      "WORKERS needs BroadcastChannel, which this version of Deno does not have",
    );
    throw new WorkersUnavailable(cause.message, { cause });
  }
  using reservation = reservePort(config.host, config.port);
  const { port } = reservation;
  let { keyPair } = options;
  const life = new AbortController();
  let retiredCounters: Snapshot = [];
  const recycles = workerPoolMetrics(metrics, () => supervisor.count);
  const supervisor: Supervisor = new Supervisor({
    startWorker: (number) =>
      new WorkerHandle({ ...options, keyPair, config, port, number }, services, () => keyPair),
    count,
    ...limitsOf(config, count),
    stopMs: config.drainSeconds * 1000,
    processBytes: () => Deno.memoryUsage().rss,
    clock: systemClock,
    onEnded(why, latest) {
      recycles[why].add();
      retiredCounters = mergeSnapshots([retiredCounters, withoutGauges(latest?.metrics ?? [])]);
    },
  });
  try {
    await supervisor.start(life.signal);
  } catch (error) {
    await supervisor.terminate();
    throw new WorkersUnavailable("A worker cannot be started", { cause: error });
  }
  const task = supervisor.run(life.signal);
  return {
    port,
    workers: count,
    failed: Promise.race([supervisor.failed, firstFailure([task])]),
    get retiredCounters() {
      return retiredCounters;
    },
    get moveState() {
      return supervisor.moveState;
    },
    dropLargestBacklogs: () => supervisor.dropLargestBacklogs(),
    replaceKeyPair(pair) {
      keyPair = pair;
      return Promise.resolve();
    },
    reports: () => supervisor.reports(),
    drain: () => {
      // Stop replacing workers: a new worker would accept connections again.
      life.abort();
      return supervisor.drain();
    },
    async [Symbol.asyncDispose]() {
      life.abort();
      await supervisor.terminate();
    },
  };
}

/** Memory limit of the whole process, in bytes; Infinity for no limit. */
export function maxProcessBytes({ maxMemoryMb }: Pick<Config, "maxMemoryMb">): number {
  return maxMemoryMb === 0 ? Infinity : maxMemoryMb * 1024 * 1024;
}

function limitsOf(
  config: Config,
  workers: number,
): Pick<SupervisorContext, "policy" | "maxProcessBytes"> {
  const { maxConnections } = config;
  const maxBytes = maxProcessBytes(config);
  return {
    policy: workerHealthPolicy({ maxConnections, workers, maxBytes }),
    maxProcessBytes: maxBytes,
  };
}
