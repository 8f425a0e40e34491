import assert from "node:assert/strict";
import { WaitingRoom } from "../../lib/chat/waiting_room.ts";

/** A room with the patience of a second, and who got tired in it. */
function open() {
  const tired: string[] = [];
  const room = new WaitingRoom(1_000);
  const waiter = (name: string) => ({ tire: () => void tired.push(name) });
  return { room, tired, waiter };
}

Deno.test("WaitingRoom tells each who has waited too long, once, in the order of coming", () => {
  const { room, tired, waiter } = open();
  room.enter(waiter("Ann"), 0);
  room.enter(waiter("Bob"), 100);
  room.look(999);
  assert.deepEqual(tired, []);
  room.look(1_000);
  assert.deepEqual(tired, ["Ann"]);
  room.look(5_000);
  room.look(9_000);
  assert.deepEqual(tired, ["Ann", "Bob"]);
});

Deno.test("WaitingRoom tells nothing to who has left", () => {
  const { room, tired, waiter } = open();
  const ann = waiter("Ann");
  room.enter(ann, 0);
  room.leave(ann);
  room.leave(ann);
  room.look(5_000);
  assert.deepEqual(tired, []);
});

Deno.test("WaitingRoom lets whoever gets tired leave others that wait", () => {
  const { room, tired, waiter } = open();
  const bob = waiter("Bob");
  room.enter({ tire: () => room.leave(bob) }, 0);
  room.enter(bob, 0);
  room.look(1_000);
  assert.deepEqual(tired, []);
});
