/**
 * What the list of entrances consists of. An entrance is a place where text from outside comes in: every function that
 * reads such text first stands here, with the most that can come in and the texts that are hardest for it. To add one, put
 * it into `server.ts` or `page.ts`; the test feeds it those, and the texts that are hard for everything.
 * @module
 */

/** A text of about this many UTF-16 units. */
export type Make = (length: number) => string;

/** One place where text from outside comes in. */
export interface Entrance {
  /** As in "reading …". */
  readonly what: string;
  /** The most that can come in, in UTF-16 units. */
  readonly longest: number;
  /** Texts that are hard for it in particular; these are given to it beside {@linkcode HARD}. */
  readonly hard?: readonly Make[];
  /** Reads a text. It may throw: that is an answer, too. */
  readonly read: (text: string) => unknown;
}

/** A part over and over, between a beginning and an end. */
export function repeat(part: string, { begin = "", end = "" } = {}): Make {
  return (length) => {
    const times = Math.max(0, Math.ceil((length - begin.length - end.length) / part.length));
    return begin + part.repeat(times) + end;
  };
}

/** Texts that are hard for some kind of reading: composing, trimming, splitting, matching, nesting. */
export const HARD: readonly Make[] = [
  // Marks in the wrong order have to be sorted, which takes time with the square of their number.
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
