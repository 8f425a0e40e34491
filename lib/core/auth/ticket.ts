/**
 * Tickets: what a client exchanges its access token for where it can send nothing but a URL. A ticket works once and for a
 * short time, so a URL that was logged is worth nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(ticketLifetimeMs({ expiresAt: 3_600_000 }, 0), 30_000);
 * // Not longer than the token itself.
 * assert.equal(ticketLifetimeMs({ expiresAt: 60_000 }, 50_000), 10_000);
 * ```
 * @module
 */
/** Time in which a ticket must be used, if its token is valid for as long. */
export const TICKET_MS = 30_000;
/** Random bytes of a ticket. */
export const TICKET_BYTES = 16;

/** Whether a text can be a ticket: 128 bits as base64url. */
export function isTicket(text: string): boolean {
  return /^[\w-]{22}$/.test(text);
}

/** For how long a ticket for an accepted token is valid. @param now In milliseconds since 1970. */
export function ticketLifetimeMs(
  { expiresAt }: { readonly expiresAt: number },
  now: number,
): number {
  return Math.max(1, Math.min(TICKET_MS, Math.floor(expiresAt - now)));
}
