/**
 * What names of people and rooms may be, and how guests get theirs.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  drawGuestName,
  isKeptName,
  MAX_NAME_UNITS,
  parseName,
  parseRoom,
} from "../../lib/core/names.ts";
import { anyText } from "./deceits.ts";

const FAMILY = "👩\u200d👩\u200d👧";

for (
  const [what, text, name] of [
    ["a word", "Ann", "Ann"],
    ["two words", "Ann Lee", "Ann Lee"],
    ["Chinese and digits", "网友42", "网友42"],
    ["a name in spaces, without them", " \t Ann\u00a0\n", "Ann"],
    ["a decomposed letter, composed", "Rene\u0301", "Ren\u00e9"],
    ["a colon without a space", "12:30", "12:30"],
    ["a colon at the end", "Ann:", "Ann:"],
    ["the server's signs further on", "a*b!c/d", "a*b!c/d"],
    ["emoji held together by joiners", FAMILY, FAMILY],
    ["an emoji with a variation selector", "\u2764\ufe0f", "\u2764\ufe0f"],
    ["Persian, written with a non-joiner", "نمی\u200cدانم", "نمی\u200cدانم"],
    ["one character", "x", "x"],
    ["32 letters", "x".repeat(32), "x".repeat(32)],
    ["32 emoji, which are 64 code units", "😀".repeat(32), "😀".repeat(32)],
    ["32 letters that were 64 before they were composed", "e\u0301".repeat(32), "é".repeat(32)],
    ["Vietnamese, 96 units before they were composed", "e\u0302\u0301".repeat(32), "ế".repeat(32)],
    ["as much white space as fits", ` ${" ".repeat(MAX_NAME_UNITS - 4)}Ann`, "Ann"],
    ["three marks on a letter", "x\u0301\u0302\u0303y", "x\u0301\u0302\u0303y"],
    ["Thai with a vowel and a tone", "น้ำทิพย์", "น้ำทิพย์"],
    ["Burmese with four signs on a letter", "မြွှေ့", "မြွှေ့"],
    ["Tibetan with stacked letters", "སྒྲུབ", "སྒྲུབ"],
    ["Hindi with a nukta, a vowel and a nasal", "ज़ींदा", "ज़ींदा"],
    ["Arabic with its own marks", "مُحَمَّد", "مُحَمَّد"],
    ["a keycap emoji", "1\ufe0f\u20e3", "1\ufe0f\u20e3"],
    ["an emoji with a skin tone", "👍🏽", "👍🏽"],
  ] as const
) {
  Deno.test(`parseName() lets ${what} through`, () => assert.equal(parseName(text), name));
}

for (
  const [what, text] of [
    ["nothing", ""],
    ["only spaces", " \t\u3000 "],
    ["33 letters", "x".repeat(33)],
    ["33 emoji", "😀".repeat(33)],
    ["a very long text", "x".repeat(100_000)],
    ["a letter under 100,000 marks", `x${"\u0301\u0323".repeat(50_000)}`],
    ["a name in more white space than fits", " ".repeat(MAX_NAME_UNITS) + "Ann"],
    ["four marks on a letter", "x\u0301\u0302\u0303\u0304"],
    ["four marks on a letter with joiners between", "x\u0301\u0302\u200d\u0303\ufe0f\u0304"],
    ["four Thai vowels on a letter", "ก\u0e47\u0e47\u0e47\u0e47"],
    ["a mark at the beginning, which goes onto what stands before", "\u0301Ann"],
    ["an empty Braille cell", "An\u2800n"],
    ["an annotation anchor", "Ann\ufff9"],
    ["an object replacement", "Ann\ufffc"],
    ["a null note head", "Ann\u{1d159}"],
    ["an Egyptian blank", "Ann\u{13441}"],
    ["a Khitan filler", "Ann\u{16fe4}"],
    ["a Hangul filler", "Ann\u3164"],
    ["a no-break space inside", "Ann\u00a0Lee"],
    ["an em space inside", "Ann\u2003Lee"],
    ["an ideographic space inside", "Ann\u3000Lee"],
    ["a variation selector that is not for emoji", "Ann\ufe00"],
    ["a tag character", "Ann\u{e0041}"],
    ["an asterisk at the beginning", "* Ann"],
    ["an exclamation mark at the beginning", "!Ann"],
    ["a slash at the beginning", "/nick"],
    ["a sign at the beginning behind a space", " *Ann"],
    ["a colon followed by a space", "Bob: I owe you"],
    ["a line break", "Ann\nBob"],
    ["a carriage return", "Ann\rBob"],
    ["a tab inside", "Ann\tBob"],
    ["an escape sequence", "Ann\x1b[2K"],
    ["next line, a C1 control", "Ann\u0085Bob"],
    ["a line separator", "Ann\u2028Bob"],
    ["a paragraph separator", "Ann\u2029Bob"],
    ["a right-to-left override", "Ann\u202eboB"],
    ["half a surrogate pair", "Ann\ud83d"],
    ["a zero-width space", "An\u200bn"],
    ["a word joiner", "Ann\u2060"],
    ["a soft hyphen", "An\u00adn"],
    ["a byte order mark inside", "An\ufeffn"],
    ["nothing but joiners", "\u200d\u200c"],
  ] as const
) {
  Deno.test(`parseName() refuses ${what}`, () => assert.equal(parseName(text), undefined));
}

/** `U+200b U+2a` instead of what nobody would see in the message of a failure. */
function codes(text: string): string {
  return [...text].map((character) => `U+${character.codePointAt(0)?.toString(16)}`).join(" ");
}

