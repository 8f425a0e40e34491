import assert from "node:assert/strict";
import { displayName } from "../../../lib/core/auth/display_name.ts";
import { parseProxyUser } from "../../../lib/core/auth/proxy_user.ts";

/** As the runtimes return headers: each byte is a character. */
function received(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

for (
  const text of [
    "ann",
    "ann@example.com",
    "DOMAIN\\ann",
    "Ann Bell",
    "José",
    "王小明",
    "x".repeat(255),
    // Other users than `ann`.
    "ann\u00a0",
    "\ufeffann",
  ]
) {
  Deno.test(`parseProxyUser() reads ${text.slice(0, 20)}`, () => {
    const stated = { kind: "stated", subject: text };
    assert.deepEqual(parseProxyUser(received(text)), stated);
    assert.deepEqual(parseProxyUser(received(` \t${text}  `)), stated);
  });
}

for (const value of [null, "", " ", "\t "]) {
  Deno.test(`parseProxyUser() reads nobody from ${JSON.stringify(value)}`, () => {
    assert.deepEqual(parseProxyUser(value), { kind: "none" });
  });
}

for (
  const [what, value] of [
    ["two users", "mallory, ann"],
    ["a comma", "ann,"],
    ["256 characters", "x".repeat(256)],
    ["a value that is too long to look at", " ".repeat(2_000)],
    ["bytes that are not UTF-8", "Jos\xe9"],
  ] as const
) {
  Deno.test(`parseProxyUser() refuses ${what}`, () => {
    assert.deepEqual(parseProxyUser(value), { kind: "bad" });
  });
}

for (
  const [stated, shown] of [
    ["ann", "ann"],
    ["ann@example.com", "ann@example.com"],
    ["*ann", "ann"],
    ["x".repeat(255), "x".repeat(32)],
    ["***", undefined],
  ] as const
) {
  Deno.test(`displayName() shows ${stated.slice(0, 20)} as ${shown?.slice(0, 20)}`, () => {
    assert.equal(displayName(stated), shown);
  });
}
