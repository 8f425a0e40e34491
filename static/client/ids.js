// @ts-check
/**
 * Unique ids. Do not use `crypto.randomUUID()`: browsers have it only on https and localhost, and a service in a home
 * or an office often has neither.
 * @module
 */

/** 128 random bits as 32 hexadecimal digits. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
