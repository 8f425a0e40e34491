/**
 * The metrics of each worker and of the main one that has the bus. Code that counts is passed its instruments, so
 * nothing here runs unless metrics are read. Do not rename metrics or labels: operators' dashboards rely on them. They
 * are documented in docs/operations/monitoring.md.
 * @module
 */
import type { AdmissionRefusal } from "../core/limits/connection_limits.ts";
import type { RecycleReason } from "../core/health/worker_health.ts";
import type { Counter, Histogram, Metrics } from "../core/metrics/metrics.ts";
import type { WebhookDispatcher } from "./webhooks/webhook_dispatcher.ts";
import type { BlockedTextCounters } from "./moderation/word_filter.ts";
import type { SlowDownRejection, UnavailableReason } from "./ports/bus.ts";
import type { StoreQuota, StoreUsage } from "./ports/store_quota.ts";
import type { ConnectionStatus, Heartbeat } from "./heartbeat.ts";

/** Bucket bounds in seconds, for what should take less than a tick. */
const SHORT_BUCKETS = [
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
];
/** Bucket bounds in seconds, for what users notice. */
const LONG_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** Metrics of the rooms of a worker. */
export interface RoomMetrics {
  /** Entries delivered live, counted once per subscriber. */
  readonly deliveries: Counter;
  /** Time from the first subscriber to the last, in seconds; observed per room and tick, or batch window. */
  readonly fanoutSeconds: Histogram;
  /** Time from storing an entry to the last subscriber, in seconds; observed per entry. */
  readonly deliverySeconds: Histogram;
  /** Length of the batch window, in seconds; observed per fan-out to subscribers for whom waiting saves something. */
  readonly batchWindowSeconds: Histogram;
  /** Gaps found. */
  readonly gapsDetected: Counter;
  /** Gaps filled, or known to be lost. */
  readonly gapsFilled: Counter;
  /** Reads of the log to fill gaps. */
  readonly replays: Counter;
  /** Entries that these reads returned. */
  readonly entriesRead: Counter;
  /** Losses reported to a room. */
  readonly losses: Counter;
}

/** Metrics of a worker that serves connections. */
export interface WorkerMetrics extends RoomMetrics {
  /** WebSocket messages received. */
  readonly messagesIn: Counter;
  /** WebSocket messages passed to the runtime. */
  readonly messagesOut: Counter;
  /** Messages that exceeded the budget of their connection or address. */
  readonly refused: Counter;
  /** Access tokens and tickets that were refused. */
  readonly refusedTokens: Counter;
  /** Connections that a limit has refused. */
  readonly refusedConnections: Readonly<Record<AdmissionRefusal, Counter>>;
  /** Texts that the word list has refused, held or masked. */
  readonly blockedTexts: BlockedTextCounters;
}

/** Registers the metrics of a worker. */
export function workerMetrics(metrics: Metrics): WorkerMetrics {
  return {
    messagesIn: metrics.counter("parley_messages_received_total", "WebSocket messages received."),
    messagesOut: metrics.counter(
      "parley_messages_sent_total",
      "WebSocket messages passed to the runtime. One can contain many entries.",
    ),
    refused: slowDownCounter(metrics, "connection"),
    refusedTokens: metrics.counter(
      "parley_tokens_refused_total",
      "Access tokens and tickets that did not identify a user.",
    ),
    refusedConnections: {
      "all taken": refusedConnectionCounter(metrics, "connections"),
      "all of this key taken": refusedConnectionCounter(metrics, "connections_per_address"),
      "too many handshakes": refusedConnectionCounter(metrics, "handshakes"),
      "address charged": refusedConnectionCounter(metrics, "unclosed_connections"),
      "no memory": refusedConnectionCounter(metrics, "memory"),
    },
    blockedTexts: {
      refused: blockedTextCounter(metrics, "refused"),
      held: blockedTextCounter(metrics, "held"),
      masked: blockedTextCounter(metrics, "masked"),
    },
    ...roomMetrics(metrics),
  };
}

function refusedConnectionCounter(metrics: Metrics, limit: string): Counter {
  return metrics.counter(
    "parley_connections_refused_total",
    "Connections that were refused, by the limit that was reached.",
    { limit },
  );
}

function blockedTextCounter(metrics: Metrics, outcome: keyof BlockedTextCounters): Counter {
  return metrics.counter(
    "parley_blocked_texts_total",
    "Texts with words of BLOCKED_WORDS_FILE, by what became of them.",
    { outcome },
  );
}

