// @ts-check
/**
 * Finds the end and the target of a link in a text. URLs appear in sentences, brackets and quotes, and Chinese text has no
 * space after them, so the end is found by rules. Linear: each character is examined a few times at most.
 * Only http and https URLs become links. A URL with a user name does not: `https://bank.example@evil.example` would look
 * like the bank.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = "(see www.a.example/b_(c).)";
 * assert.deepEqual(linkAt(text, 5), {
 *   end: 24,
 *   link: { type: "link", text: "www.a.example/b_(c)", href: "https://www.a.example/b_(c)" },
 * });
 * ```
 * @module
 */

/** @typedef {{type: "link", text: string, href: string}} Link */

// Characters that no URL contains: spaces, quotes, Chinese punctuation, invisible characters, and direction controls,
// which could make one URL look like another.
const STOP =
  /[\s\p{Cc}<>"`‘“”„…，。！？；：、\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069]/u;
const WIDE = new Map(["（）", "［］", "【】", "《》", "〈〉", "「」", "『』", "〔〕"].map(pair));
const NARROW = new Map(["()", "[]", "{}"].map(pair));
const CLOSERS = new Map([...WIDE, ...NARROW].map(([open, close]) => [close, open]));
/** Opening quotes before a URL, each with the closing quote that ends the URL. */
const QUOTES = new Map(["''", "‘’", "’’"].map(pair));
// Characters that usually follow a URL rather than end it.
const TAIL = /[.,;:!?'’|([{]/;
const EMPHASIS = /[*_~]/;
// Longer links are of no use.
const MAX_LENGTH = 2_048;
// A full-width bracket opens either part of a title, which is short, or a remark after the URL.
const MAX_BRACKET = 64;

/**
 * Parses a URL that begins with a scheme or with `www.`.
 * @param {string} text
 * @param {number} start Where it begins.
 * @returns {{end: number, link?: Link}} `end`: where to continue. `link` is missing if the URL is invalid or longer than 2,048
 * characters.
 */
export function linkAt(text, start) {
  const end = endOf(text, start);
  if (end - start > MAX_LENGTH) return { end };
  const address = text.slice(start, trimmedEnd(text, start, end));
  const href = hrefOf(address);
  return href
    ? { end: start + address.length, link: { type: "link", text: address, href } }
    : { end };
}

/** The end of the candidate, before trimming. @param {string} text @param {number} start */
function endOf(text, start) {
  const quote = QUOTES.get(text[start - 1] ?? "");
  /** Number of open brackets, by opener. @type {Record<string, number>} */
  const open = {};
  let path = 0;
  for (let i = start; i < text.length; i++) {
    const character = text[i] ?? "";
    const opener = CLOSERS.get(character);
    if (STOP.test(character)) return i;
    // Before a letter, the quote is an apostrophe.
    if (character === quote && !/[\p{L}\p{N}_]/u.test(text[i + 1] ?? "")) return i;
    if (character === "’" && !/\p{Script=Latin}/u.test(text[i + 1] ?? "")) return i;
    if (character === "/" && text[i - 1] !== "/" && text[i + 1] !== "/") path ||= i;
    if (NARROW.has(character)) open[character] = (open[character] ?? 0) + 1;
    else if (opener) {
      // The bracket was opened before the URL.
      if (!open[opener]) return i;
      open[opener] -= 1;
    } else if (WIDE.has(character)) {
      // After a host, `（…）` is a remark; in a path it is part of a title.
      const close = path > 0 && i > path + 1 ? closeOf(text, i) : -1;
      if (close < 0) return i;
      i = close;
    }
  }
  return text.length;
}

/** The index at which a full-width bracket is closed; -1 if it is not. @param {string} text @param {number} start */
function closeOf(text, start) {
  const close = WIDE.get(text[start] ?? "");
  for (let i = start + 1; i < start + MAX_BRACKET; i++) {
    const character = text[i] ?? " ";
    if (character === close) return i;
    if (STOP.test(character)) return -1;
  }
  return -1;
}

/** The end without trailing punctuation and emphasis that began before the URL. @param {string} text @param {number} start @param {number} end */
function trimmedEnd(text, start, end) {
  const mark = text[start - 1] ?? "";
  let marks = 0;
  if (EMPHASIS.test(mark)) {
    while (text[start - 1 - marks] === mark && marks < MAX_BRACKET) {
      marks++;
    }
  }
  for (;; end--) {
    const last = text[end - 1] ?? "";
    if (last === mark && marks > 0) marks--;
    else if (!TAIL.test(last)) return end;
  }
}

/** @param {string} address @returns {string | undefined} */
function hrefOf(address) {
  const isShort = /^www\./i.test(address);
  try {
    const { hostname, username, password, href } = new URL(
      isShort ? `https://${address}` : address,
    );
    if (username || password || (isShort && !/^www(?:\.[^.]+){2,}$/.test(hostname))) {
      return undefined;
    }
    return hostname ? href : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} brackets @returns {[string, string]} */
function pair(brackets) {
  return [brackets[0] ?? "", brackets[1] ?? ""];
}
