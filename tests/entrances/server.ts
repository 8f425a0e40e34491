/**
 * Every entrance of text from outside into the service: headers, URLs, frames, lines, names, tokens, the replies of Redis
 * and the contents of the database.
 * @module
 */
import assert from "node:assert/strict";
import { ErrorReply } from "@redis/client";
import { getPath } from "hono/utils/url";
import { parseRequest, splitFrameLines } from "../../lib/core/protocol/json_protocol.ts";
import {
  clientAddress,
  isWithin,
  parseAddress,
  parseCidr,
} from "../../lib/core/http/ip_address.ts";
import { isUserId } from "../../lib/core/log/entry.ts";
import { RoomState } from "../../lib/core/log/room_state.ts";
import { endedFields } from "../../lib/core/log/state_expiry.ts";
import {
  checkHandshake,
  checkHost,
  chooseSubprotocol,
  isUpgradeRequest,
  type UpgradeRequest,
} from "../../lib/core/http/handshake.ts";
import { AllowedHosts } from "../../lib/core/http/allowed_hosts.ts";
import { parseWordList } from "../../lib/core/moderation/word_list.ts";
import { WordFilter } from "../../lib/chat/moderation/word_filter.ts";
import { loadPatternCompiler } from "../../lib/io/moderation/patterns.ts";
import { nameKeys } from "../../lib/core/names/name_keys.ts";
import {
  guestLanguage,
  isStoredName,
  parseLegacyRoom,
  parseName,
  parseRoom,
  parseStoredRoom,
} from "../../lib/core/names/names.ts";
import { parsePosition } from "../../lib/core/log/position.ts";
import { bearerToken, equalsSecret } from "../../lib/core/auth/bearer_token.ts";
import { corsHeaders } from "../../lib/core/http/cross_origin.ts";
import { parseTextCommand } from "../../lib/core/protocol/text_commands.ts";
import { messageLine, noticeLine } from "../../lib/core/protocol/text_protocol.ts";
import { exceedsBytes } from "../../lib/core/utf8.ts";
import { hasVisible } from "../../lib/core/names/invisible.ts";
import { SignedSessionTokens } from "../../lib/io/auth/signed_tokens.ts";
import { EntrySchema, MessageSchema, parseJson } from "../../lib/io/stored_entry.ts";
import { serveFile, type StaticFile } from "../../lib/io/web/pages.ts";
import { textOptionsOf } from "../../lib/io/http/query.ts";
import { fromRedisError } from "../../lib/io/redis/errors.ts";
import { redirectOf } from "../../lib/io/redis/client/redirects.ts";
import { readIdentity } from "../../lib/io/redis/client/server_identity.ts";
import {
  decodeAppend,
  decodePage,
  decodeReadState,
  decodeReceipt,
  decodeReplay,
  decodeState,
  decodeTop,
} from "../../lib/io/redis/history/reply_decoder.ts";
import { decodeChannelMessage } from "../../lib/io/redis/codec.ts";
import { FakeClock, room } from "../support/fakes.ts";
import { type Entrance, repeat } from "./entrance.ts";

/** The head of a request with all headers (measured: the runtime refuses more). */
const HEAD = 65_536;
/** A message of `chat.v1.json` with the default MAX_MESSAGE_BYTES. */
const MESSAGE = 397_306;
/** A text in it. */
const TEXT = 65_535;

const GOOD: Readonly<Record<string, string>> = {
  host: "chat.example",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  origin: "https://chat.example",
};

/** A valid handshake except for one header. */
function approach(header: string, value: string, method = "GET"): UpgradeRequest {
  const headers = { get: (name: string) => name === header ? value : GOOD[name] ?? null };
  return { method, headers };
}

function header(name: string, ...hard: Entrance["hard"] & object): Entrance {
  return {
    what: `the header ${name}`,
    longest: HEAD,
    hard,
    read: (text) => {
      const asked = approach(name, text);
      isUpgradeRequest(asked);
      chooseSubprotocol(asked, ["chat.v1.json"]);
      checkHost(asked);
      for (const origins of ["same", ["https://chat.example"]] as const) {
        checkHandshake(asked, { origins, viaTrustedProxy: true });
      }
    },
  };
}

