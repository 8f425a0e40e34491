/**
 * Which names count as the same: those that differ only by case, width or invisible characters, and those that look
 * alike in some typeface (UTS #39), such as `Ann` with a Cyrillic А, `AIice` with a capital I, and `userlO` and
 * `user10`. Do not use a single key for both relations: `Ian` and `Lan` would be the same name, since both match `lan`.
 * So a name has up to two keys, and is taken if any of them is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseName } from "./names.ts";
 * const [one, other] = [parseName("Alice"), parseName("AIice")];
 * if (!one || !other) throw new Error("unreachable");
 * assert.deepEqual(nameKeys(one), ["ALICE"]);
 * assert.deepEqual(nameKeys(other), ["AIICE", "ALICE"]);
 * ```
 * @module
 */
import { skeleton } from "./confusables.ts";
import type { Name } from "./names.ts";

// Most names consist of these characters, which can differ only in case. The check is ten times cheaper than folding.
const PLAIN = /^[\x20-\x7e\u4e00-\u9fff]*$/;
// ASCII without characters that look like others: " % 0 1 I ` m |. Names of these do not need the table.
const UNAMBIGUOUS = /^[ !#$&'()*+,./2-9:;<=>?@A-HJ-Z[\\\]^_a-ln-z{}~-]*$/;

/** One or two keys, without tabs and line breaks. A name is taken if another user's name has any of them. */
export function nameKeys(name: Name): readonly string[] {
  const visible = withoutInvisible(name).replace(/ {2,}/g, " ");
  const own = foldName(visible);
  if (UNAMBIGUOUS.test(visible)) return [own];
  const lookalike = foldName(skeleton(visible));
  return lookalike === own ? [own] : [own, lookalike];
}

/**
 * The keys of what remains of a name without the parentheses at its end: `ANN` for `Ann (2)`, as for `Ann ⑵` and for
 * `Ann (x) (3)`. Temporary names are made in this way, so whoever is called like one may be taken for somebody else.
 */
export function stemKeys(name: Name): readonly string[] {
  return nameKeys(name).flatMap((key) => {
    const stems: string[] = [];
    for (let stem = key; stem.endsWith(")") && stem.lastIndexOf("(") > 0;) {
      stem = stem.slice(0, stem.lastIndexOf("(")).trimEnd();
      stems.push(stem);
    }
    return stems;
  });
}

function withoutInvisible(name: string): string {
  return PLAIN.test(name) ? name : name.replace(/\p{Default_Ignorable_Code_Point}/gu, "");
}

/** Maps all cases and widths to one form. */
function foldName(text: string): string {
  if (PLAIN.test(text)) return text.toUpperCase();
  // Both, in this order: ẞ is upper case already, and only so do ß, ς and ǰ become equal to SS, σ and J̌.
  return text.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
}