function roomMetrics(metrics: Metrics): RoomMetrics {
  return {
    deliveries: metrics.counter(
      "parley_deliveries_total",
      "Entries delivered live, one for each entry and member.",
    ),
    fanoutSeconds: metrics.histogram(
      "parley_fanout_seconds",
      "Time to pass the entries of one room and tick, or batch window, to all its members on one worker.",
      SHORT_BUCKETS,
    ),
    deliverySeconds: metrics.histogram(
      "parley_delivery_seconds",
      "Time from storing an entry until it was passed to all members on one worker. The difference " +
        "of two clocks, to the millisecond: with Redis, those of two machines. 0 if it is negative.",
      LONG_BUCKETS,
    ),
    batchWindowSeconds: metrics.histogram(
      "parley_batch_window_seconds",
      "Time for which the frames of a room may wait for others, 0 unless it is large and busy. " +
        "One value for each fan-out to members for whom waiting saves something.",
      SHORT_BUCKETS,
    ),
    gapsDetected: metrics.counter(
      "parley_gaps_detected_total",
      "Times a room detected that the entries announced to it were not all that the log has.",
    ),
    gapsFilled: metrics.counter(
      "parley_gaps_filled_total",
      "Times a room had read everything that was missing, or had learned that it is lost.",
    ),
    replays: metrics.counter("parley_gap_reads_total", "Ranges read from the log to fill gaps."),
    entriesRead: metrics.counter("parley_gap_entries_read_total", "Entries in those ranges."),
    losses: metrics.counter(
      "parley_losses_total",
      "Times a room's members on one worker received a lost frame: entries are gone for good.",
    ),
  };
}

/** Registers gauges of a worker's connections, counted when they are read. */
export function addConnectionGauges(
  metrics: Metrics,
  heartbeat: Heartbeat,
  statuses: readonly ConnectionStatus[],
): void {
  metrics.gauges(
    "parley_connections",
    "Connections by state. Stuck and dead ones can only be ended with their worker.",
    "state",
    () => heartbeat.connectionCounts(statuses),
  );
  metrics.gauge(
    "parley_buffered_bytes",
    "Bytes waiting to be sent to open and dropped connections, including overhead.",
    () => heartbeat.bufferedBytes(),
  );
}

/** Why an entry is not stored although its author may write it. */
export type RefusedWriteReason = UnavailableReason | "store_full" | "rooms_full";

/** Counts the entries that the store has acknowledged or refused. */
export interface PublishMetrics {
  /** Entries that the store acknowledged. */
  readonly published: Counter;
  /** Entries that were not stored, or perhaps not. */
  readonly refused: Readonly<Record<RefusedWriteReason, Counter>>;
}

/** Registers the counters of entries published through this process. */
export function publishMetrics(metrics: Metrics): PublishMetrics {
  const refused = (reason: RefusedWriteReason) =>
    metrics.counter(
      "parley_entries_refused_total",
      "Entries that the store did not acknowledge, by the reason.",
      { reason },
    );
  return {
    published: metrics.counter(
      "parley_entries_published_total",
      "Entries that the store acknowledged. A retried entry counts each time.",
    ),
    refused: {
      store_full: refused("store_full"),
      rooms_full: refused("rooms_full"),
      no_space: refused("no_space"),
      not_writable: refused("not_writable"),
      too_few_replicas: refused("too_few_replicas"),
      failing_over: refused("failing_over"),
      access_denied: refused("access_denied"),
      damaged: refused("damaged"),
      unavailable: refused("unavailable"),
    },
  };
}

/** Registers gauges of what is stored and may be stored, read when metrics are read. What is not known has no sample. */
export function addUsageGauges(
  metrics: Metrics,
  usage: () => StoreUsage,
  { bytes, rooms }: StoreQuota,
): void {
  const known = (limit: number) => limit === Infinity ? undefined : limit;
  metrics.gauge(
    "parley_store_bytes",
    "Stored bytes, as MAX_STORE_MB counts them.",
    () => usage().bytes,
  );
  metrics.gauge(
    "parley_store_limit_bytes",
    "MAX_STORE_MB in bytes. Not present without a limit.",
    () => known(bytes),
  );
  metrics.gauge("parley_stored_rooms", "Rooms with messages.", () => usage().rooms);
  metrics.gauge(
    "parley_stored_rooms_limit",
    "MAX_ROOMS_TOTAL. Not present without a limit.",
    () => known(rooms),
  );
}

/** Registers the gauge of readiness. @param isReady Whether the last check found the service ready. */
export function addReadyGauge(metrics: Metrics, isReady: () => boolean): void {
  metrics.gauge(
    "parley_ready",
    "1 if the service is ready, as /readyz answers; else 0.",
    () => isReady() ? 1 : 0,
  );
}

/** Registers the gauge of the certificate in use. @param expirySeconds Since 1970; undefined if that is not known. */
export function addCertificateGauge(
  metrics: Metrics,
  expirySeconds: () => number | undefined,
): void {
  metrics.gauge(
    "parley_tls_expiry_timestamp_seconds",
    "Time at which the certificate in use expires, in seconds since 1970.",
    expirySeconds,
  );
}

/** Counts messages that exceeded the budget of a user or a room. */
export type SlowDownCounters = Readonly<Record<SlowDownRejection["limit"], Counter>>;

/** Registers the counters of messages that exceeded the budget of a user or a room. */
export function slowDownCounters(metrics: Metrics): SlowDownCounters {
  return { user: slowDownCounter(metrics, "user"), room: slowDownCounter(metrics, "room") };
}

