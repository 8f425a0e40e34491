/**
 * Who may begin a WebSocket, and what those are told who may not (RFC 6455 §4.2.1, §4.2.2, §10.2).
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  admit,
  type Approach,
  asksForUpgrade,
  chooseSubprotocol,
  type HandshakePolicy,
  type OriginPolicy,
  refuse,
  refuseBadHost,
  type Verdict,
} from "../../lib/core/handshake.ts";
import { anyPlainText } from "./deceits.ts";

type Fields = Readonly<Record<string, string | undefined>>;

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const GOOD: Fields = {
  host: "chat.example",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": KEY,
};
const SAME: HandshakePolicy = { origins: "same", viaTrustedProxy: false };

/** A request that is in order but for these headers; undefined leaves one out. */
function approach(headers: Fields = {}, method = "GET"): Approach {
  const fields = Object.entries({ ...GOOD, ...headers })
    .filter((field): field is [string, string] => field[1] !== undefined);
  return { method, headers: new Headers(fields) };
}

/** The same without the runtime's own opinion of what a header's value may be. */
function rawApproach(headers: Fields, method = "GET"): Approach {
  const fields = new Map(Object.entries({ ...GOOD, ...headers }));
  return { method, headers: { get: (name) => fields.get(name.toLowerCase()) ?? null } };
}

function statusOf(verdict: Verdict): number | "admitted" {
  return verdict.kind === "refused" ? verdict.status : "admitted";
}

/** The header that a refusal names first, if it is one line. */
function faultOf(verdict: Verdict): string {
  return verdict.kind === "refused" ? /^([\w-]+) [^\n]+$/.exec(verdict.why)?.[1] ?? "" : "none";
}

Deno.test("admit() admits the handshake of RFC 6455 §1.2", () => {
  const headers = { origin: "http://example.com", host: "server.example.com" };
  const policy = { origins: ["http://example.com"], viaTrustedProxy: false };
  assert.deepEqual(admit(approach(headers), policy), { kind: "admitted" });
});

for (const method of ["POST", "HEAD", "OPTIONS", "CONNECT", "get"]) {
  Deno.test(`admit() refuses the method ${method} with 405 and says that GET is allowed`, () => {
    const verdict = admit(approach({}, method), SAME);
    assert.ok(verdict.kind === "refused");
    assert.equal(verdict.status, 405);
    assert.deepEqual(verdict.headers, { allow: "GET" });
    assert.equal(faultOf(verdict), "Method");
  });
}

const UPGRADE = { upgrade: "websocket", connection: "Upgrade" };
const VERSION = { "sec-websocket-version": "13" };

for (
  const [what, headers, status, answer, fault] of [
    ["no Upgrade", { upgrade: undefined }, 426, UPGRADE, "Upgrade"],
    ["an empty Upgrade", { upgrade: "" }, 426, UPGRADE, "Upgrade"],
    ["another Upgrade", { upgrade: "h2c" }, 426, UPGRADE, "Upgrade"],
    ["an Upgrade that only begins so", { upgrade: "websockets" }, 426, UPGRADE, "Upgrade"],
    ["no Connection", { connection: undefined }, 426, UPGRADE, "Connection"],
    ["another Connection", { connection: "keep-alive" }, 426, UPGRADE, "Connection"],
    ["a Connection that only ends so", { connection: "no-upgrade" }, 426, UPGRADE, "Connection"],
    ["no version", { "sec-websocket-version": undefined }, 426, VERSION, "Sec-WebSocket-Version"],
    ["version 8", { "sec-websocket-version": "8" }, 426, VERSION, "Sec-WebSocket-Version"],
    ["version 013", { "sec-websocket-version": "013" }, 426, VERSION, "Sec-WebSocket-Version"],
    ["two versions", { "sec-websocket-version": "13, 8" }, 426, VERSION, "Sec-WebSocket-Version"],
  ] as const
) {
  Deno.test(`admit() refuses ${what} with ${status} and says what is spoken`, () => {
    const verdict = admit(approach(headers), SAME);
    assert.ok(verdict.kind === "refused");
    assert.equal(verdict.status, status);
    assert.deepEqual(verdict.headers, answer);
    assert.equal(faultOf(verdict), fault);
  });
}

