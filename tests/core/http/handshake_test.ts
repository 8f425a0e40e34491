/**
 * Which requests may open a WebSocket, and the answers to those that may not (RFC 6455 §4.2.1, §4.2.2, §10.2).
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkHandshake,
  checkHost,
  chooseSubprotocol,
  type HandshakePolicy,
  type HandshakeResult,
  isUpgradeRequest,
  type OriginPolicy,
  refuse,
  type UpgradeRequest,
} from "../../../lib/core/http/handshake.ts";
import { anyPlainText } from "../names/hostile_texts.ts";

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

/** A valid request except for these headers; undefined omits one. */
function request(headers: Fields = {}, method = "GET"): UpgradeRequest {
  const fields = Object.entries({ ...GOOD, ...headers })
    .filter((field): field is [string, string] => field[1] !== undefined);
  return { method, headers: new Headers(fields) };
}

/** The same without the runtime's own validation of header values. */
function rawRequest(headers: Fields, method = "GET"): UpgradeRequest {
  const fields = new Map(Object.entries({ ...GOOD, ...headers }));
  return { method, headers: { get: (name) => fields.get(name.toLowerCase()) ?? null } };
}

function statusOf(result: HandshakeResult): number | "accepted" {
  return result.kind === "refused" ? result.status : "accepted";
}

/** The header that a refusal names first, if the refusal is one line. */
function headerAtFault(result: HandshakeResult): string {
  return result.kind === "refused" ? /^([\w-]+) [^\n]+$/.exec(result.reason)?.[1] ?? "" : "none";
}

Deno.test("checkHandshake() admits the handshake of RFC 6455 §1.2", () => {
  const headers = { origin: "http://example.com", host: "server.example.com" };
  const policy = { origins: ["http://example.com"], viaTrustedProxy: false };
  assert.deepEqual(checkHandshake(request(headers), policy), { kind: "accepted" });
});

for (const method of ["POST", "HEAD", "OPTIONS", "CONNECT", "get"]) {
  Deno.test(`checkHandshake() refuses the method ${method} with 405 and names GET as allowed`, () => {
    const result = checkHandshake(request({}, method), SAME);
    assert.ok(result.kind === "refused");
    assert.equal(result.status, 405);
    assert.deepEqual(result.headers, { allow: "GET" });
    assert.equal(headerAtFault(result), "Method");
  });
}

const UPGRADE = { upgrade: "websocket", connection: "Upgrade" };
const VERSION = { "sec-websocket-version": "13" };

