/**
 * The types of the load generator's input and output: a plan, and the report of a run. A plan works with any server, not
 * only ours: a {@linkcode ClientProtocol} defines the messages.
 * @module
 */

/** The messages of a server's protocol. */
export interface ClientProtocol {
  /** Value of Sec-WebSocket-Protocol; undefined for none. */
  readonly subprotocol?: string;
  /** The messages that connection number `index` sends when it has opened, and each time that it has come back. */
  openingMessages(index: number): readonly string[];
  /**
   * Whether the connection has joined all of its rooms with this message; undefined if it joins by opening. Called once for each
   * message until then.
   */
  readonly isReady?: (message: string, index: number) => boolean;
  /** The reply that a message requires, such as to a ping of the protocol. Called for messages without a marked text. */
  readonly reply?: (message: string, index: number) => string | undefined;
  /**
   * The message that sends a text. The text has only `A-Z a-z 0-9 . ~`, so it needs no escaping.
   *
   * @param publisher Index of the connection that sends. @param seq The number of the text among its own.
   */
  encodeSay(text: string, id: string, publisher: number, seq: number): string;
  /**
   * Number of rooms that each connection joins. With several, a connection counts as connecting until it has joined them.
   *
   * @default 1
   */
  readonly rooms?: number;
  /** How long the server has asked a connection to wait before it comes back, in milliseconds. */
  readonly afterMs?: (index: number) => number;
}

/**
 * When the publishers send. Closed: each keeps `window` texts in flight, and sends the next when it receives one of its
 * own. Open: `perSecond` texts over all publishers, on schedule, no matter what is received.
 */
export type Pace =
  | { readonly kind: "closed"; readonly window: number }
  | { readonly kind: "open"; readonly perSecond: number };

/** The parameters of a run. */
export interface LoadPlan {
  /** `ws://host:port/path`, or `wss:`. */
  readonly url: string;
  /** The server's protocol. */
  readonly protocol: ClientProtocol;
  /** Number of connections; all receive texts. */
  readonly members: number;
  /** Number of members that also send; they are the first ones. */
  readonly publishers: number;
  /** Exact length of each text; at least {@linkcode MARKER_BYTES}. */
  readonly textBytes: number;
  /** When the publishers send. */
  readonly pace: Pace;
  /** How long the publishers send before the measurement begins. */
  readonly warmupMs: number;
  /** Duration of the measurement. */
  readonly measureMs: number;
  /**
   * After the measurement, the run ends when nothing has been received for this time.
   *
   * @default 3000
   */
  readonly quietMs?: number;
  /**
   * Share of the members, from 0 to 1, that stop reading when the measurement begins. They are the last of the members
   * that do not send. Texts that they would receive are not counted.
   */
  readonly slowShare: number;
  /**
   * Makes all members that do not send, except `prompt` of them, read only every `restMs`. They receive and count
   * everything, but latencies are measured only with the others. A large number of such members takes little CPU time,
   * which leaves it to the server. Undefined: all members are prompt.
   */
  readonly unhurried?: { readonly prompt: number; readonly restMs: number };
  /** Maximum number of members that are connecting at the same time. */
  readonly connectsAtOnce: number;
  /**
   * Number of groups. Member `i` belongs to group `i % groups`, and a text is received by the group of its publisher. With as many
   * groups as members, only the publisher receives it, as with an echo.
   *
   * @default 1
   */
  readonly groups?: number;
  /** Whether all members come back in the end, after their connections were cut here, or after the server was restarted. */
  readonly comeBack?: "cut" | "restart" | undefined;
}

/** The phases of a run, in order. */
export type Phase = "connecting" | "connected" | "measuring" | "measured" | "returning" | "done";

/** The progress of a run. */
export interface LoadProgress {
  /** The current phase. */
  readonly phase: Phase;
  /** Number of open connections. */
  readonly connected: number;
  /** Number of members that have joined the room. */
  readonly ready: number;
  /** Texts sent so far, including the warm-up. */
  readonly said: number;
  /** Texts received so far, by all members together. */
  readonly received: number;
}

/** Is notified of the progress of a run. */
export interface LoadObserver {
  /** Called when a phase begins; awaited, so that the observer can read figures exactly between two phases. */
  onPhase(phase: Phase): void | Promise<void>;
  /** Called four times a second. */
  onProgress?(progress: LoadProgress): void;
}

/** Summary of a histogram; all 0 if it is empty. */
export interface Percentiles {
  /** The median. */
  readonly p50: number;
  /** The 90th percentile. */
  readonly p90: number;
  /** The 99th percentile. */
  readonly p99: number;
  /** The 99.9th percentile. */
  readonly p999: number;
  /** The largest, exactly. */
  readonly max: number;
  /** The average, exactly. */
  readonly mean: number;
}

/** Connections that the server ended, by close code; 1006 if it sent no close frame. */
export interface Disconnections {
  /** Total number. */
  readonly count: number;
  /** Number for each code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Durations of handshakes, in milliseconds. */
export interface ConnectTimes extends Percentiles {
  /** From the start of the first to the end of the last. */
  readonly total: number;
}

/** How the members came back. */
export interface ReturnReport {
  /** Number of members that have not come back. */
  readonly missing: number;
  /** From when the first connection was lost until the last member had joined its rooms again. */
  readonly seconds: number;
  /** When members had joined their rooms again, in milliseconds after the first connection was lost. */
  readonly backMs: Percentiles;
  /** Attempts that failed, and connections that were lost again. */
  readonly failures: number;
}

/** The result of a run. It counts the texts sent during the measurement, even if they were received later. */
export interface LoadReport {
  /** As planned. */
  readonly members: number;
  /** As planned. */
  readonly publishers: number;
  /** Number of members that read nothing. */
  readonly slow: number;
  /** Duration of the measurement. */
  readonly seconds: number;
  /** Texts sent. */
  readonly said: number;
  /** Number of deliveries if all members that read had received all texts. */
  readonly expected: number;
  /** Actual number of deliveries, without duplicates. */
  readonly deliveries: number;
  /** Deliveries during the measurement, including texts sent before it. */
  readonly arrived: number;
  /** `arrived` per second. */
  readonly deliveriesPerSecond: number;
  /** `expected` minus `deliveries`; includes texts that disconnected members did not receive. */
  readonly lost: number;
  /** Texts received again by the same member. */
  readonly doubled: number;
  /** Texts received after a later text of the same publisher. */
  readonly outOfOrder: number;
  /** Durations of handshakes. */
  readonly connectMs: ConnectTimes;
  /** From the start of the first handshake until all members had joined the room. */
  readonly readyMs: number;
  /** Latencies of prompt members: from sending to receiving, or from the due time if an open loop fell behind. */
  readonly latencyMicros: Percentiles;
  /** Connections that the server ended after all members had joined. */
  readonly disconnected: Disconnections;
  /** Maximum delay of the open loop; a large value means that the load generator could not keep up. */
  readonly behindMs: number;
  /** How the members came back, if they were to. */
  readonly returned?: ReturnReport | undefined;
  /** Latencies by step: `count` of them are at most `upToMicros` and above the previous step. Empty steps are omitted. */
  readonly histogram: readonly { readonly upToMicros: number; readonly count: number }[];
}
