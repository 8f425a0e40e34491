/**
 * A list of words that a service does not want in messages: what its file may contain, and what becomes of a text. All
 * of it takes time linear in the text, however many words the list has. Do not use `RegExp` for patterns: some take
 * exponential time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const parsed = parseWordList("# Comment\nbad word\nmask: darn\nhold: deal\n", () => { throw new Error("no patterns") });
 * if (parsed.kind === "bad") throw new Error("unreachable");
 * assert.deepEqual(parsed.list.check("A BAD  word!"), { kind: "refused" });
 * assert.deepEqual(parsed.list.check("Darn, darned"), { kind: "masked", text: "****, darned" });
 * assert.deepEqual(parsed.list.check("a deal, darn"), { kind: "held", text: "a deal, ****" });
 * assert.deepEqual(parsed.list.check("good"), { kind: "allowed" });
 * ```
 * @module
 */
import { exceedsBytes } from "../utf8.ts";
import { type FoldedText, foldText, isWithinWord, patternText, SPACE } from "./folded_text.ts";
import { PhraseMatcher, type Range } from "./phrase_matcher.ts";

/** What becomes of a text. */
export type Verdict =
  | { readonly kind: "allowed" }
  | { readonly kind: "refused" }
  /** A moderator has to look at it first. The text is masked where it has to be. */
  | { readonly kind: "held"; readonly text: string }
  | { readonly kind: "masked"; readonly text: string };

/** A compiled pattern, without a difference between upper and lower case. */
export interface Pattern {
  /** What it costs, in steps per character at worst. */
  readonly size: number;
  /** Whether a part of the text matches; in time linear in its length. */
  readonly test: (text: string) => boolean;
}

/** Compiles a pattern. Throws an `Error` if it is not one. */
export type PatternCompiler = (source: string) => Pattern;

/** A word list; or what is wrong with it, by line. */
export type WordListResult =
  | { readonly kind: "good"; readonly list: WordList }
  | { readonly kind: "bad"; readonly problems: readonly string[] };

/** Maximum size of a list, in bytes of UTF-8. */
export const MAX_LIST_BYTES: number = 256 * 1024;
/** Maximum number of entries. */
export const MAX_ENTRIES = 10_000;
/** Maximum length of an entry, in characters. */
export const MAX_ENTRY_LENGTH = 200;
/**
 * Maximum size of all patterns that mask, and of all others together. Above it, a text of 64 KiB can take seconds.
 */
export const MAX_PATTERN_SIZE = 1_000;
/** Maximum number of problems that are reported. */
const MAX_PROBLEMS = 10;
/** Maximum number of `*` for a match. */
const MAX_STARS = 10;

const EFFECTS = ["mask", "hold", "refuse"] as const;
type Effect = typeof EFFECTS[number];

interface Entry {
  readonly effect: Effect;
  readonly content:
    | { readonly kind: "phrase"; readonly codes: readonly number[] }
    | { readonly kind: "pattern"; readonly source: string; readonly size: number };
}

/** What has one effect. Undefined if the list has no such entries. */
interface Matchers {
  readonly phrases: PhraseMatcher | undefined;
  readonly pattern: Pattern | undefined;
}

/** A parsed word list. */
export class WordList {
  /** Number of entries. */
  readonly size: number;
  readonly #matchers: Readonly<Record<Effect, Matchers>>;

  /** See {@linkcode parseWordList}. */
  constructor(matchers: Readonly<Record<Effect, Matchers>>, size: number) {
    this.#matchers = matchers;
    this.size = size;
  }

  /** What becomes of a text. A masked one is never longer than the original. */
  check(text: string): Verdict {
    const folded = foldText(text);
    const { codes } = folded;
    const isBoundary = (index: number) => !isWithinWord(codes[index - 1], codes[index]);
    const isFound = ({ phrases, pattern }: Matchers) =>
      phrases?.find(codes, isBoundary).next().done === false || pattern?.test(patternText(text));
    const { refuse, hold, mask: masking } = this.#matchers;
    if (isFound(refuse)) return { kind: "refused" };
    const masked = maskedText(text, folded, isBoundary, masking);
    if (isFound(hold)) return { kind: "held", text: masked ?? text };
    return masked === undefined ? { kind: "allowed" } : { kind: "masked", text: masked };
  }
}

/**
 * Parses a list: an entry per line, and comments that begin with `#`. `/…/` is a pattern, everything else a phrase.
 * `mask:`, `hold:` or `refuse:` may come before an entry; the last is the default.
 */
export function parseWordList(text: string, compile: PatternCompiler): WordListResult {
  if (exceedsBytes(text, MAX_LIST_BYTES)) {
    return { kind: "bad", problems: [`more than ${MAX_LIST_BYTES} bytes`] };
  }
  const entries: Entry[] = [];
  const problems: string[] = [];
  const sizes = { word: 0, text: 0 };
  for (const [index, line] of text.split(/\r\n|[\n\r]/).entries()) {
    const written = line.trim();
    if (written === "" || written.startsWith("#")) continue;
    const parsed = parseEntry(written, compile);
    const problem = typeof parsed === "string" ? parsed : excessOf(parsed, entries.length, sizes);
    if (problem !== undefined) problems.push(`line ${index + 1}: ${problem}`);
    if (typeof parsed !== "string") entries.push(parsed);
    if (problems.length >= MAX_PROBLEMS) break;
  }
  if (problems.length > 0) return { kind: "bad", problems };
  const matchers = (effect: Effect) =>
    matchersOf(entries.filter((entry) => entry.effect === effect), compile);
  const all = { mask: matchers("mask"), hold: matchers("hold"), refuse: matchers("refuse") };
  return { kind: "good", list: new WordList(all, entries.length) };
}

