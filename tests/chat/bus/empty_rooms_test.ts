import assert from "node:assert/strict";
import { EmptyRooms } from "../../../lib/chat/bus/empty_rooms.ts";
import type { Head } from "../../../lib/core/log/epochs.ts";
import { numbers } from "../../contract/fixtures.ts";
import { room } from "../../support/fakes.ts";

const MINUTE = 60_000;
const head = (epoch: string, top = 0): Head => ({ epochs: [{ epoch, after: 0 }], top, at: 0 });
const [one, two] = [room("one"), room("two")];

Deno.test("EmptyRooms remembers a room while it is looked up, and for two to four more minutes", () => {
  const rooms = new EmptyRooms();
  rooms.keep(one, head("a"), 0);
  rooms.keep(two, head("b"), 0);
  for (const minute of numbers(1, 10)) {
    rooms.keep(one, rooms.get(one), minute * MINUTE);
    if (minute <= 2) assert.deepEqual(rooms.get(two), head("b"));
    if (minute >= 4) assert.equal(rooms.get(two), undefined);
  }
  assert.deepEqual([rooms.get(one), rooms.get(two)], [head("a"), undefined]);
});

Deno.test("EmptyRooms forgets a room that has entries", () => {
  const rooms = new EmptyRooms();
  for (const entered of [head("a", 1), undefined]) {
    rooms.keep(one, head("a"), 0);
    rooms.keep(one, entered, 0);
    assert.equal(rooms.size, 0);
  }
});

Deno.test("EmptyRooms remembers 100,000 rooms, those looked up last, and at most twice as many", () => {
  const rooms = new EmptyRooms();
  for (const n of numbers(1, 300_010)) rooms.keep(room(`room-${n}`), head("a"), 0);
  assert.ok(rooms.size >= 100_000 && rooms.size <= 200_000);
  assert.deepEqual([100_010, 200_011].map((n) => rooms.get(room(`room-${n}`))), [
    undefined,
    head("a"),
  ]);
});

Deno.test("EmptyRooms remembers a room for two minutes, even if many others were looked up before", () => {
  const rooms = new EmptyRooms();
  rooms.keep(one, head("a"), 0);
  for (const n of numbers(1, 99_999)) rooms.keep(room(`room-${n}`), head("a"), MINUTE);
  rooms.keep(two, head("b"), 2 * MINUTE);
  assert.deepEqual([rooms.get(room("room-99999")), rooms.get(two)], [head("a"), head("b")]);
});
