/**
 * Used session tokens in memory only.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { GUEST_TOKEN_MS, MAX_KNOWN_GUESTS, type UsedTokens } from "../../chat/ports/used_tokens.ts";
import type { UserId } from "../../core/log/entry.ts";

interface UsedToken {
  readonly serial: number;
  readonly usedAt: number;
}

/** Knows them until they expire or the process ends. */
export class MemoryUsedTokens implements UsedTokens {
  readonly #clock: Pick<Clock, "now">;
  readonly #maxGuests: number;
  // In the order in which they were used.
  readonly #used = new Map<UserId, UsedToken>();

  /** Starts empty. */
  constructor(clock: Pick<Clock, "now">, maxGuests: number = MAX_KNOWN_GUESTS) {
    this.#clock = clock;
    this.#maxGuests = maxGuests;
  }

  /** Number of guests. */
  get size(): number {
    return this.#used.size;
  }

  use(user: UserId, serial: number): Promise<boolean> {
    const newest = this.#used.get(user);
    if (newest !== undefined && newest.serial > serial) return Promise.resolve(false);
    const now = this.#clock.now();
    this.#used.delete(user);
    this.#used.set(user, { serial, usedAt: now });
    this.#forgetBefore(now - GUEST_TOKEN_MS);
    return Promise.resolve(true);
  }

  #forgetBefore(time: number): void {
    for (const [user, { usedAt }] of this.#used) {
      if (usedAt >= time && this.#used.size <= this.#maxGuests) return;
      this.#used.delete(user);
    }
  }
}
