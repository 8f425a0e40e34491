/** What a subscriber is told whose list of people is older than the first live presence. */
import assert from "node:assert/strict";
import { presenceChange } from "../../../lib/chat/presence/member_list.ts";
import type { ListedPerson } from "../../../lib/chat/members/known_moderators.ts";
import { ann, bob, lobby } from "../../contract/fixtures.ts";

const people = (...listed: readonly ListedPerson[]) => ({ count: listed.length, listed });

Deno.test("presenceChange() tells of people who have another role", () => {
  const before = people({ ...ann, role: "owner" }, bob);
  const after = people(ann, { ...bob, role: "moderator" });
  assert.deepEqual(presenceChange(lobby, before, after), {
    type: "presence",
    room: lobby,
    count: 2,
    joined: [],
    left: [],
    changed: [ann, { ...bob, role: "moderator" }],
  });
  assert.equal(presenceChange(lobby, after, after), undefined);
});
