/**
 * The front: all that one isolate needs to serve people. It has its own sockets, sessions and hub, and stands on what is
 * there once for the whole process: the bus, the quota, the secret. Whether those are in the same isolate or at the other
 * end of a line, it cannot tell.
 * @module
 */
import meta from "../../deno.json" with { type: "json" };
import type { ServingBus } from "../chat/bus.ts";
import { type Clock, systemClock } from "../chat/clock.ts";
import { Echo } from "../chat/echo.ts";
import { type Census, Heartbeat } from "../chat/heartbeat.ts";
import { Hub } from "../chat/hub.ts";
import { JsonConversation } from "../chat/json_conversation.ts";
import { meterConnections, type ServingMeters, servingMeters } from "../chat/meters.ts";
import { MAX_READS_PER_ISOLATE } from "../chat/reader.ts";
import type { SessionContext } from "../chat/session.ts";
import { TextConversation } from "../chat/text_conversation.ts";
import { Turns } from "../chat/turns.ts";
import { ConnectionLimits } from "../core/allowance.ts";
import type { Config } from "../core/config.ts";
import { requestBuckets } from "../core/admissions.ts";
import { HostCheck } from "../core/hosts.ts";
import { Metrics, type Snapshot } from "../core/metrics.ts";
import { portionFor } from "../core/portions.ts";
import { SUBPROTOCOL } from "../core/protocol.ts";
import { pulsePolicy } from "../core/pulse.ts";
import { listen } from "./bridge.ts";
import { Door, type Turnstile } from "./door.ts";
import { drain, type DrainKind } from "./drain.ts";
import type { HealthSources } from "./health_answers.ts";
import { drawId, SignedIdentities } from "./identities.ts";
import { Listener } from "./listener.ts";
import { log } from "./log.ts";
import { openPages } from "./pages.ts";
import { type Places, routes } from "./routes.ts";
import type { Entrance } from "./socket.ts";
import { chargeSuspects } from "./suspects.ts";
import { finish, firstFailure } from "./tasks.ts";
import { within } from "./within.ts";

/** How long to wait for the bus to take note that this isolate hands its users over. */
const WITHDRAWAL_MS = 300;

/** What a front stands on. */
export interface Base extends HealthSources {
  /** Where words go. */
  readonly bus: ServingBus;
  /** Signs the tokens of those who come back; known when it has been read. */
  readonly secret: Promise<string>;
  /** How many may be connected to the whole process. */
  readonly quota: Turnstile;
}

/** Where a front stands in its process. */
export interface Station {
  /** The name of the process's bridge. */
  readonly channel: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Whether other isolates listen on the same port. */
  readonly isShared: boolean;
}

/** What one isolate tells of itself. */
export interface Report {
  /** Its connections, by condition. */
  readonly census: Census;
  /** What its heap and what it holds for slow readers take. */
  readonly bytes: number;
  /** What it has counted. */
  readonly counted: Snapshot;
}

/** One isolate that serves. */
export interface Front extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** What it tells of itself. */
  report(): Report;
  /** Resolves with the reason where a task that must go on for ever has ended. */
  readonly broken: Promise<Error>;
  /** Refuses new connections, closes all others and waits for their answers. */
  drain(kind: DrainKind): Promise<void>;
  /** Parks the connections with the largest backlogs, so that they take no more memory. */
  relieve(): void;
}

