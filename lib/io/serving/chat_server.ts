/**
 * Everything that one thread needs to serve clients: its own sockets, sessions and hub. It uses the services that
 * exist once per process (bus, quota, secret) through interfaces. Do not assume that they are in the same thread: in a
 * worker, each call goes over an RPC channel.
 * @module
 */
import { type Clock, systemClock } from "../../chat/ports/clock.ts";
import { type ConnectionCounts, Heartbeat } from "../../chat/heartbeat.ts";
import { GuestPace } from "../../chat/moderation/guest_pace.ts";
import { Sanctions } from "../../chat/moderation/sanctions.ts";
import { WordFilter } from "../../chat/moderation/word_filter.ts";
import { KnownNames } from "../../chat/members/known_names.ts";
import { KnownRevocations } from "../../chat/revocations/known_revocations.ts";
import { addConnectionGauges, workerMetrics } from "../../chat/metrics.ts";
import { UserSessions } from "../../chat/session/user_sessions.ts";
import type { Config } from "../../core/config/config.ts";
import { requestBuckets, tcpLimits } from "../../core/limits/connection_limits.ts";
import { AllowedHosts } from "../../core/http/allowed_hosts.ts";
import { Metrics, type Snapshot } from "../../core/metrics/metrics.ts";
import { pageUrl } from "../../core/config/startup_message.ts";
import { healthPolicy } from "../../core/health/connection_health.ts";
import { Upgrader } from "../http/upgrade.ts";
import { apiPaths } from "../api/api_paths.ts";
import { operatorPaths } from "../api/operator_paths.ts";
import { loadSignInProvider } from "../auth/sign_in/load_sign_in_provider.ts";
import { SignInCookies } from "../auth/sign_in/sign_in_cookies.ts";
import { StoredTickets } from "../auth/stored_tickets.ts";
import { followWords } from "../moderation/follow_words.ts";
import { Listener } from "../http/listener.ts";
import type { KeyPair } from "../tls/key_pair.ts";
import { logger } from "../logger.ts";
import { buildOf, loadPages } from "../web/pages.ts";
import type { PackedFiles } from "../web/packed_files.ts";
import { statedUsers } from "../http/stated_user.ts";
import { createRoutes, SIGN_IN_PATH } from "../http/routes.ts";
import { SignInHandler } from "../http/sign_in_handler.ts";
import { firstFailure, waitForEnd } from "../tasks.ts";
import { withTimeout } from "../timeout.ts";
import { onBroadcast } from "./broadcast.ts";
import { drain, type DrainContext, type DrainKind } from "./drain.ts";
import { createEndpoints, maxJsonBytes } from "./endpoints.ts";
import { loadEngine } from "./load_engine.ts";
import { chargeSuspects } from "./memory_suspects.ts";
import { createHub, createSessionContext } from "./create_sessions.ts";
import type { SharedServices } from "./shared_services.ts";

/** Timeout for withdrawing this node's users from the presence registry. */
const WITHDRAW_TIMEOUT_MS = 300;
/** How long the port stays closed until returning users can be admitted. The storage may be away for longer. */
const ADMIT_TIMEOUT_MS = 1_000;

/** Where a server listens. */
export interface ListenOptions {
  /** The name of the process's broadcast channel. */
  readonly channel: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Whether other workers listen on the same port. */
  readonly isShared: boolean;
  /** The certificate for HTTPS; undefined for HTTP. */
  readonly keyPair: KeyPair | undefined;
  /** Addresses of this machine; undefined if unknown. */
  readonly addresses: readonly string[] | undefined;
  /** What the pages are made of. */
  readonly pageFiles: PackedFiles;
}

/** The state of one server, for health checks and metrics. */
export interface ServerReport {
  /** Number of its connections, by status. */
  readonly connectionCounts: ConnectionCounts;
  /** Number of its connections that will never end by themselves. */
  readonly deadConnections: number;
  /** Memory of its heap and of what its objects hold outside of it, in bytes; without the sockets' own buffers. */
  readonly memoryBytes: number;
  /** All metrics of its thread. */
  readonly metrics: Snapshot;
}

/** The server of one thread. */
export interface ChatServer extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** Returns its current state. */
  report(): ServerReport;
  /** Resolves with the reason when a required task has ended. */
  readonly failed: Promise<Error>;
  /** Refuses new connections, closes all others and waits for the peers' close frames. */
  drain(kind: DrainKind): Promise<void>;
  /** Drops the connections with the largest backlogs, so that they use no more memory. */
  dropLargestBacklogs(): void;
  /** Uses another certificate for new connections and keeps the others; false if the engine cannot do that. */
  replaceKeyPair(pair: KeyPair): boolean;
  /** Closes all connections, as before a restart, and opens the port again with the last certificate. */
  reopenPort(): Promise<void>;
}

