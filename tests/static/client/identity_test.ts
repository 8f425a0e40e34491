/** The user's identity, over several pages on one storage and with tokens that are no longer valid. */
import assert from "node:assert/strict";
import { Identity } from "../../../static/client/identity.js";
import { AppIdentity } from "../../../static/client/app/app_identity.js";
import { AppToken } from "../../../static/client/app/app_token.js";
import { invitedUserOf } from "../../../static/client/member/invited_user.js";
import { ClientStorage } from "../../../static/client/client_storage.js";
import { realPlatform } from "../../../static/client/connection/platform.js";
import { FakeStorage } from "./fake_platform.ts";

function page(storage: FakeStorage, name?: string) {
  const clock = { now: 0 };
  const platform = { ...realPlatform, now: () => clock.now };
  return {
    clock,
    identity: new Identity(name, new ClientStorage(storage, "it", "ws://test/ws"), platform),
  };
}

const ann = { user: "u1", name: "Ann" };

Deno.test("Identity sends its name and its token in every hello", () => {
  const { identity } = page(new FakeStorage(), "Ann");
  assert.deepEqual(identity.helloRequest(), { type: "hello", name: "Ann", resume: undefined });
  assert.ok(identity.acceptHello({ you: ann, resume: "t1" }));
  assert.deepEqual(identity.helloRequest(), { type: "hello", name: "Ann", resume: "t1" });
  assert.deepEqual(identity.me.value, { ...ann, kind: "guest" });
});

Deno.test("Identity sends the language for a guest's name", () => {
  const storage = new ClientStorage(undefined, "it", "ws://test/ws");
  const identity = new Identity(undefined, storage, realPlatform, "zh");
  assert.equal(JSON.stringify(identity.helloRequest()), '{"type":"hello","language":"zh"}');
});

Deno.test("Identity does not revert a name chosen on another page", () => {
  const storage = new FakeStorage();
  const [one, other] = [page(storage, "Ann").identity, page(storage, "Ann").identity];
  one.helloRequest();
  one.acceptHello({ you: ann, resume: "t1" });
  other.helloRequest();
  other.acceptHello({ you: ann, resume: "t2" });
  other.setName("Anna");
  other.saveToken("t3");

  assert.deepEqual(one.helloRequest(), { type: "hello", name: undefined, resume: "t3" });
  assert.ok(one.acceptHello({ you: { user: "u1", name: "Anna" }, resume: "t4" }));
  assert.equal(one.me.value?.name, "Anna");
  assert.deepEqual(one.helloRequest(), { type: "hello", name: "Anna", resume: "t4" });
});

Deno.test("Identity sends its name in a new hello when another page's token is rejected", () => {
  const storage = new FakeStorage();
  const { identity } = page(storage, "Ann");
  identity.helloRequest();
  identity.acceptHello({ you: ann, resume: "t1" });
  storage.setItem("it ws://test/ws resume", "t2");

  identity.helloRequest();
  assert.ok(!identity.acceptHello({ you: { user: "u9", name: "网友12" }, resume: "t3" }));
  assert.deepEqual(identity.helloRequest(), { type: "hello", name: "Ann", resume: "t2" });
  assert.ok(identity.acceptHello({ you: { user: "u10", name: "Ann" }, resume: "t4" }));
  assert.equal(identity.me.value?.user, "u10");
});

Deno.test("Identity does not ask again for a name that the server did not give to a guest", () => {
  const { identity } = page(new FakeStorage(), "Ann");
  identity.helloRequest();
  assert.ok(identity.acceptHello({ you: { user: "u1", name: "Guest17" }, resume: "t1" }));
  assert.deepEqual(identity.helloRequest(), { type: "hello", name: undefined, resume: "t1" });
});

Deno.test("Identity asks again for a name that the server only spells differently", () => {
  const { identity } = page(new FakeStorage(), " Zoe\u0308 ");
  identity.helloRequest();
  assert.ok(identity.acceptHello({ you: { user: "u1", name: "Zo\u00eb" }, resume: "t1" }));
  assert.equal(identity.helloRequest().name, " Zoe\u0308 ");
});

