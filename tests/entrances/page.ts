/**
 * Every entrance of text from outside into the page and the client library: frames, what is shown of them, what is typed or
 * pasted, addresses, and what the browser has stored.
 * @module
 */
import { framesOf, parsePosition } from "../../static/client/frames.js";
import { tooManyBytes, trimmed } from "../../static/page/composing.js";
import { isOnlyEmoji, paragraphsOf } from "../../static/page/rich_text.js";
import { type Entrance, repeat } from "./entrance.ts";

const MESSAGE = 397_306;
const TEXT = 65_535;

/** All of them. */
export const PAGE: readonly Entrance[] = [
  {
    what: "the server's frames",
    longest: MESSAGE,
    hard: [repeat('{"type":"pong"}\n'), repeat("[", { begin: '{"type":' })],
    read: framesOf,
  },
  {
    what: "a position in a frame",
    longest: MESSAGE,
    hard: [repeat("1", { begin: "a:" })],
    read: parsePosition,
  },
  {
    what: "a text that is shown",
    longest: TEXT,
    hard: [
      repeat("`a`"),
      repeat("`a\n"),
      repeat("``"),
      repeat("```a\n"),
      repeat("a", { begin: "```" }),
      repeat("h"),
      repeat("http"),
      repeat("http://"),
      repeat("http://a "),
      repeat("a", { begin: "http://" }),
      repeat("世", { begin: "http://" }),
      repeat(")", { begin: "http://a" }),
      repeat("(", { begin: "http://a", end: ")" }),
      repeat("a\n"),
      repeat("א1"),
    ],
    read: paragraphsOf,
  },
  {
    what: "a text that may be nothing but emoji",
    longest: TEXT,
    hard: [repeat("#\ufe0f\u20e3🏽", { end: "a" }), repeat("🇩🇪🇩"), repeat("🏴\u{e0067}\u{e007f}")],
    read: isOnlyEmoji,
  },
  {
    what: "what is written in the field",
    longest: TEXT,
    hard: [repeat(" \n", { end: "x" }), repeat("\n", { begin: "x", end: "x" })],
    read: (text) => [trimmed(text), tooManyBytes(text, TEXT)],
  },
];
