/**
 * All members come back at the same time, as after an outage or a restart: each when the server has asked it to, and again
 * whenever an attempt fails.
 * @module
 */
import { systemClock } from "../chat/ports/clock.ts";
import type { ReturnReport } from "./plan.ts";
import { percentilesOf } from "./stats/counters.ts";
import { FineHistogram } from "./stats/histogram.ts";
import { ConnectFailed } from "./ws/handshake.ts";

/** What {@linkcode ReturnStorm} needs. */
export interface ReturnStormInit {
  /** Number of members. */
  readonly count: number;
  /** Maximum number of members that are connecting at the same time. */
  readonly connectsAtOnce: number;
  /** Connects a member. Rejects with ConnectFailed. */
  connect(index: number): Promise<void>;
  /** How long the server has asked a member to wait, in milliseconds. */
  afterMs(index: number): number;
}

/** A failed attempt is repeated after this time, or up to twice as long. */
const RETRY_MS = 500;
/** The storm ends when no further member has come back within this time. */
const STALLED_MS = 60_000;
const POLL_MS = 50;

/** One return of all members. */
export class ReturnStorm {
  readonly #init: ReturnStormInit;
  /** When members have come back, in milliseconds after the beginning. */
  readonly #back = new Map<number, number>();
  readonly #hasLeft = new Set<number>();
  readonly #queue: number[] = [];
  readonly #life = new AbortController();
  #active = 0;
  #failures = 0;
  #beganAt: number | undefined;
  #lastBackAt = 0;
  #error: { readonly error: unknown } | undefined;

  /** Waits for the first connection to end. */
  constructor(init: ReturnStormInit) {
    this.#init = init;
  }

  /** A member's connection has ended, the old one or a new one. */
  onEnded(index: number): void {
    const now = systemClock.now();
    this.#lastBackAt = Math.max(this.#lastBackAt, this.#beganAt ??= now);
    this.#back.delete(index);
    const afterMs = this.#init.afterMs(index);
    if (!this.#hasLeft.has(index)) {
      this.#hasLeft.add(index);
      this.#returnAfter(index, afterMs);
    } else {
      this.#failures += 1;
      this.#returnAfter(index, Math.max(afterMs, retryMs()));
    }
  }

  /** A member has joined its rooms again. */
  onReady(index: number): void {
    this.#lastBackAt = systemClock.now();
    this.#back.set(index, this.#lastBackAt - (this.#beganAt ?? this.#lastBackAt));
  }

  /** Resolves when all are back, when none has come back for a minute, or when the signal aborts. */
  async whenOver(signal: AbortSignal): Promise<ReturnReport> {
    const { count } = this.#init;
    try {
      while (this.#back.size < count && !signal.aborted) {
        if (this.#error) throw this.#error.error;
        const stalledMs = this.#beganAt === undefined ? 0 : systemClock.now() - this.#lastBackAt;
        if (stalledMs > STALLED_MS) break;
        await systemClock.sleep(POLL_MS, signal);
      }
    } finally {
      this.#life.abort();
    }
    const times = new FineHistogram();
    for (const ms of this.#back.values()) times.record(ms * 1_000);
    return {
      missing: count - this.#back.size,
      seconds: (this.#lastBackAt - (this.#beganAt ?? this.#lastBackAt)) / 1_000,
      backMs: percentilesOf(times, 1_000),
      failures: this.#failures,
    };
  }

  async #returnAfter(index: number, ms: number): Promise<void> {
    if (ms > 0) await systemClock.sleep(ms, this.#life.signal);
    if (this.#life.signal.aborted) return;
    this.#queue.push(index);
    this.#startNext();
  }

  #startNext(): void {
    while (this.#active < this.#init.connectsAtOnce) {
      const index = this.#queue.shift();
      if (index === undefined) return;
      this.#active += 1;
      this.#attempt(index);
    }
  }

  async #attempt(index: number): Promise<void> {
    try {
      await this.#init.connect(index);
    } catch (error) {
      if (error instanceof ConnectFailed) {
        this.#failures += 1;
        this.#returnAfter(index, retryMs());
      } else this.#error ??= { error };
    } finally {
      this.#active -= 1;
      if (!this.#life.signal.aborted) this.#startNext();
    }
  }
}

function retryMs(): number {
  return RETRY_MS * (1 + Math.random());
}
