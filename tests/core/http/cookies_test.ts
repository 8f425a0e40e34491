import assert from "node:assert/strict";
import { HostCookie } from "../../../lib/core/http/cookies.ts";

const SECURE = new HostCookie("parley", "https://chat.example/team");
const PLAIN = new HostCookie("parley", "http://127.0.0.1:8080");

Deno.test("A cookie over HTTPS has the prefix __Host- and what it demands: Secure, the path / and no domain", () => {
  assert.equal(
    SECURE.set("x", 60),
    "__Host-parley=x; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure",
  );
});

Deno.test("A cookie over plain HTTP has neither the prefix nor Secure, which browsers refuse there", () => {
  assert.equal(PLAIN.set("x", 60), "parley=x; Max-Age=60; Path=/; HttpOnly; SameSite=Lax");
});

Deno.test("A cookie is removed by one of the same name, path and attributes that has ended", () => {
  assert.equal(PLAIN.remove(), PLAIN.set("", 0));
});

for (
  const [header, value] of [
    ["parley=x", "x"],
    ["theme=dark; parley=x.y; a=b", "x.y"],
    ["theme=dark;parley=x", "x"],
    ["parley=one; parley=two", "one"],
    ["theme=dark;\t parley=x \t", "x"],
    ["\u{a0}parley=x", undefined],
    ["\u{feff}parley=x", undefined],
    ["theme=dark; \u{a0}parley=x; parley=y", "y"],
    ["parley=", ""],
    ["parley=a=b", "a=b"],
    ["xparley=x", undefined],
    ["Parley=x", undefined],
    ["parley", undefined],
    ["__Host-parley=x", undefined],
    ["", undefined],
    [null, undefined],
    [`parley=x; a=${"b".repeat(32_768)}`, undefined],
  ] as const
) {
  const shown = header && header.length > 50
    ? `${header.slice(0, 20)}… of ${header.length}`
    : header;
  Deno.test(`valueIn() of ${shown} is ${value}`, () => {
    assert.equal(PLAIN.valueIn(header), value);
  });
}
