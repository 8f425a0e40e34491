/**
 * Which names count as the same, and which do not.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { skeleton } from "../../../lib/core/names/confusables.ts";
import { nameKeys, resembledKeys, stemKeys } from "../../../lib/core/names/name_keys.ts";
import { parseName } from "../../../lib/core/names/names.ts";
import { isSameName, name } from "../../support/fakes.ts";
import { anyName } from "./hostile_texts.ts";

for (
  const [what, one, other] of [
    ["case", "Ann", "aNN"],
    ["width", "Ann", "Ａｎｎ"],
    ["both", "ａnn", "AＮN"],
    ["the case of accented letters", "Zoë", "ZOË"],
    ["how a letter is composed", "Å", "\u212b"],
    ["the case of letters without a pair of their own", "Straße", "STRASSE"],
    ["the case of ß, which has a capital after all", "ẞ", "ß"],
    ["the case of a sigma, wherever it stands", "ΟΔΟΣ", "οδοσ"],
    ["joiners and selectors, which are invisible", "Ann", "A\u200dnn\ufe0f"],
    ["the case of a dotted I", "\u0130x", "i\u0307x"],
    ["the space that a mark's compatibility form begins with", "Ann \ufc5e", "Ann \u064c\u0651"],
  ] as const
) {
  Deno.test(`nameKeys() ignores ${what}`, () => {
    assert.equal(nameKeys(name(one))[0], nameKeys(name(other))[0]);
  });
}

for (
  const [what, one, other] of [
    ["a Cyrillic letter", "Ann", "\u0410nn"],
    ["Cyrillic letters only", "Cocoa", "\u0421\u043e\u0441\u043e\u0430"],
    ["Cyrillic letters in another case", "oca", "\u041e\u0421\u0410"],
    ["a Greek letter", "Bob", "\u0392ob"],
    ["an Armenian letter", "ohm", "\u0585hm"],
    ["a Cherokee letter", "Dan", "\u13a0an"],
    ["letters of mathematics", "Ann", "\u{1d400}\u{1d427}\u{1d427}"],
    ["a capital I for an l", "Alice", "AIice"],
    ["a capital I for an l, in another case", "alice", "AIice"],
    ["a 1 for an l", "Alice", "A1ice"],
    ["a vertical bar for an l", "Alice", "A|ice"],
    ["a 0 for an O", "Otto", "0tt0"],
    ["letters for digits", "user10", "userlO"],
    ["rn for m", "mia", "rnia"],
    ["a capital I beside a capital L, which is the price of the one before", "Ian", "Lan"],
    ["another apostrophe", "O'Neil", "O\u2019Neil"],
    ["another hyphen", "Ann-Lee", "Ann\u2010Lee"],
    ["two spaces, which are drawn as one", "Ann Lee", "Ann  Lee"],
    ["an accent that looks the same", "Zo\u00eb", "Zoe\u0308"],
    ["a katakana for an ideograph", "\u4e8c", "\u30cb"],
    ["a Hangul jamo for a syllable's part", "\u3147", "\u11bc"],
  ] as const
) {
  Deno.test(`nameKeys() finds the same name despite ${what}`, () => {
    assert.ok(
      isSameName(name(one), name(other)),
      `${nameKeys(name(one))} ${nameKeys(name(other))}`,
    );
  });
}

for (
  const [one, other] of [
    ["Ann", "Anna"],
    ["Zoe", "Zo\u00eb"],
    ["Ann Lee", "AnnLee"],
    ["\u7f51\u53cb1", "\u7f51\u53cb2"],
    ["\u7f51\u53cb10", "\u7f51\u53cb11"],
    // Both look like `lan`, but not like each other.
    ["ian", "lan"],
    ["Kai", "Kal"],
    ["Mark", "Marc"],
    ["\u041e\u043b\u0435\u0433", "Oleg"],
    ["\u039d\u03af\u03ba\u03bf\u03c2", "Vikos"],
    ["\u738b", "\u73cf"],
    ["\u738b", "\u7389"],
    ["\u672a", "\u672b"],
    ["\u{1f600}", "\u{1f603}"],
  ] as const
) {
  Deno.test(`nameKeys() distinguishes ${one} from ${other}`, () => {
    assert.ok(
      !isSameName(name(one), name(other)),
      `${nameKeys(name(one))} ${nameKeys(name(other))}`,
    );
  });
}

Deno.test("nameKeys() of a plain name equals the result of the slow path, for each allowed character", () => {
  for (let code = 0x20; code <= 0x9fff; code = code === 0x7e ? 0x4e00 : code + 1) {
    const plain = parseName(`a${String.fromCharCode(code)}b`);
    if (plain === undefined) continue;
    const fold = (text: string) =>
      text.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
    const keys = new Set([fold(plain), fold(skeleton(plain))]);
    assert.deepEqual(nameKeys(plain), [...keys], plain);
  }
});

Deno.test("nameKeys() of any name begins with the key of the name in upper and in lower case", () => {
  fc.assert(
    fc.property(anyName, (one) => {
      for (const text of [one.toUpperCase(), one.toLowerCase(), one.normalize("NFKC")]) {
        const other = parseName(text);
        // It may now be too long, or begin with a blank or with what no name may begin with.
        if (other && other === text.normalize("NFC")) {
          assert.equal(nameKeys(other)[0], nameKeys(one)[0], other);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("nameKeys() returns one or two keys, not empty and without tabs and line breaks, for any name", () => {
  fc.assert(
    fc.property(anyName, (any) => {
      const keys = nameKeys(any);
      assert.ok(keys.length === 1 || (keys.length === 2 && keys[0] !== keys[1]));
      for (const key of keys) assert.match(key, /^[^\t\r\n]+$/);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("skeleton() is its own skeleton and adds no control characters, for every character", () => {
  for (let code = 0x20; code < 0x20000; code++) {
    if (code >= 0xd800 && code < 0xe000 || code === 0x7f) continue;
    const drawn = skeleton(String.fromCodePoint(code));
    assert.equal(skeleton(drawn), drawn, code.toString(16));
    if (code > 0x9f) assert.doesNotMatch(drawn, /\p{Cc}/u, code.toString(16));
  }
});

for (
  const [text, other, isResembled] of [
    ["ADMlN", "Admin", true],
    ["ADM1N", "admin", true],
    ["ADM|N (2)", "Admin", true],
    ["ADMIN", "Admin", true],
    ["Admln", "Admin", false],
    ["Al", "Ai", false],
    ["Kal", "Kai", false],
  ] as const
) {
  Deno.test(`resembledKeys() of ${text} have one of ${other}: ${isResembled}`, () => {
    const keys = new Set(resembledKeys(name(text)));
    assert.equal(nameKeys(name(other)).some((it) => keys.has(it)), isResembled, [...keys].join());
  });
}

for (
  const [text, stems] of [
    ["Ann", []],
    ["Ann (2)", ["ANN"]],
    ["Ann (2) (3)", ["ANN (2)", "ANN"]],
    ["Ann（２）", ["ANN"]],
    ["Ann ⑵", ["ANN"]],
    ["Ann (²)", ["ANN"]],
    ["Ann (2)\ufe0f", ["ANN"]],
    ["Ann (2\u200d)", ["ANN"]],
    ["Ann (100000)", ["ANN"]],
    ["Ann (boss)", ["ANN"]],
    ["Ann [2]", ["ANN"]],
    ["Ann ❪2❫", ["ANN"]],
    ["Ann ⟮2⟯", ["ANN"]],
    ["Ann ⦅2⦆", ["ANN"]],
    ["Ann ⸨2⸩", ["ANN"]],
    ["Ann ﴾2﴿", ["ANN"]],
    ["Ann (2).", ["ANN"]],
    ["Ann (2) -", ["ANN"]],
    ["Ann (2)\u0307", ["ANN"]],
    ["Ann [x] (3)!", ["ANN [X]", "ANN"]],
    ["Ann.", []],
    ["(2)", []],
    ["Ann)", []],
  ] as const
) {
  Deno.test(`stemKeys() of ${text} has the keys of what is before the brackets`, () => {
    const name = parseName(text) ?? assert.fail(text);
    const found = new Set(stemKeys(name));
    for (const stem of stems) assert.ok(found.has(stem), [...found].join());
    assert.equal(found.size > 0, stems.length > 0);
  });
}
