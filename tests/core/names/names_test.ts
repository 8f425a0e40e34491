/**
 * The rules for names of users and rooms, and how guest names are generated.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  guestLanguage,
  isStoredName,
  isTemporaryName,
  MAX_NAME_UNITS,
  parseLegacyRoom,
  parseName,
  parseRoom,
  parseStoredRoom,
  pickGuestName,
  pickTemporaryName,
} from "../../../lib/core/names/names.ts";
import { anyText } from "./hostile_texts.ts";

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
  Deno.test(`parseName() accepts ${what}`, () => assert.equal(parseName(text), name));
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
    ["a mark at the beginning, which combines with the text before it", "\u0301Ann"],
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
  Deno.test(`parseName() rejects ${what}`, () => assert.equal(parseName(text), undefined));
}

/** `U+200b U+2a` instead of an invisible character in a failure's message. */
function codes(text: string): string {
  return [...text].map((character) => `U+${character.codePointAt(0)?.toString(16)}`).join(" ");
}

// A reader takes what follows an invisible character for the beginning of the line.
const UNSEEN = ["\u00ad", "\u034f", "\u200b", "\u200d", "\u2060", "\u3164", "\ufe0f"];

Deno.test("parseName() rejects a sign of the server's after an invisible character", () => {
  for (const unseen of UNSEEN) {
    for (const sign of ["*", "!", "/"]) {
      assert.equal(parseName(`${unseen}${sign} Bob`), undefined, codes(unseen + sign));
    }
  }
});

Deno.test("parseName() rejects a colon followed by anything that looks like a space", () => {
  const spaces = ["\u00a0", "\u1680", "\u2003", "\u202f", "\u205f", "\u2800", "\u3000"];
  for (const space of [...spaces, ...UNSEEN.map((unseen) => `${unseen} `)]) {
    assert.equal(parseName(`Bob:${space}I owe you`), undefined, codes(space));
  }
});

Deno.test("parseName() rejects a name that begins with blanks, as a continuation line does", () => {
  for (const blank of ["\u115f", "\u2800", "\u3164", "\uffa0"]) {
    assert.equal(parseName(`${blank}${blank}I owe you`), undefined, codes(blank));
  }
});

Deno.test("parseName() rejects every control, separator, surrogate and direction mark", () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const character = String.fromCharCode(unit);
    if (!/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u.test(character)) continue;
    assert.equal(parseName(`a${character}b`), undefined, codes(character));
  }
});

Deno.test("parseName() accepts only what may appear at the beginning of a line", () => {
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

Deno.test("parseName() leaves a name that it returned unchanged", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const name = parseName(text);
      if (name !== undefined) assert.equal(parseName(name), name);
    }),
    { numRuns: 1000 },
  );
});

for (
  const [text, room] of [
    ["lobby"],
    ["Lobby", "lobby"],
    ["A-1_b.c", "a-1_b.c"],
    ["."],
    ["-"],
    ["0"],
    ["x".repeat(64)],
    ["大厅"],
    ["二〇二六"],
    ["ÜBER-uns", "über-uns"],
    ["u\u0308ber", "über"],
    ["हिन्दी"],
    ["ห้องรับแขก"],
    ["العَرَبِيَّة"],
    ["한국어".normalize("NFD"), "한국어"],
    ["ΟΔΟΣ", "οδος"],
    ["İzmir", "i\u0307zmir"],
    ["STRAẞE", "straße"],
    ["\u212b", "å"],
    ["𠮷".repeat(64)],
    ["ệ".normalize("NFD").repeat(64), "ệ".repeat(64)],
  ] as const
) {
  Deno.test(`parseRoom() turns ${text} into ${room ?? text}`, () => {
    assert.equal(parseRoom(text), room ?? text);
  });
}