for (
  const headers of [
    { upgrade: "WebSocket" },
    { upgrade: "WEBSOCKET" },
    { upgrade: "h2c, websocket" },
    { upgrade: " websocket\t,h2c" },
    { connection: "upgrade" },
    { connection: "UPGRADE" },
    { connection: "keep-alive, Upgrade" },
    { connection: "Upgrade,keep-alive" },
    { connection: "Keep-Alive , uPGRADE" },
    { "sec-websocket-version": " 13 " },
  ]
) {
  Deno.test(`admit() admits ${JSON.stringify(headers)}`, () => {
    assert.equal(statusOf(admit(approach(headers), SAME)), "admitted");
  });
}

for (
  const key of [
    "lkUx3lTpjFwO5OI7xY3+1Q==",
    "lGrvj+i7B76RB3YYbScQ9g==",
    "D0QLjvO4fnHcXaE0/gqn6A==",
    "x3JJHMbDL1EzLkh9GBhXDw==",
    "AAAAAAAAAAAAAAAAAAAAAA==",
    "/////////////////////w==",
    ` ${KEY}\t`,
  ]
) {
  Deno.test(`admit() admits the key ${JSON.stringify(key)}`, () => {
    const headers = { "sec-websocket-key": key };
    assert.equal(statusOf(admit(rawApproach(headers), SAME)), "admitted");
  });
}

for (
  const [what, key] of [
    ["no key", undefined],
    ["an empty key", ""],
    ["a key of 15 bytes", btoa("x".repeat(15))],
    ["a key of 17 bytes", btoa("x".repeat(17))],
    ["a key of 18 bytes, which needs no padding", btoa("x".repeat(18))],
    ["a key that is not base64", "this is no key at all =="],
    ["a key of base64url", "lkUx3lTpjFwO5OI7xY3-1Q=="],
    ["a key without its padding", KEY.slice(0, 22)],
    ["a key of 23 characters", KEY.slice(1)],
    ["a key of 25 characters", `A${KEY}`],
    ["a key with padding bits that are not 0", "dGhlIHNhbXBsZSBub25jZR=="],
    ["two keys", `${KEY}, ${KEY}`],
    ["a key with a line break", `${KEY}\n${KEY}`],
  ] as const
) {
  Deno.test(`admit() refuses ${what} with 400`, () => {
    const verdict = admit(rawApproach({ "sec-websocket-key": key }), SAME);
    assert.equal(statusOf(verdict), 400);
    assert.equal(faultOf(verdict), "Sec-WebSocket-Key");
  });
}

Deno.test("admit() admits the key of any 16 bytes, and of no other number", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 33, size: "max" }), fc.boolean(), (bytes, cut) => {
      const key = btoa(String.fromCharCode(...cut ? bytes.slice(0, 16) : bytes));
      const verdict = admit(approach({ "sec-websocket-key": key }), SAME);
      assert.equal(statusOf(verdict), atob(key).length === 16 ? "admitted" : 400);
    }),
    { numRuns: 500 },
  );
});

Deno.test("admit() admits only keys that are what their own bytes are encoded as", () => {
  const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const last of base64) {
    const key = `dGhlIHNhbXBsZSBub25jZ${last}==`;
    const verdict = admit(approach({ "sec-websocket-key": key }), SAME);
    assert.equal(statusOf(verdict), btoa(atob(key)) === key ? "admitted" : 400, key);
  }
});

for (
  const [what, host] of [
    ["no Host", undefined],
    ["an empty Host", ""],
    ["two Hosts", "chat.example, evil.example"],
    ["a Host with a path", "chat.example/path"],
    ["a Host with a user", "chat.example@evil.example"],
    ["a Host with a query", "chat.example?q"],
    ["a Host with a fragment", "chat.example#f"],
    ["a Host with a backslash", "chat.example\\evil.example"],
    ["a Host with a space", "chat example"],
    ["a Host that is only a port", ":80"],
    ["a Host whose port is no number", "chat.example:http"],
    ["a Host whose port is too large", "chat.example:65536"],
    ["a Host that is half an IPv6 address", "[::1"],
    ["a Host that is IPv6 without brackets", "::1"],
    ["a Host that is a URL", "http://chat.example"],
  ] as const
) {
  Deno.test(`admit() refuses ${what} with 400, though any origin may come`, () => {
    const verdict = admit(approach({ host }), { origins: "*", viaTrustedProxy: false });
    assert.equal(statusOf(verdict), 400);
    assert.equal(faultOf(verdict), "Host");
    if (host !== undefined) assert.deepEqual(refuseBadHost(approach({ host })), verdict);
  });
}

