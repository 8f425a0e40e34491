/** A room's state decides by the time of each draft: mutes end, and slow mode takes the next message, as time passes. */
import assert from "node:assert/strict";
import { FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { name } from "../../support/fakes.ts";
import { Log, user } from "./list_room_storage.ts";

const bob = user("user_bob");

/** What becomes of a message: its number, or why it is refused and for how long. */
function say(log: Log, id: string, by = bob): unknown {
  const result = log.append(log.draft({ kind: "said", text: "hello" }, by, id));
  if (result.kind === "rejected") return [result.why, result.afterMs];
  return (result.kind === "entered" ? result.entry : result.receipt).position.seq;
}

function act(log: Log, event: RoomEvent): void {
  log.mustAppend({ kind: "said", text: "", event });
}

function mute(until: number): RoomEvent {
  return { kind: "mute", user: bob, name: name("Bob"), until, rank: "owner" };
}

Deno.test("append() takes messages of a muted user from the moment at which the mute ends", () => {
  const log = new Log();
  act(log, mute(log.now + 5_000));
  assert.deepEqual(say(log, "id"), ["muted", 5_000]);
  log.now += 4_999;
  assert.deepEqual(say(log, "id"), ["muted", 1]);
  log.now += 1;
  assert.equal(say(log, "id"), 2);
});

Deno.test("append() takes the next message in slow mode when its interval is over, and then counts anew", () => {
  const log = new Log();
  act(log, { kind: "room", slowSeconds: 10 });
  assert.equal(say(log, "one"), 2);
  log.now += 4_000;
  assert.deepEqual(say(log, "two"), ["slow_mode", 6_000]);
  assert.equal(say(log, "two", user("user_eve")), 3);
  log.now += 6_000;
  assert.equal(say(log, "two"), 4);
  assert.deepEqual(say(log, "three"), ["slow_mode", 10_000]);
  act(log, { kind: "room", slowSeconds: 3 });
  log.now += 3_000;
  assert.equal(say(log, "three"), 6);
});

Deno.test("append() measures a mute by the room's timestamps when the clock goes back a little", () => {
  const log = new Log();
  log.now = 20_000;
  log.say();
  act(log, mute(25_000));
  log.now = 15_000;
  assert.deepEqual(say(log, "id"), ["muted", 5_000]);
});

Deno.test("append() answers a repetition by a muted user with the first receipt", () => {
  const log = new Log();
  assert.equal(say(log, "id"), 1);
  act(log, mute(FOREVER));
  assert.equal(say(log, "id"), 1);
});

Deno.test("append() never stores whether the author was exempt", () => {
  const log = new Log();
  const draft = { ...log.draft({ kind: "said", text: "hello" }), isExempt: true as const };
  const result = log.append(draft);
  assert.ok(result.kind === "entered" && !("isExempt" in result.entry));
  assert.ok(log.storage.contents.entries.every((entry) => !("isExempt" in entry)));
});
