/**
 * Opens the storage chosen by the settings: Redis, or a store in this process, in a folder or in memory. The secret
 * that signs session tokens comes with it, because it is stored in the same place.
 * @module
 */
import type { Bus, PresenceRegistry, RoomHistory } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { DirectoryStore } from "../../chat/ports/directory_store.ts";
import type { RevocationStore } from "../../chat/ports/revocation_store.ts";
import type { UsedTokens } from "../../chat/ports/used_tokens.ts";
import { EmbeddedBus, type Store } from "../../chat/bus/embedded_bus.ts";
import { publishMetrics } from "../../chat/metrics.ts";
import { MemoryStore, type StoreQuota, type StoreUsage } from "../../chat/bus/memory_store.ts";
import { SpacedStore } from "../../chat/bus/spaced_store.ts";
import { MemoryDirectoryStore } from "../../chat/members/memory_directory_store.ts";
import { MemoryRevocations } from "../../chat/revocations/memory_revocations.ts";
import type { Config } from "../../core/config/config.ts";
import { HISTORY_DEFAULTS } from "../../core/config/settings_table.ts";
import type { Metrics } from "../../core/metrics/metrics.ts";
import { withoutPassword } from "../../core/config/redis_url.ts";
import type { Retention } from "../../core/log/retention.ts";
import { MemoryTicketStore } from "../auth/memory_ticket_store.ts";
import { MemoryUsedTokens } from "../auth/memory_used_tokens.ts";
import { readOrCreateSecret } from "../auth/session_secret.ts";
import { newId } from "../auth/signed_tokens.ts";
import type { TicketStore } from "../auth/stored_tickets.ts";
import { openSqliteStore } from "../sqlite/store.ts";

/** A bus, its storage, the session secret and the tickets. */
export interface Backend {
  /** Publishes messages and delivers announcements. */
  readonly bus: Bus & RoomHistory & PresenceRegistry;
  /** Signs session tokens; resolves when it has been read from the storage. */
  readonly secret: Promise<string>;
  /** The tickets of all instances on the storage. */
  readonly tickets: TicketStore;
  /** The session tokens that guests have used. */
  readonly usedTokens: UsedTokens;
  /** Stores the revocations of all instances on the storage. */
  readonly revocations: RevocationStore;
  /** Members, names and invites. */
  readonly directory: DirectoryStore;
  /** Describes where messages are stored, for the startup message. */
  readonly storage: string;
  /** Whether files will be opened later, so that the file permissions must be kept. */
  readonly needsFileAccess: boolean;
  /** What may be stored at most. */
  readonly quota: StoreQuota;
  /** What is stored at the moment. */
  usage(): StoreUsage;
  /** Deletes expired messages, including those of inactive rooms. */
  sweep(): Promise<void>;
}

/** What a backend needs. */
export interface BackendContext {
  /** Measures time and waits. */
  readonly clock: Clock;
  /** Receives the backend's metrics. */
  readonly metrics: Metrics;
}

/**
 * Opens the backend. Throws `StoreRefused` if the folder cannot be used or holds files that must not be changed.
 *
 * @param ca The certificate authority of `REDIS_CA_FILE`, in PEM.
 * @param started Receives the resources to close on stop.
 */
export async function openBackend(
  config: Config,
  ca: string | undefined,
  context: BackendContext,
  started: AsyncDisposableStack,
): Promise<Backend> {
  const { redisUrl, dataDir } = config;
  if (redisUrl !== null) {
    return await openRedisBackend(config, { url: redisUrl, ca }, context, started);
  }
  // Never in memory unless requested: acknowledged messages would be lost at the next start.
  return dataDir === ":memory:"
    ? openMemoryBackend(config, context)
    : await openSqliteBackend(config, context, started);
}