const HANDSHAKE: readonly Entrance[] = [
  header("upgrade", repeat(" ", { begin: "x", end: "x" }), repeat(" ,", { end: "websocket" })),
  header("connection", repeat("keep-alive, ", { end: "Upgrade" })),
  header("sec-websocket-protocol", repeat("x ,")),
  header("sec-websocket-version", repeat(" ", { begin: "1", end: "3" })),
  header("sec-websocket-key", repeat("A", { end: "==" })),
  header(
    "host",
    repeat("a."),
    repeat("xn--"),
    repeat("1.", { end: "1" }),
    repeat(":", { begin: "[" }),
  ),
  header("origin", repeat("a.", { begin: "https://" }), repeat("世", { begin: "https://" })),
  header("x-forwarded-host", repeat("a,"), repeat(" ", { begin: "a,", end: "b" })),
  {
    what: "the method of a handshake",
    longest: HEAD,
    read: (text) =>
      checkHandshake(approach("", "", text), { origins: "same", viaTrustedProxy: false }),
  },
];

const proxies = [parseCidr("10.0.0.0/8"), parseCidr("fd00::/8")].filter((it) => it !== undefined);
const hosts = new AllowedHosts({
  host: "127.0.0.1",
  publicUrl: null,
  allowedHosts: ["chat.example"],
});
const page: StaticFile = {
  body: new Uint8Array(1),
  zipped: new Uint8Array(1),
  brotli: new Uint8Array(1),
  headers: { etag: 'W/"0123456789abcdef"' },
};

const REQUEST: readonly Entrance[] = [
  {
    what: "the query of a URL",
    longest: HEAD,
    hard: [
      repeat("&", { begin: "http://a/ws?", end: "%" }),
      repeat("a&", { begin: "http://a/ws?", end: "%" }),
      repeat("name&", { begin: "http://a/ws?" }),
      repeat("name=%ff&", { begin: "http://a/ws?" }),
      repeat("?"),
    ],
    read: textOptionsOf,
  },
  {
    what: "the path of a URL",
    longest: HEAD,
    hard: [repeat("%", { begin: "http://a/" }), repeat("%ff", { begin: "http://a/" }), repeat("/")],
    read: (text) => getPath(new Request(text)),
  },
  {
    what: "the Origin of a page that imports the library",
    longest: HEAD,
    read: (text) => corsHeaders(["https://chat.example"], text),
  },
  {
    what: "Accept-Language",
    longest: HEAD,
    hard: [repeat("zh,"), repeat("-", { begin: "zh" })],
    read: guestLanguage,
  },
  {
    what: "X-Forwarded-For",
    longest: HEAD,
    hard: [
      repeat("10.0.0.1, "),
      repeat("10.0.0.1", { begin: "1.1.1.1," }),
      repeat(",", { end: "10.0.0.1" }),
      repeat(" ", { begin: "10.0.0.1,", end: "10.0.0.1" }),
      repeat("1", { begin: "[", end: "]:1" }),
      repeat("fd00::1,"),
    ],
    read: (text) => clientAddress("10.0.0.1", text, proxies),
  },
  {
    what: "an address",
    longest: HEAD,
    hard: [repeat("%a"), repeat("%", { begin: "::1" }), repeat("0:"), repeat("1.")],
    read: (text) => [parseAddress(text), isWithin(text, proxies)],
  },
  { what: "a host name, against rebinding", longest: HEAD, read: (text) => hosts.check(text) },
  {
    what: "Authorization",
    longest: HEAD,
    hard: [repeat(" ", { begin: "Bearer ", end: "x" })],
    read: (text) => equalsSecret(bearerToken(text) ?? text, "0123456789abcdef"),
  },
  ...(["if-none-match", "accept-encoding"] as const).map((name): Entrance => ({
    what: name,
    longest: HEAD,
    hard: [
      repeat('W/"x",'),
      repeat("gzip;q=0,"),
      repeat(" ", { begin: "gzip", end: "x" }),
      repeat("0", { begin: "gzip;q=", end: "x" }),
      repeat(";", { begin: "gzip" }),
    ],
    // What HTTP does not carry is refused here as it is on the wire.
    read: (text) => serveFile(page, new Headers({ [name]: text })),
  })),
];

