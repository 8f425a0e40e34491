/**
 * The skeleton of a text by Unicode's list of confusable characters (UTS #39 §4). Two texts with the same skeleton look
 * alike in some common typeface, even if their letters belong to different scripts. Use skeletons for comparison only,
 * and bound the text's length first. The table is unpacked on first use.
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

/** Maps a character to the characters it resembles. */
export type Prototypes = ReadonlyMap<string, string>;

let table: Prototypes | undefined;

/** The skeleton of a text. @param prototypes Replaces Unicode's table. */
export function skeleton(text: string, prototypes: Prototypes = table ??= unpack()): string {
  let result = "";
  for (const character of text.normalize("NFD")) {
    result += prototypes.get(character) ?? variantSkeleton(character, prototypes);
  }
  return result.normalize("NFD");
}

/** The skeleton of a letter in another style or width. Unicode's list has these, but the table omits them. */
function variantSkeleton(character: string, prototypes: Prototypes): string {
  const plain = character.normalize("NFKD");
  if (plain === character) return character;
  return [...plain].map((part) => prototypes.get(part) ?? part).join("");
}

/**
 * Unpacks the table: `to:from,from …` for each prototype, with numbers in base 36. `to` is code points joined by dots;
 * each `from` is the difference from the one before.
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
