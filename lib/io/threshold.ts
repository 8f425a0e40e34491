/**
 * Where a handshake waits until it is clear that its client is still there. The runtime leaks the socket of one whose
 * client has gone before the 101 is written, and most who abort are noticed within a few turns of the event loop: it is
 * turns that count, so waiting once for as long is not the same. All who wait share one timer.
 * @module
 */

/** Four turns, so that a client is given 6 to 8 ms to be missed (docs/decisions/0012 has what was measured). */
const TURNS = 4;
const TURN_MS = 2;

interface Visitor {
  readonly signal: AbortSignal;
  readonly pass: (isThere: boolean) => void;
  turnsLeft: number;
}

/** Lets in whoever stays for some turns. */
export class Threshold {
  #visitors: Visitor[] = [];
  #isTurning = false;

  /** Resolves to whether the client is still there. @param signal The request's: it aborts when the client goes. */
  pass(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve: pass } = Promise.withResolvers<boolean>();
    this.#visitors.push({ signal, pass, turnsLeft: TURNS });
    if (!this.#isTurning) this.#turn();
    return promise;
  }

  #turn(): void {
    this.#isTurning = this.#visitors.length > 0;
    if (this.#isTurning) setTimeout(() => this.#look(), TURN_MS);
  }

  #look(): void {
    this.#visitors = this.#visitors.filter((visitor) => {
      visitor.turnsLeft -= 1;
      const isOver = visitor.turnsLeft === 0 || visitor.signal.aborted;
      if (isOver) visitor.pass(!visitor.signal.aborted);
      return !isOver;
    });
    this.#turn();
  }
}
