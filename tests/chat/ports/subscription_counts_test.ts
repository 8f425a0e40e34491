import assert from "node:assert/strict";
import { ROOM_GROUPS, SubscriptionCounts } from "../../../lib/chat/ports/bus.ts";
import { room } from "../../support/fakes.ts";

Deno.test("SubscriptionCounts keeps a room in one group, from its first subscription to its last", () => {
  const counts = new SubscriptionCounts();
  const groups = () => Array.from({ length: ROOM_GROUPS }, (_, group) => counts.rooms(group));
  const [den, attic] = [room("den"), room("attic")];
  for (const it of [den, attic, den]) counts.add(it);
  const before = groups();
  assert.deepEqual(before.flat().sort(), [attic, den]);
  assert.ok(before.every(({ length }) => length <= 1));
  assert.equal(counts.remove(den), false);
  assert.deepEqual(groups(), before);
  assert.equal(counts.remove(den), true);
  assert.deepEqual([groups().flat(), counts.rooms()], [[attic], [attic]]);
  assert.equal(counts.remove(den), false);
});