const identities = new SignedSessionTokens(new FakeClock(), Promise.resolve("secret"));
await identities.ready;

/** A frame with a text in one field, as JSON writes it. */
function field(what: string, frame: (text: string) => unknown, longest = MESSAGE / 2): Entrance {
  return {
    what: `the field ${what}`,
    longest,
    read: (text) => parseRequest(JSON.stringify(frame(text))),
  };
}

const of = "epoch:1";
const FRAMES: readonly Entrance[] = [
  {
    what: "a message of chat.v1.json, all of its lines",
    longest: MESSAGE,
    hard: [
      repeat('{"type":"pong"}\n'),
      repeat('{"type":"x"}\n'),
      repeat(" ", { begin: '{"type":"ping"', end: "}" }),
      repeat("1", { begin: '{"type":"history","room":"a","limit":', end: "}" }),
      repeat("1", { begin: '{"type":"history","room":"a","limit":0.', end: "e9}" }),
      repeat('"a":1,', { begin: '{"type":"ping",', end: '"b":1}' }),
      repeat("[", { begin: '{"type":"ping","id":' }),
      repeat("\\u0061", { begin: '{"type":"', end: '"}' }),
    ],
    read: (text) => [...splitFrameLines(text)].map((line) => parseRequest(line.text)),
  },
  field("type", (type) => ({ type })),
  field("id", (id) => ({ type: "ping", id })),
  field("name of a hello", (name) => ({ type: "hello", name })),
  field("resume of a hello", (resume) => ({ type: "hello", resume })),
  field("name of a name", (name) => ({ type: "name", name })),
  field("room", (room) => ({ type: "join", room })),
  field("since", (since) => ({ type: "join", room: "a", since })),
  field("of", (of) => ({ type: "delete", room: "a", of })),
  field("text", (text) => ({ type: "say", room: "a", text })),
  field("emoji", (emoji) => ({ type: "react", room: "a", of, emoji })),
  field("an unknown field's name", (name) => ({ type: "ping", [name]: 1 })),
];

const blockedWords = new WordFilter();
const parsedWords = parseWordList(
  // Beginnings of each other, so that many of them end at one place, and patterns that need backtracking elsewhere.
  [
    ...Array.from({ length: 100 }, (_, index) => `mask: ${"傻".repeat(index + 1)}`),
    ...Array.from({ length: 50 }, (_, index) => `${"ab ".repeat(index + 1)}c`),
    ...["/(a+)+c/", "/(x|y|xy)*z/", "mask: /([ab]+)+d/", "mask: /w.*w.*w/"],
  ].join("\n"),
  await loadPatternCompiler(),
);
assert.ok(parsedWords.kind === "good");
blockedWords.replace(parsedWords.list);

