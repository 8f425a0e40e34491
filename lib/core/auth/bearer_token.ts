/**
 * Compares secrets in constant time, and reads bearer tokens.
 * @module
 */
import { API_KEY_PREFIX } from "./api_key.ts";

/** Longer guesses are rejected unread. No secret is longer in practice. */
const MAX_LENGTH = 4_096;

/** Whether a guess equals the secret. The time depends only on the guess's length. @param secret Not empty. */
export function equalsSecret(guess: string, secret: string): boolean {
  if (guess.length > MAX_LENGTH) return false;
  let difference = guess.length ^ secret.length;
  for (let at = 0; at < guess.length; at++) {
    difference |= guess.charCodeAt(at) ^ secret.charCodeAt(at % secret.length);
  }
  return difference === 0;
}

/**
 * The token of an `Authorization: Bearer` header (RFC 6750 §2.1); undefined for another scheme, which may be for a proxy. It is
 * empty, and so not valid, if the scheme stands alone, or for an API key without a scheme: a user who meant to sign in must not
 * become a guest.
 */
export function bearerToken(authorization: string | null): string | undefined {
  if (authorization?.startsWith(API_KEY_PREFIX)) return "";
  if (authorization?.slice(0, 7).toLowerCase().trimEnd() !== "bearer") return undefined;
  return authorization.slice(7).trim();
}
