/**
 * A bus on Redis for a test, and what a test needs to know about it.
 * @module
 */
import { type Clock, systemClock } from "../../../lib/chat/ports/clock.ts";
import { type StoreQuota, UNLIMITED } from "../../../lib/chat/bus/memory_store.ts";
import { whenAborted } from "../../../lib/chat/when_aborted.ts";
import type { Metrics } from "../../../lib/core/metrics/metrics.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { RedisBus } from "../../../lib/io/redis/bus.ts";
import { until } from "../provision.ts";
import { type RedisServer, startRedis } from "./server.ts";

/** Non-default options of a bus. */
export interface RedisBusInit {
  readonly prefix?: string;
  readonly ca?: string;
  readonly durable?: boolean;
  readonly retention?: Retention;
  readonly quota?: StoreQuota;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
}

/** Waits forever where a bus would read again after 30 s, in case a message was lost. */
export const patientClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => ms === 30_000 ? whenAborted(signal) : systemClock.sleep(ms, signal),
};

/** Opens a bus in the background. */
export function openBus(url: string, init: RedisBusInit = {}): RedisBus {
  const { prefix = "test:", ca, durable = false, clock = systemClock } = init;
  const { retention = { messages: 1_000, entries: 1_000, ageMs: Infinity } } = init;
  const newEpoch = () => crypto.getRandomValues(new Uint8Array(8)).toHex();
  const { quota = UNLIMITED } = init;
  const options = { prefix, durable, retention, newEpoch, quota };
  return new RedisBus({ url, ca }, options, clock, init.metrics);
}

/** Two instances on one Redis with one prefix. */
export interface TwoInstances extends AsyncDisposable {
  /** Reads again only when it is told to; see {@linkcode patientClock}. */
  readonly here: RedisBus;
  readonly there: RedisBus;
}

/** Opens two instances, and waits until both are ready. */
export async function openTwoBuses(url: string, prefix: string): Promise<TwoInstances> {
  const here = openBus(url, { prefix, clock: patientClock });
  const there = openBus(url, { prefix });
  await Promise.all([here, there].map(whenReady));
  const dispose = async () => {
    await Promise.all([here, there].map((it) => it[Symbol.asyncDispose]()));
  };
  return { here, there, [Symbol.asyncDispose]: dispose };
}

/** A quota whose bytes start at the current use of these servers. */
export async function quotaBeyond(
  servers: readonly RedisServer[],
  { bytes, rooms }: StoreQuota,
): Promise<StoreQuota> {
  const infos = await Promise.all(servers.map((it) => it.command("INFO", "memory")));
  const used = infos.map((info) => Number(/^used_memory:(\d+)/m.exec(String(info))?.[1]));
  return { bytes: used.reduce((sum, one) => sum + one, bytes), rooms };
}

/** Whether a published message comes back. */
export function isReady(bus: RedisBus): Promise<boolean> {
  return bus.probe().then(() => true, () => false);
}

/** Resolves when a published message comes back. */
export function whenReady(bus: RedisBus): Promise<void> {
  return until("the bus to be ready", () => isReady(bus));
}

/** A Redis that can be ended and started, and a bus on it. */
export interface Restartable extends AsyncDisposable {
  readonly redis: RedisServer;
  readonly bus: RedisBus;
  /** Ends Redis, lets the bus notice, and starts it again. */
  restart(): Promise<void>;
}

/** Starts them. */
export async function openRestartable(
  init: RedisBusInit = {},
  args: readonly string[] = [],
): Promise<Restartable> {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis({ args }));
  const bus = started.use(openBus(redis.url, init));
  await whenReady(bus);
  const restart = async () => {
    await redis.kill();
    await until("the loss to be noticed", async () => !await isReady(bus));
    await redis.restart();
    await whenReady(bus);
  };
  const held = started.move();
  return { redis, bus, restart, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
