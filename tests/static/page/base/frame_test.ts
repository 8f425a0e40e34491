import assert from "node:assert/strict";
import { EMOJI } from "../../../../static/page/composer/emoji_set.js";
import { memberOf } from "../../../../static/client/user_kind.js";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { sortMembers } from "../../../../static/page/rooms/members.js";
import { stateText } from "../../../../static/page/shell/connection_status.js";
import { addStrings, Translator } from "../../../../static/page/i18n/strings.js";

addStrings(laterEn);

Deno.test("Every emoji of the picker is a single, unique one with a name in both languages", () => {
  const segmenter = new Intl.Segmenter();
  assert.equal(new Set(EMOJI.map(({ emoji }) => emoji)).size, EMOJI.length);
  for (const it of EMOJI) {
    assert.equal([...segmenter.segment(it.emoji)].length, 1, it.en);
    assert.ok(it.en !== "" && /\p{Script=Han}/u.test(it.zh), JSON.stringify(it));
  }
  assert.equal(EMOJI.length % 8, 0, "the last row is full");
});

Deno.test("sortMembers() puts the user first and sorts the others by name", () => {
  const members = ["Zoe", "ann", "Bob", "Émile"]
    .map((name) => memberOf({ user: `u-${name}`, name }));
  const names = sortMembers(members, "u-Zoe", "en").map(({ name }) => name);
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
      "The connection was lost. Messages are sent when you reconnect.",
    ],
    [
      { kind: "waiting", code: 1006, reason: "", retryAt: 0 },
      false,
      "You are offline. Messages are sent when you reconnect.",
    ],
    [
      { kind: "closed", error: error("closed", 1008) },
      true,
      "The server closed the connection: Too many messages in a short time. Wait a moment.",
    ],
    [
      { kind: "closed", error: error("bad_name") },
      true,
      `The server closed the connection: ${new Translator("en").faultReason("bad_name")}`,
    ],
    [
      { kind: "closed", error: error("token_required") },
      true,
      "The server closed the connection: this service is not open to guests. Open the link of an invite, or the chat in your app.",
    ],
    [
      { kind: "closed", error: error("bad_token") },
      true,
      "The server closed the connection: this service is for the users of an app. Sign in to the app and open the chat there.",
    ],
    [{ kind: "online" }, true, "Connected"],
  ] as const
) {
  Deno.test(`stateText() describes ${JSON.stringify(state)}, ${isOnline ? "with" : "without"} a network`, () => {
    assert.equal(stateText(new Translator("en"), state, isOnline), expected);
  });
}
