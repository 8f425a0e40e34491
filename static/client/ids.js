// @ts-check
/**
 * Ids that nobody uses twice. Not `crypto.randomUUID()`: browsers have that only on https and localhost, and a service in a home
 * or an office is often neither.
 * @module
 */

/** 128 bits drawn at random, in 32 hexadecimal digits. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
