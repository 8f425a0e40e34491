/**
 * Serving people: by a front in this isolate, or by isolates of their own. Whoever opens it need not know which.
 * @module
 */
import { systemClock } from "../chat/clock.ts";
import { isolateMeters } from "../chat/meters.ts";
import type { Config } from "../core/config.ts";
import { lasting, sum } from "../core/metric_sums.ts";
import type { Metrics, Snapshot } from "../core/metrics.ts";
import { supervisionPolicy } from "../core/supervision.ts";
import { reachesOtherIsolates } from "./bridge.ts";
import { type Base, openFront, type Report } from "./front.ts";
import { Isolate } from "./isolates/isolate.ts";
import type { Moving } from "./isolates/recycling.ts";
import { Supervisor, type SupervisorContext } from "./isolates/supervisor.ts";
import { firstFailure } from "./tasks.ts";

/** What serves. */
export interface Serving extends AsyncDisposable {
  /** The port that is listened on. */
  readonly port: number;
  /** How many isolates serve beside the main one. */
  readonly isolates: number;
  /** What each isolate that serves tells of itself. */
  reports(): Promise<readonly Report[]>;
  /** What those have counted that serve no more. */
  readonly past: Snapshot;
  /** Resolves with the reason where something has ended that must go on, and is not mended. */
  readonly broken: Promise<Error>;
  /** Whether clients are being moved to another isolate, or were a moment ago: those must be admitted again. */
  readonly moving: Moving;
  /** Parks the connections with the largest backlogs, so that they take no more memory. */
  relieve(): void;
  /** Refuses who comes and says goodbye to all; resolves within 4.5 s. */
  drain(): Promise<void>;
}

/** Serves in this isolate. Throws `Deno.errors.AddrInUse` where the port is taken. */
export async function serveHere(config: Config, base: Base, channel: string): Promise<Serving> {
  const front = await openFront(config, base, { channel, port: config.port, isShared: false });
  return {
    port: front.port,
    isolates: 0,
    broken: front.broken,
    past: [],
    reports: () => Promise.resolve([front.report()]),
    moving: "no",
    relieve: () => front.relieve(),
    drain: () => front.drain("stop"),
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}

/**
 * Serves in so many isolates. Throws `Deno.errors.AddrInUse` where the port is taken, and an error where an isolate cannot
 * be started.
 */
export async function serveInIsolates(
  count: number,
  config: Config,
  base: Base,
  channel: string,
  metrics: Metrics,
): Promise<Serving> {
  if (!reachesOtherIsolates()) {
    throw new Error("WORKERS needs BroadcastChannel, which this version of Deno does not have");
  }
  const port = findPort(config);
  const life = new AbortController();
  let past: Snapshot = [];
  const recycles = isolateMeters(metrics, () => supervisor.count);
  const supervisor: Supervisor = new Supervisor({
    start: (number) => new Isolate({ config, channel, port, number }, base),
    count,
    ...limitsOf(config, count),
    processBytes: () => Deno.memoryUsage().rss,
    clock: systemClock,
    ended(why, latest) {
      recycles[why].add();
      past = sum([past, lasting(latest?.counted ?? [])]);
    },
  });
  try {
    await supervisor.start(life.signal);
  } catch (error) {
    await supervisor.end();
    throw error;
  }
  const task = supervisor.run(life.signal);
  return {
    port,
    isolates: count,
    broken: Promise.race([supervisor.broken, firstFailure([task])]),
    get past() {
      return past;
    },
    get moving() {
      return supervisor.moving;
    },
    relieve: () => supervisor.relieve(),
    reports: () => supervisor.reports(),
    drain: () => {
      // Nobody is replaced any more, or it would let people in again.
      life.abort();
      return supervisor.drain();
    },
    async [Symbol.asyncDispose]() {
      life.abort();
      await supervisor.end();
    },
  };
}

/** What the whole process may take; Infinity for any. */
export function maxProcessBytes({ maxMemoryMb }: Pick<Config, "maxMemoryMb">): number {
  return maxMemoryMb === 0 ? Infinity : maxMemoryMb * 1024 * 1024;
}

function limitsOf(
  config: Config,
  isolates: number,
): Pick<SupervisorContext, "policy" | "maxProcessBytes"> {
  const { maxConnections } = config;
  const maxBytes = maxProcessBytes(config);
  return {
    policy: supervisionPolicy({ maxConnections, isolates, maxBytes }),
    maxProcessBytes: maxBytes,
  };
}

/**
 * A port that is free, or known to be: isolates that share one listen beside whoever has it already, without a word
 * (Deno 2.9.6), and given 0 they would each listen on another.
 */
function findPort({ host, port }: Config): number {
  using listener = Deno.listen({ hostname: host, port });
  return listener.addr.transport === "tcp" ? listener.addr.port : port;
}
