import assert from "node:assert/strict";
import { JoinDeadlines } from "../../../lib/chat/room/join_deadlines.ts";

/** A room with a timeout of one second, and the members that timed out. */
function open() {
  const timedOut: string[] = [];
  const deadlines = new JoinDeadlines(1_000);
  const listener = (name: string) => ({ onJoinTimeout: () => void timedOut.push(name) });
  return { deadlines, timedOut, listener };
}

Deno.test("JoinDeadlines reports each member that has waited too long once, in the order of joining", () => {
  const { deadlines, timedOut, listener } = open();
  deadlines.add(listener("Ann"), 0);
  deadlines.add(listener("Bob"), 100);
  deadlines.check(999);
  assert.deepEqual(timedOut, []);
  deadlines.check(1_000);
  assert.deepEqual(timedOut, ["Ann"]);
  deadlines.check(5_000);
  deadlines.check(9_000);
  assert.deepEqual(timedOut, ["Ann", "Bob"]);
});

Deno.test("JoinDeadlines reports nothing to a member that has left", () => {
  const { deadlines, timedOut, listener } = open();
  const ann = listener("Ann");
  deadlines.add(ann, 0);
  deadlines.remove(ann);
  deadlines.remove(ann);
  deadlines.check(5_000);
  assert.deepEqual(timedOut, []);
});

Deno.test("JoinDeadlines allows a member that times out to remove others", () => {
  const { deadlines, timedOut, listener } = open();
  const bob = listener("Bob");
  deadlines.add({ onJoinTimeout: () => deadlines.remove(bob) }, 0);
  deadlines.add(bob, 0);
  deadlines.check(1_000);
  assert.deepEqual(timedOut, []);
});
