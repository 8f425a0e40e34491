/**
 * What a load is, and what came of it: the words that the load generator is asked and answers in. A plan speaks of any
 * server, not only of ours: how one is talked to is a {@linkcode Dialogue}.
 * @module
 */

/** How a server is spoken to. */
export interface Dialogue {
  /** As in Sec-WebSocket-Protocol; undefined for none. */
  readonly subprotocol?: string;
  /** What connection number `index` sends when it is open. */
  opening(index: number): readonly string[];
  /** Whether this message says that the connection now hears the room; undefined: it does as soon as it is open. */
  readonly isReady?: (message: string) => boolean;
  /** What a message needs by way of an answer (a ping of the protocol's own); asked of messages without a text of ours. */
  readonly answer?: (message: string) => string | undefined;
  /** What is sent to say a text. It is of `A-Z a-z 0-9 . ~` only, so that nothing in it needs escaping. */
  say(text: string, id: string): string;
}

/**
 * When the publishers speak. Closed: each has `window` texts of its own on the way and says the next when it has heard
 * one. Open: so many texts a second over all publishers, on schedule whatever comes back.
 */
export type Pace =
  | { readonly kind: "closed"; readonly window: number }
  | { readonly kind: "open"; readonly perSecond: number };

/** What is to be done. */
export interface LoadPlan {
  /** `ws://host:port/path`, or `wss:`. */
  readonly url: string;
  /** What is spoken there. */
  readonly dialogue: Dialogue;
  /** Connections; all hear. */
  readonly members: number;
  /** The first so many of the members also speak. */
  readonly publishers: number;
  /** Each text is exactly so long; at least {@linkcode MARKER_BYTES}. */
  readonly textBytes: number;
  /** When the publishers speak. */
  readonly pace: Pace;
  /** The publishers speak for so long before it is measured. */
  readonly warmupMs: number;
  /** It is measured for so long. */
  readonly measureMs: number;
  /** When nothing has come for so long after measuring, nothing more comes: 3000 where nothing is said. */
  readonly quietMs?: number;
  /**
   * That share of the members, from 0 to 1, reads nothing at all from the moment when measuring begins until the end. The
   * last ones of those who do not speak are taken. What they would hear is counted nowhere.
   */
  readonly slowShare: number;
  /**
   * Members who are in no hurry: all who do not speak but for `prompt` of them look only every `restMs` whether something
   * has come. They hear and count everything, but latencies are measured with the others. Undefined: all are prompt.
   * It takes little of the machine to be many that way, and leaves it to the server.
   */
  readonly unhurried?: { readonly prompt: number; readonly restMs: number };
  /** So many handshakes are under way at a time. */
  readonly connectsAtOnce: number;
  /** Who hears a text: everybody, which is meant where nothing is said, or with an echo only who said it. */
  readonly hears?: "all" | "self";
}

/** How far it is. */
export type Phase = "connecting" | "connected" | "measuring" | "measured" | "done";

/** Where it stands, for people who wait. */
export interface Progress {
  /** What is going on. */
  readonly phase: Phase;
  /** Connections that are open. */
  readonly connected: number;
  /** Those of them that hear the room. */
  readonly ready: number;
  /** Texts said so far, before the measuring too. */
  readonly said: number;
  /** Texts heard so far by all together. */
  readonly heard: number;
}

/** Who looks on. */
export interface Watch {
  /** Told of each phase as it begins; awaited, so that something can be read exactly between two of them. */
  phase(phase: Phase): void | Promise<void>;
  /** Told four times a second. */
  progress?(progress: Progress): void;
}

/** What a histogram comes down to; all 0 where it is empty. */
export interface Spread {
  /** The median. */
  readonly p50: number;
  /** Nine of ten are not above it. */
  readonly p90: number;
  /** 99 of 100. */
  readonly p99: number;
  /** 999 of 1000. */
  readonly p999: number;
  /** The largest, exactly. */
  readonly max: number;
  /** The average, exactly. */
  readonly mean: number;
}

/** How many were closed by the other side, and with which close codes; 1006 where the connection just ended. */
export interface Disconnections {
  /** All of them. */
  readonly count: number;
  /** How many with each code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** How long handshakes took, in milliseconds. */
export interface ConnectTimes extends Spread {
  /** From the first to the last. */
  readonly total: number;
}

/** What came of it. Counted are the texts said while it was measured, also where they were heard after that. */
export interface LoadReport {
  /** As planned. */
  readonly members: number;
  /** As planned. */
  readonly publishers: number;
  /** Of the members, those who read nothing. */
  readonly slow: number;
  /** How long it was measured. */
  readonly seconds: number;
  /** Texts said. */
  readonly said: number;
  /** How often they should have been heard by all who read. */
  readonly expected: number;
  /** How often they were; a text heard again by the same member is not in it. */
  readonly deliveries: number;
  /** What was heard within the measured time, whenever it was said. */
  readonly arrived: number;
  /** Of what arrived. */
  readonly deliveriesPerSecond: number;
  /** `expected` without `deliveries`; what the disconnected did not hear is in it. */
  readonly lost: number;
  /** Heard again by the same member. */
  readonly doubled: number;
  /** Heard after a later text of the same publisher. */
  readonly outOfOrder: number;
  /** How long handshakes took. */
  readonly connectMs: ConnectTimes;
  /** From the first handshake on until all heard the room. */
  readonly readyMs: number;
  /** With those who are prompt: from being said, or from when it was due in an open loop that fell behind, to being heard. */
  readonly latencyMicros: Spread;
  /** Who was closed by the server after all had come. */
  readonly disconnected: Disconnections;
  /** How late the open loop was at worst: where it is much, it was the load generator that could not keep up. */
  readonly behindMs: number;
  /** The latencies: how many were at most so long and longer than the one before. Empty steps are left out. */
  readonly histogram: readonly { readonly upToMicros: number; readonly count: number }[];
}
