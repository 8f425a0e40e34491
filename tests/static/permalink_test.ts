import assert from "node:assert/strict";
import { linkTo, makeHash, parseHash } from "../../static/page/permalink.js";

for (
  const [hash, place] of [
    ["#lobby", { room: "lobby", position: null }],
    ["lobby", { room: "lobby", position: null }],
    ["#a.b_c-d/k3j9f2:127", { room: "a.b_c-d", position: "k3j9f2:127" }],
    ["#lobby%2Fk3j9f2%3A127", { room: "lobby", position: "k3j9f2:127" }],
    ["#lobby/nonsense", { room: "lobby", position: null }],
    ["#lobby/<img>", { room: "lobby", position: null }],
    ["", null],
    ["#", null],
    ["#no room", null],
    ["#%E0%A4%A", null],
    [`#${"x".repeat(65)}`, null],
  ] as const
) {
  Deno.test(`parseHash() reads ${JSON.stringify(hash)}`, () => {
    assert.deepEqual(parseHash(hash), place);
  });
}

Deno.test("makeHash() makes what parseHash() reads", () => {
  for (const position of [null, "e1:1"]) {
    assert.deepEqual(parseHash(makeHash("den", position)), { room: "den", position });
  }
});

Deno.test("linkTo() keeps the page's path and nothing of whoever copies it", () => {
  assert.equal(
    linkTo("https://h/chat/?room=den&name=Ann#attic", "lobby", "e1:7"),
    "https://h/chat/#lobby/e1:7",
  );
});