async function openRedisBackend(
  config: Config,
  address: { readonly url: string; readonly ca: string | undefined },
  { clock, metrics }: BackendContext,
  started: AsyncDisposableStack,
): Promise<Backend> {
  // Only where it is used: the client's modules take half of the time that a service without Redis needs to start.
  const { RedisBus } = await import("../redis/bus.ts");
  const { redisPrefix: prefix, redisDurable: durable, sessionSecret } = config;
  const [retention, quota] = [retentionOf(config), quotaOf(config)];
  const options = { prefix, durable, retention, newEpoch: newId, quota };
  const bus = started.use(new RedisBus(address, options, clock, metrics));
  const secret = sessionSecret === null
    ? bus.getOrCreateSecret(newId())
    : Promise.resolve(sessionSecret);
  const storage = `messages in Redis at ${withoutPassword(address.url)}`;
  const { tickets, usedTokens, revocations, directory } = bus;
  const own = { bus, secret, tickets, usedTokens, revocations, directory, storage };
  const usage = () => bus.usage();
  return { ...own, quota, usage, needsFileAccess: false, sweep: () => bus.sweep() };
}

async function openSqliteBackend(
  config: Config,
  { clock, metrics }: BackendContext,
  started: AsyncDisposableStack,
): Promise<Backend> {
  const { dataDir, sessionSecret } = config;
  const [retention, quota] = [retentionOf(config), quotaOf(config)];
  const store = started.use(openSqliteStore(dataDir, clock, retention, newId, quota));
  const secret = sessionSecret ?? await readOrCreateSecret(dataDir);
  const bus = new EmbeddedBus(withReadSpacing(store), clock, publishMetrics(metrics));
  return {
    bus,
    secret: Promise.resolve(secret),
    tickets: new MemoryTicketStore(clock),
    usedTokens: store.usedTokens,
    revocations: store.revocations,
    directory: store.directory,
    storage: `messages in ${dataDir}${store.isReadOnly ? ", which can only be read" : ""}`,
    needsFileAccess: store.isReadOnly,
    quota,
    usage: () => store.usage(),
    sweep: () => store.sweep((room) => bus.isSubscribed(room)),
  };
}

function openMemoryBackend(config: Config, { clock, metrics }: BackendContext): Backend {
  const quota = quotaOf(config);
  const store = new MemoryStore(clock, retentionOf(config), newId, quota);
  const bus = new EmbeddedBus(withReadSpacing(store), clock, publishMetrics(metrics));
  const secret = Promise.resolve(config.sessionSecret ?? newId());
  const sweep = () => Promise.resolve(store.sweep((room) => bus.isSubscribed(room)));
  const tickets = new MemoryTicketStore(clock);
  const own = { bus, secret, tickets, usedTokens: new MemoryUsedTokens(clock) };
  const stores = { revocations: new MemoryRevocations(), directory: new MemoryDirectoryStore() };
  const usage = () => store.usage();
  const storage = "messages in memory only";
  return { ...own, ...stores, storage, needsFileAccess: false, quota, usage, sweep };
}

/** Limits reads to one per turn of the event loop, so that publishing does not wait for all earlier reads. */
function withReadSpacing(store: Store): Store {
  return new SpacedStore(store, (fn) => void setImmediate(fn));
}

/** How many messages are stored and for how long: the settings, else the defaults of the kind of store. */
export function retentionOf(
  { historyMessages, historyHours, recoverLimit, redisUrl }: Config,
): Retention {
  const defaults = HISTORY_DEFAULTS[redisUrl === null ? "embedded" : "redis"];
  const hours = historyHours ?? defaults.hours;
  const messages = Math.max(historyMessages ?? defaults.messages, recoverLimit);
  return { messages, entries: recoverLimit, ageMs: hours === 0 ? Infinity : hours * 3_600_000 };
}

const MIB = 1_048_576;

function quotaOf({ maxStoreMb, maxRoomsTotal }: Config): StoreQuota {
  const bytes = maxStoreMb === 0 ? Infinity : maxStoreMb * MIB;
  return { bytes, rooms: maxRoomsTotal === 0 ? Infinity : maxRoomsTotal };
}
