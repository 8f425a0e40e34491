/**
 * The simulations of who may do what: tokens, members, moderators and private rooms. `simulation_test.ts` says what a simulation
 * is, and `seeds.ts` which seeds run.
 * @module
 */
import assert from "node:assert/strict";
import { TOKEN_MUTANTS } from "./mutants/mutants.ts";
import { MEMBER_MUTANTS } from "./mutants/member_mutants.ts";
import { MODERATION_MUTANTS } from "./mutants/moderation_mutants.ts";
import { simulateModeration } from "./moderation.ts";
import { simulateMembers } from "./members.ts";
import { PRIVATE_MUTANTS } from "./mutants/private_mutants.ts";
import { simulatePrivateRooms } from "./private_rooms.ts";
import { DEFAULT_SEEDS, firstFound, Scenario, SEEDS, testPlanted } from "./seeds.ts";
import { simulateTokens } from "./tokens.ts";
import { LEAK } from "./oracles/privacy_checks.ts";

const TOKEN_SEEDS = Math.ceil(SEEDS / 10);
const MODERATION_SEEDS = Math.ceil(SEEDS / 50);
const MEMBER_SEEDS = Math.ceil(SEEDS / 40);
const PRIVATE_SEEDS = Math.ceil(SEEDS / 20);

/** Events that must occur now and then with tokens, or the simulation proves little. */
const TOKEN_OCCASIONS: readonly RegExp[] = [
  /"type":"expiring"/,
  /"type":"auth".*"rooms\\":\[\]/,
  /"type":"left".*"reason":"not_allowed"/,
  /"type":"deleted".*"reason":"spam"/,
  /"code":"not_yours"/,
  /"code":"not_allowed"/,
  /"code":"token_expired"/,
  /is cut off: 4504/,
  /is cut off: 4010/,
];

/** The same for members. */
const MEMBER_OCCASIONS: readonly RegExp[] = [
  /"kind":"member"/,
  /is cut off: 4508/,
  /is cut off: 4010/,
  /a thief's token is worth nothing: m_/,
  /a thief's token is worth nothing: user_/,
  /(ann|bob)\/\d < .*"type":"ack"/,
  /(ann|bob)\/\d < .*"code":"name_taken"/,
  /(ann|bob)\/\d < .*"code":"bad_invite"/,
  /(ann|bob)\/[1-9] < .*"type":"hello"/,
  /"type":"joined".*"wanted":/,
  /"type":"renamed".*"user":"user_.*"name":"guest\d+".*"from":"(Ann|json)/,
  /"type":"renamed".*"user":"m_/,
];

/** The same for moderation. */
const MODERATION_OCCASIONS: readonly RegExp[] = [
  /crashes/,
  /the replica takes over/,
  /(gus|gil|gem) comes back as somebody else/,
  /(gus|gil|gem) is cut off: 4509/,
  /"code":"muted"/,
  /"code":"locked_down"/,
  /"code":"read_only"/,
  /"code":"slow_down"/,
  /"type":"fault","id":[^}]*"code":"banned"/,
  /"type":"left".*"reason":"banned"/,
  /"type":"left".*"reason":"kicked"/,
  /"type":"joined".*"muted":/,
  /"event":\{"kind":"clear"/,
  /(max|mia) < .*"type":"rules".*"role":"moderator"/,
  /(max|mia) < .*"type":"rules".*"role":"member"/,
  /(max|mia) < .*"code":"not_allowed"/,
  /"event":\{"kind":"unban"/,
  /"code":"unknown_outcome"/,
];

/** The same for private rooms. */
const PRIVATE_OCCASIONS: readonly RegExp[] = [
  /crashes/,
  /the replica takes over/,
  /Redis is emptied/,
  /"type":"room".*"kind":"private"/,
  /"type":"room".*"kind":"direct"/,
  /"type":"member".*"on":true/,
  /"type":"member".*"on":false/,
  /"type":"membership"/,
  /"type":"left".*"reason":"not_allowed"/,
  /"type":"left".*"reason":"banned"/,
  /"type":"joined".*"room":"_direct/,
  /"type":"joined".*"room":"_private.*"recovered":true/,
  /"type":"joined".*"room":"_private.*"recovered":false,"reason":"too_old".*"history":"joined"/,
  /"type":"joined".*"room":"_private.*"recovered":false,"reason":"(rewound|unknown_epoch)"/,
  /"code":"not_allowed"/,
  /"code":"unknown_outcome"/,
];

const tokens = new Scenario(simulateTokens, TOKEN_OCCASIONS);
const members = new Scenario(simulateMembers, MEMBER_OCCASIONS);
const moderation = new Scenario(simulateModeration, MODERATION_OCCASIONS);
const privateRooms = new Scenario(simulatePrivateRooms, PRIVATE_OCCASIONS);

Deno.test("Users are sent what their tokens allow, all of it and nothing else, until they expire", () => {
  return tokens.assertNoViolations(TOKEN_SEEDS);
});

Deno.test("Members return until they are signed out, nobody else has their tokens, or their names for long", () => {
  return members.assertNoViolations(MEMBER_SEEDS);
});

Deno.test("What moderators decide holds in each room from then on, and for nobody else", () => {
  return moderation.assertNoViolations(MODERATION_SEEDS);
});

Deno.test("Nobody is sent anything of a private room that its log lets only others read, and no member misses anything", () => {
  return privateRooms.assertNoViolations(PRIVATE_SEEDS);
});

testPlanted(TOKEN_MUTANTS, simulateTokens);
testPlanted(MEMBER_MUTANTS, simulateMembers);
testPlanted(MODERATION_MUTANTS, simulateModeration);

for (const [name, mutant] of Object.entries(PRIVATE_MUTANTS)) {
  // Other checks find some of them as well: what a node sends must be enough.
  Deno.test(`The simulation finds ${name} in what nodes send, within the default seeds`, async () => {
    const run = (seed: number) => simulatePrivateRooms(seed, mutant);
    assert.notEqual(await firstFound(run, LEAK, DEFAULT_SEEDS / 20), undefined);
  });
}

Deno.test("A simulation of members is identical for the same seed", async () => {
  assert.deepEqual((await simulateMembers(1)).trace, (await simulateMembers(1)).trace);
});

Deno.test("A simulation of moderation is identical for the same seed", async () => {
  assert.deepEqual((await simulateModeration(1)).trace, (await simulateModeration(1)).trace);
});

Deno.test("A simulation of private rooms is identical for the same seed", async () => {
  const [one, again] = [await simulatePrivateRooms(1), await simulatePrivateRooms(1)];
  assert.deepEqual(one.trace, again.trace);
});

for (
  const [what, scenario] of [
    ["moderation", moderation],
    ["private rooms", privateRooms],
    ["members", members],
    ["tokens", tokens],
  ] as const
) {
  Deno.test(`Simulations of ${what} reach every required event`, () => scenario.assertOccasions());
}
