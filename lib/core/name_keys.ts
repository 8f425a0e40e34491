/**
 * Which names count as the same: those that differ only by case, width or invisible characters, and those that look alike
 * in some typeface (UTS #39), such as `Ann` with a Cyrillic А, `AIice` with a capital I, and `userlO` beside `user10`. A
 * single key for both relations would make `Ian` and `Lan` one name, since both match `lan`. So a name has up to two keys,
 * and is taken if any of them is.
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

// Most names consist of these characters, in which only case can differ. The check is ten times cheaper than folding.
const PLAIN = /^[\x20-\x7e\u4e00-\u9fff]*$/;
// ASCII without characters that look like others: " % 0 1 I ` m |. Names of these do not need the table.
const UNMISTAKABLE = /^[ !#$&'()*+,./2-9:;<=>?@A-HJ-Z[\\\]^_a-ln-z{}~-]*$/;

/** One or two keys, without tabs and line breaks. A name is taken if another user's name has any of them. */
export function nameKeys(name: Name): readonly string[] {
  const seen = withoutUnseen(name).replace(/ {2,}/g, " ");
  const own = fold(seen);
  if (UNMISTAKABLE.test(seen)) return [own];
  const drawn = fold(skeleton(seen));
  return drawn === own ? [own] : [own, drawn];
}

function withoutUnseen(name: string): string {
  return PLAIN.test(name) ? name : name.replace(/\p{Default_Ignorable_Code_Point}/gu, "");
}

/** One form for all cases and widths. */
function fold(text: string): string {
  if (PLAIN.test(text)) return text.toUpperCase();
  // Both, one after the other: ẞ is in capitals already, and ß, ς and ǰ have no other way to meet SS, σ and J̌.
  return text.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
}
