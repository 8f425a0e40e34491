/** That only a room most of whose members are behind is charged more, and never without bound. */
import assert from "node:assert/strict";
import { Strain } from "../../lib/core/strain.ts";

for (
  const [what, shares, load] of [
    ["the people where nobody was looked at", [], 150],
    ["the people where half of them are behind", [0.5, 0.5, 0.5], 150],
    ["twice the people after a second in which most are behind", [0.6], 300],
    ["twice as many with each second", [0.6, 1, 0.51], 1_200],
    ["half as many with each second in which they are not", [1, 1, 1, 0.5, 0], 300],
    ["the people again after as many seconds", [1, 1, 0, 0, 0], 150],
    ["at most 64 times the people", Array.from({ length: 100 }, () => 1), 9_600],
  ] as const
) {
  Deno.test(`Strain.load() is ${what}`, () => {
    const strain = new Strain();
    for (const [second, share] of shares.entries()) strain.note(share, second * 1_000);
    assert.equal(strain.load(150), load);
  });
}

Deno.test("Strain.load() of a small room counts as many people as a byte is for", () => {
  const strain = new Strain();
  strain.note(1, 0);
  assert.equal(strain.load(3), 200);
});

Deno.test("Strain is due at first, and then once a second", () => {
  const strain = new Strain();
  assert.equal(strain.isDue(0), true);
  strain.note(0, 0);
  assert.deepEqual([strain.isDue(999), strain.isDue(1_000)], [false, true]);
});

Deno.test("Strain is forgotten while nobody sends anything", () => {
  const strain = new Strain();
  for (let second = 0; second < 6; second++) strain.note(1, second * 1_000);
  strain.note(0, 15_000);
  assert.equal(strain.load(100), 100);
});