for (
  const [what, text] of [
    ["nothing", ""],
    ["65 characters", "x".repeat(65)],
    ["65 characters of two units each", "𠮷".repeat(65)],
    ["more than 64 characters in lower case", "İ".repeat(33)],
    ["a space", "the lobby"],
    ["spaces around", " lobby "],
    ["a line break at the end", "lobby\n"],
    ["a slash", "a/b"],
    ["a colon, which separates the parts of a key", "a:b"],
    ["a brace, which makes a hash slot", "{a}"],
    ["an asterisk, which makes a pattern", "a*"],
    ["a hash", "#lobby"],
    ["an emoji", "🎉"],
    ["a fraction", "½"],
    ["a mark at the beginning", "\u0301a"],
    ["a mark behind a sign", "a.\u0301"],
    ["four marks on a letter", "x\u0301\u0302\u0303\u0304"],
    ["an enclosing mark", "a\u20dd"],
    ["a zero-width joiner", "a\u200db"],
    ["a direction mark", "a\u202eb"],
    ["a letter that is a blank", "a\u3164"],
    ["a combining grapheme joiner", "a\u034f"],
    ["a variation selector", "葛\u{e0100}"],
    ["half a pair", "\ud842"],
    ["a wide space", "大\u3000厅"],
  ] as const
) {
  Deno.test(`parseRoom() rejects ${what}`, () => assert.equal(parseRoom(text), undefined));
}

const anyRoomText = fc.oneof(
  anyText,
  fc.string({ unit: "grapheme", maxLength: 70 }),
  fc.string({
    unit: fc.constantFrom(..."aAZ9_.-İIıßẞΣσςǅǰÅ\u212b\u0301\u0307\u0323가한大𠮷ह\u093f"),
  }),
);

Deno.test("parseRoom() leaves a room that it returned unchanged, and accepts every spelling of it", () => {
  fc.assert(
    fc.property(anyRoomText, (text) => {
      const room = parseRoom(text);
      if (room === undefined) return;
      assert.equal(parseRoom(room), room);
      assert.equal(parseRoom(room.normalize("NFD")), room);
      assert.equal(parseStoredRoom(room), room);
      assert.ok([...room].length >= 1 && [...room].length <= 64);
      assert.match(room, /^[\p{L}\p{M}\p{N}_.-]+$/u);
      assert.doesNotMatch(room, /\p{Default_Ignorable_Code_Point}|^\p{M}/u);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("parseRoom() leaves each single character that it returned unchanged", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const room = parseRoom(String.fromCodePoint(code));
    if (room !== undefined) assert.equal(parseRoom(room), room, code.toString(16));
  }
});

Deno.test("parseRoom() accepts every former room name, in lower case", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  const old = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 64 });
  fc.assert(fc.property(old, (text) => {
    assert.equal(parseRoom(text), text.toLowerCase());
    assert.equal(parseLegacyRoom(text), /[A-Z]/.test(text) ? text : undefined);
    assert.equal(parseStoredRoom(text), text);
  }));
});

for (const text of ["lobby", "Ünï", "Lobby!", "", "X".repeat(65)]) {
  Deno.test(`parseLegacyRoom() rejects ${text || "an empty text"}`, () => {
    assert.equal(parseLegacyRoom(text), undefined);
  });
}

/** A number in [0, 1), as `Math.random` returns it. */
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Numbers like those of `Math.random`, spread evenly, that begin with this one. */
function randomFrom(first: number): () => number {
  let count = 0;
  return () => (first + 0.618034 * count++) % 1;
}

for (
  const [tags, language] of [
    ["zh", "zh"],
    ["zh-TW", "zh"],
    ["zh-Hant-HK,en;q=0.5", "zh"],
    ["zh;q=1", "zh"],
    ["zha", "en"],
    ["en,zh", "en"],
    ["", "en"],
    [null, "en"],
  ] as const
) {
  Deno.test(`guestLanguage() of ${tags} is ${language}`, () => {
    assert.equal(guestLanguage(tags), language);
  });
}

Deno.test("pickGuestName() reaches each of the 90 numbers of two digits", () => {
  const drawn = new Set<string>();
  for (let k = 0; k < 90; k++) drawn.add(pickGuestName("guest", () => false, () => (k + 0.5) / 90));
  assert.deepEqual([...drawn], Array.from({ length: 90 }, (_, k) => `guest${k + 10}`));
});

for (const [random, name] of [[0, "guest10"], [1 - Number.EPSILON / 2, "guest99"]] as const) {
  Deno.test(`pickGuestName() draws ${name} at one end of its range`, () => {
    assert.equal(pickGuestName("guest", () => false, () => random), name);
  });
}

