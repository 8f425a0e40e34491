/**
 * Texts as a word list compares them: without case, width, invisible characters and blank runs, and with letters that
 * look like Latin ones replaced by these. Each character keeps its place in the original text, so that a match can be
 * masked there. Do not fold a whole text with `normalize()`: the places would be lost, and sorting the marks of a text
 * that is one long run of marks takes quadratic time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { codes, starts } = foldText("Ｎо\u200b  Ｗ"); // wide letters, a Cyrillic о, an invisible character, two spaces
 * assert.equal(String.fromCodePoint(...codes), "no w");
 * assert.deepEqual([...starts], [0, 1, 3, 5]);
 * ```
 * @module
 */
import { skeleton } from "../names/confusables.ts";
import { hasInvisible } from "../names/invisible.ts";

/** A text as it is compared. All lists have the same length. */
export interface FoldedText {
  /** Its characters, as code points. */
  readonly codes: Uint32Array;
  /** Where each begins in the original, in UTF-16 code units. Several can have the same place: `ﬁ` is `f` and `i`. */
  readonly starts: Uint32Array;
  /** Where each ends in the original. */
  readonly ends: Uint32Array;
}

// As many marks of one character count as in the Stream-Safe Text Format of UAX #15.
const TOO_MANY_MARKS = /(\p{M}{30})\p{M}+/gu;
const BLANK = /[\s\p{Z}\u2800]/u;
const BLANKS_AND_INVISIBLE = /[\s\p{Cc}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
// Characters that can join the one before them in NFKC: marks, and the vowels and final consonants of Hangul.
const JOINING = /^[\p{M}\u1160-\u11ff]$/u;
// Marks of all scripts that are still alone in NFKC: strokes through letters, and more accents than there are letters for.
const LOOSE_MARK = /^(?=\p{M})\p{Script=Inherited}$/u;
const WORD = /[\p{L}\p{N}\p{M}]/u;
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]/u;

/** What all blanks are folded to. */
export const SPACE = 0x20;
const FIRST_MARK = 0x300;
const [FIRST_HAN, LAST_HAN, FIRST_SYLLABLE, LAST_SYLLABLE] = [0x4e00, 0x9fff, 0xac00, 0xd7a3];

/** Folds a text, in time linear in its length. */
export function foldText(text: string): FoldedText {
  const list = new CharacterList(text.length);
  for (let start = 0, end: number; start < text.length; start = end) {
    const code = text.codePointAt(start) ?? 0;
    end = endOfCluster(text, start + widthOf(code));
    if (end === start + widthOf(code)) {
      list.add(foldCode(code), start, end);
      continue;
    }
    for (
      const character of text.slice(start, end).replace(TOO_MANY_MARKS, "$1").normalize("NFKC")
    ) {
      list.add(foldCode(character.codePointAt(0) ?? 0), start, end);
    }
  }
  return list.toFoldedText();
}

type List = Uint32Array<ArrayBuffer>;

/**
 * The lists of a folded text while it grows. Not arrays: a text can have six times as many characters as it had bytes (`ﷺ` has
 * three bytes and becomes 18), and these took three times as long to fill.
 */
class CharacterList {
  #codes: List;
  #starts: List;
  #ends: List;
  #length = 0;

