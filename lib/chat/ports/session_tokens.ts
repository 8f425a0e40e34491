/**
 * How a session recognizes returning users. Implemented with signed tokens in `io/auth/signed_tokens.ts`.
 * @module
 */
import type { Author, UserId } from "../../core/log/entry.ts";
import type { DeviceToken } from "./directory.ts";

/** Issues tokens that identify users, and verifies them. */
export interface SessionTokens {
  /** Returns an id that no user has. */
  newUserId(): UserId;
  /**
   * Returns the id of the guest whom a text stands for: always the same one, which cannot be guessed. A new one before
   * {@linkcode ready}.
   */
  userIdFor(seed: string): UserId;
  /** Whether tokens can be signed and verified. */
  readonly isReady: boolean;
  /** Resolves when {@linkcode isReady} is true. */
  readonly ready: Promise<void>;
  /** Identifies the deployment: the same on all its instances and after a restart; undefined before {@linkcode ready}. */
  readonly serviceId: string | undefined;
  /**
   * Returns a token for a user; undefined before {@linkcode ready}.
   *
   * @param session What the token says of the session; see {@linkcode ReturningUser}.
   */
  sign(me: Identity, session: Omit<ReturningUser, keyof Identity>): string | undefined;
  /** Returns the token's user; undefined if the token is invalid or too old, or before {@linkcode ready}. */
  verify(token: string): ReturningUser | undefined;
}

/** A user, as a session token identifies it. */
export interface Identity extends Author {
  /** Whether the server picked the name, and may pick another. */
  readonly hasGuestName: boolean;
}

/** The user of a token that was presented. */
export interface ReturningUser extends Identity {
  /** When the user first signed in, in milliseconds since 1970; a token that is exchanged for a newer one hands it on. */
  readonly since: number;
  /** The number of a guest's token: 0 for the first one, and the next one for all tokens of a session that one began. */
  readonly serial: number;
  /** The device of a member; undefined for a guest. */
  readonly device?: DeviceToken | undefined;
}
