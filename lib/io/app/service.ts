/**
 * Assembles the whole service: the parts that exist once per process, and the servers. Disposing the service stops the
 * parts in reverse order of their start.
 * @module
 */
import { type Clock, systemClock } from "../../chat/ports/clock.ts";
import type { ConnectionCounts } from "../../chat/heartbeat.ts";
import { RateLimitedBus } from "../../chat/bus/rate_limited_bus.ts";
import {
  addCertificateGauge,
  addReadyGauge,
  addUsageGauges,
  slowDownCounters,
} from "../../chat/metrics.ts";
import { announceEvent } from "../../chat/moderation/moderate.ts";
import { StoredRoomIndex } from "../../chat/rooms/stored_room_index.ts";
import { StoredApiKeys } from "../../chat/members/stored_api_keys.ts";
import { MemberDirectory } from "../../chat/members/member_directory.ts";
import { WordListFeed } from "../../chat/moderation/word_list_feed.ts";
import { NameFeed } from "../../chat/members/name_feed.ts";
import { RevocationFeed } from "../../chat/revocations/revocation_feed.ts";
import { TopAnnouncer } from "../../chat/bus/top_announcer.ts";
import { budgetTable } from "../../core/limits/budgets.ts";
import type { Config } from "../../core/config/config.ts";
import { shouldChangeEngine } from "../../core/config/engine_advice.ts";
import { pageUrl } from "../../core/config/startup_message.ts";
import { AdmissionControl } from "../../core/limits/connection_limits.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import { operatorPaths } from "../api/operator_paths.ts";
import { SignedRequests } from "../api/signed_requests.ts";
import { openAdminListener } from "../http/admin_listener.ts";
import { loadEngine } from "../serving/load_engine.ts";
import { type Backend, openBackend } from "./backend.ts";
import { Broadcaster } from "../serving/broadcast.ts";
import type { SharedServices } from "../serving/shared_services.ts";
import { isHosted, workerCount } from "../workers/worker_count.ts";
import { logger } from "../logger.ts";
import { guardMemory } from "./memory_guard.ts";
import { ProcessStats, registerProcessMetrics } from "./process_stats.ts";
import { QuotaWatch } from "./quota_watch.ts";
import { ReadinessCheck } from "../http/readiness.ts";
import {
  maxProcessBytes,
  type PoolOptions,
  serveInProcess,
  serveInWorkers,
  type ServerPool,
  WorkersUnavailable,
} from "./server_pool.ts";
import { firstFailure, waitForEnd } from "../tasks.ts";
import { monitorClock } from "./clock_monitor.ts";
import { type KeySet, RemoteKeySet } from "../auth/authenticators/key_set.ts";
import { LoggedDirectory } from "../auth/logged_directory.ts";
import { memberIds } from "../auth/member_ids.ts";
import { newId } from "../auth/signed_tokens.ts";
import { createModeration } from "./moderation.ts";
import { createWebhooks } from "./webhooks.ts";
import { checkWordText, readWordText, type WordFile } from "../moderation/word_file.ts";
import { watchWordFile } from "../moderation/word_file_watch.ts";
import { type KeyPair, readKeyPair } from "../tls/key_pair.ts";
import { watchKeyPair } from "../tls/key_pair_watch.ts";
import { packFiles } from "../web/packed_files.ts";

const SWEEP_MS = 600_000;

/** A running service. */
export interface Service extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** The port of the admin listener; undefined without one. */
  readonly adminPort: number | undefined;
  /** The URL of the page, to which all links lead. */
  readonly page: string;
  /** Describes where messages are stored, for the startup message. */
  readonly storage: string;
  /** Whether files of the store will be opened later, so that the file permissions must be kept. */
  readonly needsFileAccess: boolean;
  /** Number of workers; 0 if the main thread serves. */
  readonly workers: number;
  /** Number of connections, by status. */
  connectionCounts(): Promise<ConnectionCounts>;
  /** The secret of a link for the first owner; undefined if there is a member. Rejects with `BusUnavailable`. */
  inviteFirstOwner(): Promise<string | undefined>;
  /** Resolves with the reason when a required task has ended; the service must then be stopped. */
  readonly failed: Promise<Error>;
  /** Refuses new connections, and closes all others. Resolves four seconds after `DRAIN_SECONDS` at the latest. */
  stop(): Promise<void>;
}

/** The contents of the files that settings name. */
export interface SettingFiles {
  /** The certificate authority of `REDIS_CA_FILE`, in PEM. */
  readonly redisCa?: string | undefined;
  /** The certificate of `TLS_CERT_FILE` and its key. */
  readonly keyPair?: KeyPair | undefined;
  /** The key of `JWT_PUBLIC_KEY_FILE`. */
  readonly tokenKey?: KeySet | undefined;
  /** The word list of `BLOCKED_WORDS_FILE`. */
  readonly words?: WordFile | undefined;
}

