/**
 * Every entrance of text from outside into the page and the client library: frames and their parts that are shown, typed and
 * pasted text, URLs, and the browser's storage.
 * @module
 */
import { parseFrames, parsePosition } from "../../static/client/frames.js";
import { Identity } from "../../static/client/identity.js";
import { roomName } from "../../static/client/room/room_name.js";
import { ClientStorage } from "../../static/client/client_storage.js";
import { realPlatform } from "../../static/client/connection/platform.js";
import { parseAddress } from "../../static/page/base/address.js";
import { parseLine } from "../../static/page/composer/commands.js";
import { isInCode, tooManyBytes, trimmed } from "../../static/page/composer/composer_rules.js";
import { Drafts } from "../../static/page/composer/drafts.js";
import { hueOf, initialOf } from "../../static/page/base/elements.js";
import { itemsFor } from "../../static/page/rooms/palette_items.js";
import {
  hasStackedMarks,
  isOnlyEmoji,
  paragraphsOf,
  splitText,
} from "../../static/page/text/rich_text.js";
import { Preferences } from "../../static/page/preferences.js";
import { PageStorage } from "../../static/page/base/storage.js";
import { type Entrance, repeat } from "./entrance.ts";

const MESSAGE = 397_306;
const TEXT = 65_535;
/** Browsers keep about 5 MB for an origin. A tenth shows as much in less time. */
const STORED = 500_000;

/** All entrances of the page. */
export const PAGE: readonly Entrance[] = [
  {
    what: "the server's frames",
    longest: MESSAGE,
    hard: [repeat('{"type":"pong"}\n'), repeat("[", { begin: '{"type":' })],
    read: parseFrames,
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
      repeat("http://a)"),
      repeat("（", { begin: "http://a/b" }),
      repeat("http://a/b（"),
      repeat("www.a.a'"),
      repeat("www."),
      repeat("*", { begin: "http://a/" }),
      repeat("_http://a/_"),
      repeat("*", { end: "http://a/" }),
      repeat("’", { begin: "http://a/" }),
      repeat("a\n"),
      repeat("א1"),
    ],
    read: (text) => [paragraphsOf(text), hasStackedMarks(text)],
  },
  {
    what: "a text that may be nothing but emoji",
    longest: TEXT,
    hard: [repeat("#\ufe0f\u20e3🏽", { end: "a" }), repeat("🇩🇪🇩"), repeat("🏴\u{e0067}\u{e007f}")],
    read: isOnlyEmoji,
  },
  {
    what: "the text in the field",
    longest: TEXT,
    hard: [
      repeat(" \n", { end: "x" }),
      repeat("\n", { begin: "x", end: "x" }),
      repeat("/"),
      repeat("a", { begin: "/" }),
      repeat("```"),
      repeat("```a"),
    ],
    read: (text) => [trimmed(text), tooManyBytes(text, TEXT), parseLine(text), isInCode(text)],
  },
  {
    what: "a block of code that is shown",
    longest: TEXT,
    hard: [repeat("\n"), repeat("👍")],
    read: splitText,
  },
  {
    what: "a name that is shown",
    longest: MESSAGE,
    hard: [repeat("\u0301", { begin: "e" }), repeat("👩\u200d"), repeat("\u1100")],
    read: (name) => [initialOf(name), hueOf(name)],
  },
  {
    what: "the user's new name",
    longest: MESSAGE,
    read(name) {
      const storage = new ClientStorage(undefined, "parley", "wss://chat.example/ws");
      const identity = new Identity(undefined, storage, realPlatform);
      identity.helloRequest();
      identity.acceptHello({ you: { user: "u1", name: "Ann" } });
      identity.setName(name);
    },
  },
  {
    what: "the text typed to find a room",
    longest: 200,
    hard: [repeat("a"), repeat("a", { end: "b" }), repeat("a\u0301")],
    read: (text) => itemsFor(text, [{ name: "a".repeat(64), isJoined: true }], []),
  },
  {
    what: "the room name that is typed",
    longest: TEXT,
    hard: [repeat("a\u0301\u0323"), repeat("\u0301\u0323", { begin: "a" }), repeat("\u1100\u1161")],
    read: roomName,
  },
  {
    what: "a URL of the page",
    longest: TEXT,
    hard: [repeat("%41"), repeat("a/"), repeat("%")],
    read: (text) => [
      parseAddress(`https://chat.example/#${text}`),
      parseAddress(`https://chat.example/?room=${text}&name=${text}`),
    ],
  },
  {
    what: "unsent messages in the browser's storage",
    longest: STORED,
    hard: [repeat('{"id":"'), repeat("[", { begin: '{"deed":' })],
    read: (text) =>
      new ClientStorage(holding("deed.1", text), "parley", "wss://chat.example/ws").readActions(),
  },
  {
    what: "settings and drafts in the browser's storage",
    longest: STORED,
    hard: [repeat("a "), repeat("a", { begin: '{"text":"', end: '"}' })],
    read(text) {
      const memory = new PageStorage(holding("", text), "https://chat.example/");
      const { name, rooms, room, theme } = new Preferences(memory);
      return [name, rooms, room, theme, new Drafts(memory).get("den")];
    },
  },
];

/** A storage with one key, which returns this text for every key. */
function holding(name: string, text: string) {
  return {
    length: 1,
    key: () => `parley wss://chat.example/ws ${name}`,
    getItem: () => text,
    setItem: () => {},
    removeItem: () => {},
  };
}
