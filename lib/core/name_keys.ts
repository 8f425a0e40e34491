/**
 * Which names count as the same. Two names do where only case, width, or what cannot be seen differs, and where they look
 * the same in some typeface (UTS #39): `Ann` with a Cyrillic А, `AIice` with a capital I, `userlO` beside `user10`. These
 * are two relations, and to merge them into one would make `Ian` and `Lan` one name, since both meet `lan`; so a name has
 * up to two keys, and is another's where any of them is.
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

// Most names consist of these, in which nothing but case can differ; to find that out is ten times cheaper.
const PLAIN = /^[\x20-\x7e\u4e00-\u9fff]*$/;
// Of ASCII without what is drawn like another character: " % 0 1 I ` m |. The table is not even loaded for these.
const UNMISTAKABLE = /^[ !#$&'()*+,./2-9:;<=>?@A-HJ-Z[\\\]^_a-ln-z{}~-]*$/;

/** One or two keys, without tabs and line breaks. A name is taken where somebody else's has any of them. */
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
