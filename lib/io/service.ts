/**
 * The whole service, put together: bus, bridge, hub, heartbeat, door, listener. What is started here is stopped in
 * reverse, by disposing the service.
 * @module
 */
import { type Bus, EmbeddedBus } from "../chat/bus.ts";
import { type Clock, systemClock } from "../chat/clock.ts";
import { Echo } from "../chat/echo.ts";
import { type Census, Heartbeat } from "../chat/heartbeat.ts";
import { Hub } from "../chat/hub.ts";
import { Session } from "../chat/session.ts";
import type { Config } from "../core/config.ts";
import { Quota } from "../core/limits.ts";
import { pulsePolicy } from "../core/pulse.ts";
import { Bridge } from "./bridge.ts";
import { Door } from "./door.ts";
import { drain } from "./drain.ts";
import { Listener } from "./listener.ts";
import { log } from "./log.ts";
import { openPages } from "./pages.ts";
import { ReadinessCheck } from "./readiness.ts";
import { RedisBus } from "./redis_bus.ts";
import { type Places, routes } from "./routes.ts";
import { within } from "./within.ts";

const SHUTDOWN_MS = 400;

/** A service that runs. */
export interface Service extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** Its connections, by condition. */
  census(): Census;
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
export async function openService(config: Config, ca?: string): Promise<Service> {
  await using started = new AsyncDisposableStack();
  const life = new AbortController();
  const clock = systemClock;
  const pages = await openPages(config.maxMessageBytes);
  const bus = openBus(config, ca, clock, started);
  const hub = new Hub(bus);
  const bridge = started.use(
    new Bridge(`parley:${crypto.randomUUID()}`, (said) => hub.receive(said)),
  );
  const pingMs = config.pingSeconds * 1000;
  const heartbeat = new Heartbeat(clock, pulsePolicy({ ...config, pingMs }));
  const door = openDoor(config, clock, heartbeat);
  const readiness = new ReadinessCheck(bus, clock);
  const answer = routes({
    door,
    pages,
    census: () => heartbeat.census(),
    readiness: () => readiness.check(),
    ...conversations(config, clock, bus, hub),
  });
  const listener = new Listener(answer, clock, config);
  const { signal } = life;
  const tasks = [listener.run(signal), heartbeat.run(signal), bridge.carry(bus, signal)];
  started.defer(() => {
    life.abort();
    return finish([listener.shutdown(), ...tasks]);
  });
  const resources = started.move();
  const stop = async () => {
    door.shut();
    await drain(() => heartbeat.peers(), clock, signal);
    await resources.disposeAsync();
  };
  return {
    port: listener.port,
    broken: firstFailure(tasks),
    census: () => heartbeat.census(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function openBus(
  config: Config,
  ca: string | undefined,
  clock: Clock,
  started: AsyncDisposableStack,
): Bus {
  if (config.redisUrl === null) return new EmbeddedBus();
  return started.use(new RedisBus({ url: config.redisUrl, ca }, config.redisPrefix, clock));
}

function openDoor(config: Config, clock: Clock, heartbeat: Heartbeat): Door {
  return new Door({
    connections: { ...config, clock },
    heartbeat,
    quota: new Quota(config.maxConnections, config.connectionsPerAddress),
    origins: config.allowedOrigins,
    trustProxy: config.trustProxy,
    idleSeconds: config.pingSeconds * 2,
  });
}

function conversations(
  config: Config,
  clock: Clock,
  bus: Bus,
  hub: Hub,
): Pick<Places, "echo" | "chat"> {
  const context = { ...config, bus, hub, clock, random: Math.random };
  const { messagesPerSecond } = config;
  return {
    echo: (prefix) => (socket) => new Echo(socket, clock, { prefix, messagesPerSecond }),
    chat: (wish) => (socket) => new Session(socket, context, wish),
  };
}

/** Waits for everything to end, but not for long: the listener hangs on a peer that is stuck. */
async function finish(tasks: readonly Promise<void>[]): Promise<void> {
  try {
    await within(SHUTDOWN_MS, "The listener did not stop", Promise.all(tasks));
  } catch (error) {
    log.warn("service.not_finished", { error: String(error) });
  }
}

function firstFailure(tasks: readonly Promise<void>[]): Promise<Error> {
  return new Promise((resolve) => {
    for (const task of tasks) {
      task.catch((thrown) => resolve(thrown instanceof Error ? thrown : new Error(String(thrown))));
    }
  });
}