// A reader takes what stands behind an unseen character for the beginning of the line.
const UNSEEN = ["\u00ad", "\u034f", "\u200b", "\u200d", "\u2060", "\u3164", "\ufe0f"];

Deno.test("parseName() refuses a sign of the server's behind what nobody sees", () => {
  for (const unseen of UNSEEN) {
    for (const sign of ["*", "!", "/"]) {
      assert.equal(parseName(`${unseen}${sign} Bob`), undefined, codes(unseen + sign));
    }
  }
});

Deno.test("parseName() refuses a colon followed by whatever looks like a space", () => {
  const spaces = ["\u00a0", "\u1680", "\u2003", "\u202f", "\u205f", "\u2800", "\u3000"];
  for (const space of [...spaces, ...UNSEEN.map((unseen) => `${unseen} `)]) {
    assert.equal(parseName(`Bob:${space}I owe you`), undefined, codes(space));
  }
});

Deno.test("parseName() refuses a name that begins with blanks, as a continuation line does", () => {
  for (const blank of ["\u115f", "\u2800", "\u3164", "\uffa0"]) {
    assert.equal(parseName(`${blank}${blank}I owe you`), undefined, codes(blank));
  }
});

Deno.test("parseName() refuses every control, separator, surrogate and direction mark there is", () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const character = String.fromCharCode(unit);
    if (!/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u.test(character)) continue;
    assert.equal(parseName(`a${character}b`), undefined, codes(character));
  }
});

Deno.test("parseName() lets through only what can stand at the beginning of a line", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const name = parseName(text);
      if (name === undefined) return;
      assert.equal(name, name.trim());
      assert.equal(name, name.normalize("NFC"));
      assert.ok([...name].length >= 1 && [...name].length <= 32);
      assert.doesNotMatch(name, /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]/u);
      assert.doesNotMatch(name, /^[*!/]/);
      assert.ok(!name.includes(": "));
      const seen = name.replace(/\p{Default_Ignorable_Code_Point}/gu, "");
      assert.doesNotMatch(seen, /^$|^[*!/\s]|:\s/);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseName() leaves what it has let through as it is", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const name = parseName(text);
      if (name !== undefined) assert.equal(parseName(name), name);
    }),
    { numRuns: 1000 },
  );
});

for (const room of ["lobby", "a", "A-1_b.c", ".", "-", "0", "x".repeat(64)]) {
  Deno.test(`parseRoom() lets ${room} through`, () => assert.equal(parseRoom(room), room));
}

for (
  const [what, text] of [
    ["nothing", ""],
    ["65 characters", "x".repeat(65)],
    ["a space", "the lobby"],
    ["spaces around", " lobby "],
    ["a line break at the end", "lobby\n"],
    ["a slash", "a/b"],
    ["a colon, which is between the parts of a key", "a:b"],
    ["a brace, which makes a hash slot", "{a}"],
    ["an asterisk, which makes a pattern", "a*"],
    ["letters beyond ASCII", "大厅"],
  ] as const
) {
  Deno.test(`parseRoom() refuses ${what}`, () => assert.equal(parseRoom(text), undefined));
}

