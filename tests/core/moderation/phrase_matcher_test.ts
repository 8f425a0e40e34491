/** The automaton, compared with a search for each phrase. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { PhraseMatcher, type Range } from "../../../lib/core/moderation/phrase_matcher.ts";

const letter = fc.integer({ min: 0, max: 2 });
const phrases = fc.array(fc.array(letter, { minLength: 1, maxLength: 5 }), { maxLength: 8 });
const text = fc.array(letter, { maxLength: 30 });

Deno.test("PhraseMatcher finds the longest phrase at each end, between boundaries", () => {
  fc.assert(fc.property(phrases, text, fc.array(fc.nat(30)), (phrases, text, barred) => {
    const isBoundary = (index: number) => !barred.includes(index);
    const expected: Range[] = [];
    for (let end = 1; end <= text.length; end++) {
      const starts = phrases.map((phrase) => end - phrase.length).filter((start, index) =>
        start >= 0 && isBoundary(start) && isBoundary(end) &&
        phrases[index]?.every((code, at) => text[start + at] === code)
      );
      if (starts.length > 0) expected.push([Math.min(...starts), end]);
    }
    assert.deepEqual([...new PhraseMatcher(phrases).find(text, isBoundary)], expected);
  }));
});
