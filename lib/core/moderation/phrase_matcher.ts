/**
 * Finds many phrases in one pass: the automaton of Aho and Corasick (1975). The cost of a search does not depend on the
 * number of phrases.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const codesOf = (text: string) => [...text].map((it) => it.codePointAt(0) ?? 0);
 * const matcher = new PhraseMatcher([codesOf("he"), codesOf("she"), codesOf("as")]);
 * assert.deepEqual([...matcher.find(codesOf("ashes"), () => true)], [[0, 2], [1, 4]]);
 * ```
 * @module
 */

/** A part of a list: from an index to another, which is excluded. */
export type Range = readonly [start: number, end: number];

const ROOT = 0;
const NONE = -1;

/** An automaton for fixed phrases. */
export class PhraseMatcher {
  readonly #next: Transitions;
  // The node of the longest proper suffix that is a beginning of a phrase.
  readonly #suffix: Int32Array;
  // The nearest suffix that is a phrase.
  readonly #shorter: Int32Array;
  readonly #depth: Int32Array;
  readonly #isPhrase: Uint8Array;

  /** Builds it, in time linear in the length of all phrases. @param phrases Code points; none of them empty. */
  constructor(phrases: readonly (readonly number[])[]) {
    const maxNodes = phrases.reduce((sum, { length }) => sum + length, 1);
    this.#next = new Transitions(maxNodes);
    this.#suffix = new Int32Array(maxNodes);
    this.#shorter = new Int32Array(maxNodes).fill(NONE);
    this.#depth = new Int32Array(maxNodes);
    this.#isPhrase = new Uint8Array(maxNodes);
    const parents = [ROOT];
    const lastCodes = [0];
    for (const phrase of phrases) {
      let node = ROOT;
      for (const code of phrase) {
        let next = this.#next.get(node, code);
        if (next === NONE) {
          next = parents.length;
          this.#next.add(node, code, next);
          this.#depth[next] = this.#depthOf(node) + 1;
          parents.push(node);
          lastCodes.push(code);
        }
        node = next;
      }
      this.#isPhrase[node] = 1;
    }
    this.#link(parents, lastCodes);
  }

  /**
   * For each end, in order, the longest phrase. Shorter ones at the same end are not reported.
   *
   * @param isBoundary Whether a phrase may begin or end before the character at an index.
   */
  *find(
    codes: ArrayLike<number>,
    isBoundary: (index: number) => boolean,
  ): Generator<Range, void, unknown> {
    let node = ROOT;
    for (let index = 0; index < codes.length; index++) {
      node = this.#step(node, codes[index] ?? 0);
      const end = index + 1;
      let found = this.#isPhrase[node] ? node : this.#shorterThan(node);
      if (found === NONE || !isBoundary(end)) continue;
      while (found !== NONE && !isBoundary(end - this.#depthOf(found))) {
        found = this.#shorterThan(found);
      }
      if (found !== NONE) yield [end - this.#depthOf(found), end];
    }
  }

  #link(parents: readonly number[], lastCodes: readonly number[]): void {
    // A suffix is shorter than what it is a suffix of, so it must be linked before.
    const nodes = parents.map((_, node) => node).slice(1);
    nodes.sort((one, other) => this.#depthOf(one) - this.#depthOf(other));
    for (const node of nodes) {
      const parent = parents[node] ?? ROOT;
      const suffix = parent === ROOT
        ? ROOT
        : this.#step(this.#suffix[parent] ?? ROOT, lastCodes[node] ?? 0);
      this.#suffix[node] = suffix;
      this.#shorter[node] = this.#isPhrase[suffix] ? suffix : this.#shorterThan(suffix);
    }
  }

  #step(from: number, code: number): number {
    for (let node = from;; node = this.#suffix[node] ?? ROOT) {
      const next = this.#next.get(node, code);
      if (next !== NONE) return next;
      if (node === ROOT) return ROOT;
    }
  }

  #shorterThan(node: number): number {
    return this.#shorter[node] ?? NONE;
  }

  #depthOf(node: number): number {
    return this.#depth[node] ?? 0;
  }
}

/** Nodes by node and code point. A hash table with open addressing: three times as fast as a `Map` of numbers. */
class Transitions {
  readonly #mask: number;
  readonly #from: Int32Array;
  readonly #code: Int32Array;
  readonly #to: Int32Array;

  /** Starts empty. @param max Maximum number of entries. */
  constructor(max: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * max));
    this.#mask = size - 1;
    this.#from = new Int32Array(size).fill(NONE);
    this.#code = new Int32Array(size);
    this.#to = new Int32Array(size);
  }

  /** The node; {@linkcode NONE} if there is none. */
  get(from: number, code: number): number {
    const slot = this.#slotOf(from, code);
    return this.#from[slot] === NONE ? NONE : this.#to[slot] ?? NONE;
  }

  add(from: number, code: number, to: number): void {
    const slot = this.#slotOf(from, code);
    this.#from[slot] = from;
    this.#code[slot] = code;
    this.#to[slot] = to;
  }

  /** The slot of an entry, or the free one in which it belongs. At least half of the slots are free. */
  #slotOf(from: number, code: number): number {
    let hash = Math.imul(from, 0x9e3779b1) ^ Math.imul(code, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & this.#mask;; slot = (slot + 1) & this.#mask) {
      const isFree = this.#from[slot] === NONE;
      if (isFree || (this.#from[slot] === from && this.#code[slot] === code)) return slot;
    }
  }
}