Deno.test("Identity adopts the user of a page that was greeted first", () => {
  const storage = new FakeStorage();
  const { identity } = page(storage);
  identity.helloRequest();
  storage.setItem("it ws://test/ws resume", "t1");
  assert.ok(!identity.acceptHello({ you: { user: "u2", name: "网友12" }, resume: "t2" }));
  assert.deepEqual(identity.helloRequest(), { type: "hello", name: undefined, resume: "t1" });
});

for (
  const [what, lose] of [
    ["a hello without a token was not answered", (it: Identity) => it.onHelloLost()],
    ["its token was rejected", (it: Identity) => {
      it.acceptHello({ you: ann, resume: "t1" });
      it.helloRequest();
      it.acceptHello({ you: { user: "u2", name: "网友12" }, resume: "t2" });
    }],
  ] as const
) {
  Deno.test(`Identity assumes for 15 s that its own ghost holds its name when ${what}`, () => {
    const { identity, clock } = page(new FakeStorage(), "Ann");
    assert.ok(!identity.hasGhost);
    identity.helloRequest();
    lose(identity);
    assert.ok(identity.hasGhost);
    clock.now = 15_000;
    assert.ok(!identity.hasGhost);
    clock.now = -3_600_000;
    assert.ok(!identity.hasGhost, "the clock was set back");
  });
}

const SIGNED_OUT = 4508;
const KEY = "it ws://test/ws resume";

/** A page whose guest has come back with a token, and got the next one. */
function returned(storage: FakeStorage, token: string, next: string) {
  storage.setItem(KEY, token);
  const { identity } = page(storage, "Ann");
  identity.helloRequest();
  identity.acceptHello({ you: ann, resume: next });
  return identity;
}

/** Two pages of one guest, of which the second has come back last, so that its token is stored. */
function twoPages() {
  const storage = new FakeStorage();
  storage.setItem(KEY, "t1");
  const [one, other] = [page(storage, "Ann").identity, page(storage).identity];
  one.helloRequest();
  one.acceptHello({ you: ann, resume: "t2" });
  other.helloRequest();
  other.acceptHello({ you: ann, resume: "t3" });
  return { storage, one, other };
}

Deno.test("Identity comes back as a new guest when its token was replaced, and no page has a newer one", () => {
  const storage = new FakeStorage();
  storage.setItem(KEY, "t1");
  const { identity } = page(storage, "Ann");
  assert.equal(identity.helloRequest().resume, "t1");
  assert.ok(identity.onClosed(SIGNED_OUT));
  assert.deepEqual(identity.helloRequest(), { type: "hello", name: "Ann", resume: undefined });
  assert.ok(!identity.onClosed(SIGNED_OUT), "which cannot have been replaced");
});

Deno.test("Identity comes back as the same guest when another page has a newer token", () => {
  const storage = new FakeStorage();
  const identity = returned(storage, "t1", "t2");
  identity.helloRequest();
  storage.setItem(KEY, "t4");
  assert.ok(identity.onClosed(SIGNED_OUT));
  assert.equal(identity.helloRequest().resume, "t4");
});

Deno.test("Identity does not replace a token that another page has stored meanwhile, which is newer", () => {
  const storage = new FakeStorage();
  storage.setItem(KEY, "t1");
  const [slow, quick] = [page(storage).identity, page(storage).identity];
  slow.helloRequest();
  for (const next of ["t2", "t3"]) {
    quick.helloRequest();
    quick.acceptHello({ you: ann, resume: next });
  }
  assert.ok(slow.acceptHello({ you: ann, resume: "t2b" }));
  assert.equal(storage.getItem(KEY), "t3");
  slow.saveToken("t2c");
  assert.equal(storage.getItem(KEY), "t3");
});

Deno.test("Identity asks for the user's new name on each page while the stored token has the old one", () => {
  const { storage, one, other } = twoPages();
  one.saveToken("t2b");
  one.setName("Anna");
  const later = page(storage).identity;
  for (const identity of [one, other, later]) {
    assert.deepEqual(identity.helloRequest(), { type: "hello", name: "Anna", resume: "t3" });
  }
  assert.ok(one.acceptHello({ you: { ...ann, name: "Anna" }, resume: "t4" }));
  assert.equal(storage.getItem(KEY), "t4");
  assert.equal(other.helloRequest().name, undefined, "the token has it");
});

