import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { RoomIndex } from "../../../lib/chat/ports/room_index.ts";
import { MAX_OWN_ROOMS, MAX_ROOMS_BY_OTHERS } from "../../../lib/chat/ports/room_index.ts";
import { MAX_LIST } from "../../../lib/chat/rooms/room_list.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeBus, FakeClock, name, room as roomId } from "../../support/fakes.ts";
import { emptyIndex, roomServices } from "../../support/rooms.ts";
import { ANN, BOB, type Client, type Frame, RoomsScene } from "../../support/chat/rooms_scene.ts";

const away = () => Promise.reject(new BusUnavailable("away", { mayHaveApplied: true }));

/** An index that is away while it is told so. */
function faultyIndex(): RoomIndex & { isAway: boolean } {
  const index = emptyIndex();
  const faulty = {
    isAway: false,
    roomsOf: (it: Parameters<RoomIndex["roomsOf"]>[0]) =>
      faulty.isAway ? away() : index.roomsOf(it),
    listedRooms: () => faulty.isAway ? away() : index.listedRooms(),
    indexMembers: (...all: Parameters<RoomIndex["indexMembers"]>) =>
      faulty.isAway ? away() : index.indexMembers(...all),
    indexListed: (...all: Parameters<RoomIndex["indexListed"]>) =>
      faulty.isAway ? away() : index.indexListed(...all),
  };
  return faulty;
}

async function names(scene: RoomsScene, client: Client): Promise<readonly unknown[]> {
  return (await scene.list(client)).map(({ room }) => room);
}

Deno.test("A list has the own rooms, the newest first, then the listed ones, with what is unread", async () => {
  using scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const { client: guest } = await scene.enterGuest();
  for (const room of ["tea", "books"]) {
    await scene.ask(bob, { type: "create", kind: "listed", room, topic: `about ${room}` });
  }
  await scene.ask(guest, { type: "create", kind: "open", room: "hidden" });
  const room = await scene.createPrivate(ann, { title: "Plans" });
  const { room: direct } = await scene.ask(bob, { type: "open", user: ANN, name: "Ann" });
  await scene.ask(ann, { type: "join", room });
  const { position } = await scene.ask(ann, { type: "say", room, text: "hi" });
  await scene.ask(ann, { type: "read", room, position });
  const list = await scene.list(ann);
  assert.deepEqual(list.map(({ room }) => room), [direct, room, "books", "tea"]);
  const { type: _, ...known } = list[1] as Frame;
  assert.deepEqual(known, {
    room,
    kind: "private",
    title: "Plans",
    createdBy: ANN,
    people: 1,
    position,
    read: position,
    unread: 0,
  });
  assert.deepEqual([list[0]?.unread, list[0]?.people], [1, 0]);
  assert.deepEqual([list[3]?.topic, list[3]?.unread], ["about tea", undefined]);
  assert.deepEqual(await names(scene, guest), ["books", "tea"]);
});

Deno.test("Lists and joined say who has created a room, to those who see it", async () => {
  using scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const creator = async (client: Client, room: unknown) => {
    const { settings, ...answer } = await scene.ask(client, { type: "join", room });
    return settings ? Object(settings).createdBy : answer.code;
  };
  await scene.ask(ann, { type: "create", kind: "listed", room: "tea" });
  const room = await scene.createPrivate(ann);
  const created = (list: readonly Frame[]) => list.map((it) => [it.room, it.createdBy]);
  assert.deepEqual(created(await scene.list(ann)), [[room, ANN], ["tea", ANN]]);
  assert.deepEqual(created(await scene.list(bob)), [["tea", ANN]]);
  assert.deepEqual([await creator(bob, "tea"), await creator(bob, room)], [ANN, "not_allowed"]);
  // Nobody has created a room that somebody joined first.
  const mia = await scene.enter("mia");
  await scene.ask(mia, { type: "join", room: "cars" });
  await scene.ask(mia, { type: "room", room: "cars", listed: true });
  assert.equal(await creator(bob, "cars"), undefined);
  scene.chat.context.roomList.onListedChanged();
  await scene.beat(50_000);
  assert.deepEqual(created(await scene.list(bob)), [["cars", undefined], ["tea", ANN]]);
});

Deno.test("A list counts people who are in a room on other nodes only", async () => {
  using scene = new RoomsScene();
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  await scene.ask(ann, { type: "create", kind: "listed", room: "tea" });
  const room = await scene.createPrivate(ann);
  for (const [index, it] of ["tea", "tea", room].entries()) {
    const claim = { user: user(`user_else${index}`), name: name(`Else ${index}`), rename: false };
    await scene.chat.bus.claim(roomId(it), { ...claim, node: `node-${index}` });
  }
  const people = (list: readonly Frame[]) => list.map((it) => [it.room, it.people]);
  assert.deepEqual(people(await scene.list(ann)), [[room, 1], ["tea", 2]]);
  assert.deepEqual(people(await scene.list(bob)), [["tea", 2]]);
});

