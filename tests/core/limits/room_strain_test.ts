/** Only a room most of whose members are behind is charged more, within a bound. */
import assert from "node:assert/strict";
import { RoomStrain } from "../../../lib/core/limits/room_strain.ts";

for (
  const [what, shares, load] of [
    ["the number of members when none was checked", [], 150],
    ["the number of members when half of them are behind", [0.5, 0.5, 0.5], 150],
    ["twice that number after a second in which most are behind", [0.6], 300],
    ["doubled by each such second", [0.6, 1, 0.51], 1_200],
    ["halved by each second in which most are not", [1, 1, 1, 0.5, 0], 300],
    ["the number of members again after as many seconds", [1, 1, 0, 0, 0], 150],
    ["at most 64 times the number of members", Array.from({ length: 100 }, () => 1), 9_600],
  ] as const
) {
  Deno.test(`RoomStrain.load() is ${what}`, () => {
    const strain = new RoomStrain();
    for (const [second, share] of shares.entries()) strain.record(share, second * 1_000);
    assert.equal(strain.chargedPeople(150), load);
  });
}

Deno.test("RoomStrain.load() of a small room counts as many members as one byte costs", () => {
  const strain = new RoomStrain();
  strain.record(1, 0);
  assert.equal(strain.chargedPeople(3), 200);
});

Deno.test("RoomStrain is due immediately, and then once a second", () => {
  const strain = new RoomStrain();
  assert.equal(strain.isDue(0), true);
  strain.record(0, 0);
  assert.deepEqual([strain.isDue(999), strain.isDue(1_000)], [false, true]);
});

Deno.test("RoomStrain is forgotten while nothing is sent", () => {
  const strain = new RoomStrain();
  for (let second = 0; second < 6; second++) strain.record(1, second * 1_000);
  strain.record(0, 15_000);
  assert.equal(strain.chargedPeople(100), 100);
});
