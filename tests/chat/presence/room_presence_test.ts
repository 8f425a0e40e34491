/** Names that users are assigned in a room: each rename is published by one node. */
import assert from "node:assert/strict";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import { RoomPresence } from "../../../lib/chat/presence/room_presence.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { ann, lobby } from "../../contract/fixtures.ts";
import { FakeBus, FakeClock, name } from "../../support/fakes.ts";

const anna = { user: ann.user, name: name("Anna") };

/** Ann is in the lobby through two nodes. */
async function joinThroughTwoNodes() {
  const clock = new FakeClock();
  const bus = new FakeBus(clock);
  const { signal } = new AbortController();
  const [one, two] = ["one", "two"].map((node) =>
    new RoomPresence(lobby, { bus, clock, node, names: new KnownNames() }, signal)
  );
  if (!one || !two) throw new Error("unreachable");
  await one.join(ann);
  await two.join(ann);
  return { bus, one, two };
}

Deno.test("RoomPresence.assignName() has one of two nodes publish the rename", async () => {
  const { one, two } = await joinThroughTwoNodes();
  assert.equal(await one.assignName(anna, false), "renamed");
  assert.equal(await two.assignName(anna, false), "unchanged");
  assert.deepEqual([one.nameOf(ann.user), two.nameOf(ann.user)], ["Anna", "Anna"]);
});

Deno.test("RoomPresence.assignName() publishes a rename whose reply was lost", async () => {
  const { bus, one, two } = await joinThroughTwoNodes();
  bus.availability = "forgetful";
  await assert.rejects(one.assignName(anna, false), BusUnavailable);
  bus.availability = "away";
  await assert.rejects(one.assignName(anna, false), BusUnavailable);
  bus.availability = "well";
  assert.equal(await two.assignName(anna, false), "unchanged");
  assert.equal(await one.assignName(anna, false), "renamed");
  assert.equal(await one.assignName(anna, false), "unchanged");
});

Deno.test("RoomPresence.assignName() does not publish again a rename that was announced", async () => {
  const { bus, one } = await joinThroughTwoNodes();
  bus.availability = "forgetful";
  await assert.rejects(one.assignName(anna, false), BusUnavailable);
  bus.availability = "well";
  one.onRenamed(ann.user, anna.name);
  assert.equal(await one.assignName(anna, false), "unchanged");
});

Deno.test("RoomPresence.assignName() can keep the name that another node assigned", async () => {
  const { one, two } = await joinThroughTwoNodes();
  await one.assignName(anna, false);
  assert.equal(await two.assignName({ ...ann, name: name("Ann (2)") }, true), "unchanged");
  assert.equal(two.nameOf(ann.user), "Anna");
});

Deno.test("RoomPresence.rename() to a temporary name leaves the wanted name wanted on every node", async () => {
  const { bus, one, two } = await joinThroughTwoNodes();
  bus.signal = (_room, signal) => {
    if (signal.kind === "here") two.apply(signal);
  };
  two.apply({ kind: "here", ...ann, node: "one" });
  one.apply({ kind: "here", ...ann, node: "two" });
  const temporary = { user: ann.user, name: name("Ann (2)") };
  two.temporaryNames.prefer(ann.user, ann.name, ann.name);
  one.temporaryNames.prefer(ann.user, ann.name, ann.name);
  await one.rename(temporary, ann.name);
  two.onRenamed(ann.user, temporary.name);
  const wanted = [one, two].map(({ temporaryNames }) => temporaryNames.wantedName(ann.user));
  assert.deepEqual(wanted, ["Ann", "Ann"]);
});

Deno.test("RoomPresence.apply() records no wanted name for a user who is on other nodes only", async () => {
  const { bus } = await joinThroughTwoNodes();
  const context = { bus, clock: new FakeClock(), node: "three", names: new KnownNames() };
  const three = new RoomPresence(lobby, context, new AbortController().signal);
  const temporary = { user: ann.user, name: name("Ann (2)") };
  three.apply({ kind: "here", ...temporary, node: "one", isChosen: true, wanted: ann.name });
  assert.equal(three.temporaryNames.preferredName(ann.user), undefined);
});
