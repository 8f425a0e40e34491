/** Who one is, over several pages that share a storage and over tokens that are not believed any more. */
import assert from "node:assert/strict";
import { Identity } from "../../static/client/identity.js";
import { Shelf } from "../../static/client/shelf.js";
import { realSurroundings } from "../../static/client/surroundings.js";
import { FakeStorage } from "./client_fakes.ts";

function page(storage: FakeStorage, name?: string) {
  const clock = { now: 0 };
  const surroundings = { ...realSurroundings, now: () => clock.now };
  return {
    clock,
    identity: new Identity(name, new Shelf(storage, "it", "ws://test/ws"), surroundings),
  };
}

const ann = { user: "u1", name: "Ann" };

Deno.test("Identity asks for its name with its token, each time", () => {
  const { identity } = page(new FakeStorage(), "Ann");
  assert.deepEqual(identity.hello(), { type: "hello", name: "Ann", resume: undefined });
  assert.ok(identity.greeted({ you: ann, resume: "t1" }));
  assert.deepEqual(identity.hello(), { type: "hello", name: "Ann", resume: "t1" });
  assert.deepEqual(identity.me.value, ann);
});

Deno.test("Identity does not undo the name that was chosen on another page", () => {
  const storage = new FakeStorage();
  const [one, other] = [page(storage, "Ann").identity, page(storage, "Ann").identity];
  one.hello();
  one.greeted({ you: ann, resume: "t1" });
  other.hello();
  other.greeted({ you: ann, resume: "t2" });
  other.renamed("Anna");
  other.keep("t3");

  assert.deepEqual(one.hello(), { type: "hello", name: undefined, resume: "t3" });
  assert.ok(one.greeted({ you: { user: "u1", name: "Anna" }, resume: "t4" }));
  assert.equal(one.me.value?.name, "Anna");
  assert.deepEqual(one.hello(), { type: "hello", name: "Anna", resume: "t4" });
});

Deno.test("Identity says hello again with its name where another page's token was not believed", () => {
  const storage = new FakeStorage();
  const { identity } = page(storage, "Ann");
  identity.hello();
  identity.greeted({ you: ann, resume: "t1" });
  storage.setItem("it ws://test/ws resume", "t2");

  identity.hello();
  assert.ok(!identity.greeted({ you: { user: "u9", name: "网友12" }, resume: "t3" }));
  assert.deepEqual(identity.hello(), { type: "hello", name: "Ann", resume: "t2" });
  assert.ok(identity.greeted({ you: { user: "u10", name: "Ann" }, resume: "t4" }));
  assert.equal(identity.me.value?.user, "u10");
});

Deno.test("Identity becomes one person with a page that was greeted meanwhile", () => {
  const storage = new FakeStorage();
  const { identity } = page(storage);
  identity.hello();
  storage.setItem("it ws://test/ws resume", "t1");
  assert.ok(!identity.greeted({ you: { user: "u2", name: "网友12" }, resume: "t2" }));
  assert.deepEqual(identity.hello(), { type: "hello", name: undefined, resume: "t1" });
});

for (
  const [what, lose] of [
    ["a hello without a token was not answered", (it: Identity) => it.unanswered()],
    ["its token was not believed", (it: Identity) => {
      it.greeted({ you: ann, resume: "t1" });
      it.hello();
      it.greeted({ you: { user: "u2", name: "网友12" }, resume: "t2" });
    }],
  ] as const
) {
  Deno.test(`Identity takes its name for held by its own ghost for 15 s where ${what}`, () => {
    const { identity, clock } = page(new FakeStorage(), "Ann");
    assert.ok(!identity.hasGhost);
    identity.hello();
    lose(identity);
    assert.ok(identity.hasGhost);
    clock.now = 15_000;
    assert.ok(!identity.hasGhost);
  });
}
