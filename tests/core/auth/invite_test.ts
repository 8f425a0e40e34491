/** Invites: when they can be used, and for how long they are kept. */
import assert from "node:assert/strict";
import * as v from "valibot";
import {
  isInviteSecret,
  isUsable,
  isUseless,
  MAX_INVITE_MS,
  parseStoredInvite,
  readTerms,
  type Redemption,
  shownInvite,
  type StoredInvite,
  WANTED_TERMS,
  withRedemption,
} from "../../../lib/core/auth/invite.ts";
import { user } from "../../contract/fixtures.ts";
import { room } from "../../support/fakes.ts";

const NOW = Date.UTC(2026, 0, 1);
const TEN_MINUTES = 600_000;

const INVITE: StoredInvite = {
  id: "i1",
  role: "member",
  rooms: [room("team")],
  usesLeft: 1,
  createdAt: NOW,
  expiresAt: NOW + 60_000,
  createdBy: null,
  member: null,
  redemptions: [],
};

function redemption(attempt: string, at = NOW): Redemption {
  return { attempt, user: user("m_ann00000"), device: "d1", at };
}

for (
  const [what, text, isSecret] of [
    ["22 characters of base64url", "Az09_-Az09_-Az09_-Az09", true],
    ["21 characters", "A".repeat(21), false],
    ["23 characters", "A".repeat(23), false],
    ["a line break at the end", `${"A".repeat(22)}\n`, false],
    ["other characters", `${"A".repeat(21)}+`, false],
    ["nothing", "", false],
  ] as const
) {
  Deno.test(`isInviteSecret() returns ${isSecret} for ${what}`, () => {
    assert.equal(isInviteSecret(text), isSecret);
  });
}

Deno.test("An invite can be used until the millisecond in which it expires, as long as uses are left", () => {
  assert.equal(isUsable(INVITE, NOW + 59_999), true);
  assert.equal(isUsable(INVITE, NOW + 60_000), false);
  assert.equal(isUsable({ ...INVITE, usesLeft: 0 }, NOW), false);
  assert.equal(isUsable({ ...INVITE, usesLeft: -1 }, NOW), false);
});

Deno.test("Each use counts, and the last twenty are kept", () => {
  let invite: StoredInvite = { ...INVITE, usesLeft: 30 };
  for (let index = 0; index < 25; index++) invite = withRedemption(invite, redemption(`a${index}`));
  assert.equal(invite.usesLeft, 5);
  const kept = invite.redemptions.map(({ attempt }) => attempt);
  assert.deepEqual(kept, Array.from({ length: 20 }, (_, index) => `a${index + 5}`));
});

Deno.test("An invite that nobody can use is kept for ten minutes after its last use", () => {
  const used = withRedemption(INVITE, redemption("a", NOW + 5));
  assert.equal(isUseless(used, NOW + 5 + TEN_MINUTES - 1), false);
  assert.equal(isUseless(used, NOW + 5 + TEN_MINUTES), true);
  const lasting = { ...INVITE, usesLeft: 2, expiresAt: NOW + 10 * TEN_MINUTES };
  const half = withRedemption(lasting, redemption("a"));
  assert.equal(isUseless(half, NOW + 5 * TEN_MINUTES), false);
  assert.equal(isUseless(INVITE, NOW + 59_999), false);
  assert.equal(isUseless(INVITE, NOW + 60_000), true);
});

Deno.test("What people see of an invite says nothing of its uses", () => {
  const { redemptions: _, ...shown } = INVITE;
  assert.deepEqual(shownInvite(withRedemption(INVITE, redemption("a"))), {
    ...shown,
    usesLeft: 0,
  });
});

Deno.test("parseStoredInvite() reads what was stored", () => {
  const stored = withRedemption({ ...INVITE, createdBy: user("m_ann00000") }, redemption("a"));
  assert.deepEqual(parseStoredInvite(JSON.parse(JSON.stringify(stored))), stored);
});

const DAMAGED = {
  "a number": 1,
  "an unknown role": { ...INVITE, role: "king" },
  "a room that cannot be one": { ...INVITE, rooms: [""] },
  "half a use": { ...INVITE, usesLeft: 0.5 },
  "no end": { ...INVITE, expiresAt: null },
  "a member who cannot be one": { ...INVITE, member: "?" },
  "a use without a time": { ...INVITE, redemptions: [{ ...redemption("a"), at: undefined }] },
};

for (const [what, stored] of Object.entries(DAMAGED)) {
  Deno.test(`parseStoredInvite() refuses ${what}`, () => {
    assert.equal(parseStoredInvite(stored), undefined);
  });
}

const WEEK_MS = 7 * 24 * 3_600_000;

for (
  const [wanted, terms] of [
    [{}, { role: "member", rooms: [], uses: 1, lifetimeMs: WEEK_MS }],
    [{ role: "owner", uses: 3, seconds: 60 }, {
      ...{ role: "owner", rooms: [], uses: 3, lifetimeMs: 60_000 },
    }],
    [{ rooms: ["Team", "news"] }, {
      ...{ role: "member", rooms: ["team", "news"], uses: 1, lifetimeMs: WEEK_MS },
    }],
  ] as const
) {
  Deno.test(`readTerms() makes of ${JSON.stringify(wanted)}: ${JSON.stringify(terms)}`, () => {
    assert.deepEqual(readTerms(wanted), { kind: "terms", terms });
  });
}

Deno.test("readTerms() names the first room that is none", () => {
  const read = readTerms({ rooms: ["team", "no room", "nor this"] });
  assert.deepEqual(read, { kind: "bad room", room: "no room" });
});

for (
  const [what, schema, good, bad] of [
    ["uses", WANTED_TERMS.uses, [1, 1_000], [0, 1.5, 1_001]],
    ["seconds", WANTED_TERMS.seconds, [60, MAX_INVITE_MS / 1_000], [59, MAX_INVITE_MS / 1_000 + 1]],
  ] as const
) {
  Deno.test(`A request may state ${what} from ${good[0]} to ${good[1]}`, () => {
    for (const it of good) assert.equal(v.safeParse(schema, it).success, true, `${it}`);
    for (const it of bad) assert.equal(v.safeParse(schema, it).success, false, `${it}`);
  });
}