for (const host of [undefined, "chat.example", "chat.example:8080", "127.0.0.1", "[::1]:8080"]) {
  Deno.test(`refuseBadHost() has nothing against ${host ?? "a request without Host"}`, () => {
    assert.equal(refuseBadHost(approach({ host })), undefined);
  });
}

for (
  const [origin, host, status] of [
    [undefined, "chat.example", "admitted"],
    ["https://chat.example", "chat.example", "admitted"],
    ["http://chat.example", "chat.example", "admitted"],
    ["https://chat.example", "chat.example:443", "admitted"],
    ["http://chat.example", "chat.example:80", "admitted"],
    ["https://chat.example", "Chat.EXAMPLE", "admitted"],
    ["http://chat.example:8080", "chat.example:8080", "admitted"],
    ["https://chat.example:8443", "chat.example:8443", "admitted"],
    ["http://127.0.0.1:8080", "127.0.0.1:8080", "admitted"],
    ["http://[::1]:8080", "[::1]:8080", "admitted"],
    ["https://xn--bcher-kva.example", "xn--bcher-kva.example", "admitted"],
    ["https://chat.example", "chat.example:80", 403],
    ["http://chat.example", "chat.example:443", 403],
    ["https://chat.example:8443", "chat.example", 403],
    ["https://chat.example", "chat.example:8443", 403],
    ["http://chat.example:8080", "chat.example:8081", 403],
    ["http://localhost:8080", "127.0.0.1:8080", 403],
    ["https://evil.example", "chat.example", 403],
    ["https://sub.chat.example", "chat.example", 403],
    ["https://chat.example.evil.example", "chat.example", 403],
    ["https://evilchat.example", "chat.example", 403],
    ["https://chat.example@evil.example", "chat.example", 403],
    ["https://chat.example, https://evil.example", "chat.example", 403],
    ["null", "chat.example", 403],
    ["null", "null", 403],
    ["", "chat.example", 403],
    ["chat.example", "chat.example", 403],
    ["file://", "chat.example", 403],
    ["ws://chat.example", "chat.example", 403],
    ["chrome-extension://chat.example", "chat.example", 403],
  ] as const
) {
  const answer = status === 403 ? "refuses" : "admits";
  const name = origin === undefined ? "no origin" : `the origin ${JSON.stringify(origin)}`;
  Deno.test(`admit() ${answer} ${name} on the host ${host}`, () => {
    const verdict = admit(approach({ origin, host }), SAME);
    assert.equal(statusOf(verdict), status);
    if (status === 403) assert.equal(faultOf(verdict), "Origin");
  });
}

Deno.test("admit() takes an origin for the same exactly where host and effective port are", () => {
  const scheme = fc.constantFrom(["http:", 80] as const, ["https:", 443] as const);
  const host = fc.constantFrom("a.example", "b.example", "127.0.0.1", "[::1]", "[2001:db8::1]");
  const port = fc.constantFrom(undefined, 80, 443, 8080, 65535);
  const place = fc.tuple(host, port);
  fc.assert(
    fc.property(scheme, place, place, ([scheme, standard], page, asked) => {
      const spell = ([host, port]: typeof page) => port === undefined ? host : `${host}:${port}`;
      const origin = new URL(`${scheme}//${spell(page)}`).origin;
      const isSame = page[0] === asked[0] && (page[1] ?? standard) === (asked[1] ?? standard);
      const verdict = admit(approach({ origin, host: spell(asked) }), SAME);
      assert.equal(statusOf(verdict), isSame ? "admitted" : 403);
    }),
    { numRuns: 500 },
  );
});

const LIST = ["https://a.example", "http://b.example:8080"];

for (
  const [origins, origin, status] of [
    ["*", "https://evil.example", "admitted"],
    ["*", "null", "admitted"],
    ["*", "not an origin", "admitted"],
    [LIST, undefined, "admitted"],
    [LIST, "https://a.example", "admitted"],
    [LIST, "HTTPS://A.example", "admitted"],
    [LIST, "http://b.example:8080", "admitted"],
    [LIST, "http://a.example", 403],
    [LIST, "http://b.example", 403],
    [LIST, "https://a.example:8443", 403],
    [LIST, "https://a.example.evil.example", 403],
    [LIST, "https://chat.example", 403],
    [LIST, "null", 403],
    [[...LIST, "null"], "null", "admitted"],
    [[], "https://chat.example", 403],
  ] as readonly (readonly [OriginPolicy, string | undefined, number | "admitted"])[]
) {
  const answer = status === 403 ? "refuses" : "admits";
  const policy = typeof origins === "string" ? origins : `[${origins.join()}]`;
  Deno.test(`admit() ${answer} the origin ${origin} where ${policy} is allowed`, () => {
    const verdict = admit(approach({ origin }), { origins, viaTrustedProxy: false });
    assert.equal(statusOf(verdict), status);
  });
}

