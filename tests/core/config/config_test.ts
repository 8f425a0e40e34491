/**
 * The allowed values and the default of each setting; every invalid setting is reported.
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { isWithin } from "../../../lib/core/http/ip_address.ts";
import {
  type Config,
  type ConfigProblem,
  flagOf,
  parseConfig,
  settings,
} from "../../../lib/core/config/config.ts";
import { checkHandshake } from "../../../lib/core/http/handshake.ts";
import { guestPrefix, pickGuestName } from "../../../lib/core/names/names.ts";
import { anyPlainText, anyText } from "../names/hostile_texts.ts";

type Values = Readonly<Record<string, string>>;

function parse(values: Values, isServing?: boolean): ReturnType<typeof parseConfig> {
  const get = (name: string) => Object.hasOwn(values, name) ? values[name] : undefined;
  return parseConfig(get, undefined, isServing);
}

function configOf(values: Values): Config {
  const read = parse(values);
  assert.ok(read.kind === "good", problemsOf(values).map(({ name }) => name).join());
  return read.config;
}

function problemsOf(values: Values): readonly ConfigProblem[] {
  const read = parse(values);
  return read.kind === "good" ? [] : read.problems;
}

/** `MAX_CONNECTIONS` is `maxConnections`. */
function fieldOf(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

const DEFAULTS = {
  port: 8080,
  host: "127.0.0.1",
  publicUrl: null,
  tlsCertFile: null,
  tlsKeyFile: null,
  adminHost: "127.0.0.1",
  adminPort: null,
  adminToken: null,
  websocketEngine: "deno",
  workers: null,
  maxMemoryMb: 4_096,
  redisUrl: null,
  redisPrefix: "parley:",
  redisCaFile: null,
  redisDurable: false,
  dataDir: "./data",
  sessionSecret: null,
  auth: "open",
  roomCreation: "anyone",
  jwtSecret: null,
  jwtPublicKeyFile: null,
  jwksUrl: null,
  jwtIssuer: null,
  jwtAudience: null,
  authProxyHeader: null,
  oidcIssuer: null,
  oidcClientId: null,
  oidcClientSecret: null,
  oidcScopes: "openid profile email",
  oidcGroupClaim: "groups",
  oidcRoles: [],
  historyMessages: null,
  historyHours: null,
  maxStoreMb: 10_240,
  maxRoomsTotal: 100_000,
  recoverLimit: 1_000,
  maxRooms: 32,
  allowedOrigins: "same",
  allowedFramers: "none",
  allowedHosts: [],
  trustProxy: [],
  maxConnections: 10_000,
  connectionsPerAddress: 256,
  handshakesPerSecond: 20,
  maxMessageBytes: 65_535,
  messagesPerSecond: 10,
  bytesPerSecond: 32_768,
  maxBufferedBytes: 1_048_576,
  maxBatchMs: 25,
  pingSeconds: 25,
  drainSeconds: 8,
  echo: "on",
  guestName: null,
  blockedWordsFile: null,
  moderationUrl: null,
  moderationSecret: null,
  moderationFails: "closed",
  webhookAllowPrivate: false,
  logLevel: "info",
  logFormat: "auto",
};

Deno.test("parseConfig() without any setting returns the defaults", () => {
  assert.deepEqual(configOf({}), DEFAULTS);
});

Deno.test("parseConfig() uses the default for an empty or blank setting", () => {
  for (const blank of ["", " ", "\t\n"]) {
    const values = Object.fromEntries(settings.map(({ name }) => [name, blank]));
    assert.deepEqual(configOf(values), DEFAULTS);
  }
});

Deno.test("parseConfig() returns a frozen config", () => {
  assert.ok(Object.isFrozen(configOf({})));
});

for (const { name, fallback } of settings) {
  Deno.test(`${name} accepts its own default`, () => {
    assert.deepEqual(configOf({ [name]: fallback }), DEFAULTS);
  });
}

Deno.test("parseConfig() does not reveal an invalid secret", () => {
  const [problem] = problemsOf({ SESSION_SECRET: "my little secret".slice(1) });
  assert.deepEqual([problem?.name, problem?.value], ["SESSION_SECRET", "…"]);
});

Deno.test("Settings have distinct names, flags and fields", () => {
  const names = settings.map(({ name }) => name);
  for (const name of names) assert.match(name, /^[A-Z]+(_[A-Z]+)*$/);
  assert.equal(new Set(names.map(flagOf)).size, settings.length);
  assert.deepEqual(names.map(fieldOf), Object.keys(DEFAULTS));
});

Deno.test("WORKERS accepts 0–64, rejects every other number with what is allowed, and may be omitted", () => {
  for (const number of [0, 1, 64]) {
    assert.deepEqual(configOf({ WORKERS: String(number) }), { ...DEFAULTS, workers: number });
  }
  for (const value of ["-1", "65", "1.5", "auto"]) {
    const [problem] = problemsOf({ WORKERS: value });
    assert.deepEqual([problem?.name, problem?.value], ["WORKERS", value]);
    assert.match(problem?.allowed ?? "", /^0–64; unset: cores − 1/);
  }
});

for (
  const [name, min, max] of [
    ["PORT", 0, 65_535],
    ["MAX_MEMORY_MB", 0, 1_000_000],
    ["MAX_CONNECTIONS", 1, 1_000_000],
    ["CONNECTIONS_PER_ADDRESS", 0, 1_000_000],
    ["MAX_MESSAGE_BYTES", 1, 16_777_216],
    ["MESSAGES_PER_SECOND", 0, 100_000],
    ["MAX_BUFFERED_BYTES", 1024, 1_073_741_824],
    ["MAX_BATCH_MS", 0, 1_000],
    ["PING_SECONDS", 1, 3600],
    ["DRAIN_SECONDS", 1, 3600],
    ["MAX_STORE_MB", 0, 100_000_000],
    ["MAX_ROOMS_TOTAL", 0, 100_000_000],
    ["HANDSHAKES_PER_SECOND", 0, 100_000],
    ["BYTES_PER_SECOND", 0, 1_000_000_000],
    ["RECOVER_LIMIT", 1, 10_000],
    ["MAX_ROOMS", 1, 10_000],
  ] as const
) {
  const allowed = `${min}–${max}`;
  const field = fieldOf(name);

  Deno.test(`${name} accepts ${allowed} and rejects every other number with what is allowed`, () => {
    const anyNumber = fc.oneof(
      fc.integer({ min, max }),
      fc.constantFrom(min - 1, min, max, max + 1),
      fc.integer({ min: -10, max: 2 * max }),
      fc.maxSafeInteger(),
    );
    fc.assert(
      fc.property(anyNumber, (number) => {
        const value = String(number);
        if (number >= min && number <= max) {
          assert.deepEqual(configOf({ [name]: value }), { ...DEFAULTS, [field]: number });
        } else assert.deepEqual(problemsOf({ [name]: value }), [{ name, value, allowed }]);
      }),
      { numRuns: 200 },
    );
  });

  Deno.test(`${name} accepts only an integer in digits`, () => {
    for (
      const value of [
        "x",
        "1e3",
        "0x10",
        "1.0",
        "1,000",
        "+1",
        "-0",
        "1 0",
        "NaN",
        "Infinity",
        "１",
      ]
    ) {
      assert.deepEqual(problemsOf({ [name]: value }), [{ name, value, allowed }]);
    }
    assert.equal(problemsOf({ [name]: "9".repeat(400) }).length, 1);
  });
}

for (
  const [name, value, read] of [
    ["PORT", " 9000 ", 9000],
    ["PORT", "09000", 9000],
    ["HOST", "0.0.0.0", "0.0.0.0"],
    ["HOST", "::", "::"],
    ["HOST", "fe80::1", "fe80::1"],
    ["HOST", "::ffff:127.0.0.1", "::ffff:127.0.0.1"],
    ["ALLOWED_HOSTS", "Chat.example,::1,[::1]", ["chat.example", "::1", "[::1]"]],
    ["HOST", "chat-1.example", "chat-1.example"],
    [
      "REDIS_URL",
      "redis://user:secret@redis.example:6379/1",
      "redis://user:secret@redis.example:6379/1",
    ],
    ["REDIS_URL", "unix:///run/redis.sock", "unix:///run/redis.sock"],
    ["REDIS_PREFIX", "chat:", "chat:"],
    ["REDIS_PREFIX", "x".repeat(64), "x".repeat(64)],
    ["ALLOWED_FRAMERS", "none", "none"],
    ["ALLOWED_FRAMERS", "same", "same"],
    ["ALLOWED_FRAMERS", "*", "*"],
    ["ALLOWED_FRAMERS", "https://A.example, http://b:81", ["https://a.example", "http://b:81"]],
    ["ALLOWED_ORIGINS", "*", "*"],
    ["ALLOWED_ORIGINS", "same", "same"],
    ["ALLOWED_ORIGINS", "https://chat.example", ["https://chat.example"]],
    ["ALLOWED_ORIGINS", "https://A.example , null,", ["https://a.example", "null"]],
    ["ALLOWED_ORIGINS", "http://[::1]:8080", ["http://[::1]:8080"]],
    ["ROOM_CREATION", "anyone", "anyone"],
    ["ROOM_CREATION", "members", "members"],
    ["ROOM_CREATION", "moderators", "moderators"],
    ["LOG_LEVEL", "debug", "debug"],
    ["LOG_LEVEL", "error", "error"],
    ["LOG_FORMAT", "json", "json"],
    ["REDIS_DURABLE", "yes", true],
    ["MODERATION_FAILS", "open", "open"],
    ["WEBHOOK_ALLOW_PRIVATE", "yes", true],
    ["DATA_DIR", ":memory:", ":memory:"],
    ["SESSION_SECRET", "x".repeat(16), "x".repeat(16)],
    ["GUEST_NAME", "guest", "guest"],
    ["GUEST_NAME", "Guest No. ", "Guest No."],
    ["GUEST_NAME", "😀".repeat(24), "😀".repeat(24)],
  ] as const
) {
  Deno.test(`${name} accepts ${JSON.stringify(value)}`, () => {
    assert.deepEqual(configOf({ [name]: value }), { ...DEFAULTS, [fieldOf(name)]: read });
  });
}

for (
  const [name, value] of [
    ["HOST", "[::1]"],
    ["ALLOWED_HOSTS", "chat.example:8443"],
    ["ALLOWED_HOSTS", "chat.example, [::1]:8443"],
    ["HOST", "127.0.0.1/8"],
    ["HOST", "my host"],
    ["HOST", "http://localhost"],
    ["REDIS_URL", "localhost:6379"],
    ["REDIS_URL", "http://localhost"],
    ["REDIS_PREFIX", "a b"],
    ["REDIS_PREFIX", "{a}"],
    ["REDIS_PREFIX", "x".repeat(65)],
    ["ALLOWED_ORIGINS", "chat.example"],
    ["ALLOWED_ORIGINS", "https://chat.example/"],
    ["ALLOWED_ORIGINS", "https://chat.example/page"],
    ["ALLOWED_ORIGINS", "https://chat.example:443"],
    ["ALLOWED_ORIGINS", "https://chat.example?"],
    ["ALLOWED_ORIGINS", "https://user@chat.example"],
    ["ALLOWED_ORIGINS", "wss://chat.example"],
    ["ALLOWED_ORIGINS", "https://a.example, same"],
    ["ALLOWED_ORIGINS", "*, https://a.example"],
    ["ALLOWED_ORIGINS", "https://a.example https://b.example"],
    ["ALLOWED_ORIGINS", ","],
    ["ALLOWED_ORIGINS", "SAME"],
    // No browser's origin contains an asterisk, so this entry would match nothing.
    ["ALLOWED_ORIGINS", "https://*.chat.example"],
    ["ALLOWED_FRAMERS", "all"],
    ["ALLOWED_FRAMERS", "null"],
    ["ALLOWED_FRAMERS", "none, https://a.example"],
    ["ALLOWED_FRAMERS", "https://a;script-src"],
    ["TRUST_PROXY", "proxy"],
    ["TRUST_PROXY", "10.0.0.0/33"],
    ["TRUST_PROXY", "10.0.0.0/8, proxy"],
    ["TRUST_PROXY", "10.0.0.0/8 127.0.0.1"],
    ["REDIS_DURABLE", "true"],
    ["MODERATION_FAILS", "yes"],
    ["MODERATION_URL", "ftp://review.example/"],
    ["MODERATION_URL", "review.example"],
    ["MODERATION_URL", "http:///"],
    ["MODERATION_URL", "http://user@review.example/"],
    ["MODERATION_URL", "http://review.example/#a"],
    ["WEBHOOK_ALLOW_PRIVATE", "1"],
    ["GUEST_NAME", "* guest"],
    ["GUEST_NAME", "/guest"],
    ["GUEST_NAME", "my: guest"],
    ["GUEST_NAME", "a\nb"],
    ["GUEST_NAME", "x".repeat(25)],
    ["GUEST_NAME", "e\u0301"],
    ["LOG_LEVEL", "loud"],
    ["LOG_LEVEL", "inf"],
    ["LOG_LEVEL", "INFO"],
    ["LOG_LEVEL", "constructor"],
    ["LOG_FORMAT", "xml"],
  ] as const
) {
  Deno.test(`${name} rejects ${JSON.stringify(value)}`, () => {
    const allowed = settings.find((setting) => setting.name === name)?.allowed;
    assert.deepEqual(problemsOf({ [name]: value }), [{ name, value: value.trim(), allowed }]);
  });
}

const MODERATION_URL = "http://10.0.0.5:9000/review?service=chat";

for (const bytes of [24, 25, 26, 32, 64]) {
  Deno.test(`MODERATION_URL is any URL of the operator, with a MODERATION_SECRET of ${bytes} bytes`, () => {
    const MODERATION_SECRET = `whsec_${Buffer.alloc(bytes, 250).toString("base64")}`;
    const { moderationUrl, moderationSecret } = configOf({ MODERATION_URL, MODERATION_SECRET });
    assert.deepEqual([moderationUrl, moderationSecret], [MODERATION_URL, MODERATION_SECRET]);
  });
}

for (
  const secret of [
    Buffer.alloc(32).toString("base64"),
    ...[8, 23, 65].map((bytes) => `whsec_${Buffer.alloc(bytes).toString("base64")}`),
    `whsec_${"A".repeat(33)}`,
    `whsec_${"A".repeat(39)}.`,
  ]
) {
  Deno.test(`MODERATION_SECRET rejects ${secret}, and does not reveal it`, () => {
    const [problem] = problemsOf({ MODERATION_URL, MODERATION_SECRET: secret });
    assert.deepEqual([problem?.name, problem?.value], ["MODERATION_SECRET", "…"]);
  });
}

Deno.test("MODERATION_URL and MODERATION_SECRET need each other", () => {
  const [noSecret] = problemsOf({ MODERATION_URL });
  assert.equal(noSecret?.allowed, "only with MODERATION_SECRET");
  const MODERATION_SECRET = `whsec_${"A".repeat(40)}`;
  const [noUrl] = problemsOf({ MODERATION_SECRET });
  assert.deepEqual([noUrl?.value, noUrl?.allowed], ["…", "only with MODERATION_URL"]);
  for (const [name, value] of Object.entries({ MODERATION_URL, MODERATION_SECRET })) {
    assert.equal(parse({ [name]: value }, false).kind, "good", "without a service to run");
  }
});

Deno.test("TRUST_PROXY is a list of addresses and CIDRs", () => {
  const { trustProxy } = configOf({ TRUST_PROXY: "127.0.0.1, ::1,10.0.0.0/8 ," });
  assert.equal(trustProxy.length, 3);
  for (const address of ["127.0.0.1", "::1", "10.9.9.9"]) assert.ok(isWithin(address, trustProxy));
  for (const address of ["127.0.0.2", "::2", "11.0.0.0"]) assert.ok(!isWithin(address, trustProxy));
});

Deno.test("ALLOWED_ORIGINS accepts only origins that checkHandshake() then admits", () => {
  const label = fc.constantFrom("chat", "Chat", "a-1", "xn--bcher-kva", "bücher", "127.0.0.1", "*");
  const anyEntry = fc.tuple(
    fc.constantFrom("http://", "https://", "HTTPS://"),
    label,
    fc.constantFrom("", ":80", ":443", ":8080", "/", ":"),
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const read = parse({ ALLOWED_ORIGINS: entry });
      if (read.kind === "bad") return;
      const headers = new Headers({
        host: "elsewhere.example",
        upgrade: "websocket",
        connection: "upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        origin: new URL(entry).origin,
      });
      const policy = { origins: read.config.allowedOrigins, viaTrustedProxy: false };
      assert.equal(checkHandshake({ method: "GET", headers }, policy).kind, "accepted");
    }),
    { numRuns: 300 },
  );
});

