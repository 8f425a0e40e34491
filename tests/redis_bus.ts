/**
 * A bus over Redis for a test, and what a test wants to know of it.
 * @module
 */
import { type Clock, systemClock } from "../lib/chat/clock.ts";
import { type StoreQuota, UNLIMITED } from "../lib/chat/memory_store.ts";
import type { Metrics } from "../lib/core/metrics.ts";
import type { Retention } from "../lib/core/room_log.ts";
import { RedisBus } from "../lib/io/redis/bus.ts";
import { until } from "./provision.ts";
import { type RedisServer, startRedis } from "./redis_server.ts";

/** How a bus is opened where it is not as usual. */
export interface RedisBusInit {
  readonly prefix?: string;
  readonly ca?: string;
  readonly durable?: boolean;
  readonly retention?: Retention;
  readonly quota?: StoreQuota;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
}

/** Opens a bus in the background. */
export function openBus(url: string, init: RedisBusInit = {}): RedisBus {
  const { prefix = "test:", ca, durable = false, clock = systemClock } = init;
  const { retention = { messages: 1_000, entries: 1_000, ageMs: Infinity } } = init;
  const drawEpoch = () => crypto.getRandomValues(new Uint8Array(8)).toHex();
  const { quota = UNLIMITED } = init;
  const options = { prefix, durable, retention, drawEpoch, quota };
  return new RedisBus({ url, ca }, options, clock, init.metrics);
}

/** A quota whose bytes begin with what these servers take already. */
export async function quotaBeyond(
  servers: readonly RedisServer[],
  { bytes, rooms }: StoreQuota,
): Promise<StoreQuota> {
  const infos = await Promise.all(servers.map((it) => it.command("INFO", "memory")));
  const used = infos.map((info) => Number(/^used_memory:(\d+)/m.exec(String(info))?.[1]));
  return { bytes: used.reduce((sum, one) => sum + one, bytes), rooms };
}

/** Whether what is published comes back. */
export function isReady(bus: RedisBus): Promise<boolean> {
  return bus.probe().then(() => true, () => false);
}

/** Resolves when what is published comes back. */
export function ready(bus: RedisBus): Promise<void> {
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
  await ready(bus);
  const restart = async () => {
    await redis.kill();
    await until("the loss to be noticed", async () => !await isReady(bus));
    await redis.restart();
    await ready(bus);
  };
  const held = started.move();
  return { redis, bus, restart, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
