// @ts-check
/**
 * What the user is typing after an `@`, and whom it could mean. Pure, so that tests need no page.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(typedMention("thanks, @be"), { start: 8, query: "be" });
 * assert.equal(typedMention("ann@be"), null);
 * const people = ["Abe", "Ben"].map((name) => ({ user: name, name, room: "den" }));
 * assert.deepEqual(peopleToSuggest("be", people).map(({ name }) => name), ["Ben", "Abe"]);
 * ```
 * @module
 */

import { isMentionStart } from "../text/mentions.js";
import { itemsFor } from "../rooms/palette_items.js";
import { isInCode } from "./composer_rules.js";

/** @typedef {import("../rooms/palette_items.js").KnownPerson} KnownPerson */
/** `start` is the index of the sign. @typedef {{ readonly start: number, readonly query: string }} TypedMention */

const MAX_PEOPLE = 8;
// As long as the longest name.
const MAX_QUERY = 128;

/**
 * The mention that ends at the caret; null if there is none. A space at the end ends it, so that Enter sends.
 * @param {string} before The text before the caret.
 * @returns {TypedMention | null}
 */
export function typedMention(before) {
  const start = before.lastIndexOf("@");
  const query = before.slice(start + 1);
  if (start < 0 || query.length > MAX_QUERY || /^\s|\s$|\n/.test(query)) return null;
  return isMentionStart(before, start) && !isInCode(before) ? { start, query } : null;
}

/**
 * The people to suggest, best first. After a space, only those whose names begin with the query: it may as well be the rest of
 * the message.
 * @param {string} query
 * @param {readonly KnownPerson[]} people Of several with the same name, the first one is suggested.
 * @returns {readonly KnownPerson[]}
 */
export function peopleToSuggest(query, people) {
  const begun = query.includes(" ") ? query.toLowerCase() : "";
  const names = new Set();
  const different = people.filter(({ name }) => {
    const key = name.toLowerCase();
    const isNew = !names.has(key);
    names.add(key);
    return isNew && key.startsWith(begun);
  });
  return itemsFor(`@${query}`, [], different)
    .flatMap((it) => it.kind === "person" ? [it] : []).slice(0, MAX_PEOPLE);
}
