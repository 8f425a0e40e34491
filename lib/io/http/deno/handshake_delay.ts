/**
 * Delays a handshake until its client is known to be still connected. The runtime leaks the socket if the client has gone
 * before the 101 is written; most aborts are noticed within a few turns of the event loop. Do not replace the turns by one
 * longer wait: the number of turns is what counts. All pending handshakes share one timer.
 * @module
 */

/** Four turns take 6 to 8 ms, in which an abort is noticed (measurements: docs/internals/decisions/0012). */
const TURNS = 4;
const TURN_MS = 2;

interface PendingHandshake {
  readonly signal: AbortSignal;
  readonly resolve: (isConnected: boolean) => void;
  turnsLeft: number;
}

/** Holds handshakes back for a few turns of the event loop. */
export class HandshakeDelay {
  #pending: PendingHandshake[] = [];
  #isScheduled = false;

  /** Resolves with whether the client is still connected. @param signal The request's; aborts when the client has gone. */
  wait(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve: pass } = Promise.withResolvers<boolean>();
    this.#pending.push({ signal, resolve: pass, turnsLeft: TURNS });
    if (!this.#isScheduled) this.#schedule();
    return promise;
  }

  #schedule(): void {
    this.#isScheduled = this.#pending.length > 0;
    if (this.#isScheduled) setTimeout(() => this.#check(), TURN_MS);
  }

  #check(): void {
    this.#pending = this.#pending.filter((handshake) => {
      handshake.turnsLeft -= 1;
      const isOver = handshake.turnsLeft === 0 || handshake.signal.aborted;
      if (isOver) handshake.resolve(!handshake.signal.aborted);
      return !isOver;
    });
    this.#schedule();
  }
}
