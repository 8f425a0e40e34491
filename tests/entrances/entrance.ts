/**
 * What the list of entrances consists of. An entrance is a place where text from outside arrives: each function that is the
 * first to read such text is listed here, with the longest text that can arrive and the texts that are hardest for it. To add
 * one, add it to `server.ts` or `page.ts`; the test runs it on those texts, and on texts that are hard for everything.
 * @module
 */

/** Creates a text of about this many UTF-16 units. */
export type Make = (length: number) => string;

/** One place where text from outside arrives. */
export interface Entrance {
  /** As in "reading …". */
  readonly what: string;
  /** The longest text that can arrive, in UTF-16 units. */
  readonly longest: number;
  /** Texts that are hard for this entrance, in addition to {@linkcode HARD}. */
  readonly hard?: readonly Make[];
  /** Reads a text. It may throw, which is a valid outcome. */
  readonly read: (text: string) => unknown;
}

/** A part repeated between a beginning and an end. */
export function repeat(part: string, { begin = "", end = "" } = {}): Make {
  return (length) => {
    const times = Math.max(0, Math.ceil((length - begin.length - end.length) / part.length));
    return begin + part.repeat(times) + end;
  };
}

/** Texts that are hard for some kind of reading: composing, trimming, splitting, matching, nesting. */
export const HARD: readonly Make[] = [
  // Marks in the wrong order must be sorted, which takes time quadratic in their number.
  repeat("\u0301\u0323", { begin: "x" }),
  repeat(" ", { begin: "x", end: "x" }),
  repeat(" \t", { end: "x" }),
  repeat(" "),
  repeat("\n"),
  repeat("\r\n", { end: "x" }),
  repeat(","),
  repeat(", ", { end: "x" }),
  repeat(":"),
  repeat("."),
  repeat("0"),
  repeat("a"),
  repeat("a", { end: "!" }),
  repeat("&"),
  repeat("%"),
  repeat("%ff"),
  repeat("["),
  repeat('{"a":'),
  repeat('"'),
  repeat("\\"),
  repeat("👍🏽", { end: "a" }),
  repeat("👩🏽\u200d", { end: "a" }),
  repeat("\u200b\u2800"),
  repeat("\u202e\u2066"),
  repeat("世"),
  repeat("\ud800"),
  repeat("\u0001\u007f"),
];