Deno.test("GUEST_NAME accepts only prefixes from which guest names can be generated", () => {
  const takesShort = (digits: number) => (name: string) =>
    !new RegExp(`\\d{${digits}}$`).test(name);
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 8 }), (word, digits) => {
      const read = parse({ GUEST_NAME: word });
      if (read.kind === "bad") return;
      const guestName = guestPrefix(read.config.guestName, "en");
      const name = pickGuestName(guestName, takesShort(digits), () => 0.5);
      assert.ok(name.startsWith(guestName) && /^\d+$/.test(name.slice(guestName.length)), name);
    }),
    { numRuns: 500 },
  );
});

/** Settings that are valid only together with another one. */
const PAIRED = new Set([
  "REDIS_CA_FILE",
  "TLS_CERT_FILE",
  "TLS_KEY_FILE",
  "AUTH",
  "JWT_SECRET",
  "JWT_PUBLIC_KEY_FILE",
  "JWKS_URL",
  "AUTH_PROXY_HEADER",
  "OIDC_ISSUER",
  "OIDC_CLIENT_ID",
  "OIDC_CLIENT_SECRET",
  "ALLOWED_ORIGINS",
  "MODERATION_URL",
  "MODERATION_SECRET",
]);

Deno.test("parseConfig() never throws, and a problem names a setting, its value and what is allowed", () => {
  const names = settings.map(({ name }) => name);
  const anyValue = fc.oneof(
    anyText,
    anyPlainText,
    fc.constantFrom("1", "-1", "same", "*", "redis://h", "::/0", "null", "__proto__", "https://a"),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), anyValue), (values) => {
      for (const { name, value, allowed } of problemsOf(values)) {
        const setting = settings.find((setting) => setting.name === name);
        assert.ok(setting !== undefined, name);
        assert.equal(value, setting.isSecret ? "…" : values[name]?.trim());
        assert.ok(allowed === setting.allowed || PAIRED.has(name), allowed);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseConfig() reports all problems at once, in the order of the table", () => {
  const values = {
    LOG_LEVEL: "loud",
    PORT: "99999",
    HOST: "my host",
    TRUST_PROXY: "proxy",
    PING_SECONDS: "0",
    GUEST_NAME: "*",
    REDIS_URL: "localhost",
  };
  const names = problemsOf(values).map(({ name }) => name);
  const order = [
    "PORT",
    "HOST",
    "REDIS_URL",
    "TRUST_PROXY",
    "PING_SECONDS",
    "GUEST_NAME",
    "LOG_LEVEL",
  ];
  assert.deepEqual(names, order);
});

for (const REDIS_URL of ["", "redis://redis.example", "unix:///run/redis.sock"]) {
  Deno.test(`parseConfig() rejects REDIS_CA_FILE with ${REDIS_URL || "no Redis"}`, () => {
    assert.deepEqual(problemsOf({ REDIS_CA_FILE: "/ca.pem", REDIS_URL }), [{
      name: "REDIS_CA_FILE",
      value: "/ca.pem",
      allowed: "only with a REDIS_URL that begins with rediss://",
    }]);
  });
}

for (const REDIS_URL of ["rediss://redis.example", "REDISS://redis.example"]) {
  Deno.test(`parseConfig() accepts REDIS_CA_FILE with ${REDIS_URL}`, () => {
    const config = configOf({ REDIS_CA_FILE: "/ca.pem", REDIS_URL });
    assert.deepEqual(config, { ...DEFAULTS, redisCaFile: "/ca.pem", redisUrl: REDIS_URL });
  });
}

Deno.test("parseConfig() reports REDIS_CA_FILE without rediss:// together with every other problem", () => {
  const names = problemsOf({ PORT: "x", REDIS_CA_FILE: "/ca.pem" }).map(({ name }) => name);
  assert.deepEqual(names.toSorted(), ["PORT", "REDIS_CA_FILE"]);
});

Deno.test("parseConfig() reports only the REDIS_URL when it is invalid and REDIS_CA_FILE is set", () => {
  const problems = problemsOf({ REDIS_URL: "localhost", REDIS_CA_FILE: "/ca.pem" });
  assert.deepEqual(problems.map(({ name }) => name), ["REDIS_URL"]);
});

for (
  const [name, flag] of [["PORT", "--port"], ["MAX_MESSAGE_BYTES", "--max-message-bytes"]] as const
) {
  Deno.test(`flagOf() returns ${flag} for ${name}`, () => assert.equal(flagOf(name), flag));
}

Deno.test("parseConfig() accepts TLS_CERT_FILE and TLS_KEY_FILE together", () => {
  const config = configOf({ TLS_CERT_FILE: "/cert.pem", TLS_KEY_FILE: "/key.pem" });
  assert.deepEqual(config, { ...DEFAULTS, tlsCertFile: "/cert.pem", tlsKeyFile: "/key.pem" });
});

for (
  const [name, other] of [
    ["TLS_CERT_FILE", "TLS_KEY_FILE"],
    ["TLS_KEY_FILE", "TLS_CERT_FILE"],
  ] as const
) {
  Deno.test(`parseConfig() rejects ${name} without ${other}`, () => {
    assert.deepEqual(problemsOf({ [name]: "/file.pem", [other]: " " }), [
      { name, value: "/file.pem", allowed: `only with ${other}` },
    ]);
  });
}

const LONG = "0123456789abcdef0123456789abcdef";

for (
  const [text, secrets] of [
    [LONG, [{ kid: undefined, secret: LONG }]],
    [`new=${LONG}`, [{ kid: "new", secret: LONG }]],
    [`new=${LONG}, old=${LONG}x`, [
      { kid: "new", secret: LONG },
      { kid: "old", secret: `${LONG}x` },
    ]],
    // Base64 with padding, which is no key id.
    [`${LONG}==`, [{ kid: undefined, secret: `${LONG}==` }]],
    [`new=${LONG}==`, [{ kid: "new", secret: `${LONG}==` }]],
  ] as const
) {
  Deno.test(`JWT_SECRET reads ${text}`, () => {
    assert.deepEqual(configOf({ JWT_SECRET: text }).jwtSecret, secrets);
  });
}

for (const text of ["short", LONG.slice(1), `new=${LONG.slice(1)}`, `${LONG},short`]) {
  Deno.test(`JWT_SECRET refuses ${text}, and does not show it`, () => {
    const [problem] = problemsOf({ JWT_SECRET: text });
    assert.deepEqual([problem?.name, problem?.value], ["JWT_SECRET", "…"]);
  });
}

for (
  const [url, isValid] of [
    ["https://id.example/keys", true],
    ["http://127.0.0.1:8081/keys", true],
    ["http://localhost/keys", true],
    ["http://[::1]/keys", true],
    ["http://id.example/keys", false],
    ["http://127.0.0.1.example/keys", false],
    ["https://me:password@id.example/keys", false],
    ["ftp://id.example/keys", false],
    ["keys", false],
  ] as const
) {
  Deno.test(`JWKS_URL ${isValid ? "accepts" : "refuses"} ${url}`, () => {
    const problems = problemsOf({ JWKS_URL: url, JWT_ISSUER: "a", JWT_AUDIENCE: "b" });
    assert.deepEqual(problems.map(({ name }) => name), isValid ? [] : ["JWKS_URL"]);
  });
}

const OIDC = {
  OIDC_ISSUER: "https://id.example",
  OIDC_CLIENT_ID: "parley",
  OIDC_CLIENT_SECRET: "hunter2",
  PUBLIC_URL: "https://chat.example",
};

Deno.test("AUTH=required needs nothing but a provider at which users sign in", () => {
  assert.equal(configOf({ ...OIDC, AUTH: "required" }).oidcIssuer, "https://id.example");
});

for (
  const [url, isValid] of [
    ["https://id.example/realms/chat", true],
    ["http://127.0.0.1:9000", true],
    ["http://id.example", false],
    ["https://user:password@id.example", false],
    ["id.example", false],
  ] as const
) {
  Deno.test(`OIDC_ISSUER ${isValid ? "accepts" : "refuses"} ${url}`, () => {
    const problems = problemsOf({ ...OIDC, OIDC_ISSUER: url });
    assert.deepEqual(problems.map(({ name }) => name), isValid ? [] : ["OIDC_ISSUER"]);
  });
}

Deno.test("AUTH=required needs no other setting: members have no other service", () => {
  assert.deepEqual(problemsOf({ AUTH: "required" }), []);
});

for (
  const [values, problem] of [
    [{ JWT_SECRET: LONG, JWT_PUBLIC_KEY_FILE: "/app.pem" }, {
      name: "JWT_PUBLIC_KEY_FILE",
      value: "/app.pem",
      allowed: "only one of JWT_SECRET, JWT_PUBLIC_KEY_FILE",
    }],
    [{ AUTH_PROXY_HEADER: "Remote-User" }, {
      name: "AUTH_PROXY_HEADER",
      value: "Remote-User",
      allowed: "only with TRUST_PROXY, the proxy that sets it",
    }],
    [{ AUTH_PROXY_HEADER: "Remote-User", TRUST_PROXY: "10.0.0.1", ALLOWED_ORIGINS: "*" }, {
      name: "ALLOWED_ORIGINS",
      value: "*",
      allowed: "neither * nor null with AUTH_PROXY_HEADER, or every page could act as its visitors",
    }],
    [{
      AUTH_PROXY_HEADER: "Remote-User",
      TRUST_PROXY: "10.0.0.1",
      ALLOWED_ORIGINS: "https://chat.example, null",
    }, {
      name: "ALLOWED_ORIGINS",
      value: "https://chat.example,null",
      allowed: "neither * nor null with AUTH_PROXY_HEADER, or every page could act as its visitors",
    }],
    [{ OIDC_ISSUER: "https://id.example", PUBLIC_URL: "https://chat.example" }, {
      name: "OIDC_ISSUER",
      value: "https://id.example",
      allowed: "only with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET",
    }],
    [{ OIDC_CLIENT_SECRET: "hunter2" }, {
      name: "OIDC_CLIENT_SECRET",
      value: "…",
      allowed: "only with OIDC_ISSUER and OIDC_CLIENT_ID",
    }],
    [{ ...OIDC, PUBLIC_URL: "" }, {
      name: "OIDC_ISSUER",
      value: "https://id.example",
      allowed: "only with PUBLIC_URL, to which the provider sends users back",
    }],
    [{ ...OIDC, AUTH_PROXY_HEADER: "Remote-User", TRUST_PROXY: "10.0.0.1" }, {
      name: "OIDC_ISSUER",
      value: "https://id.example",
      allowed: "only without AUTH_PROXY_HEADER",
    }],
    [{ ...OIDC, ALLOWED_ORIGINS: "*" }, {
      name: "ALLOWED_ORIGINS",
      value: "*",
      allowed: "neither * nor null with OIDC_ISSUER, or every page could act as its visitors",
    }],
    [{ JWKS_URL: "https://id.example/keys", JWT_ISSUER: "https://id.example" }, {
      name: "JWKS_URL",
      value: "https://id.example/keys",
      allowed: "only with JWT_ISSUER and JWT_AUDIENCE",
    }],
  ] as const
) {
  Deno.test(`parseConfig() rejects ${Object.keys(values).join(" and ")} in this combination`, () => {
    assert.deepEqual(problemsOf(values), [problem]);
    assert.equal(parse(values, false).kind, "good", "without a service to run");
  });
}

for (
  const [name, isValid] of [
    ["Remote-User", true],
    ["X-Auth-Request-Email", true],
    ["REMOTE_USER", true],
    ["x".repeat(64), true],
    ["x".repeat(65), false],
    ["Remote User", false],
    ["Remote-User:", false],
    ["Rémote", false],
    ["Host", false],
    ["cookie", false],
    ["AUTHORIZATION", false],
    ["Forwarded", false],
    ["X-Forwarded-For", false],
    ["x-forwarded-user", false],
    ["Connection", false],
    ["Upgrade", false],
    ["Sec-WebSocket-Protocol", false],
    ["Origin", false],
  ] as const
) {
  Deno.test(`AUTH_PROXY_HEADER ${isValid ? "accepts" : "refuses"} ${name}`, () => {
    const values = { AUTH_PROXY_HEADER: name, TRUST_PROXY: "10.0.0.1", AUTH: "required" };
    if (isValid) assert.equal(configOf(values).authProxyHeader, name);
    else {
      assert.deepEqual(problemsOf(values).map((it) => [it.name, it.value]), [
        ["AUTH_PROXY_HEADER", name],
      ]);
    }
  });
}

for (
  const [name, value, allowed] of [
    ["HOST", "127.0.0.1:8080", "an address or a host name; the port is set with PORT"],
    ["HOST", "localhost:8080", "an address or a host name; the port is set with PORT"],
    ["ADMIN_HOST", "[::1]:9464", "an address or a host name; the port is set with ADMIN_PORT"],
    [
      "REDIS_URL",
      "redis-sentinel://one:26379,two:26379",
      "with the name of the master after the sentinels, such as redis-sentinel://host:26379/mymaster",
    ],
    [
      "REDIS_URL",
      "redis-sentinel://one/",
      "with the name of the master after the sentinels, such as redis-sentinel://host:26379/mymaster",
    ],
  ] as const
) {
  Deno.test(`parseConfig() says what is wrong with ${name}=${value}`, () => {
    assert.deepEqual(problemsOf({ [name]: value }), [{ name, value, allowed }]);
  });
}

for (
  const [values, isRefused] of [
    [{ PORT: "9000", ADMIN_PORT: "9000" }, true],
    [{ PORT: "9000", ADMIN_PORT: "9000", HOST: "0.0.0.0" }, true],
    [{ PORT: "9000", ADMIN_PORT: "9000", HOST: "127.0.0.2" }, false],
    [{ PORT: "9000", ADMIN_PORT: "9001" }, false],
    [{ PORT: "0", ADMIN_PORT: "0" }, false],
    [{ PORT: "9464" }, false],
  ] as const
) {
  Deno.test(`parseConfig() ${isRefused ? "refuses" : "accepts"} ${JSON.stringify(values)}`, () => {
    const problem = {
      name: "ADMIN_PORT",
      value: "9000",
      allowed: "another port than PORT, or off",
    };
    assert.deepEqual(problemsOf(values), isRefused ? [problem] : []);
  });
}