function slowDownCounter(
  metrics: Metrics,
  limit: SlowDownRejection["limit"] | "connection",
): Counter {
  return metrics.counter(
    "parley_rate_limited_total",
    "Messages refused with slow_down, by the limit that they exceeded.",
    { limit },
  );
}

/** Registers the histogram of Redis round trips. */
export function roundTripHistogram(metrics: Metrics): Histogram {
  return metrics.histogram(
    "parley_redis_round_trip_seconds",
    "Time from sending a command or script to Redis until its reply, or until the service gave up.",
    SHORT_BUCKETS,
  );
}

/** Registers the counters of unknown announcements and damaged rows in Redis. */
export function ignoredInputCounters(
  metrics: Metrics,
): Readonly<Record<"announcements" | "rows", Counter>> {
  const counter = (what: string) =>
    metrics.counter(
      "parley_redis_unknown_messages_total",
      "Skipped messages of other programs and damaged rows in Redis.",
      { what },
    );
  return { announcements: counter("announcement"), rows: counter("row") };
}

/** Registers the gauge of workers and the counters of replaced ones. */
export function workerPoolMetrics(
  metrics: Metrics,
  count: () => number,
): Readonly<Record<RecycleReason, Counter>> {
  metrics.gauge("parley_workers", "Workers that serve clients.", count);
  const counter = (reason: RecycleReason) =>
    metrics.counter("parley_worker_recycles_total", "Workers replaced.", { reason });
  return {
    died: counter("died"),
    dead_sockets: counter("dead_sockets"),
    grown: counter("grown"),
    silent: counter("silent"),
    certificate: counter("certificate"),
  };
}

/** Metrics of the deliveries to webhooks. */
export interface WebhookMetrics {
  /** Attempts, by what they led to. */
  readonly attempts: Readonly<Record<"delivered" | "refused" | "failed", Counter>>;
  /** Length of the attempts. */
  readonly attemptSeconds: Histogram;
  /** Messages that were given up. */
  readonly deadLetters: Counter;
  /** Ranges of the log that were lost before they were delivered. */
  readonly losses: Counter;
}

/** Registers the metrics of webhooks. */
export function webhookMetrics(metrics: Metrics): WebhookMetrics {
  const counter = (outcome: string) =>
    metrics.counter(
      "parley_webhook_attempts_total",
      "Attempts to deliver a message to a webhook, by what they led to.",
      { outcome },
    );
  return {
    attempts: {
      delivered: counter("delivered"),
      refused: counter("refused"),
      failed: counter("failed"),
    },
    attemptSeconds: metrics.histogram(
      "parley_webhook_attempt_seconds",
      "Time from the start of an attempt until the status of the answer, or until it failed.",
      LONG_BUCKETS,
    ),
    deadLetters: metrics.counter(
      "parley_webhook_dead_letters_total",
      "Messages to webhooks that were given up after three days.",
    ),
    losses: metrics.counter(
      "parley_webhook_losses_total",
      "Times that the log no longer had entries that a webhook was to be told.",
    ),
  };
}

/** Registers gauges of the webhooks of a process, counted when they are read. */
export function addWebhookGauges(
  metrics: Metrics,
  dispatcher: Pick<WebhookDispatcher, "ownedCount" | "failingRooms">,
): void {
  metrics.gauge(
    "parley_webhooks",
    "Webhooks that this process delivers to.",
    () => dispatcher.ownedCount,
  );
  metrics.gauge(
    "parley_webhook_failing_rooms",
    "Rooms of these webhooks whose next message has failed and waits to be tried again.",
    () => dispatcher.failingRooms,
  );
}

/** Metrics of the review of messages. */
export interface ReviewMetrics {
  /** Messages that were to be reviewed, by what became of them. */
  readonly requests: Readonly<
    Record<"accepted" | "rejected" | "replaced" | "failed" | "skipped", Counter>
  >;
  /** Time until the answer, or until there was none. Not observed for what was skipped. */
  readonly seconds: Histogram;
}

/** Registers the metrics of the review of messages. */
export function reviewMetrics(metrics: Metrics): ReviewMetrics {
  const counter = (outcome: string) =>
    metrics.counter(
      "parley_moderation_requests_total",
      "Messages and edits to be reviewed by MODERATION_URL, by what became of the review.",
      { outcome },
    );
  return {
    requests: {
      accepted: counter("accepted"),
      rejected: counter("rejected"),
      replaced: counter("replaced"),
      failed: counter("failed"),
      skipped: counter("skipped"),
    },
    seconds: metrics.histogram(
      "parley_moderation_seconds",
      "Time from a request to MODERATION_URL until its whole answer, or until the service gave up.",
      LONG_BUCKETS,
    ),
  };
}

/** Registers the gauge of the circuit breaker in front of `MODERATION_URL`. */
export function addReviewGauge(metrics: Metrics, isOpen: () => boolean): void {
  metrics.gauge(
    "parley_moderation_breaker_open",
    "1 while MODERATION_URL is not asked, since it gave no valid answers; else 0.",
    () => isOpen() ? 1 : 0,
  );
}
