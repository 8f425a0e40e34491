// @ts-check
/**
 * Splits a message's text into links, code, mentions and plain text, as pieces that a view renders. Nothing is parsed as
 * markup, and the texts of the pieces add up to the original except for the backticks. Everything after the first thousand
 * pieces stays plain text.
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

import { linkAt } from "./links.js";
import { mentionFinder } from "./mentions.js";

/** @typedef {import("./mentions.js").NamedUser} NamedUser */
/**
 * @typedef {{type: "text", text: string} | {type: "link", text: string, href: string}
 *   | {type: "mention", text: string, user: string} | {type: "code", text: string} | {type: "block", text: string}} Piece
 */

// A code block, inline code, or the beginning of a URL.
const FOUND = new RegExp(
  "```(?:[\\w+#.-]*\\n)?([^]+?)```\\n?|`([^`\\n]+)`|" +
    "(?<![a-z0-9])https?://(?=\\S)|(?<![a-z0-9.@/-])www\\.(?=[^\\s.])",
  "gi",
);
const MAX_EMOJI = 6;
// An emoji can consist of many code points, but six emoji are never longer than this.
const MAX_EMOJI_LENGTH = 120;
// Do not use \p{RGI_Emoji}: compiling and matching it takes 250 ms on a slow machine.
const PART =
  "(?:\\p{ExtPict}\\ufe0f|(?!\\p{RI})\\p{EPres}|\\p{ExtPict}(?=\\p{EMod}|\\u200d)|[#*0-9]\\ufe0f\\u20e3)" +
  "(?:\\p{EMod}|[\\u{e0020}-\\u{e007e}]+\\u{e007f})?";
// Do not repeat this inside another pattern: a skin tone is also an emoji of its own, so a matcher would backtrack through
// exponentially many readings.
const EMOJI = new RegExp(
  `\\p{RI}{2}|${PART}(?:\\u200d\\p{ExtPict}\\p{EMod}?\\ufe0f?)*`,
  "gu",
);
// A row with thousands of elements blocks the page.
const MAX_PIECES = 1_000;

/**
 * Splits a message's text into pieces.
 * @param {string} text
 * @param {readonly NamedUser[]} [people] Whose names, after `@`, are mentions.
 * @returns {readonly Piece[]}
 */
export function piecesOf(text, people = []) {
  /** @type {Piece[]} */
  const pieces = [];
  let done = 0;
  const findMentions = mentionFinder(people);
  const addText = (/** @type {string} */ plain) => {
    let added = 0;
    for (const { start, end, user } of findMentions(plain)) {
      if (pieces.length >= MAX_PIECES) break;
      if (start > added) pieces.push({ type: "text", text: plain.slice(added, start) });
      pieces.push({ type: "mention", text: plain.slice(start, end), user });
      added = end;
    }
    if (added < plain.length) pieces.push({ type: "text", text: plain.slice(added) });
  };
  FOUND.lastIndex = 0;
  for (let found = FOUND.exec(text); found; found = FOUND.exec(text)) {
    const { 0: whole, 1: block, 2: code, index } = found;
    const isCode = block !== undefined || code !== undefined;
    const { end, link } = isCode
      ? { end: index + whole.length, link: undefined }
      : linkAt(text, index);
    FOUND.lastIndex = end;
    if (!isCode && !link) continue;
    if (pieces.length >= MAX_PIECES) break;
    addText(text.slice(done, index));
    done = end;
    if (link) pieces.push(link);
    else if (code !== undefined) pieces.push({ type: "code", text: code });
    else pieces.push({ type: "block", text: (block ?? "").replace(/\n$/, "") });
  }
  addText(text.slice(done));
  return pieces;
}

/**
 * Whether the text consists of a few emoji only.
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

/**
 * Whether a letter has a pile of combining marks, as in "Zalgo" text: more than any language uses, and more than fit into a line.
 * @param {string} text
 */
export function hasStackedMarks(text) {
  return /\p{M}{4}/u.test(text);
}

// Layout of a paragraph takes quadratic time for one endless word, for many changes of direction, and for one letter with
// thousands of marks: Chromium needs more than a second for 30,000 characters and about 20 ms for 4,000.
const MAX_PARAGRAPH = 4_000;

/**
 * The pieces of a text, divided into paragraphs that a browser lays out separately. Most texts are one paragraph.
 * @param {string} text
 * @param {readonly NamedUser[]} [people] Whose names, after `@`, are mentions.
 * @returns {readonly (readonly Piece[])[]}
 */
export function paragraphsOf(text, people) {
  let length = 0;
  /** @type {Piece[]} */
  let paragraph = [];
  const paragraphs = [paragraph];
  for (const piece of piecesOf(text, people)) {
    // Code blocks are split when they are rendered.
    for (const part of piece.type === "block" ? [piece.text] : splitText(piece.text)) {
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
 * Splits a text after lines, or else after words, into parts of at most the maximum length.
 * @param {string} text
 * @returns {readonly string[]}
 */
export function splitText(text) {
  /** @type {string[]} */
  const parts = [];
  let start = 0;
  while (text.length - start > MAX_PARAGRAPH) {
    const part = text.slice(start, start + MAX_PARAGRAPH);
    const end = part.lastIndexOf("\n") + 1 || part.lastIndexOf(" ") + 1;
    // Do not split a surrogate pair.
    const size = end || MAX_PARAGRAPH - Number(/[\ud800-\udbff]$/.test(part));
    parts.push(part.slice(0, size));
    start += size;
  }
  parts.push(text.slice(start));
  return parts;
}