/**
 * Starts the service without waiting for Redis. Throws `Deno.errors.AddrInUse` if the port is taken.
 *
 * @param addresses Addresses of this machine, for links to a service that listens on all; undefined if unknown.
 */
export async function startService(
  settings: Config,
  { redisCa, keyPair, tokenKey, words: wordFile }: SettingFiles = {},
  addresses?: readonly string[],
): Promise<Service> {
  const config = isHosted() ? hostedConfig(settings) : settings;
  await using started = new AsyncDisposableStack();
  const life = new AbortController();
  const { signal } = life;
  const clock = systemClock;
  const metrics = new Metrics();
  registerProcessMetrics(metrics, config.websocketEngine);
  const backend = await openBackend(config, redisCa, { clock, metrics }, started);
  const quotas = new QuotaWatch(backend.quota, () => backend.usage());
  addUsageGauges(metrics, () => backend.usage(), backend.quota);
  const channel = `parley:${crypto.randomUUID()}`;
  const broadcaster = started.use(new Broadcaster(channel));
  const announcer = new TopAnnouncer(
    backend.bus,
    clock,
    (announced) => broadcaster.post(announced),
  );
  const { bus } = backend;
  const revocations = new RevocationFeed(backend.revocations, { clock, bus });
  const store = backend.directory;
  const names = new NameFeed(store, { clock, bus });
  const directory = new LoggedDirectory(
    new MemberDirectory({
      ...{ store, names, clock, ids: memberIds },
      revoke: (revocation) => revocations.revoke(revocation),
      announce: (event, author) => announceEvent(event, author, { bus, newId }),
      isRevoked: (issued) => revocations.isRevoked(issued),
    }),
  );
  const { dispatcher, admin: webhooks } = createWebhooks(backend, config, { clock, metrics });
  const tasks = [
    announcer.run(signal),
    dispatcher.run(signal),
    revocations.run(signal),
    names.run(signal),
    sweepPeriodically(() => Promise.all([backend.sweep(), revocations.sweep()]), clock, signal),
    monitorClock(clock, signal),
    quotas.run(clock, signal),
    broadcaster.postAll(
      dispatcher.observe(announcer.observe(backend.bus.announcements(signal))),
    ),
  ];
  started.defer(() => {
    life.abort();
    return waitForEnd("The subscriber", tasks);
  });
  const poolStarted = Promise.withResolvers<ServerPool>();
  const stats = new ProcessStats(metrics, poolStarted.promise);
  const admissions = new AdmissionControl(config);
  const keys = config.jwksUrl === null
    ? { read: () => Promise.resolve(tokenKey) }
    : new RemoteKeySet(config.jwksUrl, clock);
  const words = new WordListFeed();
  if (wordFile) words.replace(wordFile.text);
  const roomIndex = new StoredRoomIndex(store);
  const apiKeys = new StoredApiKeys({
    ...{ store, clock, ids: memberIds },
    revoke: (revocation) => revocations.revoke(revocation),
  });
  const moderation = createModeration(config, { clock, metrics });
  const members = { directory, roomIndex, apiKeys };
  const problems = () => [
    ...backend.bus.problems?.() ?? [],
    ...quotas.problems(),
    ...moderation.problems(),
  ];
  const readiness = new ReadinessCheck({ probe: () => backend.bus.probe(), problems }, clock);
  addReadyGauge(metrics, () => readiness.isReady);
  const { reviewer } = moderation;
  const once = { ...backend, keys, revocations, words, ...members, webhooks, reviewer, readiness };
  const services = createServices(config, once, admissions, clock, metrics, stats);
  const engine = await loadEngine(config.websocketEngine);
  if (shouldChangeEngine(config) && !isHosted()) {
    logger.info("engine.recommended", {
      setting: "WEBSOCKET_ENGINE=node",
      why:
        "the service is reachable from other machines, and the engine deno cannot limit what it buffers for a client",
    });
  }
  const signed = new SignedRequests({ ...config, secret: backend.secret }, clock);
  const access = { adminToken: config.adminToken, signed };
  let port = config.port;
  const page = () => pageUrl({ ...config, port }, addresses);
  const api = operatorPaths(services, access, config, { clock, page });
  const admin = await openAdminListener(config, { health: services, api }, clock, engine);
  if (admin) {
    tasks.push(admin.run(signal));
    started.defer(() => {
      // A scrape in progress must not delay the stop.
      life.abort();
      return waitForEnd("The admin listener", [admin.shutdown()]);
    });
  }
  const pool = started.use(
    await startPool(
      config,
      services,
      { channel, keyPair, addresses, pageFiles: packFiles() },
      metrics,
    ),
  );
  port = pool.port;
  poolStarted.resolve(pool);
  if (keyPair) {
    const read = (inUse: KeyPair) => readKeyPair(config.tlsCertFile, config.tlsKeyFile, inUse);
    const onChange = (pair: KeyPair) => pool.replaceKeyPair(pair);
    let validUntil: Date | undefined;
    addCertificateGauge(metrics, () => validUntil && validUntil.getTime() / 1_000);
    const onValidity = (until: Date | undefined) => validUntil = until;
    tasks.push(watchKeyPair({ read, clock, onChange, onValidity }, keyPair, signal));
  }
  const { blockedWordsFile } = config;
  if (wordFile && blockedWordsFile !== null) {
    const read = () => readWordText(blockedWordsFile);
    const check = (text: string) => checkWordText(blockedWordsFile, text);
    const onChange = (text: string) => words.replace(text);
    tasks.push(watchWordFile({ read, check, clock, onChange }, wordFile, signal));
  }
  const processBytes = () => Deno.memoryUsage().rss;
  const maxBytes = maxProcessBytes(config);
  const guardContext = { processBytes, maxBytes, pool, admissions, clock };
  tasks.push(guardMemory(guardContext, signal));
  const resources = started.move();
  const stop = async () => {
    await pool.drain();
    await resources.disposeAsync();
  };
  return {
    port: pool.port,
    adminPort: admin?.port,
    page: page(),
    storage: backend.storage,
    needsFileAccess: backend.needsFileAccess,
    workers: pool.workers,
    failed: Promise.race([pool.failed, firstFailure(tasks)]),
    connectionCounts: () => stats.connectionCounts(),
    inviteFirstOwner: async () => {
      const answer = await directory.manage({ kind: "operator" }, { kind: "first owner" });
      return answer.kind === "invited" ? answer.secret : undefined;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Deno Deploy kills a process five seconds after it has sent the stop signal. */
const HOSTED_DRAIN_SECONDS = 3;

/** Hosting platforms route requests by host name, so hosts are checked only if set; they allow no second listener. */
export function hostedConfig(config: Config): Config {
  const { allowedHosts } = config;
  return {
    ...config,
    allowedHosts: allowedHosts.length > 0 ? allowedHosts : "*",
    adminPort: "off",
    drainSeconds: Math.min(config.drainSeconds, HOSTED_DRAIN_SECONDS),
  };
}

function createServices(
  config: Config,
  { bus, readiness, ...once }:
    & { readonly readiness: ReadinessCheck }
    & Pick<Backend, "bus" | "secret" | "tickets" | "usedTokens">
    & Pick<
      SharedServices,
      | "keys"
      | "revocations"
      | "words"
      | "directory"
      | "roomIndex"
      | "apiKeys"
      | "webhooks"
      | "reviewer"
    >,
  admissions: AdmissionControl,
  clock: Clock,
  metrics: Metrics,
  stats: ProcessStats,
): SharedServices {
  const refused = slowDownCounters(metrics);
  return {
    bus: new RateLimitedBus({ bus, table: budgetTable(config), clock, refused }),
    ...once,
    quota: {
      acquire: (key) => admissions.acquire(key, clock.now()),
      charge: (key, what) => admissions.charge(key, what, clock.now()),
    },
    connectionCounts: () => stats.connectionCounts(),
    readiness: () => readiness.check(),
    metrics: async () => {
      // For its gauge.
      await readiness.check();
      return await stats.metrics();
    },
  };
}

/** Starts workers if the settings require or allow it; falls back to this thread unless they require it. */
async function startPool(
  config: Config,
  services: SharedServices,
  options: PoolOptions,
  metrics: Metrics,
): Promise<ServerPool> {
  const count = workerCount(config);
  if (count === 0) return await serveInProcess(config, services, options);
  try {
    return await serveInWorkers(count, config, services, options, metrics);
  } catch (error) {
    if (!(error instanceof WorkersUnavailable)) throw error;
    if (config.workers !== null) throw error.cause;
    logger.warn("service.workers_unavailable", { why: String(error.cause) });
    return await serveInProcess(config, services, options);
  }
}

/** Deletes what has expired every ten minutes; a failed sweep is logged and repeated at the next one. */
async function sweepPeriodically(
  sweep: () => Promise<unknown>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SWEEP_MS, signal);
    if (signal.aborted) return;
    await sweep().catch((error) => logger.warn("store.sweep_failed", { error: String(error) }));
  }
}
