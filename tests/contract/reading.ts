/**
 * How far somebody has read, and how much is unread.
 * @module
 */
import assert from "node:assert/strict";
import { MAX_UNREAD } from "../../lib/core/room_log.ts";
import { ann, attic, bob, enter, lobby, numbers, react, sayAll, type Test } from "./given.ts";

export function readingPromises(test: Test): void {
  test("counts all messages as unread where nothing was marked", async (bus) => {
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: undefined, unread: 0 });
    await sayAll(bus, ["1", "2", "3"]);
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: undefined, unread: 3 });
  });

  test("counts as unread what was said after the mark, and no other deeds", async (bus) => {
    const [first, second] = await sayAll(bus, ["1", "2", "3", "4"]);
    assert.ok(first && second);
    await enter(bus, react(first, "👍"));
    await bus.markRead(lobby, ann.user, second);
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: second, unread: 2 });
    await sayAll(bus, ["5"]);
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: second, unread: 3 });
    const { top } = await bus.page(lobby, undefined, 0);
    await bus.markRead(lobby, ann.user, top);
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: top, unread: 0 });
  });

  test("passes over a mark that is before the one it has", async (bus) => {
    const [first, second] = await sayAll(bus, ["1", "2", "3"]);
    assert.ok(first && second);
    await bus.markRead(lobby, ann.user, second);
    await bus.markRead(lobby, ann.user, first);
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: second, unread: 1 });
  });

  test("passes over a mark that nobody can have read", async (bus) => {
    const [first] = await sayAll(bus, ["1", "2"]);
    assert.ok(first);
    await bus.markRead(lobby, ann.user, { epoch: first.epoch, seq: 3 });
    await bus.markRead(lobby, ann.user, { epoch: "unknown", seq: 1 });
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: undefined, unread: 2 });
  });

  test("marks for each user and room alone", async (bus) => {
    const [first] = await sayAll(bus, ["1", "2"]);
    assert.ok(first);
    await bus.markRead(lobby, ann.user, first);
    assert.deepEqual(await bus.standing(lobby, bob.user), { read: undefined, unread: 2 });
    assert.deepEqual(await bus.standing(attic, ann.user), { read: undefined, unread: 0 });
  });

  test("counts as unread only what is kept", async (bus) => {
    const [first] = await sayAll(bus, numbers(1, 9).map(String));
    assert.ok(first);
    await bus.markRead(lobby, ann.user, first);
    assert.deepEqual(await bus.standing(lobby, ann.user), { read: first, unread: 4 });
    assert.deepEqual(await bus.standing(lobby, bob.user), { read: undefined, unread: 4 });
  }, { messages: 4, entries: 4, ageMs: Infinity });

  test(`counts unread messages up to ${MAX_UNREAD}`, async (bus) => {
    const [first] = await sayAll(bus, numbers(0, MAX_UNREAD + 1).map(String));
    assert.ok(first);
    assert.equal((await bus.standing(lobby, ann.user)).unread, MAX_UNREAD);
    await bus.markRead(lobby, ann.user, { ...first, seq: 3 });
    assert.equal((await bus.standing(lobby, ann.user)).unread, MAX_UNREAD - 1);
  }, { messages: 2 * MAX_UNREAD, entries: 10, ageMs: Infinity });
}
