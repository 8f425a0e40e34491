/**
 * Deceptive texts: ordinary text in which the characters that the rules for names and lines guard against appear far more
 * often than by chance. With plain random texts, almost no run would contain a forged line.
 * @module
 */
import fc from "fast-check";
import { type Name, parseName } from "../../../lib/core/names/names.ts";

const HOSTILE_PARTS = [
  ..." :*!/\t\n\r\v\f\0\b\x1b\x1c\x7f\u0085\u009b\u2028\u2029",
  ...["\r\n", ": ", "\x1b[2K", "\x1b[A", "\n* ", "\n  ", "Ann: ", "Bob", "网友", "😀", "e\u0301"],
  ...[
    "\u00a0",
    "\u200b",
    "\u200d",
    "\u2800",
    "\ufeff",
    "\u061c",
    "\u200f",
    "\u202e",
    "\u2066",
    "\ud83d",
    "\ude00",
  ],
];

/** Any one character. Handwritten, since fast-check takes 0.8 s to create its `unit: "binary"`. */
const anyCharacter = fc.oneof(fc.nat(0xff), fc.nat(0xffff), fc.nat(0x10ffff))
  .map((code) => String.fromCodePoint(code));

/** Any text, including unpaired surrogates. */
export const anyPlainText: fc.Arbitrary<string> = fc.string({
  unit: anyCharacter,
  maxLength: 50,
  size: "max",
});

/** Any text, most of it deceptive. */
export const anyText: fc.Arbitrary<string> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_PARTS) },
    { weight: 2, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 6 }) },
    { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 3 }) },
  ),
  { maxLength: 12, size: "max" },
).map((parts) => parts.join(""));

/** Any name that the rules accept. */
export const anyName: fc.Arbitrary<Name> = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  fc.array(fc.constantFrom("Ann", "网友", ":", " ", "*", "!", "/", "😀", "e\u0301"), {
    maxLength: 8,
  }).map((parts) => parts.join("")),
).map(parseName).filter((name) => name !== undefined);