Deno.test("A list says what is unread in the listed rooms that the user is in or has read before", async () => {
  using scene = new RoomsScene();
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  const rooms = ["books", "cars", "tea"];
  for (const room of rooms) await scene.ask(mia, { type: "create", kind: "listed", room });
  const { position } = await scene.ask(ann, { type: "join", room: "tea" });
  await scene.ask(ann, { type: "read", room: "tea", position });
  await scene.ask(ann, { type: "leave", room: "tea" });
  await scene.ask(ann, { type: "join", room: "cars" });
  for (const room of rooms) {
    await scene.ask(mia, { type: "join", room });
    await scene.ask(mia, { type: "say", room, text: "hi", mentions: [ANN] });
  }
  const known = (await scene.list(ann)).map(({ room, read, unread, mentions }) => {
    return { room, read, unread, mentions };
  });
  assert.deepEqual(known, [
    { room: "books", read: undefined, unread: undefined, mentions: undefined },
    { room: "cars", read: undefined, unread: 2, mentions: 1 },
    { room: "tea", read: position, unread: 1, mentions: 1 },
  ]);
});

Deno.test("A list reads of no more rooms than it shows whether the user knows them, and counts nothing in others", async () => {
  const bus = new FakeBus(new FakeClock());
  const listed = Array.from({ length: MAX_LIST + 1 }, (_, index) => roomId(`room${index}`));
  const fields = new Map([["access", "listed"]]);
  bus.state = () => Promise.resolve({ top: { epoch: "epoch1", seq: 1 }, fields });
  let reads = 0;
  bus.readState = (_room, _user, after) => {
    reads += 1;
    assert.ok(after > 1, "no message is counted");
    return Promise.resolve({ read: undefined, unread: 1 });
  };
  const roomIndex = { ...faultyIndex(), listedRooms: () => Promise.resolve(listed) };
  const { roomList } = roomServices(
    { bus, hub: { find: () => undefined }, clock: new FakeClock() },
    roomIndex,
  );
  const reader = { user: user(ANN), mayRead: () => true, isAdmitted: () => true };
  const { rooms, more } = await roomList.roomsFor(reader);
  assert.deepEqual([rooms.length, more, reads], [MAX_LIST, true, MAX_LIST]);
});

Deno.test("Archived rooms, and those that are listed no more, are in no list", async () => {
  using scene = new RoomsScene();
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  for (const room of ["tea", "books", "cars"]) {
    await scene.ask(mia, { type: "create", kind: "listed", room });
  }
  await scene.ask(mia, { type: "room", room: "tea", archived: true });
  await scene.ask(mia, { type: "room", room: "books", listed: false });
  assert.deepEqual(await names(scene, ann), ["cars"]);
  await scene.ask(mia, { type: "room", room: "books", listed: true });
  const room = await scene.createPrivate(ann);
  await scene.ask(ann, { type: "join", room });
  await scene.ask(ann, { type: "room", room, archived: true });
  assert.deepEqual(await names(scene, ann), ["books", "cars"]);
});

Deno.test("Only moderators bring a deleted room back, whose name stays taken, and it is in no list then", async () => {
  using scene = new RoomsScene();
  const [ann, mia] = [await scene.enter("ann"), await scene.enter("mia")];
  const creation = { type: "create", kind: "listed", room: "tea" };
  await scene.ask(ann, creation);
  await scene.ask(ann, { type: "join", room: "tea" });
  await scene.ask(mia, { type: "moderate", action: "delete", room: "tea" });
  const unarchive = { type: "room", room: "tea", archived: false };
  assert.equal(await scene.outcome(ann, unarchive), "not_allowed");
  assert.equal(await scene.outcome(ann, creation), "room_exists");
  assert.equal(await scene.outcome(mia, unarchive), "ack");
  assert.equal(await scene.outcome(ann, { type: "say", room: "tea", text: "hi" }), "ack");
  assert.deepEqual(await names(scene, ann), []);
});

Deno.test("A user whose token names rooms sees no others in the list", async () => {
  using scene = new RoomsScene();
  const all = scene.authenticator.users.get("all") ?? assert.fail();
  const rights = [{ match: "tea*", allow: ["read", "send"] }] as const;
  scene.authenticator.users.set("tea", { ...all, rights });
  const mia = await scene.enter("mia");
  for (const room of ["tea", "books"]) {
    await scene.ask(mia, { type: "create", kind: "listed", room });
  }
  assert.deepEqual(await names(scene, await scene.enter("tea")), ["tea"]);
});

Deno.test("The index grants nothing: a room in it that the user is no member of is not shown, and removed", async () => {
  const roomIndex = emptyIndex();
  using scene = new RoomsScene({ roomIndex });
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = roomId(await scene.createPrivate(ann, { title: "Plans" }));
  await roomIndex.indexMembers(room, [user(BOB)], true);
  assert.deepEqual(await names(scene, bob), []);
  assert.deepEqual(await roomIndex.roomsOf(user(BOB)), []);
  assert.deepEqual(await names(scene, ann), [room]);
  await roomIndex.indexListed(room, true);
  await roomIndex.indexListed(roomId("nowhere"), true);
  scene.chat.context.roomList.onListedChanged();
  assert.deepEqual(await names(scene, bob), []);
  assert.deepEqual(await roomIndex.listedRooms(), []);
});

