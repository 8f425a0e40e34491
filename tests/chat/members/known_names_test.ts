/** What a worker knows of the names of members. */
import assert from "node:assert/strict";
import { Feed, type FeedUpdate } from "../../../lib/chat/feed.ts";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import type { OwnedName } from "../../../lib/chat/ports/directory.ts";
import { nameKeys } from "../../../lib/core/names/name_keys.ts";
import { user } from "../../contract/fixtures.ts";
import { flushMicrotasks, name } from "../../support/fakes.ts";

const ANN = user("m_ann00000");
const GUEST = user("u_guest000");

function own(text: string, owner: OwnedName["owner"] = ANN): OwnedName[] {
  return nameKeys(name(text)).map((key) => ({ key, owner }));
}

function knownNames(...texts: readonly string[]): KnownNames {
  const names = new KnownNames();
  names.learn({ version: 1, isWhole: true, added: texts.flatMap((it) => own(it)) });
  return names;
}

for (
  const [owned, wanted, isReserved] of [
    ["Ann", "Ann", true],
    ["Ann", "ann", true],
    ["Ann", "А\u006en", true],
    ["Alice", "AIice", true],
    ["AIice", "Alice", true],
    ["Ann", "Anna", false],
    ["Ann", "Ana", false],
    ["Ann", "Ann (2)", true],
    ["Ann", "ANN(12345)", true],
    ["Ann", "Ann 2", false],
    ["Ann", "Ann (123456)", true],
    ["Ann (2)", "Ann", false],
  ] as const
) {
  Deno.test(`KnownNames reserves ${wanted} for the owner of ${owned}: ${isReserved}`, () => {
    const names = knownNames(owned);
    assert.equal(names.isReserved({ user: GUEST, name: name(wanted) }), isReserved);
    assert.equal(names.isReserved({ user: ANN, name: name(wanted) }), false);
  });
}

for (
  const [wanted, isGuests, isApps, isLookalike] of [
    ["Parley", true, true, true],
    ["PARLEY", true, true, true],
    ["ParIey", true, true, true],
    ["Раrlеy", true, true, true],
    ["Parley (2)", true, false, true],
    ["Parley \u2475", true, false, true],
    ["Parleys", false, false, false],
  ] as const
) {
  Deno.test(`KnownNames reserves ${wanted} for the service: ${isLookalike}`, () => {
    const app = user("a_ben00000");
    for (const names of [new KnownNames(), knownNames("Ann")]) {
      assert.equal(names.isReserved({ user: GUEST, name: name(wanted) }), isGuests);
      assert.equal(names.isReserved({ user: app, name: name(wanted) }), isApps);
      for (const it of [GUEST, app, user("m_ben00000")]) {
        assert.equal(names.isLookalike({ user: it, name: name(wanted) }), isLookalike);
      }
    }
  });
}

Deno.test("KnownNames lets a member keep the name of the service, also before it knows the names", () => {
  for (const names of [new KnownNames(), knownNames("Parley")]) {
    assert.equal(names.isReserved({ user: ANN, name: name("Parley") }), false);
  }
  assert.equal(knownNames("Parley").isLookalike({ user: ANN, name: name("Parley (2)") }), false);
});

Deno.test("KnownNames lets users of an app, and other members, have a number after a member's name", () => {
  const names = knownNames("Ann");
  for (const it of [user("a_ben00000"), user("m_ben00000")]) {
    assert.equal(names.isReserved({ user: it, name: name("Ann (2)") }), false);
    assert.equal(names.isReserved({ user: it, name: name("Ann") }), true);
  }
});

Deno.test("KnownNames reserves nothing before it knows a name", () => {
  assert.equal(new KnownNames().isReserved({ user: GUEST, name: name("Ann") }), false);
});

Deno.test("KnownNames lets everybody have a name that is free again", () => {
  const names = knownNames("Ann");
  names.learn({ version: 2, isWhole: false, added: own("Ann", null) });
  assert.equal(names.isReserved({ user: GUEST, name: name("Ann") }), false);
});

Deno.test("KnownNames forgets what is not in the whole that it gets after falling behind", () => {
  const names = knownNames("Ann", "Bea");
  const whole = (...texts: readonly string[]): FeedUpdate<OwnedName> => {
    return { version: 9_000, isWhole: true, added: texts.flatMap((it) => own(it)) };
  };
  assert.equal(names.learn(whole("Bea")), true);
  const isReserved = (text: string) => names.isReserved({ user: GUEST, name: name(text) });
  assert.deepEqual([isReserved("Ann"), isReserved("Bea")], [false, true]);
  assert.equal(names.learn(whole()), true);
  assert.equal(isReserved("Bea"), false);
  assert.equal(names.learn(whole()), false);
});

Deno.test("KnownNames follows a feed, and tells of changes only, until it is asked to stop", async () => {
  const feed = new Feed<OwnedName>(() => []);
  const names = new KnownNames();
  const life = new AbortController();
  let changes = 0;
  const namesAfter = (version: number) => feed.after(version);
  const following = names.follow({ namesAfter }, () => changes += 1, life.signal);
  feed.open();
  await flushMicrotasks();
  assert.equal(changes, 0);
  feed.add(own("Ann"));
  await flushMicrotasks();
  assert.equal(changes, 1);
  assert.equal(names.isReserved({ user: GUEST, name: name("Ann") }), true);
  life.abort();
  await following;
  feed.add(own("Bea"));
  await flushMicrotasks();
  assert.equal(changes, 1);
});
