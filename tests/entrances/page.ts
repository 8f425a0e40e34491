/**
 * Every entrance of text from outside into the page and the client library: frames, what is shown of them, what is typed or
 * pasted, addresses, and what the browser has stored.
 * @module
 */
import { framesOf, parsePosition } from "../../static/client/frames.js";
import { Identity } from "../../static/client/identity.js";
import { Shelf } from "../../static/client/shelf.js";
import { realSurroundings } from "../../static/client/surroundings.js";
import { readAddress } from "../../static/page/address.js";
import { tooManyBytes, trimmed } from "../../static/page/composing.js";
import { Drafts } from "../../static/page/drafts.js";
import { hueOf, initialOf } from "../../static/page/log_dom.js";
import { isOnlyEmoji, paragraphsOf, partsOf } from "../../static/page/rich_text.js";
import { Settings } from "../../static/page/settings.js";
import { Memory } from "../../static/page/storage.js";
import { type Entrance, repeat } from "./entrance.ts";

const MESSAGE = 397_306;
const TEXT = 65_535;
/** Browsers keep about 5 MB for an origin. A tenth tells as much, and is tried sooner. */
const STORED = 500_000;

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
  {
    what: "a block of code that is shown",
    longest: TEXT,
    hard: [repeat("\n"), repeat("👍")],
    read: partsOf,
  },
  {
    what: "a name that is shown",
    longest: MESSAGE,
    hard: [repeat("\u0301", { begin: "e" }), repeat("👩\u200d"), repeat("\u1100")],
    read: (name) => [initialOf(name), hueOf(name)],
  },
  {
    what: "a name that is one's own now",
    longest: MESSAGE,
    read(name) {
      const shelf = new Shelf(undefined, "parley", "wss://chat.example/ws");
      const identity = new Identity(undefined, shelf, realSurroundings);
      identity.hello();
      identity.greeted({ you: { user: "u1", name: "Ann" } });
      identity.renamed(name);
    },
  },
  {
    what: "an address of the page",
    longest: TEXT,
    hard: [repeat("%41"), repeat("a/"), repeat("%")],
    read: (text) => [
      readAddress(`https://chat.example/#${text}`),
      readAddress(`https://chat.example/?room=${text}&name=${text}`),
    ],
  },
  {
    what: "unsent messages in the browser's storage",
    longest: STORED,
    hard: [repeat('{"id":"'), repeat("[", { begin: '{"deed":' })],
    read: (text) => new Shelf(holding("deed.1", text), "parley", "wss://chat.example/ws").deeds(),
  },
  {
    what: "settings and drafts in the browser's storage",
    longest: STORED,
    hard: [repeat("a "), repeat("a", { begin: '{"text":"', end: '"}' })],
    read(text) {
      const memory = new Memory(holding("", text), "https://chat.example/");
      const { name, rooms, room, theme } = new Settings(memory);
      return [name, rooms, room, theme, new Drafts(memory).get("den")];
    },
  },
];

/** A storage in which each key has this text, and which has one key. */
function holding(name: string, text: string) {
  return {
    length: 1,
    key: () => `parley wss://chat.example/ws ${name}`,
    getItem: () => text,
    setItem: () => {},
    removeItem: () => {},
  };
}