const INSIDE = "127.0.0.1:8080";

for (
  const [what, viaTrustedProxy, headers, status] of [
    ["believes a trusted proxy", true, { "x-forwarded-host": "chat.example" }, "admitted"],
    ["believes nobody else", false, { "x-forwarded-host": "chat.example" }, 403],
    ["takes the last of several", true, { "x-forwarded-host": "in, chat.example" }, "admitted"],
    ["takes no other of several", true, { "x-forwarded-host": "chat.example, in" }, 403],
    ["falls back on Host without it", true, { host: "chat.example" }, "admitted"],
    ["is compared instead of Host", true, { host: "chat.example", "x-forwarded-host": "in" }, 403],
    ["cannot be a broken one", true, { "x-forwarded-host": "chat.example/" }, 403],
    ["leaves out the standard port", true, { "x-forwarded-host": "chat.example:443" }, "admitted"],
  ] as const
) {
  Deno.test(`admit() with X-Forwarded-Host ${what}`, () => {
    const asked = approach({ origin: "https://chat.example", host: INSIDE, ...headers });
    assert.equal(statusOf(admit(asked, { origins: "same", viaTrustedProxy })), status);
  });
}

Deno.test("admit() asks for a Host even where X-Forwarded-Host is believed", () => {
  const headers = { host: undefined, "x-forwarded-host": "chat.example" };
  const verdict = admit(approach(headers), { origins: "same", viaTrustedProxy: true });
  assert.equal(faultOf(verdict), "Host");
});

const LONG = 8_193;

for (
  const [what, headers, status, fault] of [
    ["Upgrade", { upgrade: `websocket${" ".repeat(LONG)},` }, 426, "Upgrade"],
    ["Connection", { connection: `upgrade,${"x".repeat(LONG)}` }, 426, "Connection"],
    ["version", { "sec-websocket-version": `13${" ".repeat(LONG)}` }, 426, "Sec-WebSocket-Version"],
    ["key", { "sec-websocket-key": `${KEY}${" ".repeat(LONG)}` }, 400, "Sec-WebSocket-Key"],
    ["Host", { host: `${"a.".repeat(130)}example` }, 400, "Host"],
    ["Origin", { origin: `https://${"a.".repeat(130)}example` }, 403, "Origin"],
  ] as const
) {
  Deno.test(`admit() refuses a longer ${what} than there is with ${status}`, () => {
    const verdict = admit(rawApproach(headers), SAME);
    assert.deepEqual([statusOf(verdict), faultOf(verdict)], [status, fault]);
  });
}

Deno.test("admit() refuses a longer Origin than there is even where it is in the list", () => {
  const origin = `https://${"a.".repeat(130)}example`;
  const verdict = admit(rawApproach({ origin }), { origins: [origin], viaTrustedProxy: false });
  assert.equal(statusOf(verdict), 403);
});

Deno.test("admit() compares a longer X-Forwarded-Host than there is, and finds no origin the same", () => {
  const headers = { origin: "https://chat.example", "x-forwarded-host": "a".repeat(300) };
  const verdict = admit(approach(headers), { origins: "same", viaTrustedProxy: true });
  assert.equal(statusOf(verdict), 403);
});

Deno.test("chooseSubprotocol() finds none in a longer offer than there is", () => {
  const offer = (blanks: number) =>
    rawApproach({ "sec-websocket-protocol": `${" ".repeat(blanks)}chat` });
  assert.equal(chooseSubprotocol(offer(10), ["chat"]), "chat");
  assert.equal(chooseSubprotocol(offer(LONG), ["chat"]), undefined);
});

/** In the order in which they are looked at: what is checked, ways to be right, ways to be wrong. */
const CHECKS = [
  ["Method", "method", ["GET"], ["POST", "HEAD"]],
  ["Upgrade", "upgrade", ["websocket", "h2c, WebSocket"], [undefined, "h2c"]],
  ["Connection", "connection", ["upgrade", "keep-alive, Upgrade"], [undefined, "close"]],
  ["Sec-WebSocket-Version", "sec-websocket-version", ["13"], [undefined, "8", ""]],
  ["Sec-WebSocket-Key", "sec-websocket-key", [KEY], [undefined, "", "x".repeat(24)]],
  ["Host", "host", ["chat.example", "chat.example:443"], [undefined, "a b", ":80"]],
  ["Origin", "origin", [undefined, "https://chat.example"], ["null", "https://evil.example"]],
] as const;

