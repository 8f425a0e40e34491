/**
 * Values of the flags that several commands have.
 * @module
 */

/** A whole number from 1 to a maximum; "bad" for anything else, undefined if there is none. */
export function numberOf(text: string | undefined, max: number): number | "bad" | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  return /^\d{1,9}$/.test(text) && number >= 1 && number <= max ? number : "bad";
}
