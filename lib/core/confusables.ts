/**
 * What a text looks like: its skeleton by Unicode's list of confusable characters (UTS #39 §4). Two texts with one
 * skeleton are drawn alike in some common typeface, whatever scripts their letters belong to. A skeleton is for comparing
 * only. Callers bound the text's length; the table is read when it is first needed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(skeleton("Аnn"), skeleton("Ann")); // the first begins with a Cyrillic letter
 * assert.equal(skeleton("Il1|"), "llll");
 * assert.notEqual(skeleton("Ann"), skeleton("Anna"));
 * ```
 * @module
 */
import { CONFUSABLES } from "./confusables_table.ts";

/** What a character is drawn like, by the character. */
export type Prototypes = ReadonlyMap<string, string>;

let table: Prototypes | undefined;

/** The skeleton of a text. @param prototypes Other ones than Unicode's. */
export function skeleton(text: string, prototypes: Prototypes = table ??= unpack()): string {
  let drawn = "";
  for (const character of text.normalize("NFD")) {
    drawn += prototypes.get(character) ?? compatible(character, prototypes);
  }
  return drawn.normalize("NFD");
}

/** The skeleton of what a letter of another style or width stands for: Unicode's list has them, the table leaves them out. */
function compatible(character: string, prototypes: Prototypes): string {
  const plain = character.normalize("NFKD");
  if (plain === character) return character;
  return [...plain].map((part) => prototypes.get(part) ?? part).join("");
}

/**
 * The table as it is written: for each prototype `to:from,from …`, numbers in base 36; `to` are code points joined by
 * dots, and each `from` is what is added to the one before.
 */
function unpack(): Prototypes {
  const prototypes = new Map<string, string>();
  for (const record of CONFUSABLES.trim().split(/\s/)) {
    const [to = "", from = ""] = record.split(":");
    const prototype = to.split(".").map(characterOf).join("");
    let code = 0;
    for (const step of from.split(",")) {
      code += parseInt(step, 36);
      prototypes.set(String.fromCodePoint(code), prototype);
    }
  }
  return prototypes;
}

function characterOf(code: string): string {
  return String.fromCodePoint(parseInt(code, 36));
}
