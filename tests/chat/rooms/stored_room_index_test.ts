import assert from "node:assert/strict";
import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { MAX_LISTED_ROOMS, MAX_OWN_ROOMS } from "../../../lib/chat/ports/room_index.ts";
import { StoredRoomIndex } from "../../../lib/chat/rooms/stored_room_index.ts";
import { user } from "../../contract/fixtures.ts";
import { room } from "../../support/fakes.ts";

const [ann, bob] = [user("a_ann00000"), user("a_bob00000")];
const one = room("_private.one"), two = room("_private.two");

function open(): { index: StoredRoomIndex; store: MemoryDirectoryStore } {
  const store = new MemoryDirectoryStore();
  return { index: new StoredRoomIndex(store), store };
}

Deno.test("StoredRoomIndex has the rooms of each user in the order in which they were added, each once", async () => {
  const { index } = open();
  await index.indexMembers(one, [ann, bob, ann], true);
  await index.indexMembers(two, [ann], true);
  await index.indexMembers(one, [ann], true);
  assert.deepEqual(await index.roomsOf(ann), [one, two]);
  assert.deepEqual(await index.roomsOf(bob), [one]);
  await index.indexMembers(one, [ann, bob], false);
  assert.deepEqual([await index.roomsOf(ann), await index.roomsOf(bob)], [[two], []]);
});

Deno.test("StoredRoomIndex keeps no record of a user without rooms", async () => {
  const { index, store } = open();
  await index.indexMembers(one, [ann], true);
  await index.indexMembers(one, [ann], false);
  assert.equal((await store.list("rooms")).size, 0);
});

Deno.test("StoredRoomIndex adds no room for those who have too many, and says for whom", async () => {
  const { index } = open();
  for (let number = 0; number < MAX_OWN_ROOMS; number++) {
    await index.indexMembers(room(`_private.${number}`), [ann], true);
  }
  assert.deepEqual(await index.indexMembers(one, [ann, bob], true), [ann]);
  assert.equal((await index.roomsOf(ann)).length, MAX_OWN_ROOMS);
  assert.deepEqual(await index.roomsOf(bob), [one]);
  assert.deepEqual(await index.indexMembers(room("_private.0"), [ann], true), []);
});

Deno.test("StoredRoomIndex adds the members of a large room", async () => {
  const { index } = open();
  const users = Array.from({ length: 333 }, (_, number) => user(`a_user${number}00`));
  await index.indexMembers(one, users, true);
  for (const it of users) assert.deepEqual(await index.roomsOf(it), [one]);
});

Deno.test("StoredRoomIndex loses no change that is made at the same time as another", async () => {
  const { index } = open();
  const rooms = Array.from({ length: 20 }, (_, number) => room(`_private.${number}`));
  await Promise.all(rooms.map((it) => index.indexMembers(it, [ann], true)));
  assert.deepEqual([...await index.roomsOf(ann)].toSorted(), rooms.toSorted());
});

Deno.test("StoredRoomIndex gives up when its changes never come through", async () => {
  const { index, store } = open();
  store.commit = () => Promise.resolve(false);
  await assert.rejects(index.indexMembers(one, [ann], true), BusUnavailable);
});

Deno.test("StoredRoomIndex takes a damaged record for an empty one", async () => {
  for (const text of ["", "{", "{}", "[1]", '["not a room"]']) {
    const { index, store } = open();
    await store.commit([{ kind: "rooms", id: ann, from: undefined, to: text }]);
    assert.deepEqual(await index.roomsOf(ann), [], text);
    await index.indexMembers(one, [ann], true);
    assert.deepEqual(await index.roomsOf(ann), [one], text);
  }
});

Deno.test("StoredRoomIndex lists a limited number of rooms", async () => {
  const { index } = open();
  for (let number = 0; number < MAX_LISTED_ROOMS; number++) {
    assert.equal(await index.indexListed(room(`r${number}`), true), true);
  }
  assert.equal(await index.indexListed(room("more"), true), false);
  assert.equal(await index.indexListed(room("r0"), true), true);
  assert.equal(await index.indexListed(room("r0"), false), true);
  assert.equal(await index.indexListed(room("more"), true), true);
  assert.equal((await index.listedRooms()).length, MAX_LISTED_ROOMS);
});