Deno.test("parseRoom() lets through exactly 1 to 64 characters of its alphabet, unchanged", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  const ofAlphabet = fc.string({
    unit: fc.constantFrom(...alphabet),
    maxLength: 70,
    size: "max",
  });
  fc.assert(
    fc.property(fc.oneof(ofAlphabet, anyText), (text) => {
      const isRoom = text.length >= 1 && text.length <= 64 &&
        [...text].every((character) => alphabet.includes(character));
      assert.equal(parseRoom(text), isRoom ? text : undefined);
    }),
    { numRuns: 1000 },
  );
});

/** A number in [0, 1), as `Math.random` gives it. */
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("drawGuestName() reaches each of the 90 numbers of two digits", () => {
  const drawn = new Set<string>();
  for (let k = 0; k < 90; k++) drawn.add(drawGuestName("guest", () => false, () => (k + 0.5) / 90));
  assert.deepEqual([...drawn], Array.from({ length: 90 }, (_, k) => `guest${k + 10}`));
});

for (const [random, name] of [[0, "guest10"], [1 - Number.EPSILON / 2, "guest99"]] as const) {
  Deno.test(`drawGuestName() draws ${name} at one end of its range`, () => {
    assert.equal(drawGuestName("guest", () => false, () => random), name);
  });
}

for (const [random, name] of [[0, "guest100"], [1 - Number.EPSILON / 2, "guest999"]] as const) {
  Deno.test(`drawGuestName() draws ${name} at one end where all of two digits are taken`, () => {
    assert.equal(drawGuestName("guest", (drawn) => drawn.length < 8, () => random), name);
  });
}

Deno.test("drawGuestName() draws the last number of two digits that is left", () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 99 }), anyRandom, (left, random) => {
      const isTaken = (name: string) => /^网友\d\d$/.test(name) && name !== `网友${left}`;
      assert.equal(drawGuestName("网友", isTaken, () => random), `网友${left}`);
    }),
    { numRuns: 500 },
  );
});

for (const digits of [3, 4, 5]) {
  Deno.test(`drawGuestName() goes on to ${digits} digits when all shorter numbers are taken`, () => {
    fc.assert(
      fc.property(anyRandom, (random) => {
        const isTaken = (name: string) => name.length < "guest".length + digits;
        const name = drawGuestName("guest", isTaken, () => random);
        assert.match(name, new RegExp(`^guest[1-9]\\d{${digits - 1}}$`));
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("drawGuestName() never draws a taken name", () => {
  const numbers = fc.oneof(
    fc.uniqueArray(fc.integer({ min: 10, max: 999 }), {
      maxLength: 300,
      size: "max",
    }),
    fc.integer({ min: 10, max: 999 }).map((end) => Array.from({ length: end }, (_, k) => k)),
  );
  fc.assert(
    fc.property(numbers, anyRandom, (taken, random) => {
      const names = new Set(taken.map((number) => `guest${number}`));
      const name = drawGuestName("guest", (drawn) => names.has(drawn), () => random);
      assert.ok(!names.has(name), name);
    }),
    { numRuns: 500 },
  );
});

Deno.test("drawGuestName() throws RangeError for a word that no name can begin with", () => {
  assert.throws(() => drawGuestName("* ", () => false, () => 0), RangeError);
});

Deno.test("isKeptName() accepts every name that parseName() lets through", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const name = parseName(text);
      if (name !== undefined) assert.ok(isKeptName(name), codes(name));
    }),
    { numRuns: 1000 },
  );
});

for (
  const [what, text, isKept] of [
    ["an ideographic space, as earlier versions did", "張\u3000三", true],
    ["an empty Braille cell inside, as earlier versions did", "An\u2800n", true],
    ["nothing", "", false],
    ["65 characters", "x".repeat(65), false],
    ["a line break", "Ann\nBob", false],
    ["a sign of the server's", "* Ann", false],
    ["a colon and a space", "Ann: hi", false],
    ["a right-to-left override", "Ann\u202eboB", false],
  ] as const
) {
  Deno.test(`isKeptName() ${isKept ? "accepts" : "refuses"} ${what}`, () => {
    assert.equal(isKeptName(text), isKept);
  });
}
