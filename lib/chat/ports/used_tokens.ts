/**
 * Which session tokens of guests were used, so that older ones are refused. Implemented in memory
 * (`io/auth/memory_used_tokens.ts`), in SQLite and in Redis. A member's devices are in the directory instead.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";

/** Time for which a guest's token is valid, and for which it must be known that an older one is not. */
export const GUEST_TOKEN_MS = 30 * 24 * 3_600_000;

/**
 * Number of guests of whom that is known. Anybody can become a guest and return, so it is limited; the guests who have not
 * returned for longest are forgotten first.
 */
export const MAX_KNOWN_GUESTS = 200_000;

/** The number of the newest used token of each guest who has returned. */
export interface UsedTokens {
  /**
   * Records that a guest's token was used; resolves to whether no newer one of the guest was used before. Rejects with
   * `BusUnavailable`.
   *
   * @param serial The number of the token; see `ReturningUser`.
   */
  use(user: UserId, serial: number): Promise<boolean>;
}
