import assert from "node:assert/strict";
import { isNews, titleOf } from "../../static/page/notify.js";

for (
  const [unread, room, isHidden, title] of [
    [0, "lobby", false, "#lobby · Parley"],
    [3, "lobby", false, "#lobby · Parley"],
    [3, "lobby", true, "(3) Parley"],
    [99, "lobby", true, "(99) Parley"],
    [100, "lobby", true, "(99+) Parley"],
    [0, "lobby", true, "#lobby · Parley"],
    [0, undefined, false, "Parley"],
  ] as const
) {
  const place = isHidden ? "in the background" : "in view";
  Deno.test(`titleOf() is ${title} with ${unread} unread in ${room} ${place}`, () => {
    assert.equal(titleOf(unread, room, isHidden), title);
  });
}

Deno.test("isNews() means what others say just now while nobody looks", () => {
  const said = { user: "u2", name: "Bob", text: "hi", replayed: false };
  assert.equal(isNews(said, "u1", true), true);
  assert.equal(isNews(said, "u1", false), false, "in view");
  assert.equal(isNews(said, "u2", true), false, "one's own");
  assert.equal(isNews({ ...said, replayed: true }, "u1", true), false, "missed earlier");
});
