/**
 * How far a user has read, and how much is unread.
 * @module
 */
import assert from "node:assert/strict";
import { MAX_UNREAD } from "../../../lib/core/log/room_log.ts";
import {
  ann,
  attic,
  bob,
  lobby,
  mustPublish,
  numbers,
  react,
  sayAll,
  type Test,
} from "../fixtures.ts";

export function readMarkerPromises(test: Test): void {
  test("counts all messages as unread without a marker", async (bus) => {
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: undefined, unread: 0 });
    await sayAll(bus, ["1", "2", "3"]);
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: undefined, unread: 3 });
  });

  test("counts only messages after the marker as unread, and no other actions", async (bus) => {
    const [first, second] = await sayAll(bus, ["1", "2", "3", "4"]);
    assert.ok(first && second);
    await mustPublish(bus, react(first, "👍"));
    await bus.markRead(lobby, ann.user, second);
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: second, unread: 2 });
    await sayAll(bus, ["5"]);
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: second, unread: 3 });
    const { top } = await bus.page(lobby, undefined, 0);
    await bus.markRead(lobby, ann.user, top);
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: top, unread: 0 });
  });

  test("ignores a marker before the current one", async (bus) => {
    const [first, second] = await sayAll(bus, ["1", "2", "3"]);
    assert.ok(first && second);
    assert.equal(await bus.markRead(lobby, ann.user, second), true);
    assert.equal(await bus.markRead(lobby, ann.user, first), false);
    assert.equal(await bus.markRead(lobby, ann.user, second), false);
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: second, unread: 1 });
  });

  test("ignores a marker beyond the top", async (bus) => {
    const [first] = await sayAll(bus, ["1", "2"]);
    assert.ok(first);
    assert.equal(await bus.markRead(lobby, ann.user, { epoch: first.epoch, seq: 3 }), false);
    assert.equal(await bus.markRead(lobby, ann.user, { epoch: "unknown", seq: 1 }), false);
    assert.equal(await bus.markRead(attic, ann.user, first), false, "a room without entries");
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: undefined, unread: 2 });
  });

  test("keeps markers separate for each user and room", async (bus) => {
    const [first] = await sayAll(bus, ["1", "2"]);
    assert.ok(first);
    await bus.markRead(lobby, ann.user, first);
    assert.deepEqual(await bus.readState(lobby, bob.user), { read: undefined, unread: 2 });
    assert.deepEqual(await bus.readState(attic, ann.user), { read: undefined, unread: 0 });
  });

  test("counts only retained messages as unread", async (bus) => {
    const [first] = await sayAll(bus, numbers(1, 9).map(String));
    assert.ok(first);
    await bus.markRead(lobby, ann.user, first);
    assert.deepEqual(await bus.readState(lobby, ann.user), { read: first, unread: 4 });
    assert.deepEqual(await bus.readState(lobby, bob.user), { read: undefined, unread: 4 });
  }, { messages: 4, entries: 4, ageMs: Infinity });

  test(`counts unread messages up to ${MAX_UNREAD}`, async (bus) => {
    const [first] = await sayAll(bus, numbers(0, MAX_UNREAD + 1).map(String));
    assert.ok(first);
    assert.equal((await bus.readState(lobby, ann.user)).unread, MAX_UNREAD);
    await bus.markRead(lobby, ann.user, { ...first, seq: 3 });
    assert.equal((await bus.readState(lobby, ann.user)).unread, MAX_UNREAD - 1);
  }, { messages: 2 * MAX_UNREAD, entries: 10, ageMs: Infinity });
}