Deno.test("Identity stays closed when a guest is signed out, or the connection is closed for good for another reason", () => {
  const identity = returned(new FakeStorage(), "t1", "t2");
  assert.ok(!identity.onClosed(SIGNED_OUT));
  identity.helloRequest();
  assert.ok(!identity.onClosed(4504));
});

Deno.test("Identity stores its token again when the storage was emptied, which is no newer token", () => {
  const storage = new FakeStorage();
  const identity = returned(storage, "t1", "t2");
  storage.removeItem(KEY);
  identity.saveToken("t2b");
  assert.equal(storage.getItem(KEY), "t2b");
  identity.helloRequest();
  storage.removeItem(KEY);
  identity.acceptHello({ you: ann, resume: "t3" });
  assert.equal(storage.getItem(KEY), "t3");
});

Deno.test("Identity asks for the newest name, also when the page whose token is stored was renamed last", () => {
  const { storage, one, other } = twoPages();
  one.saveToken("t2b");
  one.setName("Anna");
  other.saveToken("t3b");
  other.setName("Anne");
  assert.deepEqual(page(storage).identity.helloRequest(), {
    type: "hello",
    name: "Anne",
    resume: "t3b",
  });
});

Deno.test("Identity keeps its name as a new guest, with the first hello", () => {
  const identity = returned(new FakeStorage(), "t1", "t2");
  identity.helloRequest();
  assert.ok(identity.onClosed(SIGNED_OUT));
  assert.deepEqual(identity.helloRequest(), { type: "hello", name: "Ann", resume: undefined });
});

Deno.test("Identity replaces no newer token of the guest while the storage has a member's too", () => {
  const storage = new FakeStorage();
  const identity = returned(storage, "t1", "t2");
  storage.setItem(KEY, "t3");
  new ClientStorage(storage, "it", "ws://test/ws").saveToken("m1", "m_ann", undefined);
  identity.saveToken("t2b");
  assert.equal(storage.getItem(KEY), "t3");
});

Deno.test("A guest's new name is kept for the guest, and is nobody else's on the same storage", () => {
  const storage = new FakeStorage();
  const guest = returned(storage, "t1", "t2");
  storage.setItem(KEY, "t3");
  guest.saveToken("t2b");
  guest.setName("Guy");
  const own = () => new ClientStorage(storage, "it", "ws://test/ws");
  const appUser = new AppIdentity(
    new AppToken(() => "", realPlatform),
    undefined,
    own(),
    realPlatform,
  );
  assert.equal(appUser.helloRequest().name, undefined);
  appUser.acceptHello({ you: { user: "a_ann", name: "Ann" } });
  appUser.setName("Anna");
  const invite = { invite: "i1", attempt: "a1" };
  const invited = invitedUserOf(invite)?.(own(), realPlatform).identity;
  assert.equal(invited?.helloRequest().name, undefined);
  invited?.acceptHello({ you: { user: "m_ann", name: "Ann" }, resume: "m1" });
  invited?.setName("Anna");
  assert.equal(page(storage).identity.helloRequest().name, undefined, "the member's");
  own().forgetMember();
  const { name, resume } = page(storage).identity.helloRequest();
  assert.deepEqual([name, resume], ["Guy", "t3"]);
});

Deno.test("Identity asks again for a new name that was stored while its hello was under way", () => {
  const storage = new FakeStorage();
  const [renamed, other] = [returned(storage, "t1", "t2"), page(storage).identity];
  other.helloRequest();
  other.acceptHello({ you: ann, resume: "t3" });
  other.helloRequest();
  renamed.saveToken("t2b");
  renamed.setName("Anna");
  other.acceptHello({ you: ann, resume: "t3b" });
  assert.deepEqual(page(storage).identity.helloRequest(), {
    type: "hello",
    name: "Anna",
    resume: "t3b",
  });
});

Deno.test("Identity asks for a new name that another page has stored since, instead of its own", () => {
  const storage = new FakeStorage();
  const [older, newer] = [returned(storage, "t1", "t2"), page(storage).identity];
  newer.helloRequest();
  newer.acceptHello({ you: ann, resume: "t3" });
  newer.setName("Ann");
  older.saveToken("t2b");
  older.setName("Anna");
  assert.deepEqual(newer.helloRequest(), { type: "hello", name: "Anna", resume: "t3" });
});
