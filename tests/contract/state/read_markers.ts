/**
 * How far a user has read, and how much is unread.
 * @module
 */
import assert from "node:assert/strict";
import type { UserId } from "../../../lib/core/log/entry.ts";
import { MAX_UNREAD } from "../../../lib/core/log/reading/read_markers.ts";
import {
  ann,
  attic,
  bob,
  draft,
  lobby,
  mustPublish,
  numbers,
  react,
  say,
  sayAll,
  type Test,
  user,
} from "../fixtures.ts";

export function readMarkerPromises(test: Test): void {
  test("counts all messages as unread without a marker", async (bus) => {
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: undefined, unread: 0 });
    await sayAll(bus, ["1", "2", "3"]);
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: undefined, unread: 3 });
  });

  test("counts only messages after the marker as unread, and no other actions", async (bus) => {
    const [first, second] = await sayAll(bus, ["1", "2", "3", "4"]);
    assert.ok(first && second);
    await mustPublish(bus, react(first, "👍"));
    await bus.markRead(lobby, ann.user, second);
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: second, unread: 2 });
    await sayAll(bus, ["5"]);
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: second, unread: 3 });
    const { top } = await bus.page(lobby, undefined, 0);
    await bus.markRead(lobby, ann.user, top);
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: top, unread: 0 });
  });

  test("ignores a marker before the current one", async (bus) => {
    const [first, second] = await sayAll(bus, ["1", "2", "3"]);
    assert.ok(first && second);
    assert.equal(await bus.markRead(lobby, ann.user, second), true);
    assert.equal(await bus.markRead(lobby, ann.user, first), false);
    assert.equal(await bus.markRead(lobby, ann.user, second), false);
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: second, unread: 1 });
  });

  test("ignores a marker beyond the top", async (bus) => {
    const [first] = await sayAll(bus, ["1", "2"]);
    assert.ok(first);
    assert.equal(await bus.markRead(lobby, ann.user, { epoch: first.epoch, seq: 3 }), false);
    assert.equal(await bus.markRead(lobby, ann.user, { epoch: "unknown", seq: 1 }), false);
    assert.equal(await bus.markRead(attic, ann.user, first), false, "a room without entries");
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: undefined, unread: 2 });
  });

  test("keeps markers separate for each user and room", async (bus) => {
    const [first] = await sayAll(bus, ["1", "2"]);
    assert.ok(first);
    await bus.markRead(lobby, ann.user, first);
    assert.deepEqual(await bus.readState(lobby, bob.user, 0), { read: undefined, unread: 2 });
    assert.deepEqual(await bus.readState(attic, ann.user, 0), { read: undefined, unread: 0 });
  });

  test("counts only retained messages as unread", async (bus) => {
    const [first] = await sayAll(bus, numbers(1, 9).map(String));
    assert.ok(first);
    await bus.markRead(lobby, ann.user, first);
    assert.deepEqual(await bus.readState(lobby, ann.user, 0), { read: first, unread: 4 });
    assert.deepEqual(await bus.readState(lobby, bob.user, 0), { read: undefined, unread: 4 });
  }, { messages: 4, entries: 4, ageMs: Infinity });

  test(`counts unread messages up to ${MAX_UNREAD}`, async (bus) => {
    const [first] = await sayAll(bus, numbers(0, MAX_UNREAD + 1).map(String));
    assert.ok(first);
    assert.equal((await bus.readState(lobby, ann.user, 0)).unread, MAX_UNREAD);
    await bus.markRead(lobby, ann.user, { ...first, seq: 3 });
    assert.equal((await bus.readState(lobby, ann.user, 0)).unread, MAX_UNREAD - 1);
  }, { messages: 2 * MAX_UNREAD, entries: 10, ageMs: Infinity });

  test("counts the unread messages that mention a user", async (bus) => {
    const mentioning = (...mentions: readonly UserId[]) =>
      mustPublish(bus, draft({ kind: "said", text: "you", mentions }));
    const mentionsOf = async (user: UserId, after = 0) =>
      (await bus.readState(lobby, user, after)).mentions;
    const first = await mentioning(ann.user);
    await mentioning(ann.user, bob.user, ann.user);
    await mustPublish(bus, say("nobody"));
    const { position: of } = await mentioning(ann.user);
    assert.deepEqual([await mentionsOf(ann.user), await mentionsOf(bob.user)], [3, 1]);
    assert.equal(await mentionsOf(user("user_eve")), undefined);
    // The first of them is from before the user could read the room.
    assert.equal(await mentionsOf(ann.user, first.position.seq), 2);
    await mustPublish(bus, draft({ kind: "edited", of, text: "still you" }));
    await mustPublish(bus, react(of, "👍"));
    await bus.markRead(lobby, ann.user, first.position);
    assert.equal(await mentionsOf(ann.user), 2);
    await mustPublish(bus, draft({ kind: "deleted", of }));
    assert.equal(await mentionsOf(ann.user), 1);
    await bus.markRead(lobby, ann.user, of);
    assert.equal(await mentionsOf(ann.user), undefined);
    assert.equal(await mentionsOf(bob.user), 1);
    await mustPublish(bus, draft({ kind: "said", text: "", event: { kind: "clear" } }));
    assert.equal(await mentionsOf(bob.user), undefined);
  });

  test(
    "counts no mentions in messages that are not kept, and no more of them than unread ones",
    async (bus) => {
      const mentioning = (user: UserId) =>
        mustPublish(bus, draft({ kind: "said", text: "you", mentions: [user] }));
      await mentioning(bob.user);
      for (const _ of numbers(1, 12)) await mentioning(ann.user);
      assert.equal((await bus.readState(lobby, ann.user, 0)).mentions, 10);
      assert.equal((await bus.readState(lobby, bob.user, 0)).mentions, undefined);
      await sayAll(bus, numbers(1, 4).map(String));
      const { mentions, unread } = await bus.readState(lobby, ann.user, 0);
      assert.deepEqual([mentions, unread], [6, 10]);
    },
    { messages: 10, entries: 10, ageMs: Infinity },
  );

  test(`counts mentions up to ${MAX_UNREAD}`, async (bus) => {
    const mention = () =>
      mustPublish(bus, draft({ kind: "said", text: "you", mentions: [ann.user] }));
    await Promise.all(numbers(0, MAX_UNREAD + 1).map(mention));
    const { mentions, unread } = await bus.readState(lobby, ann.user, 0);
    assert.deepEqual([mentions, unread], [MAX_UNREAD, MAX_UNREAD]);
  }, { messages: 2 * MAX_UNREAD, entries: 10, ageMs: Infinity });
}