for (
  const [what, headers, status, answer, fault] of [
    ["no Upgrade", { upgrade: undefined }, 426, UPGRADE, "Upgrade"],
    ["an empty Upgrade", { upgrade: "" }, 426, UPGRADE, "Upgrade"],
    ["another Upgrade", { upgrade: "h2c" }, 426, UPGRADE, "Upgrade"],
    [
      "an Upgrade that only starts with websocket",
      { upgrade: "websockets" },
      426,
      UPGRADE,
      "Upgrade",
    ],
    ["no Connection", { connection: undefined }, 426, UPGRADE, "Connection"],
    ["another Connection", { connection: "keep-alive" }, 426, UPGRADE, "Connection"],
    [
      "a Connection that only ends with upgrade",
      { connection: "no-upgrade" },
      426,
      UPGRADE,
      "Connection",
    ],
    ["no version", { "sec-websocket-version": undefined }, 426, VERSION, "Sec-WebSocket-Version"],
    ["version 8", { "sec-websocket-version": "8" }, 426, VERSION, "Sec-WebSocket-Version"],
    ["version 013", { "sec-websocket-version": "013" }, 426, VERSION, "Sec-WebSocket-Version"],
    ["two versions", { "sec-websocket-version": "13, 8" }, 426, VERSION, "Sec-WebSocket-Version"],
  ] as const
) {
  Deno.test(`checkHandshake() refuses ${what} with ${status} and names the supported protocol`, () => {
    const result = checkHandshake(request(headers), SAME);
    assert.ok(result.kind === "refused");
    assert.equal(result.status, status);
    assert.deepEqual(result.headers, answer);
    assert.equal(headerAtFault(result), fault);
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
  Deno.test(`checkHandshake() admits ${JSON.stringify(headers)}`, () => {
    assert.equal(statusOf(checkHandshake(request(headers), SAME)), "accepted");
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
  Deno.test(`checkHandshake() admits the key ${JSON.stringify(key)}`, () => {
    const headers = { "sec-websocket-key": key };
    assert.equal(statusOf(checkHandshake(rawRequest(headers), SAME)), "accepted");
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
  Deno.test(`checkHandshake() refuses ${what} with 400`, () => {
    const result = checkHandshake(rawRequest({ "sec-websocket-key": key }), SAME);
    assert.equal(statusOf(result), 400);
    assert.equal(headerAtFault(result), "Sec-WebSocket-Key");
  });
}

Deno.test("checkHandshake() admits the key of any 16 bytes, and of no other length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 33, size: "max" }), fc.boolean(), (bytes, cut) => {
      const key = btoa(String.fromCharCode(...cut ? bytes.slice(0, 16) : bytes));
      const result = checkHandshake(request({ "sec-websocket-key": key }), SAME);
      assert.equal(statusOf(result), atob(key).length === 16 ? "accepted" : 400);
    }),
    { numRuns: 500 },
  );
});

Deno.test("checkHandshake() admits only keys in the canonical encoding of their bytes", () => {
  const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const last of base64) {
    const key = `dGhlIHNhbXBsZSBub25jZ${last}==`;
    const result = checkHandshake(request({ "sec-websocket-key": key }), SAME);
    assert.equal(statusOf(result), btoa(atob(key)) === key ? "accepted" : 400, key);
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
  Deno.test(`checkHandshake() refuses ${what} with 400, even with every origin allowed`, () => {
    const result = checkHandshake(request({ host }), { origins: "*", viaTrustedProxy: false });
    assert.equal(statusOf(result), 400);
    assert.equal(headerAtFault(result), "Host");
    if (host !== undefined) assert.deepEqual(checkHost(request({ host })), result);
  });
}

for (const host of [undefined, "chat.example", "chat.example:8080", "127.0.0.1", "[::1]:8080"]) {
  Deno.test(`checkHost() accepts ${host ?? "a request without Host"}`, () => {
    assert.equal(checkHost(request({ host })), undefined);
  });
}

for (
  const [origin, host, status] of [
    [undefined, "chat.example", "accepted"],
    ["https://chat.example", "chat.example", "accepted"],
    ["http://chat.example", "chat.example", "accepted"],
    ["https://chat.example", "chat.example:443", "accepted"],
    ["http://chat.example", "chat.example:80", "accepted"],
    ["https://chat.example", "Chat.EXAMPLE", "accepted"],
    ["http://chat.example:8080", "chat.example:8080", "accepted"],
    ["https://chat.example:8443", "chat.example:8443", "accepted"],
    ["http://127.0.0.1:8080", "127.0.0.1:8080", "accepted"],
    ["http://[::1]:8080", "[::1]:8080", "accepted"],
    ["https://xn--bcher-kva.example", "xn--bcher-kva.example", "accepted"],
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
  Deno.test(`checkHandshake() ${answer} ${name} on the host ${host}`, () => {
    const result = checkHandshake(request({ origin, host }), SAME);
    assert.equal(statusOf(result), status);
    if (status === 403) assert.equal(headerAtFault(result), "Origin");
  });
}

Deno.test("checkHandshake() treats an origin as the same exactly if host and effective port match", () => {
  const scheme = fc.constantFrom(["http:", 80] as const, ["https:", 443] as const);
  const host = fc.constantFrom("a.example", "b.example", "127.0.0.1", "[::1]", "[2001:db8::1]");
  const port = fc.constantFrom(undefined, 80, 443, 8080, 65535);
  const place = fc.tuple(host, port);
  fc.assert(
    fc.property(scheme, place, place, ([scheme, standard], page, asked) => {
      const spell = ([host, port]: typeof page) => port === undefined ? host : `${host}:${port}`;
      const origin = new URL(`${scheme}//${spell(page)}`).origin;
      const isSame = page[0] === asked[0] && (page[1] ?? standard) === (asked[1] ?? standard);
      const result = checkHandshake(request({ origin, host: spell(asked) }), SAME);
      assert.equal(statusOf(result), isSame ? "accepted" : 403);
    }),
    { numRuns: 500 },
  );
});

const LIST = ["https://a.example", "http://b.example:8080"];

for (
  const [origins, origin, status] of [
    ["*", "https://evil.example", "accepted"],
    ["*", "null", "accepted"],
    ["*", "not an origin", "accepted"],
    [LIST, undefined, "accepted"],
    [LIST, "https://a.example", "accepted"],
    [LIST, "HTTPS://A.example", "accepted"],
    [LIST, "http://b.example:8080", "accepted"],
    [LIST, "http://a.example", 403],
    [LIST, "http://b.example", 403],
    [LIST, "https://a.example:8443", 403],
    [LIST, "https://a.example.evil.example", 403],
    [LIST, "https://chat.example", 403],
    [LIST, "null", 403],
    [[...LIST, "null"], "null", "accepted"],
    [[], "https://chat.example", 403],
  ] as readonly (readonly [OriginPolicy, string | undefined, number | "accepted"])[]
) {
  const answer = status === 403 ? "refuses" : "admits";
  const policy = typeof origins === "string" ? origins : `[${origins.join()}]`;
  Deno.test(`checkHandshake() ${answer} the origin ${origin} when ${policy} is allowed`, () => {
    const result = checkHandshake(request({ origin }), { origins, viaTrustedProxy: false });
    assert.equal(statusOf(result), status);
  });
}

const INSIDE = "127.0.0.1:8080";

for (
  const [what, viaTrustedProxy, headers, status] of [
    ["trusts a trusted proxy", true, { "x-forwarded-host": "chat.example" }, "accepted"],
    ["ignores any other sender", false, { "x-forwarded-host": "chat.example" }, 403],
    ["uses the last of several", true, { "x-forwarded-host": "in, chat.example" }, "accepted"],
    ["uses no other of several", true, { "x-forwarded-host": "chat.example, in" }, 403],
    ["falls back to Host without it", true, { host: "chat.example" }, "accepted"],
    ["compares it instead of Host", true, { host: "chat.example", "x-forwarded-host": "in" }, 403],
    ["refuses a malformed value", true, { "x-forwarded-host": "chat.example/" }, 403],
    ["ignores the standard port", true, { "x-forwarded-host": "chat.example:443" }, "accepted"],
  ] as const
) {
  Deno.test(`checkHandshake() with X-Forwarded-Host ${what}`, () => {
    const asked = request({ origin: "https://chat.example", host: INSIDE, ...headers });
    assert.equal(statusOf(checkHandshake(asked, { origins: "same", viaTrustedProxy })), status);
  });
}

Deno.test("checkHandshake() requires a Host even when X-Forwarded-Host is trusted", () => {
  const headers = { host: undefined, "x-forwarded-host": "chat.example" };
  const result = checkHandshake(request(headers), { origins: "same", viaTrustedProxy: true });
  assert.equal(headerAtFault(result), "Host");
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
  Deno.test(`checkHandshake() refuses an overlong ${what} with ${status}`, () => {
    const result = checkHandshake(rawRequest(headers), SAME);
    assert.deepEqual([statusOf(result), headerAtFault(result)], [status, fault]);
  });
}

Deno.test("checkHandshake() refuses an overlong Origin even when it is in the list", () => {
  const origin = `https://${"a.".repeat(130)}example`;
  const result = checkHandshake(rawRequest({ origin }), {
    origins: [origin],
    viaTrustedProxy: false,
  });
  assert.equal(statusOf(result), 403);
});

Deno.test("checkHandshake() compares an overlong X-Forwarded-Host, and no origin matches it", () => {
  const headers = { origin: "https://chat.example", "x-forwarded-host": "a".repeat(300) };
  const result = checkHandshake(request(headers), { origins: "same", viaTrustedProxy: true });
  assert.equal(statusOf(result), 403);
});

Deno.test("chooseSubprotocol() returns none for an overlong offer", () => {
  const offer = (blanks: number) =>
    rawRequest({ "sec-websocket-protocol": `${" ".repeat(blanks)}chat` });
  assert.equal(chooseSubprotocol(offer(10), ["chat"]), "chat");
  assert.equal(chooseSubprotocol(offer(LONG), ["chat"]), undefined);
});

/** In the order of the checks: the header, valid values, invalid values. */
const CHECKS = [
  ["Method", "method", ["GET"], ["POST", "HEAD"]],
  ["Upgrade", "upgrade", ["websocket", "h2c, WebSocket"], [undefined, "h2c"]],
  ["Connection", "connection", ["upgrade", "keep-alive, Upgrade"], [undefined, "close"]],
  ["Sec-WebSocket-Version", "sec-websocket-version", ["13"], [undefined, "8", ""]],
  ["Sec-WebSocket-Key", "sec-websocket-key", [KEY], [undefined, "", "x".repeat(24)]],
  ["Host", "host", ["chat.example", "chat.example:443"], [undefined, "a b", ":80"]],
  ["Origin", "origin", [undefined, "https://chat.example"], ["null", "https://evil.example"]],
] as const;

Deno.test("checkHandshake() admits a valid request, and otherwise reports the first fault in its order", () => {
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
      const result = checkHandshake(request(headers, method), SAME);
      assert.equal(headerAtFault(result), CHECKS[first]?.[0] ?? "none");
    }),
    { numRuns: 1000 },
  );
});

Deno.test("checkHandshake() reports the first of any two faults", () => {
  for (const [later, [, laterField, , [laterWrong]]] of CHECKS.entries()) {
    for (const [fault, field, , [wrong]] of CHECKS.slice(0, later)) {
      const { method, ...headers }: Fields = { [field]: wrong, [laterField]: laterWrong };
      assert.equal(
        headerAtFault(checkHandshake(request(headers, method), SAME)),
        fault,
        laterField,
      );
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

Deno.test("checkHandshake() never throws, and refuses in one printable line that names the fault", () => {
  const faults: readonly string[] = CHECKS.map(([fault]) => fault);
  const anyPolicy = fc.record({
    origins: fc.oneof(fc.constantFrom("same" as const, "*" as const), fc.array(anyValue)),
    viaTrustedProxy: fc.boolean(),
  });
  fc.assert(
    fc.property(anyHeaders, anyPolicy, (headers, policy) => {
      const result = checkHandshake(rawRequest(headers), policy);
      if (result.kind === "accepted") return;
      assert.ok([400, 403, 426].includes(result.status), String(result.status));
      assert.match(result.reason, /^[\x20-\x7e]{1,200}$/);
      assert.ok(faults.includes(headerAtFault(result)), result.reason);
      new Headers(result.headers);
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
  Deno.test(`isUpgradeRequest() is ${asks} for a handshake with ${JSON.stringify(headers)}`, () => {
    assert.equal(isUpgradeRequest(request(headers)), asks);
  });
}

Deno.test("refuse() sets no headers unless they are given", () => {
  assert.deepEqual(refuse(404, "Nothing is here"), {
    kind: "refused",
    status: 404,
    reason: "Nothing is here",
    headers: {},
  });
});

Deno.test("checkHandshake() strips only the white space that HTTP defines, as the runtime does", () => {
  for (const header of ["upgrade", "connection", "sec-websocket-version", "sec-websocket-key"]) {
    for (const space of ["\u00a0", "\v", "\f"]) {
      const asked = request({});
      const headers = {
        get: (name: string) => asked.headers.get(name) + (name === header ? space : ""),
      };
      const result = checkHandshake({ method: "GET", headers }, {
        origins: "*",
        viaTrustedProxy: false,
      });
      assert.equal(result.kind, "refused", `${header} with ${JSON.stringify(space)}`);
    }
  }
});
