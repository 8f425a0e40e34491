/**
 * The whole service, put together: what there is once for a process, and what serves people. What is started here is
 * stopped in reverse, by disposing the service.
 * @module
 */
import { type Clock, systemClock } from "../chat/clock.ts";
import type { Census } from "../chat/heartbeat.ts";
import { MeteredBus } from "../chat/metered_bus.ts";
import { slowDownCounters } from "../chat/meters.ts";
import { TopWatch } from "../chat/tops.ts";
import { budgetTable } from "../core/budgets.ts";
import type { Config } from "../core/config.ts";
import { Admissions } from "../core/admissions.ts";
import { Metrics } from "../core/metrics.ts";
import { openAdmin } from "./admin.ts";
import { type Backend, openBackend } from "./backend.ts";
import { Bridge } from "./bridge.ts";
import type { Base } from "./front.ts";
import { isHosted, isolateCount } from "./isolates/count.ts";
import { log } from "./log.ts";
import { guardMemory } from "./memory_guard.ts";
import { meterProcess, Overview } from "./overview.ts";
import { ReadinessCheck } from "./readiness.ts";
import { maxProcessBytes, serveHere, serveInIsolates, type Serving } from "./serving.ts";
import { finish, firstFailure } from "./tasks.ts";
import { watchClock } from "./wall_clock.ts";

const SWEEP_MS = 600_000;

/** A service that runs. */
export interface Service extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** The port of the admin listener; undefined where there is none. */
  readonly adminPort: number | undefined;
  /** Where what is said is kept, in words. */
  readonly kept: string;
  /** Whether files of the store will be opened later. */
  readonly opensFiles: boolean;
  /** How many isolates serve beside the main one. */
  readonly isolates: number;
  /** Its connections, by condition. */
  census(): Promise<Census>;
  /** Resolves with the reason where a task that must go on for ever has ended: nothing works properly any more. */
  readonly broken: Promise<Error>;
  /** Refuses new connections, says goodbye to all and waits for their answers; resolves within 5 s. */
  stop(): Promise<void>;
}

/**
 * Starts the service; it does not wait for Redis. Throws `Deno.errors.AddrInUse` where the port is taken.
 *
 * @param ca The certificate authority of `REDIS_CA_FILE`, in PEM.
 */
export async function openService(given: Config, ca?: string): Promise<Service> {
  const config = isHosted() ? hosted(given) : given;
  await using started = new AsyncDisposableStack();
  const life = new AbortController();
  const { signal } = life;
  const clock = systemClock;
  const metrics = new Metrics();
  meterProcess(metrics);
  const backend = await openBackend(config, ca, { clock, metrics }, started);
  const channel = `parley:${crypto.randomUUID()}`;
  const bridge = started.use(new Bridge(channel));
  const tops = new TopWatch(backend.bus, clock, (announced) => bridge.post(announced));
  const tasks = [
    tops.run(signal),
    sweep(backend, clock, signal),
    watchClock(clock, signal),
    bridge.carry(tops.watch(backend.bus.announcements(signal))),
  ];
  started.defer(() => {
    life.abort();
    return finish("The subscriber", tasks);
  });
  const opened = Promise.withResolvers<Serving>();
  const overview = new Overview(metrics, opened.promise);
  const admissions = new Admissions(config);
  const base = openBase(config, backend, admissions, clock, metrics, overview);
  const admin = openAdmin(config, base, clock);
  if (admin) {
    tasks.push(admin.run(signal));
    started.defer(() => {
      // A scrape under way must not delay the stop.
      life.abort();
      return finish("The admin listener", [admin.shutdown()]);
    });
  }
  const serving = started.use(await serve(config, base, channel, metrics));
  opened.resolve(serving);
  const processBytes = () => Deno.memoryUsage().rss;
  const maxBytes = maxProcessBytes(config);
  const guarded = { processBytes, maxBytes, serving, admissions, clock };
  tasks.push(guardMemory(guarded, signal));
  const resources = started.move();
  const stop = async () => {
    await serving.drain();
    await resources.disposeAsync();
  };
  return {
    port: serving.port,
    adminPort: admin?.port,
    kept: backend.kept,
    opensFiles: backend.opensFiles,
    isolates: serving.isolates,
    broken: Promise.race([serving.broken, firstFailure(tasks)]),
    census: () => overview.census(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A platform routes requests by their host name, so names are checked only on request; it has no second listener. */
function hosted(config: Config): Config {
  const { allowedHosts } = config;
  return {
    ...config,
    allowedHosts: allowedHosts.length > 0 ? allowedHosts : "*",
    adminPort: "off",
  };
}

function openBase(
  config: Config,
  { bus, secret }: Backend,
  admissions: Admissions,
  clock: Clock,
  metrics: Metrics,
  overview: Overview,
): Base {
  const readiness = new ReadinessCheck(bus, clock);
  const refused = slowDownCounters(metrics);
  return {
    bus: new MeteredBus({ bus, table: budgetTable(config), clock, refused }),
    secret,
    quota: {
      take: (key) => admissions.take(key, clock.now()),
      charge: (key, what) => admissions.charge(key, what, clock.now()),
    },
    census: () => overview.census(),
    readiness: () => readiness.check(),
    metrics: () => overview.metrics(),
  };
}

/** In isolates of their own where that is asked for, or where it is not forbidden and can be done. */
async function serve(
  config: Config,
  base: Base,
  channel: string,
  metrics: Metrics,
): Promise<Serving> {
  const count = isolateCount(config);
  if (count === 0) return await serveHere(config, base, channel);
  try {
    return await serveInIsolates(count, config, base, channel, metrics);
  } catch (error) {
    if (config.workers !== null || error instanceof Deno.errors.AddrInUse) throw error;
    log.warn("service.in_one_isolate", { why: String(error) });
    return await serveHere(config, base, channel);
  }
}

/** Drops what is too old; where it cannot be done now, it is done the next time. */
async function sweep(backend: Backend, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SWEEP_MS, signal);
    if (signal.aborted) return;
    await backend.sweep().catch((error) => log.warn("store.not_swept", { error: String(error) }));
  }
}
