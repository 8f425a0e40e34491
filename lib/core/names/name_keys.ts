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
import { type Name, parseName } from "./names.ts";

// Most names consist of these characters, which can differ only in case. The check is ten times cheaper than folding.
const PLAIN = /^[\x20-\x7e\u4e00-\u9fff]*$/;
// ASCII without characters that look like others: " % 0 1 I ` m |. Names of these do not need the table.
const UNAMBIGUOUS = /^[ !#$&'()*+,./2-9:;<=>?@A-HJ-Z[\\\]^_a-ln-z{}~-]*$/;

// Brackets at the end of a key. Unicode classifies the ornate parentheses of Arabic the other way round.
const CLOSED = /[\p{Pe}\ufd3f][\p{Po}\p{Pd}\p{M}\s]*$/u;
const LAST_OPENING = /[\p{Ps}\ufd3e][^\p{Ps}\ufd3e]*$/u;
// Signs that look like a capital I.
const LIKE_CAPITAL_I = /[l1|]/;
const ALL_LIKE_CAPITAL_I = /[l1|]/g;

/** One or two keys, without tabs and line breaks. A name is taken if another user's name has any of them. */
export function nameKeys(name: Name): readonly string[] {
  const visible = withSingleSpaces(withoutInvisible(name));
  const own = foldName(visible);
  if (UNAMBIGUOUS.test(visible)) return [own];
  const lookalike = foldName(skeleton(visible));
  return lookalike === own ? [own] : [own, lookalike];
}

/**
 * The keys of all names for which a name can be taken: its own, those of {@linkcode stemKeys}, and those of `ADMIN` for `ADMlN`.
 * A user cannot choose a name if any of them belongs to another user. Owners own the keys of their names only, or a user who is
 * `Ann (2)` would own `Ann`.
 */
export function resembledKeys(name: Name): readonly string[] {
  const capitals = readAsCapitals(name);
  const names = capitals === undefined ? [name] : [name, capitals];
  return names.flatMap((it) => [...nameKeys(it), ...stemKeys(it)]);
}

/**
 * The keys of what remains of a name without the brackets at its end: `ANN` for `Ann (2)`, as for `Ann ⑵`, for `Ann ⟮2⟯.` and for
 * `Ann (x) [3]`. Temporary names are made in this way, so a user with such a name may be taken for another user.
 */
export function stemKeys(name: Name): readonly string[] {
  return nameKeys(name).flatMap((key) => {
    const stems: string[] = [];
    for (let stem = withoutBrackets(key); stem !== undefined; stem = withoutBrackets(stem)) {
      stems.push(stem);
    }
    return stems;
  });
}

/** What is before the last brackets of a key; undefined if it does not end with any, perhaps followed by punctuation. */
function withoutBrackets(key: string): string | undefined {
  if (!CLOSED.test(key)) return undefined;
  const start = key.search(LAST_OPENING);
  return start > 0 ? key.slice(0, start).trimEnd() || undefined : undefined;
}

/** A name in capitals with a capital I for each sign that looks like one among them; undefined if there are none. */
function readAsCapitals(name: Name): Name | undefined {
  if (!LIKE_CAPITAL_I.test(name)) return undefined;
  const rest = name.replaceAll(ALL_LIKE_CAPITAL_I, "");
  const isInCapitals = rest === rest.toUpperCase() && (rest.match(/\p{Lu}/gu)?.length ?? 0) >= 2;
  return isInCapitals ? parseName(name.replaceAll(ALL_LIKE_CAPITAL_I, "I")) : undefined;
}

function withoutInvisible(name: string): string {
  return PLAIN.test(name) ? name : name.replace(/\p{Default_Ignorable_Code_Point}/gu, "");
}

function withSingleSpaces(text: string): string {
  return text.replace(/ {2,}/g, " ");
}

/** Maps all cases and widths to one form. */
function foldName(text: string): string {
  if (PLAIN.test(text)) return text.toUpperCase();
  // Both, in this order: ẞ is upper case already, and only so do ß, ς and ǰ become equal to SS, σ and J̌.
  const folded = text.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
  // The compatibility forms of some marks begin with a space, which can follow another one.
  return withSingleSpaces(folded);
}