const TEXTS: readonly Entrance[] = [
  {
    what: "a name",
    longest: MESSAGE,
    hard: [repeat(" ", { end: "Ann" }), repeat("a\u0301\u0323\u0331"), repeat("Il1|0Om")],
    read: (text) => {
      const name = parseName(text);
      isStoredName(text);
      return name && nameKeys(name);
    },
  },
  {
    what: "a room",
    longest: MESSAGE,
    hard: [repeat("a\u0301\u0323"), repeat("\u0301\u0323", { begin: "a" }), repeat("\u1100\u1161")],
    read: (text) => [parseRoom(text), parseLegacyRoom(text), parseStoredRoom(text)],
  },
  {
    what: "a position",
    longest: MESSAGE,
    hard: [repeat("1", { begin: "a:" }), repeat("a", { end: ":1" })],
    read: parsePosition,
  },
  { what: "a user", longest: MESSAGE, read: isUserId },
  {
    what: "a resume token",
    longest: MESSAGE,
    hard: [repeat("A", { end: ".A" }), repeat("A", { begin: "A." }), repeat(".")],
    read: (text) => identities.verify(text),
  },
  {
    what: "a text, for its visibility and its length",
    longest: TEXT,
    hard: [repeat("\ufe0f\u3164"), repeat("\u{e0041}")],
    read: (text) => [exceedsBytes(text, TEXT), hasVisible(text)],
  },
  {
    what: "a text, for blocked words",
    longest: TEXT,
    hard: [
      repeat("傻"),
      repeat("ab "),
      repeat("a\u0301\u0327"),
      repeat("\u1112\u1161\u11ab"),
      repeat("\ufdfa"),
      repeat("xy"),
    ],
    read: (text) => blockedWords.check(text),
  },
  {
    what: "a line of plain text",
    longest: TEXT,
    hard: [
      repeat(" ", { begin: "/name", end: "x" }),
      repeat(" a", { begin: "/name" }),
      repeat("/"),
      repeat("x", { begin: "/" }),
      repeat("9", { begin: "/history " }),
    ],
    read: parseTextCommand,
  },
  {
    what: "a text shown in plain text",
    longest: TEXT,
    hard: [repeat("\r"), repeat("\x1b["), repeat("\u2028\u0085")],
    read: (text) => [messageLine("Ann", text), noticeLine(text)],
  },
];

const lobby = room("lobby");
const user = "user_ann_1";
const ann = { user, name: "Ann", id: "1" };
/** A reply of Redis that is valid except for one text. */
function reply(what: string, read: Entrance["read"], ...hard: Entrance["hard"] & object): Entrance {
  return { what: `what Redis answers: ${what}`, longest: MESSAGE, hard, read };
}

/** The result of page.lua with one message, and of replay.lua with one entry. */
const paged = (member: string) => decodePage(["a", "1", "tag", 0, [member], 0]);
const replayed = (...row: readonly string[]) =>
  decodeReplay(lobby, 50, ["a:0", "1", "tag", "", "0", 0, [row]]);
const MARKS = `1 a 1 ${user} 0 0`;
const ABOUT = `${MARKS}\n{"name":"Ann","id":"1"}\n`;
const SAID = `a 1 ${JSON.stringify({ ...ann, deed: { kind: "said", text: "" } })}`;

