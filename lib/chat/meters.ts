/**
 * What is counted, by its names: what each serving isolate counts, and what the one with the bus does. Nothing here runs
 * where nobody asks; who counts is handed the instrument. Names and labels are promises to whoever has drawn a graph of
 * them, and stand in docs/operations.md.
 * @module
 */
import type { Counter, Histogram, Metrics } from "../core/metrics.ts";
import type { SlowedDown } from "./bus.ts";
import type { Heartbeat } from "./heartbeat.ts";

/** Bounds for what should take less than a tick, in seconds. */
const SHORT = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
/** Bounds for what people notice, in seconds. */
const LONG = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** What the rooms of an isolate count. */
export interface RoomMeters {
  /** Entries by the members who heard them. */
  readonly deliveries: Counter;
  /** From the first member to the last, in seconds; once for each room and tick. */
  readonly fanoutSeconds: Histogram;
  /** From an entry's time to all members, in seconds; once for each entry. */
  readonly deliverySeconds: Histogram;
  /** Something was missing. */
  readonly holesSeen: Counter;
  /** Nothing is missing any more. */
  readonly holesHealed: Counter;
  /** Readings of the log for holes. */
  readonly replays: Counter;
  /** What these brought. */
  readonly entriesRead: Counter;
  /** Something cannot be given any more, and the members were told. */
  readonly losses: Counter;
}

/** What a serving isolate counts. */
export interface ServingMeters extends RoomMeters {
  /** WebSocket messages that were received. */
  readonly messagesIn: Counter;
  /** WebSocket messages that were handed to the runtime. */
  readonly messagesOut: Counter;
  /** Messages that exceeded the budget of their connection or address. */
  readonly refused: Counter;
}

/** Makes the instruments of a serving isolate. */
export function servingMeters(metrics: Metrics): ServingMeters {
  return {
    messagesIn: metrics.counter("chat_messages_in_total", "WebSocket messages received."),
    messagesOut: metrics.counter(
      "chat_messages_out_total",
      "WebSocket messages handed to the runtime; one may hold many entries.",
    ),
    refused: slowDowns(metrics, "connection"),
    ...roomMeters(metrics),
  };
}

function roomMeters(metrics: Metrics): RoomMeters {
  return {
    deliveries: metrics.counter(
      "chat_deliveries_total",
      "Entries handed to members as they happened, one for each entry and member.",
    ),
    fanoutSeconds: metrics.histogram(
      "chat_fanout_seconds",
      "Time to hand what happened in one room and tick to all its members here.",
      SHORT,
    ),
    deliverySeconds: metrics.histogram(
      "chat_delivery_seconds",
      "Time from when the store entered something until all members here were handed it, to the " +
        "millisecond; by the clocks of two machines where there is Redis, and 0 where they say less.",
      LONG,
    ),
    holesSeen: metrics.counter(
      "chat_holes_seen_total",
      "Times that a room found that what was announced to it was not all that the log has.",
    ),
    holesHealed: metrics.counter(
      "chat_holes_healed_total",
      "Times that a room had read all of what was missing, or had learned that it is lost.",
    ),
    replays: metrics.counter("chat_replays_total", "Ranges read from the log to heal holes."),
    entriesRead: metrics.counter("chat_entries_read_total", "Entries in those ranges."),
    losses: metrics.counter(
      "chat_losses_total",
      "Times that a room's members here were told that something is lost for good.",
    ),
  };
}

/** Counts an isolate's connections whenever somebody asks. */
export function meterConnections(metrics: Metrics, heartbeat: Heartbeat): void {
  metrics.gauges(
    "chat_connections",
    "Connections by condition; stuck and dead ones can only be ended with their isolate.",
    "state",
    () => heartbeat.census(),
  );
  metrics.gauge(
    "chat_buffered_bytes",
    "Bytes that wait to be sent to open and parked connections, overheads included.",
    () => heartbeat.buffered(),
  );
}

/** Makes the counter of what goes into the logs through this process. */
export function publishedCounter(metrics: Metrics): Counter {
  return metrics.counter(
    "chat_published_total",
    "Entries acknowledged by the store, repetitions of one draft each counted.",
  );
}

/** Counts messages that exceeded the budget of a user or a room. */
export type SlowDownCounters = Readonly<Record<SlowedDown["limit"], Counter>>;

/** Makes the counters of messages that exceeded the budget of a user or a room. */
export function slowDownCounters(metrics: Metrics): SlowDownCounters {
  return { user: slowDowns(metrics, "user"), room: slowDowns(metrics, "room") };
}

function slowDowns(metrics: Metrics, limit: SlowedDown["limit"] | "connection"): Counter {
  return metrics.counter(
    "chat_slow_downs_total",
    "Messages refused with slow_down, by whose budget they were above.",
    { limit },
  );
}

/** Makes the histogram of what Redis takes. */
export function roundTripHistogram(metrics: Metrics): Histogram {
  return metrics.histogram(
    "chat_redis_round_trip_seconds",
    "Time from sending a command or script to Redis until its answer, or until it was given up.",
    SHORT,
  );
}

/** Makes the counters of foreign announcements and damaged rows in Redis. */
export function strayCounters(
  metrics: Metrics,
): Readonly<Record<"announcements" | "rows", Counter>> {
  const counter = (what: string) =>
    metrics.counter(
      "chat_redis_strays_total",
      "Announcements of strangers and damaged rows in Redis that were passed over.",
      { what },
    );
  return { announcements: counter("announcement"), rows: counter("row") };
}

/** Why an isolate was replaced: it ended, cannot end its connections, took too much memory, or did not answer. */
export type RecycleReason = "died" | "dead_sockets" | "grown" | "silent";

/** Counts isolates, and makes the counters of those that were replaced. */
export function isolateMeters(
  metrics: Metrics,
  count: () => number,
): Readonly<Record<RecycleReason, Counter>> {
  metrics.gauge("chat_isolates", "Isolates that serve.", count);
  const counter = (reason: RecycleReason) =>
    metrics.counter("chat_isolate_recycles_total", "Isolates replaced.", { reason });
  return {
    died: counter("died"),
    dead_sockets: counter("dead_sockets"),
    grown: counter("grown"),
    silent: counter("silent"),
  };
}