/** Starts the server. Throws `Deno.errors.AddrInUse` if the port is taken. */
export async function startChatServer(
  config: Config,
  services: SharedServices,
  options: ListenOptions,
): Promise<ChatServer> {
  await using started = new AsyncDisposableStack();
  const life = new AbortController();
  const { signal } = life;
  const clock = systemClock;
  const signIn = await createSignIn(config, clock, services);
  const pages = loadPages(
    options.pageFiles,
    config.maxMessageBytes,
    config,
    signIn && SIGN_IN_PATH,
  );
  const metrics = new Metrics();
  const instruments = workerMetrics(metrics);
  const engine = await loadEngine(config.websocketEngine);
  const names = new KnownNames();
  const { sharesWrites } = engine;
  const userSessions = new UserSessions();
  const pace = new GuestPace();
  const hub = started.use(
    createHub(config, clock, services, { instruments, sharesWrites, names, userSessions, pace }),
  );
  started.use(onBroadcast(options.channel, (announcements) => hub.dispatch(announcements)));
  const pingMs = config.pingSeconds * 1000;
  const heartbeat = new Heartbeat(clock, healthPolicy({ ...config, pingMs }));
  addConnectionGauges(metrics, heartbeat, engine.statuses);
  const revocations = new KnownRevocations();
  const words = new WordFilter(instruments.blockedTexts);
  const sanctions = new Sanctions(clock);
  const connections = { ...config, clock, heartbeat, metrics: instruments };
  const upgrader = new Upgrader({
    acceptor: engine.acceptor(connections),
    clock,
    quota: services.quota,
    origins: config.allowedOrigins,
    refused: instruments.refusedConnections,
  });
  const tickets = new StoredTickets(services.tickets, clock);
  const context = await createSessionContext(config, clock, services, {
    hub,
    tickets,
    revocations,
    names,
    words,
    sanctions,
    userSessions,
    pace,
    instruments,
    page: buildOf(pages),
  });
  const page = () => pageUrl({ ...config, port: listener.port }, options.addresses);
  const statedUser = statedUsers({ ...config, signIn, clock });
  const { adminToken, allowedOrigins: origins } = config;
  const { apiKeys } = services;
  const own = { sessions: context, connections, upgrader, statedUser, tickets, apiKeys, origins };
  const api = apiPaths(
    { ...config, ...own, maxBodyBytes: maxJsonBytes(config) },
    operatorPaths(services, { adminToken }, config, { clock, page }),
  );
  const handler = createRoutes({
    upgrader,
    pages,
    health: services,
    engine: engine.name,
    adminToken: config.adminToken,
    hosts: new AllowedHosts(config),
    requests: requestBuckets(config),
    clock,
    trustProxy: config.trustProxy,
    statedUser,
    signIn,
    api,
    ...createEndpoints(config, context),
  });
  const onRevoked = () => heartbeat.recheckUsers();
  sanctions.follow(hub, (event) => {
    if (event === undefined || event.kind === "role") names.onRolesChanged();
    heartbeat.recheckUsers(event);
    context.addressSanctions.onEvent(event, (room) => hub.find(room));
  });
  const following = [
    revocations.follow(services.revocations, onRevoked, signal),
    names.follow(services.directory, () => hub.onNamesChanged(), signal),
    names.moderators.follow(
      services.directory,
      (users) => {
        hub.onRolesChanged(users);
        onRevoked();
      },
      { clock, random: Math.random, bus: services.bus },
      signal,
    ),
  ];
  started.defer(() => life.abort());
  if (config.blockedWordsFile !== null) {
    const followed = followWords(services.words, words, signal);
    following.push(followed);
    // Users may not write before there is a list.
    await Promise.race([words.ready, followed]);
  }
  const canAdmit = Promise.all([
    revocations.ready,
    context.sessionTokens.ready,
    sanctions.whenKnown,
  ]);
  await withTimeout(ADMIT_TIMEOUT_MS, "Tokens cannot be judged", canAdmit).catch(() => {});
  const listener = await Listener.open(
    { engine, handler, clock, tcpLimits: tcpLimits(config) },
    { ...config, ...options },
  );
  const tasks = [
    listener.run(signal),
    heartbeat.run(signal),
    hub.run(signal),
    ...following,
  ];
  started.defer(() => {
    life.abort();
    // shutdown() does not resolve while a peer is stuck, so the wait is bounded.
    return waitForEnd("The listener", [listener.shutdown(), ...tasks]);
  });
  const resources = started.move();
  const draining: DrainContext = {
    peers: () => heartbeat.peers(),
    ...{ clock, random: Math.random, flush: () => hub.flush() },
    stopMs: config.drainSeconds * 1000,
  };
  return {
    port: listener.port,
    failed: firstFailure(tasks),
    report: () => {
      const connectionCounts = heartbeat.connectionCounts(engine.statuses);
      return {
        connectionCounts,
        deadConnections: sumOf(engine.deadStatuses.map((status) => connectionCounts[status] ?? 0)),
        memoryBytes: usedMemoryBytes(),
        metrics: metrics.snapshot(),
      };
    },
    dropLargestBacklogs: () => {
      const dropped = heartbeat.dropLargestBacklogs();
      if (dropped > 0) logger.info("memory.clients_dropped", { dropped });
    },
    replaceKeyPair: (pair) => listener.replaceKeyPair(pair),
    async reopenPort() {
      using _pause = upgrader.pause();
      await drain("stop", draining, signal);
      listener.reopen();
    },
    async drain(kind) {
      upgrader.stopAccepting();
      if (kind === "urgent") {
        const addresses = await chargeSuspects(() => heartbeat.peers(), clock, signal);
        logger.warn("memory.addresses_suspected", { addresses });
      }
      await drain(kind, draining, signal);
      // If this fails, the leases expire.
      await withTimeout(WITHDRAW_TIMEOUT_MS, "The rooms were not left", hub.withdraw()).catch(
        () => {},
      );
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function createSignIn(
  config: Config,
  clock: Clock,
  { secret }: SharedServices,
): Promise<SignInHandler | undefined> {
  const loaded = await loadSignInProvider(config, clock);
  if (loaded === undefined) return undefined;
  const cookies = new SignInCookies({ ...config, ...loaded }, clock, secret);
  return new SignInHandler({ ...loaded, cookies, origins: config.allowedOrigins, clock });
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Excludes the sockets' own buffers, which the runtime does not report. */
function usedMemoryBytes(): number {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
}