Deno.test("admit() admits where all is right, and otherwise tells the first fault in its order", () => {
  const choices = CHECKS.map(([, field, right, wrong]) =>
    fc.oneof(
      fc.constantFrom(...right).map((value) => ({ field, value, isRight: true })),
      fc.constantFrom(...wrong).map((value) => ({ field, value, isRight: false })),
    )
  );
  fc.assert(
    fc.property(fc.tuple(...choices), (chosen) => {
      const { method, ...headers }: Fields = Object.fromEntries(
        chosen.map(({ field, value }) => [field, value]),
      );
      const first = chosen.findIndex(({ isRight }) => !isRight);
      const verdict = admit(approach(headers, method), SAME);
      assert.equal(faultOf(verdict), CHECKS[first]?.[0] ?? "none");
    }),
    { numRuns: 1000 },
  );
});

Deno.test("admit() tells the first of two faults, whichever two", () => {
  for (const [later, [, laterField, , [laterWrong]]] of CHECKS.entries()) {
    for (const [fault, field, , [wrong]] of CHECKS.slice(0, later)) {
      const { method, ...headers }: Fields = { [field]: wrong, [laterField]: laterWrong };
      assert.equal(faultOf(admit(approach(headers, method), SAME)), fault, laterField);
    }
  }
});

const anyValue = fc.oneof(
  fc.constantFrom("websocket", "Upgrade", "13", KEY, "chat.example", "https://chat.example"),
  fc.constant("x".repeat(10_000)),
  anyPlainText,
  fc.webUrl(),
);
const anyHeaders = fc.dictionary(
  fc.constantFrom(...Object.keys(GOOD), "origin", "x-forwarded-host"),
  anyValue,
);

Deno.test("admit() never throws, and refuses in one printable line that names what is at fault", () => {
  const faults: readonly string[] = CHECKS.map(([fault]) => fault);
  const anyPolicy = fc.record({
    origins: fc.oneof(fc.constantFrom("same" as const, "*" as const), fc.array(anyValue)),
    viaTrustedProxy: fc.boolean(),
  });
  fc.assert(
    fc.property(anyHeaders, anyPolicy, (headers, policy) => {
      const verdict = admit(rawApproach(headers), policy);
      if (verdict.kind === "admitted") return;
      assert.ok([400, 403, 426].includes(verdict.status), String(verdict.status));
      assert.match(verdict.why, /^[\x20-\x7e]{1,200}$/);
      assert.ok(faults.includes(faultOf(verdict)), verdict.why);
      new Headers(verdict.headers);
    }),
    { numRuns: 1000 },
  );
});

for (
  const [headers, asks] of [
    [{}, true],
    [{ connection: "keep-alive, upgrade", upgrade: "WEBSOCKET" }, true],
    [{ "sec-websocket-version": "8", host: undefined }, true],
    [{ upgrade: undefined }, false],
    [{ upgrade: "h2c" }, false],
    [{ connection: undefined }, false],
    [{ connection: "keep-alive" }, false],
  ] as readonly (readonly [Fields, boolean])[]
) {
  Deno.test(`asksForUpgrade() is ${asks} for a handshake with ${JSON.stringify(headers)}`, () => {
    assert.equal(asksForUpgrade(approach(headers)), asks);
  });
}

Deno.test("refuse() has no headers unless they are given", () => {
  assert.deepEqual(refuse(404, "Nothing is here"), {
    kind: "refused",
    status: 404,
    why: "Nothing is here",
    headers: {},
  });
});

Deno.test("admit() takes no white space for HTTP's that is not, since the runtime does not", () => {
  for (const header of ["upgrade", "connection", "sec-websocket-version", "sec-websocket-key"]) {
    for (const space of ["\u00a0", "\v", "\f"]) {
      const asked = approach({});
      const headers = {
        get: (name: string) => asked.headers.get(name) + (name === header ? space : ""),
      };
      const verdict = admit({ method: "GET", headers }, { origins: "*", viaTrustedProxy: false });
      assert.equal(verdict.kind, "refused", `${header} with ${JSON.stringify(space)}`);
    }
  }
});
