/**
 * What stands behind the chat, as the settings say: Redis, or a store in this process, in a folder or in memory. With it
 * comes the secret by which people are known again, since it is kept in the same place.
 * @module
 */
import type { Archive, Bus, Register } from "../chat/bus.ts";
import type { Clock } from "../chat/clock.ts";
import { EmbeddedBus, type Store } from "../chat/embedded_bus.ts";
import { publishedCounter } from "../chat/meters.ts";
import { MemoryStore, type StoreQuota } from "../chat/memory_store.ts";
import { SpacedStore } from "../chat/spaced_store.ts";
import type { Config } from "../core/config.ts";
import { HISTORY_DEFAULTS } from "../core/settings_table.ts";
import type { Metrics } from "../core/metrics.ts";
import { withoutPassword } from "../core/redis_url.ts";
import type { Retention } from "../core/room_log.ts";
import { readOrMakeSecret } from "./data_dir.ts";
import { drawId } from "./identities.ts";
import { RedisBus } from "./redis/bus.ts";
import { openSqliteStore } from "./sqlite/store.ts";

/** A bus, and what is kept beside it. */
export interface Backend {
  /** Where words go and come from. */
  readonly bus: Bus & Archive & Register;
  /** Signs the tokens of those who come back; known when it has been read. */
  readonly secret: Promise<string>;
  /** Where what is said is kept, in words. */
  readonly kept: string;
  /** Whether files will be opened later, so that the permissions for them are still needed. */
  readonly opensFiles: boolean;
  /** Drops what is too old, also where nothing is said any more. */
  sweep(): Promise<void>;
}

/** What it is handed. */
export interface Tools {
  /** For waits and times. */
  readonly clock: Clock;
  /** Takes what is counted. */
  readonly metrics: Metrics;
}

/**
 * Opens the backend. Throws `StoreRefused` if the folder cannot be used or holds something that must not be touched.
 *
 * @param ca The certificate authority of `REDIS_CA_FILE`, in PEM.
 * @param started Takes what is to be closed.
 */
export function openBackend(
  config: Config,
  ca: string | undefined,
  tools: Tools,
  started: AsyncDisposableStack,
): Promise<Backend> | Backend {
  const { redisUrl, dataDir } = config;
  if (redisUrl !== null) return openRedis(config, { url: redisUrl, ca }, tools, started);
  // Never in memory unless requested: acknowledged messages would be lost at the next start.
  return dataDir === ":memory:" ? openMemory(config, tools) : openFolder(config, tools, started);
}

function openRedis(
  config: Config,
  address: { readonly url: string; readonly ca: string | undefined },
  { clock, metrics }: Tools,
  started: AsyncDisposableStack,
): Backend {
  const { redisPrefix: prefix, redisDurable: durable, sessionSecret } = config;
  const [retention, quota] = [retentionOf(config), quotaOf(config)];
  const options = { prefix, durable, retention, drawEpoch: drawId, quota };
  const bus = started.use(new RedisBus(address, options, clock, metrics));
  const secret = sessionSecret === null
    ? bus.agreeOnSecret(drawId())
    : Promise.resolve(sessionSecret);
  const kept = `messages in Redis at ${withoutPassword(address.url)}`;
  return { bus, secret, kept, opensFiles: false, sweep: () => bus.sweep() };
}

async function openFolder(
  config: Config,
  { clock, metrics }: Tools,
  started: AsyncDisposableStack,
): Promise<Backend> {
  const { dataDir, sessionSecret } = config;
  const retention = retentionOf(config);
  const store = started.use(openSqliteStore(dataDir, clock, retention, drawId, quotaOf(config)));
  const secret = sessionSecret ?? await readOrMakeSecret(dataDir);
  const bus = new EmbeddedBus(spaced(store), clock, publishedCounter(metrics));
  return {
    bus,
    secret: Promise.resolve(secret),
    kept: `messages in ${dataDir}${store.isReadOnly ? ", which can only be read" : ""}`,
    opensFiles: store.isReadOnly,
    sweep: () => store.sweep((room) => bus.isFollowed(room)),
  };
}

function openMemory(config: Config, { clock, metrics }: Tools): Backend {
  const store = new MemoryStore(clock, retentionOf(config), drawId, quotaOf(config));
  const bus = new EmbeddedBus(spaced(store), clock, publishedCounter(metrics));
  const secret = Promise.resolve(config.sessionSecret ?? drawId());
  const sweep = () => Promise.resolve(store.sweep((room) => bus.isFollowed(room)));
  return { bus, secret, kept: "messages in memory only", opensFiles: false, sweep };
}

/** Limits reads to one per turn of the event loop, so that publishing does not wait for all earlier reads. */
function spaced(store: Store): Store {
  return new SpacedStore(store, (deed) => void setImmediate(deed));
}

/** How much is kept, by the settings and the defaults of the kind of store. */
export function retentionOf(
  { historyMessages, historyHours, recoverLimit, redisUrl }: Config,
): Retention {
  const usual = HISTORY_DEFAULTS[redisUrl === null ? "embedded" : "redis"];
  const hours = historyHours ?? usual.hours;
  const messages = Math.max(historyMessages ?? usual.messages, recoverLimit);
  return { messages, entries: recoverLimit, ageMs: hours === 0 ? Infinity : hours * 3_600_000 };
}

const MIB = 1_048_576;

function quotaOf({ maxStoreMb, maxRoomsTotal }: Config): StoreQuota {
  const bytes = maxStoreMb === 0 ? Infinity : maxStoreMb * MIB;
  return { bytes, rooms: maxRoomsTotal === 0 ? Infinity : maxRoomsTotal };
}
