/**
 * The session tokens of a guest, whose newest one all tabs of a browser share.
 * @module
 */

/** Tokens as `SimSessionTokens` signs them, in which the number follows the first dot. */
const SERIAL = /\.(\d+) /;

/** The tokens of one guest. */
export class GuestTokens {
  readonly #held: string[] = [];
  #current: string | undefined;
  #usedSerial = 0;

  /** The token to come back with. */
  get current(): string | undefined {
    return this.#current;
  }

  /** The tokens that nobody must be let in with. */
  get worthless(): readonly string[] {
    return this.#held.filter((token) => serialOf(token) < this.#usedSerial);
  }

  /** Stores a token, unless another tab has stored a newer one. @param previous The token that was exchanged for it. */
  replace(previous: string | undefined, token: string): void {
    this.#held.push(token);
    if (this.#current === previous) this.#current = token;
  }

  /** A token was used, which is certainly stored. */
  onUsed(token: string): void {
    this.#usedSerial = Math.max(this.#usedSerial, serialOf(token));
  }
}

function serialOf(token: string): number {
  return Number(SERIAL.exec(token)?.[1]);
}
