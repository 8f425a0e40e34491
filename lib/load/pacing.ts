/**
 * When the publishers send: when they receive their own text (closed loop), or on a schedule (open loop). Use a closed
 * loop to measure throughput, and an open loop to measure latency.
 * @module
 */
import { systemClock } from "../chat/ports/clock.ts";
import type { Pace } from "./plan.ts";

/** Decides when publishers send. */
export interface Pacing {
  /** Maximum delay behind the schedule, in milliseconds. */
  readonly behindMs: number;
  /** Call when a publisher has received a text of its own. */
  onOwnText(publisher: number, seq: number): void;
  /** Sends until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Sends a publisher's next text. @param lateMs How long ago it was due. */
export type SendText = (publisher: number, lateMs: number) => void;

/** Creates the pacing of a plan. */
export function pacingOf(pace: Pace, publishers: number, sendText: SendText): Pacing {
  return pace.kind === "closed"
    ? new ClosedPacing(publishers, pace.window, sendText)
    : new OpenPacing(publishers, pace.perSecond, sendText);
}

/** A publisher that has received none of its own texts for this time sends one more: those in flight are lost. */
const STALLED_MS = 2_000;

class ClosedPacing implements Pacing {
  readonly behindMs = 0;
  readonly #window: number;
  readonly #sendText: SendText;
  readonly #lastSeq: Int32Array;
  readonly #hasProgressed: Uint8Array;
  #isRunning = false;

  constructor(publishers: number, window: number, sendText: SendText) {
    this.#window = window;
    this.#sendText = sendText;
    this.#lastSeq = new Int32Array(publishers).fill(-1);
    this.#hasProgressed = new Uint8Array(publishers);
  }

  onOwnText(publisher: number, seq: number): void {
    const before = this.#lastSeq[publisher] ?? seq;
    // A duplicate triggers no new text; a skipped sequence number counts as lost.
    if (seq <= before) return;
    this.#lastSeq[publisher] = seq;
    this.#hasProgressed[publisher] = 1;
    if (!this.#isRunning) return;
    for (let i = before; i < seq; i++) this.#sendText(publisher, 0);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    const stop = () => void (this.#isRunning = false);
    signal.addEventListener("abort", stop);
    for (let i = 0; i < this.#window; i++) {
      this.#lastSeq.forEach((_, publisher) => this.#sendText(publisher, 0));
    }
    while (!signal.aborted) {
      this.#hasProgressed.fill(0);
      await systemClock.sleep(STALLED_MS, signal);
      if (signal.aborted) break;
      this.#hasProgressed.forEach((moved, publisher) => moved || this.#sendText(publisher, 0));
    }
    signal.removeEventListener("abort", stop);
  }
}

/** Timers fire up to a millisecond or so late, which is not the server's delay. Only longer delays count. */
const TIMER_MS = 2;

class OpenPacing implements Pacing {
  behindMs = 0;
  readonly #publishers: number;
  readonly #intervalMs: number;
  readonly #sendText: SendText;

  constructor(publishers: number, perSecond: number, sendText: SendText) {
    this.#publishers = publishers;
    this.#intervalMs = 1000 / perSecond;
    this.#sendText = sendText;
  }

  onOwnText(): void {}

  async run(signal: AbortSignal): Promise<void> {
    const began = systemClock.now();
    for (let next = 0; !signal.aborted;) {
      const now = systemClock.now();
      for (; began + next * this.#intervalMs <= now; next++) {
        const late = now - (began + next * this.#intervalMs);
        this.behindMs = Math.max(this.behindMs, late);
        this.#sendText(next % this.#publishers, late > TIMER_MS ? late : 0);
      }
      await systemClock.sleep(Math.max(1, began + next * this.#intervalMs - now), signal);
    }
  }
}
