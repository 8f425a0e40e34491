/**
 * Keeps tickets in the memory of the main thread, for a service without Redis.
 * @module
 */
import type { TokenUser } from "../../chat/ports/authenticator.ts";
import { BusUnavailable } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { TicketStore } from "./stored_tickets.ts";

const MAX_TICKETS = 10_000;

interface StoredUser {
  readonly user: TokenUser;
  readonly expiresAt: number;
}

/** Bounded. A full store refuses new tickets: dropping older ones would let one user invalidate those of others. */
export class MemoryTicketStore implements TicketStore {
  readonly #clock: Pick<Clock, "now">;
  readonly #maxTickets: number;
  // In the order in which they were stored, which is nearly the one in which they expire.
  readonly #users = new Map<string, StoredUser>();

  /** Starts empty. */
  constructor(clock: Pick<Clock, "now">, maxTickets: number = MAX_TICKETS) {
    this.#clock = clock;
    this.#maxTickets = maxTickets;
  }

  /** Number of tickets kept, some of which may have expired. */
  get size(): number {
    return this.#users.size;
  }

  put(key: string, user: TokenUser, lifetimeMs: number): Promise<void> {
    const now = this.#clock.now();
    this.#dropExpired(now);
    if (this.#users.size >= this.#maxTickets) {
      const why = "too many tickets are waiting to be used, try again";
      return Promise.reject(new BusUnavailable(why, { mayHaveApplied: false }));
    }
    this.#users.set(key, { user, expiresAt: now + lifetimeMs });
    return Promise.resolve();
  }

  take(key: string): Promise<TokenUser | undefined> {
    const stored = this.#users.get(key);
    this.#users.delete(key);
    const isValid = stored !== undefined && this.#clock.now() < stored.expiresAt;
    return Promise.resolve(isValid ? stored.user : undefined);
  }

  /** One with a shorter life may stay until those before it have expired. */
  #dropExpired(now: number): void {
    for (const [key, { expiresAt }] of this.#users) {
      if (now < expiresAt) return;
      this.#users.delete(key);
    }
  }
}