Deno.test("A room that the index lacks is in it again when the room opens", async () => {
  const roomIndex = emptyIndex();
  using scene = new RoomsScene({ roomIndex });
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = roomId(await scene.createPrivate(ann));
  await scene.ask(ann, { type: "member", room, user: BOB, name: "Bob" });
  await scene.ask(ann, { type: "create", kind: "listed", room: "tea" });
  await roomIndex.indexMembers(room, [user(ANN), user(BOB)], false);
  await roomIndex.indexListed(roomId("tea"), false);
  scene.chat.context.roomList.onListedChanged();
  assert.deepEqual(await names(scene, bob), []);
  for (const it of [room, "tea"]) await scene.ask(ann, { type: "join", room: it });
  scene.chat.context.roomList.onListedChanged();
  assert.deepEqual(await names(scene, bob), [room, "tea"]);
});

Deno.test("While the index is away, nothing is created, and lists are answered with unavailable", async () => {
  const roomIndex = faultyIndex();
  using scene = new RoomsScene({ roomIndex });
  const ann = await scene.enter("ann");
  const room = await scene.createPrivate(ann);
  roomIndex.isAway = true;
  assert.equal(await scene.outcome(ann, { type: "rooms" }), "unavailable");
  const requests = [
    { type: "create", kind: "private" },
    { type: "open", user: BOB },
    { type: "member", room, user: BOB },
  ];
  const before = scene.chat.bus.published.length;
  for (const request of requests) {
    assert.equal(await scene.outcome(ann, request), "unknown_outcome", request.type);
  }
  assert.equal(scene.chat.bus.published.length, before);
  // Only the list lacks it.
  assert.equal(await scene.outcome(ann, { type: "create", kind: "listed", room: "tea" }), "room");
  roomIndex.isAway = false;
  assert.deepEqual(await names(scene, ann), [room]);
});

Deno.test("A user has a limited number of private and direct rooms, of which others can fill only a part", async () => {
  const roomIndex = emptyIndex();
  using scene = new RoomsScene({ roomIndex });
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  const room = await scene.createPrivate(ann);
  const fill = async (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      await roomIndex.indexMembers(roomId(`_private.${index}`), [user(BOB)], true);
    }
  };
  const create = { type: "create", kind: "private" };
  await fill(1, MAX_ROOMS_BY_OTHERS);
  assert.equal(await scene.outcome(ann, { type: "open", user: BOB }), "room");
  assert.equal(await scene.outcome(ann, { type: "member", room, user: BOB }), "too_many_rooms");
  assert.equal(await scene.outcome(bob, create), "room");
  await fill(MAX_ROOMS_BY_OTHERS, MAX_OWN_ROOMS);
  assert.equal(await scene.outcome(bob, create), "too_many_rooms");
  const mia = await scene.enter("mia");
  assert.equal(await scene.outcome(mia, { type: "open", user: BOB }), "not_allowed");
});

Deno.test("A direct room that is refused to one user stays in the lists when the other opens it meanwhile", async () => {
  const roomIndex = emptyIndex();
  using scene = new RoomsScene({ roomIndex });
  const [ann, bob] = [await scene.enter("ann"), await scene.enter("bob")];
  for (let index = 0; index < MAX_ROOMS_BY_OTHERS; index++) {
    await roomIndex.indexMembers(roomId(`_private.${index}`), [user(BOB)], true);
  }
  const indexMembers = roomIndex.indexMembers.bind(roomIndex);
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  roomIndex.indexMembers = async (...change) => {
    const full = await indexMembers(...change);
    if (change[3] === ANN) await opened;
    return full;
  };
  assert.deepEqual(await ann.ask({ type: "open", id: "1", user: BOB }), []);
  const { room: id } = await scene.ask(bob, { type: "open", user: ANN });
  resolve();
  await scene.beat();
  const answer = ann.fresh().find((it) => it.id === "1");
  assert.deepEqual([answer?.type, answer?.room], ["room", id]);
  const room = roomId(String(id));
  for (const member of [ANN, BOB]) {
    assert.ok((await roomIndex.roomsOf(user(member))).includes(room), member);
  }
});

Deno.test("Guests put no room into everybody's list, which they could fill", async () => {
  using scene = new RoomsScene();
  const ann = await scene.enter("ann");
  const { client: guest } = await scene.enterGuest();
  const listed = { type: "create", kind: "listed", room: "tea" };
  assert.equal(await scene.outcome(guest, listed), "not_allowed");
  assert.equal(await scene.outcome(guest, { ...listed, kind: "open" }), "room");
  await scene.ask(guest, { type: "join", room: "tea" });
  const change = { type: "room", room: "tea", listed: true };
  assert.equal(await scene.outcome(guest, change), "not_allowed");
  assert.deepEqual(await scene.list(ann), []);
});
