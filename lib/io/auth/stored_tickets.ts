/**
 * Issues and takes tickets. The store gets their hashes only, so a reader of the store cannot use any of them.
 * @module
 */
import { createHash } from "node:crypto";
import type { TokenUser } from "../../chat/ports/authenticator.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { IssuedTicket, Tickets } from "../../chat/ports/tickets.ts";
import { isTicket, TICKET_BYTES, ticketLifetimeMs } from "../../core/auth/ticket.ts";

/** Keeps the users of tickets until they are taken or expire. Both methods reject with `BusUnavailable`. */
export interface TicketStore {
  /** Stores a user for a time. @param key A new one. */
  put(key: string, user: TokenUser, lifetimeMs: number): Promise<void>;
  /** Removes a user. Of several calls, one gets it, the others undefined. */
  take(key: string): Promise<TokenUser | undefined>;
}

/** Tickets in a store that all workers, and all instances with one Redis, share. */
export class StoredTickets implements Tickets {
  readonly #store: TicketStore;
  readonly #clock: Pick<Clock, "date">;

  /** Issues no ticket yet. */
  constructor(store: TicketStore, clock: Pick<Clock, "date">) {
    this.#store = store;
    this.#clock = clock;
  }

  async issue(user: TokenUser): Promise<IssuedTicket> {
    const bytes = crypto.getRandomValues(new Uint8Array(TICKET_BYTES));
    const ticket = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    const expiresInMs = ticketLifetimeMs(user, this.#clock.date());
    await this.#store.put(keyOf(ticket), user, expiresInMs);
    return { ticket, expiresInMs };
  }

  async take(ticket: string): Promise<TokenUser | undefined> {
    return isTicket(ticket) ? await this.#store.take(keyOf(ticket)) : undefined;
  }
}

function keyOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("base64url");
}
