/**
 * The whole service, put together: bus, bridge, hub, heartbeat, door, listener. What is started here is stopped in
 * reverse, by disposing the service.
 * @module
 */
import meta from "../../deno.json" with { type: "json" };
import { type Clock, systemClock } from "../chat/clock.ts";
import { Echo } from "../chat/echo.ts";
import { type Census, Heartbeat } from "../chat/heartbeat.ts";
import { Hub } from "../chat/hub.ts";
import { JsonConversation } from "../chat/json_conversation.ts";
import type { SessionContext } from "../chat/session.ts";
import { TextConversation } from "../chat/text_conversation.ts";
import { TopWatch } from "../chat/tops.ts";
import type { Config } from "../core/config.ts";
import { Quota } from "../core/limits.ts";
import { SUBPROTOCOL } from "../core/protocol.ts";
import { pulsePolicy } from "../core/pulse.ts";
import { Bridge } from "./bridge.ts";
import { Door } from "./door.ts";
import { drain } from "./drain.ts";
import { drawId, SignedIdentities } from "./identities.ts";
import { Listener } from "./listener.ts";
import { log } from "./log.ts";
import { type Backend, openBackend } from "./backend.ts";
import { openPages } from "./pages.ts";
import { ReadinessCheck } from "./readiness.ts";
import { type Places, routes } from "./routes.ts";
import { within } from "./within.ts";

const SHUTDOWN_MS = 400;
const SWEEP_MS = 600_000;

/** A service that runs. */
export interface Service extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** Where what is said is kept, in words. */
  readonly kept: string;
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
  const backend = await openBackend(config, ca, clock, started);
  const hub = started.use(openHub(config, clock, backend));
  const bridge = started.use(
    new Bridge(`parley:${crypto.randomUUID()}`, (said) => hub.receive(said)),
  );
  const tops = new TopWatch(backend.bus, clock, (announced) => bridge.post(announced));
  const pingMs = config.pingSeconds * 1000;
  const heartbeat = new Heartbeat(clock, pulsePolicy({ ...config, pingMs }));
  const door = openDoor(config, clock, heartbeat);
  const readiness = new ReadinessCheck(backend.bus, clock);
  const answer = routes({
    door,
    pages,
    census: () => heartbeat.census(),
    readiness: () => readiness.check(),
    ...entrances(config, sessionContext(config, clock, backend, hub)),
  });
  const listener = new Listener(answer, clock, config);
  const { signal } = life;
  const tasks = [
    listener.run(signal),
    heartbeat.run(signal),
    hub.run(signal),
    tops.run(signal),
    sweep(backend, clock, signal),
    bridge.carry(tops.watch(backend.bus.announcements(signal))),
  ];
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
    kept: backend.kept,
    broken: firstFailure(tasks),
    census: () => heartbeat.census(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function openHub(config: Config, clock: Clock, { bus }: Backend): Hub {
  return new Hub({ ...config, bus, clock, node: drawId(), random: Math.random, drawId });
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

function sessionContext(
  config: Config,
  clock: Clock,
  { bus, secret }: Backend,
  hub: Hub,
): SessionContext {
  const identities = new SignedIdentities(clock, secret);
  const card = {
    server: { name: "parley", version: meta.version },
    limits: {
      maxTextBytes: config.maxMessageBytes,
      maxMessageBytes: jsonBytes(config),
      maxRooms: config.maxRooms,
      messagesPerSecond: config.messagesPerSecond,
      recoverLimit: config.recoverLimit,
    },
    heartbeat: { seconds: config.pingSeconds },
  };
  return { ...config, bus, hub, clock, random: Math.random, drawId, identities, card };
}

/** A text as long as allowed, each of its bytes written as `\\u0000`, and room for the rest of the frame. */
function jsonBytes({ maxMessageBytes }: Config): number {
  return maxMessageBytes * 6 + 4_096;
}

function entrances(
  config: Config,
  context: SessionContext,
): Pick<Places, "echo" | "text" | "json"> {
  const { messagesPerSecond, maxMessageBytes } = config;
  return {
    echo: (prefix) => ({
      begin: (socket) => new Echo(socket, context.clock, { prefix, messagesPerSecond }),
      maxMessageBytes,
    }),
    text: (wish) => ({
      begin: (socket) => new TextConversation(socket, context, wish),
      maxMessageBytes,
    }),
    json: {
      begin: (socket) => new JsonConversation(socket, context),
      subprotocol: SUBPROTOCOL,
      maxMessageBytes: jsonBytes(config),
    },
  };
}

/** Drops what is too old; where it cannot be done now, it is done the next time. */
async function sweep(backend: Backend, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SWEEP_MS, signal);
    if (signal.aborted) return;
    await backend.sweep().catch((error) => log.warn("store.not_swept", { error: String(error) }));
  }
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
