/**
 * Comparing secrets without telling by the time taken how much of a guess is right.
 * @module
 */

/** Longer than any secret that somebody would set; a guess that is longer is not looked at. */
const MAX_LENGTH = 4_096;

/** Whether a guess is the secret; takes time by the guess's length only. @param secret Not empty. */
export function equalsSecret(guess: string, secret: string): boolean {
  if (guess.length > MAX_LENGTH) return false;
  let difference = guess.length ^ secret.length;
  for (let at = 0; at < guess.length; at++) {
    difference |= guess.charCodeAt(at) ^ secret.charCodeAt(at % secret.length);
  }
  return difference === 0;
}

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1); undefined where it is something else. */
export function bearerToken(authorization: string | null): string | undefined {
  if (authorization?.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return authorization.slice(7).trim();
}
