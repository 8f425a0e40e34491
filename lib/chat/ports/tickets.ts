/**
 * How a session finds out whom a ticket identifies. Implemented in `io/auth/stored_tickets.ts`.
 * @module
 */
import type { TokenUser } from "./authenticator.ts";

/** Tickets of all nodes. Both methods reject with `BusUnavailable`. */
export interface Tickets {
  /** Issues a ticket for the user of a token that has just been checked. */
  issue(user: TokenUser): Promise<IssuedTicket>;
  /**
   * Returns the user of a ticket, and makes it invalid: of several calls, on whatever node, one gets the user. Undefined if
   * it was never issued, has been used or has expired.
   */
  take(ticket: string): Promise<TokenUser | undefined>;
}

/** A ticket that was just issued, and how long it can be used. */
export interface IssuedTicket {
  /** 22 characters of base64url. Anyone who has it can use it. */
  readonly ticket: string;
  /** Time until it expires. */
  readonly expiresInMs: number;
}
