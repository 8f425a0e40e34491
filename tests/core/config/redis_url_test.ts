/**
 * The allowed values of REDIS_URL, and that its password never reaches a log.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { isRedisUrl, parseRedisUrl, withoutPassword } from "../../../lib/core/config/redis_url.ts";
import { anyPlainText } from "../names/hostile_texts.ts";

const GOOD = [
  "redis://localhost",
  "redis://localhost/",
  "redis://localhost:6379",
  "redis://127.0.0.1:6379/0",
  "redis://[::1]:6379/15",
  "redis://:secret@redis.example",
  "redis://user@redis.example",
  "redis://user:secret@redis.example:6380/2",
  "redis://user:p%40ss%2Fword@redis.example",
  "rediss://user:secret@redis.example:6380",
  "unix:///run/redis.sock",
  "unix:///run/redis/redis.sock?db=3",
  "unix:///redis.sock",
  "redis-sentinel://one/chat",
  "redis-sentinel://one,two:26380,[::1]:26381/chat-1.main_2/3",
  "redis-sentinel://user:p%40ss%2Fword@one,two/chat/",
  "rediss-sentinel://:secret@one/chat",
  "redis-cluster://one",
  "redis-cluster://one:7000,127.0.0.1:7001,[::1]:7002/",
  "rediss-cluster://user:secret@one",
];

for (const url of GOOD) {
  Deno.test(`isRedisUrl() accepts ${url}`, () => assert.equal(isRedisUrl(url), true));
}

for (
  const url of [
    "",
    "localhost",
    "localhost:6379",
    "redis:",
    "redis://",
    "redis:///0",
    "redis://:6379",
    "redis:localhost",
    "redis://redis.example:65536",
    "redis://redis.example:port",
    "redis://redis.example/name",
    "redis://redis.example/0/1",
    "redis://redis.example/123456",
    "redis://redis.example/-1",
    "redis://redis.example?db=1",
    "redis://redis.example/#1",
    "redis://redis example",
    "http://redis.example",
    "valkey://redis.example",
    "unix:",
    "unix://",
    "unix:///",
    "unix://redis.sock",
    "unix:/run/redis.sock",
    "unix:///run/redis/",
    "unix:///run/redis.sock?db=x",
    "unix:///run/redis.sock?db=",
    "unix:///run/redis.sock?password=secret",
    "unix:///run/redis.sock#1",
    "redis-sentinel://",
    "redis-sentinel://one",
    "redis-sentinel://one/",
    "redis-sentinel:///chat",
    "redis-sentinel://one/chat room",
    "redis-sentinel://one/chat/name",
    "redis-sentinel://one/chat/0/1",
    "redis-sentinel://one/chat?db=1",
    "redis-sentinel://one,/chat",
    "redis-sentinel://,one/chat",
    "redis-sentinel://one two/chat",
    "redis-sentinel://one:0/chat",
    "redis-sentinel://one:65536/chat",
    "redis-sentinel://::1/chat",
    "redis-sentinel://us@er@one/chat",
    "redis-cluster://",
    "redis-cluster:///",
    "redis-cluster://one/0",
    "redis-cluster://one:port",
    "redis-cluster://one#1",
    "redis-cluster://one,redis://two",
    "redis-ring://one",
  ]
) {
  Deno.test(`isRedisUrl() rejects ${JSON.stringify(url)}`, () => {
    assert.equal(isRedisUrl(url), false);
  });
}

// The Redis client throws at these (6.3.1), and startup would fail with its message instead of ours.
for (
  const url of [
    "unix://redis.example/run/redis.sock",
    "unix:///run/100%.sock",
    "redis://:100%@redis.example",
    "redis://us%er@redis.example",
    "redis-cluster://:100%@one",
  ]
) {
  Deno.test(`isRedisUrl() rejects ${url}, at which the Redis client throws`, () => {
    assert.equal(isRedisUrl(url), false);
  });
}

Deno.test("isRedisUrl() never throws, and accepts only what the Redis client can decode", () => {
  const piece = fc.constantFrom("user", ":", "@", "/", "h", "9", "#", "%", "%4");
  const nearly = fc.array(piece, { maxLength: 6 }).map((pieces) => `redis://${pieces.join("")}`);
  fc.assert(
    fc.property(fc.oneof(nearly, anyPlainText), (url) => {
      if (!isRedisUrl(url)) return;
      const { username, password, pathname } = new URL(url);
      for (const part of [username, password, pathname]) decodeURIComponent(part);
    }),
    { numRuns: 1000 },
  );
});

for (
  const [url, shown] of [
    ["redis://localhost:6379/0", "redis://localhost:6379/0"],
    ["redis://:secret@redis.example:6379", "redis://redis.example:6379"],
    ["redis://user:secret@redis.example/2", "redis://redis.example/2"],
    ["redis://user@redis.example", "redis://redis.example"],
    ["redis://user:sec@ret@redis.example", "redis://redis.example"],
    ["rediss://user:se:cr:et@redis.example", "rediss://redis.example"],
    ["redis://:secret@[::1]:6379", "redis://[::1]:6379"],
    ["unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"],
    ["unix:///run/at@home.sock", "unix:///run/at@home.sock"],
    ["redis-sentinel://user:secret@one,two:1/chat/2", "redis-sentinel://one,two:1/chat/2"],
    ["rediss-cluster://:secret@one,[::1]:7000", "rediss-cluster://one,[::1]:7000"],
  ] as const
) {
  Deno.test(`withoutPassword() shows ${url} as ${shown}`, () => {
    assert.equal(withoutPassword(url), shown);
  });
}

Deno.test("withoutPassword() removes the user and the password from every valid URL", () => {
  // The rest of the URL has letters and digits too; a symbol at each end makes the secret unique in it.
  const character = fc.constantFrom(..."Aa0:;@!$&'()*+,=._~%-|^`{}[]\"<>\\", "é", "网");
  const anySecret = fc.string({ unit: character, maxLength: 12 }).map((text) => `~${text}~`);
  const anyUser = fc.constantFrom("", "user");
  const scheme = fc.constantFrom("redis", "rediss", "redis-sentinel", "rediss-cluster");
  const rest = fc.constantFrom("redis.example", "[::1]:6379/0", "h:1/15", "h,h2:1/chat", "h,h2");
  fc.assert(
    fc.property(scheme, anyUser, anySecret, rest, (scheme, user, secret, rest) => {
      const url = `${scheme}://${user}:${secret}@${rest}`;
      fc.pre(isRedisUrl(url));
      assert.equal(withoutPassword(url), `${scheme}://${rest}`);
    }),
    { numRuns: 500 },
  );
});

Deno.test("isRedisUrl() accepts a user and a password for a Unix socket, and withoutPassword() removes them", () => {
  const url = "unix://user:secret@/run/redis.sock?db=2";
  assert.ok(isRedisUrl(url));
  assert.equal(withoutPassword(url), "unix:///run/redis.sock?db=2");
});

for (
  const url of [
    "redis:/:secret@h",
    "redis:///:secret@h",
    "localhost:secret@h",
    "redis://:se\ncret@h",
    "redis-sentinel://:se@cret@h,:secret@h2/chat",
    "redis-cluster:/:secret@h",
    "redis-ring://:secret@h",
  ]
) {
  Deno.test(`withoutPassword() leaves no secret in ${JSON.stringify(url)}, which is not a valid URL`, () => {
    assert.ok(!/se\n?cret/.test(withoutPassword(url)));
  });
}

Deno.test("parseRedisUrl() leaves the URL of a single Redis unchanged", () => {
  for (const url of ["redis://user:p%40ss@h:1/2", "rediss://h", "unix:///run/redis.sock"]) {
    assert.deepEqual(parseRedisUrl(url), { kind: "single", url });
  }
});

Deno.test("parseRedisUrl() parses the sentinels, their master and the credentials", () => {
  assert.deepEqual(parseRedisUrl("redis-sentinel://us%3Aer:p%40ss@one,[::1]:26380/chat/3"), {
    kind: "sentinel",
    hosts: [{ host: "one", port: 26_379 }, { host: "::1", port: 26_380 }],
    master: "chat",
    database: 3,
    tls: false,
    username: "us:er",
    password: "p@ss",
  });
  const plain = parseRedisUrl("REDISS-SENTINEL://one/chat");
  const hosts = [{ host: "one", port: 26_379 }];
  assert.deepEqual(plain, { kind: "sentinel", hosts, master: "chat", database: 0, tls: true });
});

Deno.test("parseRedisUrl() parses the servers of a cluster and the credentials", () => {
  assert.deepEqual(parseRedisUrl("rediss-cluster://:secret@one,two:7000"), {
    kind: "cluster",
    hosts: [{ host: "one", port: 6_379 }, { host: "two", port: 7_000 }],
    tls: true,
    password: "secret",
  });
});
