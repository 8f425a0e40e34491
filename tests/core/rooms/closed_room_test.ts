import assert from "node:assert/strict";
import { RoomState } from "../../../lib/core/log/room_state.ts";
import { stateChanges } from "../../../lib/core/log/state_changes.ts";
import {
  admitsUser,
  CLOSED_ROOM_BYTES,
  closedKind,
  closedRoom,
  directRoomText,
} from "../../../lib/core/rooms/closed_room.ts";
import { roomIds } from "../../support/rooms.ts";
import { user } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";

const [ann, bob] = [user("a_ann00000"), user("a_bob00000")];

for (
  const [room, kind] of [
    ["_private.abc", "private"],
    ["_PRIVATE.abc", "private"],
    ["_Direct.abc", "direct"],
    ["_private.", "private"],
    ["_private", undefined],
    ["private.abc", undefined],
    ["a_private.abc", undefined],
    ["lobby", undefined],
  ] as const
) {
  Deno.test(`closedKind() takes ${room} for ${kind ?? "a room that everybody may see"}`, () => {
    assert.equal(closedKind(room), kind);
  });
}

Deno.test("closedRoom() uses 130 bits, and the same ones always in the same way", () => {
  const bytes = new Uint8Array(CLOSED_ROOM_BYTES);
  const ids = new Set([closedRoom("private", bytes)]);
  // Six of the 136 bits are not used.
  for (let bit = 6; bit < 8 * CLOSED_ROOM_BYTES; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] = 0x80 >> (bit & 7);
    ids.add(closedRoom("private", changed));
    assert.equal(closedRoom("private", changed), closedRoom("private", changed.slice()));
  }
  assert.equal(ids.size, 131);
  assert.throws(() => closedRoom("private", bytes.subarray(1)), RangeError);
});

Deno.test("Private rooms have different ids, and two users one direct room, which no other two have", () => {
  const drawn = new Set(Array.from({ length: 1_000 }, () => roomIds.newPrivate()));
  assert.equal(drawn.size, 1_000);
  assert.equal(roomIds.privateFor(ann, "1", 7), roomIds.privateFor(ann, "1", 7));
  const derived = new Set([
    roomIds.privateFor(ann, "1", 7),
    roomIds.privateFor(bob, "1", 7),
    roomIds.privateFor(ann, "2", 7),
    roomIds.privateFor(ann, "1", 8),
  ]);
  assert.equal(derived.size, 4);
  assert.equal(roomIds.direct(ann, bob), roomIds.direct(bob, ann));
  assert.notEqual(roomIds.direct(ann, bob), roomIds.direct(ann, user("a_bob00001")));
  assert.equal(directRoomText(bob, ann), "a_ann00000 a_bob00000");
});

Deno.test("admitsUser() lets only members into a closed room, whatever its state says or lacks", () => {
  const empty = new RoomState();
  assert.equal(admitsUser({ id: "lobby", state: empty }, ann), true);
  for (const id of ["_private.abc", "_direct.abc"]) {
    assert.equal(admitsUser({ id, state: empty }, ann), false);
    for (const access of ["open", "listed", "private", "direct"] as const) {
      const state = new RoomState();
      const members = [{ user: ann, name: name("Ann") }];
      state.apply(
        stateChanges({ kind: "room", created: true, access, members }, { user: ann, room: id }),
      );
      assert.deepEqual([admitsUser({ id, state }, ann), admitsUser({ id, state }, bob)], [
        true,
        false,
      ]);
      state.apply(
        stateChanges({ kind: "member", user: ann, name: name("Ann"), on: false }, {
          user: ann,
          room: id,
        }),
      );
      assert.equal(admitsUser({ id, state }, ann), false);
    }
  }
});
