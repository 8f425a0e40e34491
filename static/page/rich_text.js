// @ts-check
/**
 * What of a message's text is a link or code, as pieces that a view makes elements of. Nothing is ever read as markup, and
 * the pieces' texts put together are the text again but for the backticks. Only http and https become links, and none that
 * names a user, which would only serve to make `https://bank.example@evil.example` look like the bank.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(piecesOf("see https://a.example/x."), [
 *   { type: "text", text: "see " },
 *   { type: "link", text: "https://a.example/x", href: "https://a.example/x" },
 *   { type: "text", text: "." },
 * ]);
 * ```
 * @module
 */

/**
 * @typedef {{type: "text", text: string} | {type: "link", text: string, href: string}
 *   | {type: "code", text: string} | {type: "block", text: string}} Piece
 */

// A link ends at blanks, quotes, full-width punctuation (Chinese sets no blank after an address), and at what turns the
// direction of writing, with which one address could be made to look like another.
const FOUND = new RegExp(
  "```(?:[\\w+#.-]*\\n)?([^]+?)```\\n?|`([^`\\n]+)`|" +
    "\\bhttps?://[^\\s<>\"'`，。！？；：、（）【】《》「」『』“”‘’…\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+",
  "gi",
);
const CLOSING = new Map([[")", "("], ["]", "["], ["}", "{"]]);
const MAX_EMOJI = 6;
// An emoji may be made of many parts; what is longer than this is surely no message of six.
const MAX_EMOJI_LENGTH = 120;
// Parts by their properties, and not \p{RGI_Emoji}, which takes a slow machine a quarter of a second to make and to try.
const PART =
  "(?:\\p{ExtPict}\\ufe0f|(?!\\p{RI})\\p{EPres}|\\p{ExtPict}(?=\\p{EMod}|\\u200d)|[#*0-9]\\ufe0f\\u20e3)" +
  "(?:\\p{EMod}|[\\u{e0020}-\\u{e007e}]+\\u{e007f})?";
const WHOLE = `(?:\\p{RI}{2}|${PART}(?:\\u200d\\p{ExtPict}\\p{EMod}?\\ufe0f?)*)`;
const EMOJI = new RegExp(WHOLE, "gu");
const EMOJI_ONLY = new RegExp(`^(?:${WHOLE}|\\s)+$`, "u");

/**
 * A message's text in pieces.
 * @param {string} text
 * @returns {readonly Piece[]}
 */
export function piecesOf(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let done = 0;
  for (const { 0: whole, 1: block, 2: code, index } of text.matchAll(FOUND)) {
    const link = block === undefined && code === undefined ? linkIn(whole) : undefined;
    if (block === undefined && code === undefined && !link) continue;
    if (index > done) pieces.push({ type: "text", text: text.slice(done, index) });
    done = index + (link ? link.text.length : whole.length);
    if (block !== undefined) pieces.push({ type: "block", text: block.replace(/\n$/, "") });
    else if (code !== undefined) pieces.push({ type: "code", text: code });
    else if (link) pieces.push(link);
  }
  if (done < text.length) pieces.push({ type: "text", text: text.slice(done) });
  return pieces;
}

/** @param {string} found @returns {Extract<Piece, {type: "link"}> | undefined} */
function linkIn(found) {
  const text = withoutTail(found);
  const url = URL.parse(text);
  if (!url?.hostname || url.username || url.password) return undefined;
  return { type: "link", text, href: url.href };
}

// What ends a sentence is no part of the address, nor is a bracket that was opened before it.
/** @param {string} text */
function withoutTail(text) {
  /** @type {Record<string, number>} */
  const open = {};
  for (const character of text) open[character] = (open[character] ?? 0) + 1;
  let end = text.length;
  for (; end > 0; end--) {
    const last = text[end - 1] ?? "";
    const opener = CLOSING.get(last);
    if (opener) {
      if ((open[last] ?? 0) <= (open[opener] ?? 0)) break;
      open[last] = (open[last] ?? 0) - 1;
    } else if (!/[.,;:!?*_~|]/.test(last)) break;
  }
  return text.slice(0, end);
}

/**
 * Whether the text is a few emoji and nothing else.
 * @param {string} text
 */
export function isOnlyEmoji(text) {
  return text.length <= MAX_EMOJI_LENGTH && text.trim() !== "" && EMOJI_ONLY.test(text) &&
    (text.match(EMOJI)?.length ?? 0) <= MAX_EMOJI;
}