const REDIS: readonly Entrance[] = [
  reply(
    "an announcement",
    (text) => decodeChannelMessage(lobby, text),
    repeat("[", { begin: '{"entries":' }),
    repeat("1,", { begin: '{"tag":"a","entries":[', end: "1]}" }),
  ),
  reply(
    "an announced name",
    (name) =>
      decodeChannelMessage(
        lobby,
        JSON.stringify({ note: { kind: "typing", user, name, on: true } }),
      ),
  ),
  reply("an announced user", (user) => {
    decodeChannelMessage(
      lobby,
      JSON.stringify({ note: { kind: "typing", user, name: "Ann", on: true } }),
    );
  }),
  reply("an announced text", (text) => {
    const entry = { epoch: "a", seq: 1, at: 1, draft: { ...ann, deed: { kind: "said", text } } };
    decodeChannelMessage(lobby, JSON.stringify({ tag: "a", entries: [entry] }));
  }),
  reply(
    "an entry's place",
    (text) => decodeAppend(["tag", 0, 0, [["entered", text, text, text]]]),
  ),
  reply(
    "when a mute ends",
    (text) => decodeAppend(["tag", 0, 0, [["rejected", "muted", text]]]),
  ),
  reply(
    "a field of a room's state",
    (text) => {
      const { value } = decodeState(["a", "1", "tag", [text, text, "mute:user_bob", text]]);
      const state = new RoomState(value.fields);
      return [state.sanctions(0), endedFields(value.fields, 0), state.settings];
    },
    repeat("1", { end: " {}" }),
    repeat("mute:"),
    repeat("@", { begin: "1 " }),
  ),
  reply(
    "an entry of the log",
    (text) => replayed("1", text, "0", '"x"'),
    repeat("a", { end: " 1 {}" }),
    repeat("1", { begin: "a ", end: " {}" }),
    repeat(" ", { begin: "a 1" }),
  ),
  reply("an entry's number", (text) => replayed(text, SAID, "0", '"x"')),
  reply("an entry's mark", (text) => replayed("1", SAID, text, '"x"')),
  reply("an entry's text now", (text) => replayed("1", SAID, "0", text)),
  reply(
    "a message",
    paged,
    repeat("1 ", { end: '\n{"name":"Ann","id":"1"}\n"x"' }),
    repeat("x", { begin: `${MARKS}\n{"name":"`, end: '","id":"1"}\n"x"' }),
    repeat(`\n${user} "x"`, { begin: `${ABOUT}"x"` }),
    repeat(`,${user}`, { begin: `${ABOUT}"x"\n${user}`, end: ' "x"' }),
  ),
  reply("a message's text", (text) => paged(ABOUT + JSON.stringify(text))),
  reply("the top", (text) => decodeTop([text, text, text])),
  reply(
    "the epochs of a log",
    (text) => decodeReplay(lobby, 50, [text, "1", "tag", "", "0", 0, []]),
    repeat("a:0 "),
    repeat(" "),
  ),
  reply("a read marker", (text) => decodeReadState([text, 1, 0])),
  reply("a receipt", decodeReceipt, repeat(" "), repeat("1", { begin: "a ", end: " 1 x" })),
  reply(
    "an error",
    (text) => [fromRedisError(new ErrorReply(text)), redirectOf(new ErrorReply(text))],
    repeat("OOM", { begin: "ERR " }),
    repeat(":", { begin: "ASK 1 a" }),
  ),
  reply("INFO", readIdentity, repeat("\r\n:")),
];

const DATABASE: readonly Entrance[] = [
  { what: "an entry in the database", longest: MESSAGE, read: (it) => parseJson(EntrySchema, it) },
  {
    what: "a message in the database",
    longest: MESSAGE,
    hard: [
      repeat("[", { begin: '{"reactions":' }),
      repeat('"a":[],', { begin: '{"reactions":{', end: '"b":[]}}' }),
    ],
    read: (text) => parseJson(MessageSchema, text),
  },
  ...(["kind", "user", "name", "room"] as const).map((field): Entrance => ({
    what: `an event's ${field} in the database`,
    longest: MESSAGE,
    read: (text) => {
      const some = { user: "u1", name: "Ann", room: "den", until: 1, rank: "owner" };
      const message = { position: { epoch: "a", seq: 1 }, at: 1, ...ann, text: "" };
      for (const kind of field === "kind" ? [text] : ["mute", "clear"]) {
        const event = { kind, ...some, [field]: text };
        parseJson(MessageSchema, JSON.stringify({ ...message, event }));
      }
    },
  })),
  ...(["user", "name", "id", "text"] as const).map((field): Entrance => ({
    what: `a message's ${field} in the database`,
    longest: MESSAGE,
    read: (text) => {
      const message = { position: { epoch: "a", seq: 1 }, at: 1, ...ann, text: "", [field]: text };
      parseJson(MessageSchema, JSON.stringify(message));
    },
  })),
];

/** Every one of them. Not here is what only who runs the service writes: settings, the command line, and its files. */
export const SERVER: readonly Entrance[] = [
  ...HANDSHAKE,
  ...REQUEST,
  ...FRAMES,
  ...TEXTS,
  ...REDIS,
  ...DATABASE,
];

/** The replies of Redis above must be valid except for the tested text; otherwise they would not be read at all. */
export function exampleReplies(): readonly unknown[] {
  return [
    isUserId(user),
    paged(`${ABOUT}"x"`).damaged === 0,
    replayed("1", SAID, "0", '"x"').damaged === 0,
  ];
}
