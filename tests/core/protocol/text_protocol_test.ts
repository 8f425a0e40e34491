/**
 * Whatever appears at the beginning of a line was written by the server.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Name, parseName } from "../../../lib/core/names/names.ts";
import {
  faultLine,
  memberLine,
  messageLine,
  namesText,
  noticeLine,
  roomsText,
  saidLine,
  textEncoderWithPresence,
} from "../../../lib/core/protocol/text_protocol.ts";
import { anyName, anyText } from "../names/hostile_texts.ts";

/** Every character that some software treats as the end of a line; FS, GS and RS are from Python's `str.splitlines()`. */
const ANY_LINE_BREAK = new RegExp("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]");

function nameOf(text: string): Name {
  const name = parseName(text);
  assert.ok(name !== undefined);
  return name;
}

for (
  const [what, text, line] of [
    ["one line as it is", "hi there", "Ann: hi there"],
    ["nothing as nothing", "", "Ann: "],
    ["a second line indented", "hi\nBob: I owe you", "Ann: hi\n  Bob: I owe you"],
    ["CR LF as one line break", "a\r\nb", "Ann: a\n  b"],
    ["LF CR as two", "a\n\rb", "Ann: a\n  \n  b"],
    ["a line break at the end", "hi\n", "Ann: hi\n  "],
    ["a line break at the beginning", "\n! gone", "Ann: \n  ! gone"],
    ["empty lines indented", "a\n\nb", "Ann: a\n  \n  b"],
    ["a bare CR as a line break", "hi\rBob: no", "Ann: hi\n  Bob: no"],
    ["a vertical tab as a line break", "a\vb", "Ann: a\n  b"],
    ["a form feed as a line break", "a\fb", "Ann: a\n  b"],
    ["next line as a line break", "a\u0085b", "Ann: a\n  b"],
    ["a line separator as a line break", "a\u2028b", "Ann: a\n  b"],
    ["a paragraph separator as a line break", "a\u2029b", "Ann: a\n  b"],
    ["a tab as it is", "a\tb", "Ann: a\tb"],
    ["escape as its picture", "\x1b[2KBob: hi", "Ann: \u241b[2KBob: hi"],
    ["backspace as its picture", "\b\b\b\b\bBob: hi", "Ann: ␈␈␈␈␈Bob: hi"],
    ["NUL as its picture", "a\0b", "Ann: a\u2400b"],
    ["US, the last before the space, as its picture", "a\x1fb", "Ann: a\u241fb"],
    ["DEL as its picture", "a\x7fb", "Ann: a\u2421b"],
    ["CSI, a C1 control, as the replacement character", "a\x9b2Kb", "Ann: a\ufffd2Kb"],
  ] as const
) {
  Deno.test(`messageLine() writes ${what}`, () =>
    assert.equal(messageLine(nameOf("Ann"), text), line));
}

Deno.test("messageLine() begins each line after the first with two spaces, and the first with the name", () => {
  fc.assert(
    fc.property(anyName, anyText, (name, text) => {
      const [first = "", ...others] = messageLine(name, text).split(ANY_LINE_BREAK);
      assert.ok(first.startsWith(`${name}: `), first);
      for (const line of others) assert.ok(line.startsWith("  "), line);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("messageLine() leaves no control characters but tab and LF", () => {
  fc.assert(
    fc.property(anyName, anyText, (name, text) => {
      assert.doesNotMatch(messageLine(name, text).replace(/[\t\n]/g, ""), /[\p{Cc}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("messageLine() writes a line from which the author can be parsed", () => {
  fc.assert(
    fc.property(anyName, anyText, (name, text) => {
      const line = messageLine(name, text);
      assert.equal(line.slice(0, line.indexOf(": ")), name);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("messageLine() never writes a line that looks like the server's or another user's", () => {
  fc.assert(
    fc.property(anyName, anyName, anyText, (name, other, text) => {
      fc.pre(name !== other);
      for (const line of messageLine(name, text).split(ANY_LINE_BREAK)) {
        assert.doesNotMatch(line, /^[*!/]/);
        assert.ok(!line.startsWith(`${other}: `), line);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("messageLine() does not change a text without line breaks and control characters", () => {
  const harmless = anyText.map((text) => text.replace(/[\p{Cc}\u2028\u2029]/gu, ""));
  fc.assert(
    fc.property(anyName, harmless, (name, text) => {
      assert.equal(messageLine(name, text), `${name}: ${text}`);
    }),
    { numRuns: 500 },
  );
});

for (
  const [name, sign, speak] of [["fault", "!", faultLine], ["notice", "*", noticeLine]] as const
) {
  Deno.test(`${name}() writes a line that begins with ${sign}`, () => {
    assert.equal(speak("slow down"), `${sign} slow down`);
  });

  Deno.test(`${name}() begins each line after the first with two spaces, whatever it quotes`, () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const [first = "", ...others] = speak(text).split(ANY_LINE_BREAK);
        assert.ok(first.startsWith(`${sign} `), first);
        for (const line of others) assert.ok(line.startsWith("  "), line);
        assert.doesNotMatch(speak(text).replace(/[\t\n]/g, ""), /\p{Cc}/u);
      }),
      { numRuns: 500 },
    );
  });
}

for (
  const [called, shown] of [
    ["Ann Lee", "Ann Lee"],
    ["Eve joined; Bob", '"Eve joined; Bob"'],
    ["Ann, Bob", '"Ann, Bob"'],
    ["Ann\uff0c Bob", '"Ann\uff0c Bob"'],
    ['Ann" left; "Bob', '"Ann"" left; ""Bob"'],
  ] as const
) {
  Deno.test(`The server's lines show the name ${called} as ${shown}`, () => {
    const name = nameOf(called);
    const people = [{ user: "u8k2ann", name }, { user: "u7bob3k2", name: nameOf("Bob") }];
    const presence = { type: "presence", room: "den", count: 2, joined: people, left: people };
    const entry = { room: "den", position: "k3j9f2:1", at: 0, user: "u8k2ann", id: "1", name };
    const rename = { ...entry, type: "renamed", from: name } as const;
    assert.equal(namesText(people), `${shown}, Bob`);
    assert.equal(
      textEncoderWithPresence.encode({ ...presence, type: "presence" }),
      `* ${shown}, Bob joined; ${shown}, Bob left`,
    );
    assert.equal(textEncoderWithPresence.encode(rename), `* ${shown} is now ${shown}`);
    const deletion = { ...entry, type: "deleted", of: "k3j9f2:1" } as const;
    assert.equal(textEncoderWithPresence.encode(deletion), `* ${shown} deleted a message`);
    const edit = { ...entry, type: "edited", of: "k3j9f2:1", text: "hi" } as const;
    assert.equal(textEncoderWithPresence.encode(edit), `* ${shown} edited: hi`);
    const event = { kind: "lockdown", on: true } as const;
    assert.equal(saidLine({ name, text: "did it", event }), `* ${shown} did it`);
    const direct = { room: "_direct.a", kind: "direct", position: "k3j9f2:1" } as const;
    const rooms = [{ ...direct, with: { user: "u8k2ann", name } }];
    assert.equal(roomsText({ type: "rooms", rooms }), `1 room\n_direct.a: ${shown}`);
    const other = { user: "u8k2ann", name };
    assert.equal(
      memberLine({ type: "member", room: "_direct.a", on: true, with: other }),
      `* ${shown} has a direct room with you: /join _direct.a`,
    );
    assert.equal(saidLine({ name, text: "hi" }), `${called}: hi`);
  });
}
