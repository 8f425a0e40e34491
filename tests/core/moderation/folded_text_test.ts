/** Which texts count as the same, and the places of their characters. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { foldText, patternText } from "../../../lib/core/moderation/folded_text.ts";

const anyText = fc.string({ unit: "binary", maxLength: 40 });

function folded(text: string): string {
  return String.fromCodePoint(...foldText(text).codes);
}

for (
  const [what, one, other] of [
    ["case", "Straße ΣΊΣΥΦΟΣ", "STRASSE σίσυφος"],
    ["width", "Ａ１", "a1"],
    ["style", "𝓫𝐚𝕕 ⓑⓐⓓ", "bad bad"],
    ["a ligature", "ﬁn", "fin"],
    ["Cyrillic letters", "саѕе НЕТ нет", "case het het"],
    ["Greek letters", "ΑΒο", "abo"],
    ["a letter that resembles two", "a\u{11700}", "am"],
    ["a dotted capital letter", "İ", "i"],
    ["invisible characters", "b\u200ba\u00add\u2060\ufe0f", "bad"],
    ["strokes and loose accents", "b\u0337a\u0336d\u0301", "bad"],
    ["an invisible character before an accent", "b\u200d\u0301ad", "bad"],
    ["runs of blanks", "a\n\t\u3000\u2800 b", "a b"],
    ["composition", "cafe\u0301 \u1112\u1161\u11ab", "café 한"],
    ["the order of marks", "ậ a\u0323\u0302", "a\u0302\u0323 ậ"],
  ] as const
) {
  Deno.test(`foldText() ignores ${what}`, () => assert.equal(folded(one), folded(other)));
}

for (
  const [one, other] of [
    ["burn", "bum"],
    ["ano", "año"],
    ["ill", "III"],
    ["कि", "की"],
    ["a b", "ab"],
  ] as const
) {
  Deno.test(`foldText() distinguishes ${one} from ${other}`, () => {
    assert.notEqual(folded(one), folded(other));
  });
}

Deno.test("foldText() leaves Chinese characters and Korean syllables as they are", () => {
  // Taking syllables apart takes 100 ms for a text of 64 KiB with all of them.
  assert.equal(folded("傻瓜 한글힣가"), "傻瓜 한글힣가".normalize("NFC"));
});

Deno.test("foldText() keeps the places of all characters, in order and within the text", () => {
  fc.assert(fc.property(anyText, (text) => {
    const { codes, starts, ends } = foldText(text);
    assert.deepEqual([starts.length, ends.length], [codes.length, codes.length]);
    for (const [index, start] of starts.entries()) {
      const end = ends[index] ?? assert.fail();
      assert.ok(start < end && end <= text.length);
      assert.ok(start >= (starts[index - 1] ?? 0));
      assert.ok(codes[index] !== 0x20 || codes[index + 1] !== 0x20);
    }
  }));
});

Deno.test("foldText() is the same for a text in any case and form", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."abzéÄñßωДжі한か１"), maxLength: 20 });
  fc.assert(fc.property(letters, (text) => {
    for (const other of [text.toUpperCase(), text.toLowerCase(), text.normalize("NFD")]) {
      assert.equal(folded(other), folded(text));
    }
  }));
});

Deno.test("patternText() is in NFKC, and has single spaces and no invisible characters", () => {
  assert.equal(patternText("Ｂ\u200ba\u2800d\n e\u0301"), "Ba d  é");
});

Deno.test("patternText() keeps 30 marks of a character", () => {
  assert.equal(patternText(`x${"\u0337".repeat(50_000)}`).length, 31);
});
