// @ts-check
/**
 * Finds the people whom a text names as `@Name`. Names can contain spaces, so the longest known name after a sign counts. The
 * same rule decides whom a new message mentions and what is set off in a message.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const find = mentionFinder([{ user: "u1", name: "Ann" }, { user: "u2", name: "Ann Lee" }]);
 * assert.deepEqual([...find("@ann lee, see ann@ann.example")], [{ start: 0, end: 8, user: "u2" }]);
 * ```
 * @module
 */

/** @typedef {{ readonly user: string, readonly name: string }} NamedUser */
/** `start` is the index of the sign. @typedef {{ readonly start: number, readonly end: number, readonly user: string }} Mention */

// A sign inside a word belongs to an e-mail address or a path. Chinese, Japanese and Thai have no spaces between words. Not a
// letter before the end instead: for one beyond the basic plane, V8 does not find it (Deno 2.9.6).
const START = /(?<!(?![\p{sc=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}])[\p{L}\p{N}_\/@])@$/u;
const GOES_ON = /^[\p{L}\p{N}\p{M}_]/u;

/** Whether the sign at this index of a text can begin a mention. @param {string} text @param {number} index */
export function isMentionStart(text, index) {
  return START.test(text.slice(Math.max(0, index - 2), index + 1));
}

/**
 * Prepares a search for people. It is linear: at each sign it tries each length of their names once, however many people there are.
 * @param {readonly NamedUser[]} people If several have the same name, the first one counts.
 * @returns {(text: string) => Iterable<Mention>} The mentions in a text, in order.
 */
export function mentionFinder(people) {
  /** By their names in lower case. @type {Map<string, string>} */
  const users = new Map();
  for (const { user, name } of people) {
    const key = name.toLowerCase();
    if (key !== "" && !users.has(key)) users.set(key, user);
  }
  const initials = new Set([...users.keys()].map((key) => key[0]));
  const lengths = [...new Set(people.map(({ name }) => name.length))].sort((a, b) => b - a);
  const mentionAt = (/** @type {string} */ text, /** @type {number} */ start) => {
    const from = start + 1;
    if (!initials.has(text.charAt(from).toLowerCase()[0]) || !isMentionStart(text, start)) return;
    for (const length of lengths) {
      const end = from + length;
      const user = users.get(text.slice(from, end).toLowerCase());
      if (user !== undefined && !GOES_ON.test(text.slice(end, end + 2))) {
        return { start, end, user };
      }
    }
  };
  return function* (text) {
    for (let start = text.indexOf("@"); start >= 0;) {
      const mention = mentionAt(text, start);
      if (mention) yield mention;
      start = text.indexOf("@", mention?.end ?? start + 1);
    }
  };
}
