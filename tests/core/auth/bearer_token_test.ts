import assert from "node:assert/strict";
import { bearerToken, equalsSecret } from "../../../lib/core/auth/bearer_token.ts";

const SECRET = "sixteen letters!";

for (
  const [guess, isEqual] of [
    [SECRET, true],
    ["", false],
    ["sixteen letters", false],
    ["sixteen letters!!", false],
    [SECRET + SECRET, false],
    ["Sixteen letters!", false],
    ["x".repeat(5_000), false],
  ] as const
) {
  Deno.test(`equalsSecret() is ${isEqual} for ${JSON.stringify(guess.slice(0, 40))}`, () => {
    assert.equal(equalsSecret(guess, SECRET), isEqual);
  });
}

for (
  const [header, token] of [
    [null, undefined],
    ["", undefined],
    ["Bearer", ""],
    ["bearer ", ""],
    ["parley_abc", ""],
    ["Bearer abc", "abc"],
    ["bearer  abc ", "abc"],
    ["Basic abc", undefined],
    ["Bearerabc", undefined],
    ["Bear", undefined],
  ] as const
) {
  Deno.test(`bearerToken() finds ${token} in ${header}`, () => {
    assert.equal(bearerToken(header), token);
  });
}