/** The entry of a line, or what is wrong with it. */
function parseEntry(written: string, compile: PatternCompiler): Entry | string {
  const [, prefix, rest = ""] = /^(?:(mask|hold|refuse):\s*)?(.*)$/isu.exec(written) ?? [];
  const effect = EFFECTS.find((it) => it === prefix?.toLowerCase()) ?? "refuse";
  if ([...rest].length > MAX_ENTRY_LENGTH) return `more than ${MAX_ENTRY_LENGTH} characters`;
  if (rest.startsWith("/")) {
    if (rest.length < 3 || !rest.endsWith("/")) return "a pattern has to end with /";
    const content = parsePattern(rest.slice(1, -1), effect, compile);
    return typeof content === "string" ? content : { effect, content };
  }
  const codes = [...foldText(rest.trim()).codes];
  if (codes.every((code) => code === SPACE)) return "the entry has no visible characters";
  return { effect, content: { kind: "phrase", codes } };
}

function parsePattern(
  source: string,
  effect: Effect,
  compile: PatternCompiler,
): Entry["content"] | string {
  // In a combination, a quotation without an end would contain the other patterns.
  if (source.includes("\\Q")) return "a pattern cannot contain \\Q";
  if (effect === "mask" && /\s|\\s/.test(source)) {
    return "a pattern that masks is compared with single words, so it cannot contain spaces";
  }
  try {
    const pattern = compile(source);
    if (pattern.test("")) return "the pattern matches an empty text, and so every text";
    return { kind: "pattern", source, size: pattern.size };
  } catch (error) {
    return `not a pattern: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What there is too much of with another entry, if anything. */
function excessOf(
  { content, effect }: Entry,
  count: number,
  sizes: Record<"word" | "text", number>,
): string | undefined {
  if (count === MAX_ENTRIES) return `more than ${MAX_ENTRIES} entries`;
  if (content.kind === "phrase") return undefined;
  // What the patterns are compared with: single words, or the whole text.
  const scope = effect === "mask" ? "word" : "text";
  sizes[scope] += content.size;
  if (sizes[scope] <= MAX_PATTERN_SIZE) return undefined;
  return `the patterns up to here are too large together (${
    sizes[scope]
  }, at most ${MAX_PATTERN_SIZE}): use words, which cost nothing`;
}

/** One automaton for all phrases and one pattern for all patterns, so that their number does not matter. */
function matchersOf(entries: readonly Entry[], compile: PatternCompiler): Matchers {
  const phrases = entries.flatMap(({ content }) =>
    content.kind === "phrase" ? [content.codes] : []
  );
  const sources = entries.flatMap(({ content }) =>
    content.kind === "pattern" ? `(?:${content.source})` : []
  );
  return {
    phrases: phrases.length > 0 ? new PhraseMatcher(phrases) : undefined,
    pattern: sources.length > 0 ? compile(sources.join("|")) : undefined,
  };
}

/** The text with its matches masked; undefined if it has none. */
function maskedText(
  text: string,
  folded: FoldedText,
  isBoundary: (index: number) => boolean,
  { phrases, pattern }: Matchers,
): string | undefined {
  const { codes } = folded;
  const matches = [...phrases?.find(codes, isBoundary) ?? []];
  if (pattern) {
    // Remembered, since one character can be several words (`ﷺ` has four), and few words of a long text differ.
    const known = new Map<string, boolean>();
    const isBad = (word: Range) => {
      const original = originalOf(text, folded, word);
      const result = known.get(original) ?? pattern.test(patternText(original));
      known.set(original, result);
      return result;
    };
    // Not with push(...): there can be more words than a call can have arguments.
    for (const word of wordsOf(codes)) if (isBad(word)) matches.push(word);
  }
  return matches.length === 0 ? undefined : mask(text, folded, merge(matches, folded));
}

/** What stands between spaces. */
function wordsOf(codes: ArrayLike<number>): Range[] {
  const words: Range[] = [];
  let start = 0;
  for (let index = 0; index <= codes.length; index++) {
    if (index < codes.length && codes[index] !== SPACE) continue;
    if (index > start) words.push([start, index]);
    start = index + 1;
  }
  return words;
}

function originalOf(text: string, { starts, ends }: FoldedText, [start, end]: Range): string {
  return text.slice(starts[start], ends[end - 1]);
}

/** Sorts ranges and unites those that overlap, also if both have a part of one character, as of `㍿`. */
function merge(ranges: readonly Range[], { starts }: FoldedText): Range[] {
  const merged: Range[] = [];
  for (const [start, end] of ranges.toSorted(([one], [other]) => one - other)) {
    const last = merged.at(-1);
    const overlaps = last && (start < last[1] || starts[start] === starts[last[1] - 1]);
    if (overlaps) merged[merged.length - 1] = [last[0], Math.max(last[1], end)];
    else merged.push([start, end]);
  }
  return merged;
}

/** Replaces each range by a `*` for each of its visible characters, up to the maximum. */
function mask(text: string, { starts, ends }: FoldedText, ranges: readonly Range[]): string {
  let masked = "";
  let done = 0;
  for (const [start, end] of ranges) {
    const visible = new Set(starts.slice(start, end)).size;
    masked += text.slice(done, starts[start]) + "*".repeat(Math.min(visible, MAX_STARS));
    done = ends[end - 1] ?? done;
  }
  return masked + text.slice(done);
}