for (const [random, name] of [[0, "guest100"], [1 - Number.EPSILON / 2, "guest999"]] as const) {
  Deno.test(`pickGuestName() draws ${name} at one end when all numbers of two digits are taken`, () => {
    assert.equal(pickGuestName("guest", (drawn) => drawn.length < 8, () => random), name);
  });
}

for (const guests of [10, 100, 1_000, 10_000]) {
  Deno.test(`pickGuestName() compares few names beside ${guests} guests`, () => {
    const random = randomFrom(0.5);
    const names = new Set<string>();
    let compared = 0;
    const isTaken = (name: string) => (compared++, names.has(name));
    for (let count = 0; count < guests; count++) names.add(pickGuestName("guest", isTaken, random));
    compared = 0;
    for (let count = 0; count < 100; count++) pickGuestName("guest", isTaken, random);
    assert.ok(compared / 100 <= 10 * String(guests).length, String(compared / 100));
  });
}

for (const digits of [3, 4, 5]) {
  Deno.test(`pickGuestName() uses ${digits} digits when all shorter numbers are taken`, () => {
    fc.assert(
      fc.property(anyRandom, (random) => {
        const isTaken = (name: string) => name.length < "guest".length + digits;
        const name = pickGuestName("guest", isTaken, () => random);
        assert.match(name, new RegExp(`^guest[1-9]\\d{${digits - 1}}$`));
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("pickGuestName() never draws a taken name", () => {
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
      const name = pickGuestName("guest", (drawn) => names.has(drawn), randomFrom(random));
      assert.ok(!names.has(name), name);
    }),
    { numRuns: 500 },
  );
});

Deno.test("pickGuestName() throws RangeError for a prefix that no name can begin with", () => {
  assert.throws(() => pickGuestName("* ", () => false, () => 0), RangeError);
});

Deno.test("pickTemporaryName() finds one of five digits though three in four of them are taken", () => {
  const wanted = parseName("Ann") ?? assert.fail();
  const isTaken = (name: string) => !/^Ann \((?:\d{4}[048]|\d{6,})\)$/.test(name);
  for (let count = 0; count < 200; count++) {
    assert.match(pickTemporaryName(wanted, isTaken, Math.random), /^Ann \(\d{5}\)$/);
  }
});

Deno.test("pickTemporaryName() draws a free name that isTemporaryName() recognizes, for every name", () => {
  fc.assert(
    fc.property(anyText, fc.nat(300), anyRandom, (text, taken, random) => {
      const wanted = parseName(text);
      if (wanted === undefined) return;
      const names = new Set<string>();
      const next = randomFrom(random);
      for (let count = 0; count <= taken; count += 10) {
        const name = pickTemporaryName(wanted, (drawn) => names.has(drawn), next);
        assert.equal(parseName(name), name, codes(name));
        assert.ok(isTemporaryName(name, wanted), codes(name));
        assert.ok(!names.has(name));
        names.add(name);
      }
    }),
    { numRuns: 500 },
  );
});

for (
  const [wanted, expected] of [
    ["Ann", "Ann (2)"],
    ["小明", "小明 (2)"],
    ["Ann:", "Ann (2)"],
    [":", "(2)"],
    ["x".repeat(32), `${"x".repeat(24)} (2)`],
  ] as const
) {
  Deno.test(`pickTemporaryName() draws ${expected} for ${wanted}`, () => {
    const name = parseName(wanted) ?? assert.fail();
    assert.equal(pickTemporaryName(name, () => false, () => 0), expected);
  });
}

for (
  const text of ["Ann", "Ann (2", "Ann (x)", "Ann (2) (2)", "Anna (2)", "ann (2)", "Ann (123456)"]
) {
  Deno.test(`isTemporaryName() is false for ${text} when Ann is wanted`, () => {
    const [name, wanted] = [parseName(text) ?? assert.fail(), parseName("Ann") ?? assert.fail()];
    assert.ok(!isTemporaryName(name, wanted));
  });
}

Deno.test("isStoredName() accepts every name that parseName() returns", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const name = parseName(text);
      if (name !== undefined) assert.ok(isStoredName(name), codes(name));
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
  Deno.test(`isStoredName() ${isKept ? "accepts" : "refuses"} ${what}`, () => {
    assert.equal(isStoredName(text), isKept);
  });
}
