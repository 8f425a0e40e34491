/**
 * What may stand in REDIS_URL, and that no password of it gets into a log.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { isRedisUrl, withoutPassword } from "../../lib/core/redis_url.ts";
import { anyPlainText } from "./deceits.ts";

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
];

for (const url of GOOD) {
  Deno.test(`isRedisUrl() takes ${url}`, () => assert.equal(isRedisUrl(url), true));
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
  ]
) {
  Deno.test(`isRedisUrl() refuses ${JSON.stringify(url)}`, () => {
    assert.equal(isRedisUrl(url), false);
  });
}

// The Redis client throws at these (6.3.1), and the start would end with its message instead of ours.
for (
  const url of [
    "unix://redis.example/run/redis.sock",
    "unix:///run/100%.sock",
    "redis://:100%@redis.example",
    "redis://us%er@redis.example",
  ]
) {
  Deno.test(`isRedisUrl() refuses ${url}, at which the Redis client throws`, () => {
    assert.equal(isRedisUrl(url), false);
  });
}

Deno.test("isRedisUrl() never throws, and takes only what the Redis client can decode", () => {
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
  ] as const
) {
  Deno.test(`withoutPassword() shows ${url} as ${shown}`, () => {
    assert.equal(withoutPassword(url), shown);
  });
}

Deno.test("withoutPassword() leaves nothing of user and password in any URL that may be set", () => {
  // Letters and digits stand in the rest of the URL too; with a sign at each end the secret is nowhere else.
  const character = fc.constantFrom(..."Aa0:;@!$&'()*+,=._~%-|^`{}[]\"<>\\", "é", "网");
  const anySecret = fc.string({ unit: character, maxLength: 12 }).map((text) => `~${text}~`);
  const anyUser = fc.constantFrom("", "user");
  const scheme = fc.constantFrom("redis", "rediss");
  const rest = fc.constantFrom("redis.example", "[::1]:6379/0", "h:1/15");
  fc.assert(
    fc.property(scheme, anyUser, anySecret, rest, (scheme, user, secret, rest) => {
      const url = `${scheme}://${user}:${secret}@${rest}`;
      fc.pre(isRedisUrl(url));
      assert.equal(withoutPassword(url), `${scheme}://${rest}`);
    }),
    { numRuns: 500 },
  );
});

Deno.test("A Unix socket's URL may have a user and a password, and is shown without them", () => {
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
  ]
) {
  Deno.test(`withoutPassword() leaves no secret in ${JSON.stringify(url)}, which is no URL to be used`, () => {
    assert.ok(!/se\n?cret/.test(withoutPassword(url)));
  });
}
