/** Names that users are assigned in a room: each rename is published by one node. */
import assert from "node:assert/strict";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import { RoomPresence } from "../../../lib/chat/presence/room_presence.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { nameKeys } from "../../../lib/core/names/name_keys.ts";
import { ann, lobby, user } from "../../contract/fixtures.ts";
import { FakeBus, FakeClock, name } from "../../support/fakes.ts";

const anna = { user: ann.user, name: name("Anna") };

/** Ann is in the lobby through two nodes. */
async function joinThroughTwoNodes(names = new KnownNames()) {
  const clock = new FakeClock();
  const bus = new FakeBus(clock);
  const { signal } = new AbortController();
  const [one, two] = ["one", "two"].map((node) =>
    new RoomPresence(lobby, { bus, clock, node, names }, signal)
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

/** A member owns Ann's name, and both nodes have learnt of it. */
async function loseName() {
  const names = new KnownNames();
  const joined = await joinThroughTwoNodes(names);
  const owner = user("m_ann00000");
  const added = nameKeys(ann.name).map((key) => ({ key, owner }));
  names.learn({ version: 1, isWhole: true, added });
  return { ...joined, owner };
}

Deno.test("RoomPresence.refresh() has one of two nodes give a user another name when both hear of its owner", async () => {
  const { one, two } = await loseName();
  assert.equal(one.hasReservedNames, true);
  assert.deepEqual(await Promise.all([one.refresh(true), two.refresh(true)]), [[ann], []]);
  // The other one follows if that has not happened by its next refresh.
  assert.deepEqual(await two.refresh(), [ann]);
  await one.assignName(anna, false);
  assert.deepEqual(await two.refresh(), []);
  assert.equal(two.nameOf(ann.user), "Anna");
});

Deno.test("RoomPresence.join() refuses a member's name to others, and rename() too, without asking the store", async () => {
  const { bus, one, owner } = await loseName();
  bus.availability = "away";
  assert.equal(await one.join({ user: user("u_bob00000"), name: ann.name }), undefined);
  assert.equal(await one.rename({ user: user("u_bob00000"), name: name("ANN") }), false);
  bus.availability = "well";
  await one.assignName(anna, false);
  assert.equal(await one.join({ user: owner, name: ann.name }), "Ann");
});

Deno.test("RoomPresence.settledVersion is that of the table only while nothing here may differ from it", async () => {
  const { bus, one, two } = await joinThroughTwoNodes();
  const version = async () => (await bus.refresh(lobby, undefined)).version;
  assert.equal(one.settledVersion, undefined);
  await one.refresh();
  assert.equal(one.settledVersion, await version());
  // An update that is late, or of a user who has left since: the table does not have it.
  one.apply({ kind: "here", user: user("user_eve"), name: name("Eve"), node: "two" });
  assert.equal(one.settledVersion, undefined);
  await one.refresh();
  assert.deepEqual(one.list().map(({ name }) => name), ["Ann"]);
  assert.equal(one.settledVersion, await version());
  await two.leave(ann.user, false);
  assert.notEqual(one.settledVersion, await version());
  one.onRenamed(ann.user, anna.name);
  assert.equal(one.settledVersion, undefined);
});

Deno.test("RoomPresence.settledVersion is undefined while a user must be released, or wants another name", async () => {
  const { bus, one } = await joinThroughTwoNodes();
  await one.refresh();
  one.temporaryNames.prefer(ann.user, name("Eve"), name("Ann"));
  assert.notEqual(one.settledVersion, undefined);
  one.temporaryNames.prefer(ann.user, name("Ann"), name("Ann (2)"));
  assert.equal(one.settledVersion, undefined);
  one.temporaryNames.choose(ann.user, ann.name);
  assert.notEqual(one.settledVersion, undefined);
  await one.join({ user: user("user_bob"), name: name("Bob") });
  await one.refresh();
  bus.availability = "away";
  await one.leave(user("user_bob"), false);
  assert.equal(one.settledVersion, undefined);
  bus.availability = "well";
  await one.refresh();
  await one.refresh();
  assert.notEqual(one.settledVersion, undefined);
  await one.withdraw();
  assert.equal(one.settledVersion, undefined);
});

Deno.test("RoomPresence.settledVersion is undefined while the table has a user who is not here", async () => {
  const { bus, one } = await joinThroughTwoNodes();
  const bob = { user: user("user_bob"), name: name("Bob") };
  bus.availability = "forgetful";
  await assert.rejects(one.join(bob), BusUnavailable);
  bus.availability = "away";
  const { refresh } = bus;
  // Bob tries again as soon as the table has been read, and fails.
  bus.refresh = async (id, node) => {
    const table = await refresh.call(bus, id, node);
    Promise.resolve().then(() => one.join(bob)).catch(() => {});
    return table;
  };
  await one.refresh();
  bus.refresh = refresh;
  assert.equal(one.settledVersion, undefined);
  bus.availability = "well";
  await one.refresh();
  assert.deepEqual((await bus.people(lobby)).map(({ name }) => name), ["Ann"]);
});

Deno.test("RoomPresence.setRole() reaches the table, later if the store is away", async () => {
  const { bus, one } = await joinThroughTwoNodes();
  await bus.release(lobby, ann.user, "two");
  const shown = async () => (await bus.people(lobby)).map(({ role }) => role);
  await one.refresh();
  await one.setRole(ann.user, "owner");
  assert.deepEqual(await shown(), ["owner"]);
  bus.availability = "away";
  await one.setRole(ann.user, "moderator");
  bus.availability = "well";
  assert.deepEqual(await shown(), ["owner"]);
  assert.deepEqual(one.list(), [{ ...ann, role: "moderator" }]);
  await one.refresh();
  assert.deepEqual(await shown(), ["moderator"]);
  assert.deepEqual(one.list(), [{ ...ann, role: "moderator" }]);
});

Deno.test("Two nodes that know different roles of a user do not correct each other", async () => {
  const { bus, one, two } = await joinThroughTwoNodes();
  await one.setRole(ann.user, "owner");
  await two.setRole(ann.user, "moderator");
  for (const node of [one, two]) await node.refresh();
  for (const node of [one, two]) node.takeDiff();
  for (const node of [one, two, one, two]) {
    await node.refresh();
    assert.equal(node.takeDiff(), undefined);
    assert.deepEqual(node.list(), [{ ...ann, role: "moderator" }]);
    node.takeDiff();
  }
  assert.deepEqual((await bus.people(lobby)).map(({ role }) => role), ["moderator"]);
});
