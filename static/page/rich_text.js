// @ts-check
/**
 * What of a message's text is a link or code, as pieces that a view makes elements of. Nothing is ever read as markup, and
 * the pieces' texts put together are the text again but for the backticks. Only http and https become links, and none that
 * names a user, which would only serve to make `https://bank.example@evil.example` look like the bank. Links longer than 2,048
 * characters, and everything after the first thousand pieces, stay plain text.
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
// Do not repeat this inside another pattern: a skin tone is also an emoji of its own, so a matcher would backtrack through
// exponentially many readings.
const EMOJI = new RegExp(
  `\\p{RI}{2}|${PART}(?:\\u200d\\p{ExtPict}\\p{EMod}?\\ufe0f?)*`,
  "gu",
);
// Nobody opens longer links, and a row with thousands of elements blocks the page.
const MAX_LINK_LENGTH = 2_048;
const MAX_PIECES = 1_000;

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
    if (pieces.length >= MAX_PIECES) break;
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
  if (found.length > MAX_LINK_LENGTH) return undefined;
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
  if (text.length > MAX_EMOJI_LENGTH) return false;
  let count = 0;
  const others = text.replace(EMOJI, () => {
    count += 1;
    return "";
  });
  return count > 0 && count <= MAX_EMOJI && others.trim() === "";
}

// Layout of a paragraph takes quadratic time for one endless word, for many changes of direction, and for one letter with
// thousands of marks: Chromium needs more than a second for 30,000 characters and about 20 ms for 4,000.
const MAX_PARAGRAPH = 4_000;

/**
 * The pieces of a text, divided into paragraphs that a browser lays out separately. Most texts are one paragraph.
 * @param {string} text
 * @returns {readonly (readonly Piece[])[]}
 */
export function paragraphsOf(text) {
  let length = 0;
  /** @type {Piece[]} */
  let paragraph = [];
  const paragraphs = [paragraph];
  for (const piece of piecesOf(text)) {
    // Code blocks are divided when they are drawn.
    for (const part of piece.type === "block" ? [piece.text] : partsOf(piece.text)) {
      const size = piece.type === "block" ? 0 : part.length;
      if (length + size > MAX_PARAGRAPH && length > 0) {
        paragraphs.push(paragraph = []);
        length = 0;
      }
      paragraph.push({ ...piece, text: part });
      length += size;
    }
  }
  return paragraphs;
}

/**
 * Divides a text after lines, or else after words, into parts of at most the maximum length.
 * @param {string} text
 * @returns {readonly string[]}
 */
export function partsOf(text) {
  /** @type {string[]} */
  const parts = [];
  let start = 0;
  while (text.length - start > MAX_PARAGRAPH) {
    const part = text.slice(start, start + MAX_PARAGRAPH);
    const end = part.lastIndexOf("\n") + 1 || part.lastIndexOf(" ") + 1;
    // Do not divide a surrogate pair.
    const size = end || MAX_PARAGRAPH - Number(/[\ud800-\udbff]$/.test(part));
    parts.push(part.slice(0, size));
    start += size;
  }
  parts.push(text.slice(start));
  return parts;
}
