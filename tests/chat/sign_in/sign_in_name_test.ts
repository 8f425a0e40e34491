/** Which name a user has from the hello on, by what is known of the user. */
import assert from "node:assert/strict";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import {
  isBlockedName,
  type NameChoice,
  type NameSources,
  signInName,
} from "../../../lib/chat/sign_in/sign_in_name.ts";
import type { UserId } from "../../../lib/core/log/entry.ts";
import type { Sanction } from "../../../lib/core/log/room_event.ts";
import { nameKeys } from "../../../lib/core/names/name_keys.ts";
import { user } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";

const [GUEST, APP_USER, MEMBER] = [user("u_gus00000"), user("a_app00000"), user("m_mia00000")];
const [GUS, MIA] = [name("Gus"), name("Mia")];
const NOTHING: NameSources = { stated: undefined, asked: undefined, previous: undefined };
const CHOSEN = { name: GUS, hasGuestName: false };
const PICKED = { name: name("Guest10"), hasGuestName: true };

/** Names of which Mia belongs to a member. */
function namesWithMember(): KnownNames {
  const names = new KnownNames();
  const added = nameKeys(MIA).map((key) => ({ key, owner: MEMBER }));
  names.learn({ version: 1, isWhole: true, added });
  return names;
}

function nameOf(who = GUEST, sources: Partial<NameSources> = {}, mute?: Sanction) {
  const subject = { user: who, address: undefined, authority: { role: undefined, rights: null } };
  return signInName(subject, { ...NOTHING, ...sources }, "en", {
    names: namesWithMember(),
    sanctions: { isLockedDown: false, inService: () => mute },
    guestName: null,
    random: () => 0,
  });
}

const CASES: readonly [string, UserId, Partial<NameSources>, NameChoice][] = [
  ["of a new guest is picked", GUEST, {}, PICKED],
  ["that a guest asks for is the guest's", GUEST, { asked: GUS }, CHOSEN],
  ["that a guest had before is kept", GUEST, { previous: CHOSEN }, CHOSEN],
  ["that was picked before is still a picked one", GUEST, { previous: PICKED }, PICKED],
  ["that a guest asks for replaces a picked one", GUEST, { asked: GUS, previous: PICKED }, CHOSEN],
  ["that an app states is the user's", APP_USER, { stated: GUS }, CHOSEN],
  ["of a member is the member's", MEMBER, { stated: MIA }, { name: MIA, hasGuestName: false }],
  ["of a member is not a guest's", GUEST, { asked: MIA }, PICKED],
  ["of a member with a number is not a guest's", GUEST, { asked: name("Mia (2)") }, PICKED],
  [
    "of a guest is lost to a member",
    GUEST,
    { previous: { name: MIA, hasGuestName: false } },
    PICKED,
  ],
  ["of a member cannot be chosen by an app's user", APP_USER, { asked: MIA }, PICKED],
  [
    "of the service gets a number if an app states it",
    APP_USER,
    { stated: name("Parley") },
    { name: name("Parley (2)"), hasGuestName: false },
  ],
];

for (const [what, who, sources, expected] of CASES) {
  Deno.test(`The name ${what}`, () => assert.deepEqual(nameOf(who, sources), expected));
}

Deno.test("A muted user cannot choose a name, and keeps one that is known", () => {
  const mute: Sanction = {
    kind: "mute",
    user: GUEST,
    name: GUS,
    rank: "moderator",
    until: Infinity,
    reason: undefined,
  };
  assert.deepEqual(nameOf(GUEST, { asked: GUS }, mute), PICKED);
  assert.deepEqual(nameOf(GUEST, { asked: name("Gil"), previous: CHOSEN }, mute), CHOSEN);
  assert.deepEqual(nameOf(APP_USER, { stated: GUS }, mute), CHOSEN);
});

Deno.test("isBlockedName() leaves names that are not valid to others", () => {
  const words = { allowsName: () => false };
  assert.deepEqual(["Gus", "", undefined].map((it) => isBlockedName(it, words)), [
    true,
    false,
    false,
  ]);
});
