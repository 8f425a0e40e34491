import assert from "node:assert/strict";
import { mentionedUsers } from "../../../../static/page/composer/mentioned_users.js";

const PEOPLE = Array.from({ length: 30 }, (_, i) => ({ user: `u${i}`, name: `User ${i}` }));

for (
  const [text, ...expected] of [
    ["hello", ...[]],
    ["@user 3 and @User 1", "u3", "u1"],
    ["@User 1 @User 1", "u1"],
    ["@User 0 @User 1", "u1"],
    ["`@User 1` @User 2", "u2"],
    ["https://a.example/?@User 1", ...[]],
  ] as const
) {
  Deno.test(`mentionedUsers() is ${expected.join(", ") || "empty"} for ${JSON.stringify(text)}`, () => {
    assert.deepEqual(mentionedUsers(text, PEOPLE, "u0"), expected);
  });
}

Deno.test("mentionedUsers() does not take the beginning of the user's own name for another's", () => {
  const people = [{ user: "u1", name: "Ann" }, { user: "u2", name: "Ann Lee" }];
  assert.deepEqual(mentionedUsers("@Ann Lee wrote it", people, "u2"), []);
  assert.deepEqual(mentionedUsers("@Ann Lee wrote it", people, undefined), ["u2"]);
});

Deno.test("mentionedUsers() has the first 20 others", () => {
  const text = PEOPLE.map(({ name }) => `@${name}`).join(", ");
  const users = mentionedUsers(text, PEOPLE, "u3");
  assert.deepEqual([users.length, users.at(-1), users.includes("u3")], [20, "u20", false]);
});