  /** @param likelyLength Number of characters; there can be more. */
  constructor(likelyLength: number) {
    [this.#codes, this.#starts, this.#ends] = emptyLists(likelyLength);
  }

  /** Adds characters that have one place in the original. Of several spaces, only the first one is added. */
  add(codes: readonly number[], start: number, end: number): void {
    if (this.#length + codes.length > this.#codes.length) this.#grow(codes.length);
    for (const code of codes) {
      if (code === SPACE && this.#length > 0 && this.#codes[this.#length - 1] === SPACE) continue;
      this.#codes[this.#length] = code;
      this.#starts[this.#length] = start;
      this.#ends[this.#length++] = end;
    }
  }

  toFoldedText(): FoldedText {
    const length = this.#length;
    return {
      codes: this.#codes.subarray(0, length),
      starts: this.#starts.subarray(0, length),
      ends: this.#ends.subarray(0, length),
    };
  }

  #grow(count: number): void {
    const lists = [this.#codes, this.#starts, this.#ends];
    const larger = emptyLists(2 * (this.#length + count));
    larger.forEach((list, index) => list.set(lists[index] ?? []));
    [this.#codes, this.#starts, this.#ends] = larger;
  }
}

function emptyLists(length: number): [codes: List, starts: List, ends: List] {
  return [new Uint32Array(length), new Uint32Array(length), new Uint32Array(length)];
}

/** A text as patterns see it: in NFKC, with single spaces for blanks, and without invisible characters. */
export function patternText(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(TOO_MANY_MARKS, "$1").normalize("NFKC")
    .replace(BLANKS_AND_INVISIBLE, (character) => BLANK.test(character) ? " " : "");
}

/** Whether no word ends between two characters: both belong to words, and to scripts that put spaces between these. */
export function isWithinWord(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && isSpacedWord(before) && isSpacedWord(after);
}

function endOfCluster(text: string, from: number): number {
  let end = from;
  while (end < text.length) {
    const code = text.codePointAt(end) ?? 0;
    if (code < FIRST_MARK || !isJoining(code)) return end;
    end += widthOf(code);
  }
  return end;
}

function widthOf(code: number): number {
  return code > 0xffff ? 2 : 1;
}

/** A function of a code point that remembers results. It forgets them when there are many: texts choose what it keeps. */
function remembered<T>(compute: (code: number) => T): (code: number) => T {
  const known = new Map<number, T>();
  return (code) => {
    let result = known.get(code);
    if (result !== undefined) return result;
    result = compute(code);
    if (known.size >= 10_000) known.clear();
    known.set(code, result);
    return result;
  };
}

const isJoining = remembered((code) =>
  !isHanOrSyllable(code) && JOINING.test(String.fromCodePoint(code))
);

const isSpacedWord = remembered((code) => {
  const character = String.fromCodePoint(code);
  return WORD.test(character) && !WITHOUT_SPACES.test(character);
});

/** The characters that count for a code point that joins no other. None if it is invisible. */
const foldCode = remembered((code): readonly number[] => {
  if (isHanOrSyllable(code)) return [code];
  const character = String.fromCodePoint(code);
  if (BLANK.test(character)) return [SPACE];
  if (hasInvisible(character) || LOOSE_MARK.test(character)) return [];
  const folded = foldCase(character.normalize("NFKC"));
  return [...folded].filter((it) => !LOOSE_MARK.test(it)).flatMap((it) =>
    [...foldLetter(it)].map((part) => part.codePointAt(0) ?? 0)
  );
});

/** Whether a character is Chinese or a Korean syllable: these are as they are, and too many to be remembered. */
function isHanOrSyllable(code: number): boolean {
  return (code >= FIRST_HAN && code <= LAST_HAN) ||
    (code >= FIRST_SYLLABLE && code <= LAST_SYLLABLE);
}

/** In this order, as for names: ẞ is upper case already, and only so do ß and ς become equal to ss and σ. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}

/**
 * The Latin letter that a letter resembles in lower case, or else in upper case, such as `н` in `Н`. It is a function of
 * both, so that case makes no difference. ASCII stays as it is: `m` resembles `rn`, but `burn` is another word.
 */
function foldLetter(lower: string): string {
  if (PRINTABLE_ASCII.test(lower)) return lower;
  const resembled = skeleton(lower);
  if (/^[a-z]$/.test(resembled)) return resembled;
  if (resembled === "rn") return "m";
  const upper = skeleton(lower.toUpperCase());
  return /^[A-Z]$/.test(upper) ? upper.toLowerCase() : resembled;
}
