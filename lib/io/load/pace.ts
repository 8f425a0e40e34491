/**
 * When the publishers speak: as soon as they have heard themselves, or by the clock. The one finds out how much a server
 * carries, the other how long it lets people wait.
 * @module
 */
import { systemClock } from "../../chat/clock.ts";
import type { Pace } from "./plan.ts";

/** Makes publishers speak. */
export interface Pacing {
  /** How late it was at worst with what it had to say. */
  readonly behindMs: number;
  /** A publisher has heard a text of its own. */
  heardItself(publisher: number, seq: number): void;
  /** Speaks until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** How a publisher speaks. @param lateMs How long ago it should have done so. */
export type Say = (publisher: number, lateMs: number) => void;

/** The pacing that a plan asks for. */
export function pacingOf(pace: Pace, publishers: number, say: Say): Pacing {
  return pace.kind === "closed"
    ? new ClosedPacing(publishers, pace.window, say)
    : new OpenPacing(publishers, pace.perSecond, say);
}

/** A publisher that has heard nothing of its own for so long goes on with one text: what it waits for is lost. */
const GIVEN_UP_MS = 2_000;

class ClosedPacing implements Pacing {
  readonly behindMs = 0;
  readonly #window: number;
  readonly #say: Say;
  readonly #heard: Int32Array;
  readonly #hasMoved: Uint8Array;
  #isRunning = false;

  constructor(publishers: number, window: number, say: Say) {
    this.#window = window;
    this.#say = say;
    this.#heard = new Int32Array(publishers).fill(-1);
    this.#hasMoved = new Uint8Array(publishers);
  }

  heardItself(publisher: number, seq: number): void {
    const before = this.#heard[publisher] ?? seq;
    // What comes again is no reason to say more, and what was passed over is lost.
    if (seq <= before) return;
    this.#heard[publisher] = seq;
    this.#hasMoved[publisher] = 1;
    if (!this.#isRunning) return;
    for (let i = before; i < seq; i++) this.#say(publisher, 0);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    const stop = () => void (this.#isRunning = false);
    signal.addEventListener("abort", stop);
    for (let i = 0; i < this.#window; i++) {
      this.#heard.forEach((_, publisher) => this.#say(publisher, 0));
    }
    while (!signal.aborted) {
      this.#hasMoved.fill(0);
      await systemClock.sleep(GIVEN_UP_MS, signal);
      if (signal.aborted) break;
      this.#hasMoved.forEach((moved, publisher) => moved || this.#say(publisher, 0));
    }
    signal.removeEventListener("abort", stop);
  }
}

/** A timer is late by a millisecond or so, which is not the server's; what is later than that counts. */
const TIMER_MS = 2;

class OpenPacing implements Pacing {
  behindMs = 0;
  readonly #publishers: number;
  readonly #everyMs: number;
  readonly #say: Say;

  constructor(publishers: number, perSecond: number, say: Say) {
    this.#publishers = publishers;
    this.#everyMs = 1000 / perSecond;
    this.#say = say;
  }

  heardItself(): void {}

  async run(signal: AbortSignal): Promise<void> {
    const began = systemClock.now();
    for (let next = 0; !signal.aborted;) {
      const now = systemClock.now();
      for (; began + next * this.#everyMs <= now; next++) {
        const late = now - (began + next * this.#everyMs);
        this.behindMs = Math.max(this.behindMs, late);
        this.#say(next % this.#publishers, late > TIMER_MS ? late : 0);
      }
      await systemClock.sleep(Math.max(1, began + next * this.#everyMs - now), signal);
    }
  }
}
