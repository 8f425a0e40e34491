/**
 * Every entrance of text from outside into the service: headers, URLs, frames, lines, names, tokens, what Redis answers and
 * what stands in the database.
 * @module
 */
import { ErrorReply } from "@redis/client";
import { getPath } from "hono/utils/url";
import { decode, linesOf } from "../../lib/core/protocol.ts";
import { clientAddress, isWithin, parseAddress, parseCidr } from "../../lib/core/addresses.ts";
import { isUserId } from "../../lib/core/entries.ts";
import {
  admit,
  type Approach,
  asksForUpgrade,
  chooseSubprotocol,
  refuseBadHost,
} from "../../lib/core/handshake.ts";
import { HostCheck } from "../../lib/core/hosts.ts";
import { nameKeys } from "../../lib/core/name_keys.ts";
import { isKeptName, parseName, parseRoom } from "../../lib/core/names.ts";
import { parsePosition } from "../../lib/core/positions.ts";
import { bearerToken, equalsSecret } from "../../lib/core/secrets.ts";
import { notice, readLine, said } from "../../lib/core/text_mode.ts";
import { exceedsBytes } from "../../lib/core/utf8.ts";
import { hasVisible } from "../../lib/core/visible.ts";
import { SignedIdentities } from "../../lib/io/identities.ts";
import { EntrySchema, MessageSchema, parseJson } from "../../lib/io/log_schemas.ts";
import { type Page, servePage } from "../../lib/io/pages.ts";
import { wishOf } from "../../lib/io/query.ts";
import { unavailable } from "../../lib/io/redis/faults.ts";
import { redirectOf } from "../../lib/io/redis/redirects.ts";
import { readIdentity } from "../../lib/io/redis/server_identity.ts";
import {
  decodeAnswers,
  decodePage,
  decodeReplay,
  decodeStanding,
  decodeTop,
} from "../../lib/io/redis/replies.ts";
import { decodeLive } from "../../lib/io/redis/wire.ts";
import { FakeClock, room } from "../fakes.ts";
import { type Entrance, repeat } from "./entrance.ts";

/** The head of a request, all headers together (measured: the runtime refuses more). */
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

/** A handshake that is in order but for one header. */
function approach(header: string, value: string, method = "GET"): Approach {
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
      asksForUpgrade(asked);
      chooseSubprotocol(asked, ["chat.v1.json"]);
      refuseBadHost(asked);
      for (const origins of ["same", ["https://chat.example"]] as const) {
        admit(asked, { origins, viaTrustedProxy: true });
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
    read: (text) => admit(approach("", "", text), { origins: "same", viaTrustedProxy: false }),
  },
];

const proxies = [parseCidr("10.0.0.0/8"), parseCidr("fd00::/8")].filter((it) => it !== undefined);
const hosts = new HostCheck({ host: "127.0.0.1", publicUrl: null, allowedHosts: ["chat.example"] });
const page: Page = {
  body: new Uint8Array(1),
  zipped: new Uint8Array(1),
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
    read: wishOf,
  },
  {
    what: "the path of a URL",
    longest: HEAD,
    hard: [repeat("%", { begin: "http://a/" }), repeat("%ff", { begin: "http://a/" }), repeat("/")],
    read: (text) => getPath(new Request(text)),
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
  { what: "a host name, against rebinding", longest: HEAD, read: (text) => hosts.refusal(text) },
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
    read: (text) => servePage(page, new Headers({ [name]: text })),
  })),
];

const identities = new SignedIdentities(new FakeClock(), Promise.resolve("secret"));
await identities.ready;

/** One frame with a text in it, as JSON writes it. */
function field(what: string, frame: (text: string) => unknown, longest = MESSAGE / 2): Entrance {
  return {
    what: `the field ${what}`,
    longest,
    read: (text) => decode(JSON.stringify(frame(text))),
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
    read: (text) => [...linesOf(text)].map((line) => decode(line.text)),
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
  field("a name that there is not", (name) => ({ type: "ping", [name]: 1 })),
];

const TEXTS: readonly Entrance[] = [
  {
    what: "a name",
    longest: MESSAGE,
    hard: [repeat(" ", { end: "Ann" }), repeat("a\u0301\u0323\u0331"), repeat("Il1|0Om")],
    read: (text) => {
      const name = parseName(text);
      isKeptName(text);
      return name && nameKeys(name);
    },
  },
  { what: "a room", longest: MESSAGE, read: parseRoom },
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
    what: "a text, for what can be seen of it and how long it is",
    longest: TEXT,
    hard: [repeat("\ufe0f\u3164"), repeat("\u{e0041}")],
    read: (text) => [exceedsBytes(text, TEXT), hasVisible(text)],
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
    read: readLine,
  },
  {
    what: "a text that plain text shows",
    longest: TEXT,
    hard: [repeat("\r"), repeat("\x1b["), repeat("\u2028\u0085")],
    read: (text) => [said("Ann", text), notice(text)],
  },
];

const lobby = room("lobby");
const user = "user_ann_1";
const ann = { user, name: "Ann", id: "1" };
/** An answer of Redis that is in order but for one text. */
function reply(what: string, read: Entrance["read"], ...hard: Entrance["hard"] & object): Entrance {
  return { what: `what Redis answers: ${what}`, longest: MESSAGE, hard, read };
}

/** What page.lua brings, with one message, and replay.lua, with one entry. */
const paged = (member: string) => decodePage(["a", "1", "tag", 0, [member], 0]);
const replayed = (...row: readonly string[]) =>
  decodeReplay(lobby, 50, ["a", "1", "tag", "", "0", 0, [row]]);
const MARKS = `1 a 1 ${user} 0 0`;
const ABOUT = `${MARKS}\n{"name":"Ann","id":"1"}\n`;
const SAID = `a 1 ${JSON.stringify({ ...ann, deed: { kind: "said", text: "" } })}`;

const REDIS: readonly Entrance[] = [
  reply(
    "an announcement",
    (text) => decodeLive(lobby, text),
    repeat("[", { begin: '{"entries":' }),
    repeat("1,", { begin: '{"tag":"a","entries":[', end: "1]}" }),
  ),
  reply(
    "an announced name",
    (name) => decodeLive(lobby, JSON.stringify({ note: { kind: "typing", user, name, on: true } })),
  ),
  reply("an announced user", (user) => {
    decodeLive(lobby, JSON.stringify({ note: { kind: "typing", user, name: "Ann", on: true } }));
  }),
  reply("an announced text", (text) => {
    const entry = { epoch: "a", seq: 1, at: 1, draft: { ...ann, deed: { kind: "said", text } } };
    decodeLive(lobby, JSON.stringify({ tag: "a", entries: [entry] }));
  }),
  reply(
    "an entry's place",
    (text) => decodeAnswers(["tag", 0, 0, [["entered", text, text, text]]]),
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
  reply("a read mark", (text) => decodeStanding([text, 1])),
  reply(
    "an error",
    (text) => [unavailable(new ErrorReply(text)), redirectOf(new ErrorReply(text))],
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

/** What Redis answers above is right but for the text that is tried; otherwise nothing of it would be read. */
export function exampleReplies(): readonly unknown[] {
  return [
    isUserId(user),
    paged(`${ABOUT}"x"`).damaged === 0,
    replayed("1", SAID, "0", '"x"').damaged === 0,
  ];
}
