import assert from "node:assert/strict";
import { EMOJI } from "../../static/page/emoji_set.js";
import { inOrder } from "../../static/page/members.js";
import { stateWords } from "../../static/page/status.js";
import { Words } from "../../static/page/strings.js";

Deno.test("Every emoji of the picker is one sign, once, with a name in both languages", () => {
  const segmenter = new Intl.Segmenter();
  assert.equal(new Set(EMOJI.map(({ emoji }) => emoji)).size, EMOJI.length);
  for (const it of EMOJI) {
    assert.equal([...segmenter.segment(it.emoji)].length, 1, it.en);
    assert.ok(it.en !== "" && /\p{Script=Han}/u.test(it.zh), JSON.stringify(it));
  }
  assert.equal(EMOJI.length % 8, 0, "the last row is whole");
});

Deno.test("inOrder() puts oneself first and the others by name", () => {
  const members = ["Zoe", "ann", "Bob", "Émile"].map((name) => ({ user: `u-${name}`, name }));
  const names = inOrder(members, "u-Zoe", "en").map(({ name }) => name);
  assert.deepEqual(names, ["Zoe", "ann", "Bob", "Émile"]);
});

const error = (code: string, closeCode?: number) =>
  Object.assign(new Error("for programs"), { code, closeCode });

for (
  const [state, isOnline, expected] of [
    [{ kind: "connecting" }, true, "Connecting…"],
    [
      { kind: "waiting", code: 1006, reason: "", retryAt: 0 },
      true,
      "The connection was lost. What you write is sent when you are back.",
    ],
    [
      { kind: "waiting", code: 1006, reason: "", retryAt: 0 },
      false,
      "You are offline. What you write is sent when you are back.",
    ],
    [
      { kind: "closed", error: error("closed", 1008) },
      true,
      "The server closed the conversation: Too many messages came in a short time. Wait a little.",
    ],
    [
      { kind: "closed", error: error("bad_name") },
      true,
      "The server closed the conversation: a name has 1 to 32 characters, no “: ” inside, and " +
      "does not begin with *, ! or /.",
    ],
    [{ kind: "online" }, true, "Connected"],
  ] as const
) {
  Deno.test(`stateWords() has words for ${JSON.stringify(state)}, ${isOnline ? "with" : "without"} a network`, () => {
    assert.equal(stateWords(new Words("en"), state, isOnline), expected);
  });
}