/** Opens it. Throws `Deno.errors.AddrInUse` where the port is taken. */
export async function openFront(config: Config, base: Base, station: Station): Promise<Front> {
  await using started = new AsyncDisposableStack();
  const life = new AbortController();
  const { signal } = life;
  const clock = systemClock;
  const pages = await openPages(config.maxMessageBytes);
  const metrics = new Metrics();
  const meters = servingMeters(metrics);
  const hub = started.use(openHub(config, clock, base, meters));
  started.use(listen(station.channel, (announced) => hub.receive(announced)));
  const pingMs = config.pingSeconds * 1000;
  const heartbeat = new Heartbeat(clock, pulsePolicy({ ...config, pingMs }));
  meterConnections(metrics, heartbeat);
  const door = openDoor(config, clock, heartbeat, base, meters);
  const answer = routes({
    door,
    pages,
    health: base,
    adminToken: config.adminToken,
    hosts: new HostCheck(config),
    requests: requestBuckets(config),
    clock,
    trustProxy: config.trustProxy,
    ...entrances(config, sessionContext(config, clock, base, hub, meters)),
  });
  const listener = new Listener(answer, clock, { ...config, ...station });
  const tasks = [listener.run(signal), heartbeat.run(signal), hub.run(signal)];
  started.defer(() => {
    life.abort();
    // It hangs on a peer that is stuck.
    return finish("The listener", [listener.shutdown(), ...tasks]);
  });
  const resources = started.move();
  return {
    port: listener.port,
    broken: firstFailure(tasks),
    report: () => ({
      census: heartbeat.census(),
      bytes: takenBytes(),
      counted: metrics.snapshot(),
    }),
    relieve: () => {
      const parked = heartbeat.relieve();
      if (parked > 0) log.info("memory.relieved", { parked });
    },
    async drain(kind) {
      door.shut();
      if (kind === "urgent") {
        const addresses = await chargeSuspects(() => heartbeat.peers(), clock, signal);
        log.warn("memory.suspected", { addresses });
      }
      await drain(kind, () => heartbeat.peers(), clock, Math.random, signal);
      // If the bus does not take note, the leases expire.
      await within(WITHDRAWAL_MS, "The rooms were not left", hub.withdraw()).catch(() => {});
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function openHub(config: Config, clock: Clock, { bus }: Base, meters: ServingMeters): Hub {
  const soon = (deed: () => void) => void setImmediate(deed);
  const node = drawId();
  const maxPortion = portionFor(config.maxBufferedBytes);
  const common = { bus, clock, meters, node, random: Math.random, drawId, soon, maxPortion };
  return new Hub({ ...config, ...common });
}

function openDoor(
  config: Config,
  clock: Clock,
  heartbeat: Heartbeat,
  { quota }: Base,
  meters: ServingMeters,
): Door {
  return new Door({
    connections: { ...config, clock, meters },
    heartbeat,
    quota,
    origins: config.allowedOrigins,
    idleSeconds: config.pingSeconds * 2,
  });
}

function sessionContext(
  config: Config,
  clock: Clock,
  { bus, secret }: Base,
  hub: Hub,
  meters: ServingMeters,
): SessionContext {
  const identities = new SignedIdentities(clock, secret);
  const card = {
    server: { name: "parley", version: meta.version },
    limits: {
      maxTextBytes: config.maxMessageBytes,
      maxMessageBytes: jsonBytes(config),
      maxRooms: config.maxRooms,
      messagesPerSecond: config.messagesPerSecond,
      bytesPerSecond: config.bytesPerSecond,
      recoverLimit: config.recoverLimit,
    },
    heartbeat: { seconds: config.pingSeconds },
  };
  const limits = new ConnectionLimits(config, meters.refused);
  const readTurns = new Turns(MAX_READS_PER_ISOLATE);
  const own = { bus, hub, identities, card, limits, readTurns };
  return { ...config, ...own, clock, random: Math.random, drawId };
}

/** A text as long as allowed, each of its bytes written as `\\u0000`, and room for the rest of the frame. */
function jsonBytes({ maxMessageBytes }: Config): number {
  return maxMessageBytes * 6 + 4_096;
}

function entrances(
  config: Config,
  context: SessionContext,
): Pick<Places, "echo" | "text" | "json"> {
  const { maxMessageBytes } = config;
  const echo = (prefix: string): Entrance => ({
    begin: (socket, address) => new Echo(socket, context, prefix, address),
    maxMessageBytes,
  });
  return {
    echo: config.echo === "on" ? echo : null,
    text: (wish) => ({
      begin: (socket, address) => new TextConversation(socket, context, wish, address),
      maxMessageBytes,
    }),
    json: {
      begin: (socket, address) => new JsonConversation(socket, context, address),
      subprotocol: SUBPROTOCOL,
      maxMessageBytes: jsonBytes(config),
    },
  };
}

/** Without the sockets' own buffers, which the runtime counts nowhere. */
function takenBytes(): number {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
}
