/**
 * Which announcements a bus sends, to which nodes, and in which order.
 * @module
 */
import assert from "node:assert/strict";
import { ROOM_GROUPS, type Signal } from "../../../lib/chat/ports/bus.ts";
import { room } from "../../support/fakes.ts";
import { ann, attic, bob, lobby, mustPublish, numbers, say, type Test, user } from "../fixtures.ts";

export function announcingPromises(test: Test): void {
  test("announces a message in a followed room as it was stored", async (bus, reader) => {
    await bus.subscribe(lobby);
    const hello = say("hello");
    const receipt = await mustPublish(bus, hello);
    assert.equal(receipt.position.seq, 1);
    assert.deepEqual(await reader.entries(1), [{ ...hello, ...receipt }]);
  });

  test(
    "announces drafts in the order published, without waiting between them",
    async (bus, reader) => {
      await bus.subscribe(lobby);
      const drafts = numbers(1, 1_000).map((seq) => say(String(seq)));
      const receipts = await Promise.all(drafts.map((draft) => mustPublish(bus, draft)));
      const expected = drafts.map((draft, index) => ({ ...draft, ...receipts[index] }));
      assert.deepEqual(await reader.entries(1_000), expected);
      assert.deepEqual(receipts.map(({ position }) => position.seq), numbers(1, 1_000));
      assert.equal(new Set(receipts.map(({ position }) => position.epoch)).size, 1);
    },
  );

  test("numbers each room separately, in its own epoch", async (bus, reader) => {
    await Promise.all([bus.subscribe(lobby), bus.subscribe(attic)]);
    const here = await mustPublish(bus, say("here"));
    const there = await mustPublish(bus, say("there", { room: attic }));
    assert.deepEqual([here.position.seq, there.position.seq], [1, 1]);
    assert.notEqual(here.position.epoch, there.position.epoch);
    assert.deepEqual((await reader.entries(2)).map((entry) => entry.room), [lobby, attic]);
  });

  test("announces nothing of a room that is not followed", async (bus, reader) => {
    await bus.subscribe(lobby);
    await mustPublish(bus, say("unheard", { room: attic }));
    bus.signal(attic, { kind: "typing", ...ann, on: true });
    const announced = say("announced");
    await mustPublish(bus, announced);
    assert.deepEqual((await reader.entries(1)).map(({ id }) => id), [announced.id]);
  });

  test("continues announcing a room that was left and followed again", async (bus, reader) => {
    await bus.subscribe(lobby);
    bus.unsubscribe(lobby);
    await bus.subscribe(lobby);
    const draft = say("still here");
    await mustPublish(bus, draft);
    assert.deepEqual((await reader.entries(1)).map(({ id }) => id), [draft.id]);
  });

  test(
    "continues announcing, each entry once, while one of two followers stays",
    async (bus, reader) => {
      await Promise.all([bus.subscribe(lobby), bus.subscribe(lobby)]);
      bus.unsubscribe(lobby);
      const drafts = [say("still here"), say("and here")];
      for (const draft of drafts) await mustPublish(bus, draft);
      assert.deepEqual((await reader.entries(2)).map(({ id }) => id), drafts.map(({ id }) => id));
    },
  );

  test("announces signals unchanged", async (bus, reader) => {
    await bus.subscribe(lobby);
    const signals: readonly Signal[] = [
      { kind: "typing", ...ann, on: true },
      { kind: "typing", ...ann, on: false },
      { kind: "here", node: "node-1", ...bob },
      { kind: "gone", node: "node-1", user: bob.user },
      { kind: "read", user: bob.user, read: { epoch: "epoch1", seq: 7 } },
      { kind: "paced", address: user("ip_c0000201"), at: 1_767_225_600_000 },
      { kind: "member", user: bob.user, about: attic, on: true },
      { kind: "member", user: bob.user, about: attic, on: true, with: ann },
      { kind: "turned down", user: bob.user, id: "m-7" },
      { kind: "turned down", user: bob.user, id: "m-7", reason: "no ads" },
    ];
    for (const signal of signals) {
      bus.signal(lobby, signal);
      assert.deepEqual(await reader.signal(), { room: lobby, signal });
    }
  });

  test("does not number signals", async (bus) => {
    await bus.subscribe(lobby);
    bus.signal(lobby, { kind: "typing", ...ann, on: true });
    assert.equal((await mustPublish(bus, say("first"))).position.seq, 1);
  });

  test("announces the top of each followed room", async (bus) => {
    await Promise.all([bus.subscribe(lobby), bus.subscribe(attic), bus.subscribe(attic)]);
    await mustPublish(bus, say("one"));
    const { position } = await mustPublish(bus, say("two"));
    const { top } = await bus.page(attic, undefined, 0);
    const tops = (await bus.topPositions()).toSorted((a, b) => b.top.seq - a.top.seq);
    assert.deepEqual(tops, [
      { kind: "top", room: lobby, top: position, isRead: true },
      { kind: "top", room: attic, top, isRead: true },
    ]);
    assert.equal(top.seq, 0);
  });

  test("returns the tops of hundreds of followed rooms, with and without entries", async (bus) => {
    const followed = numbers(1, 250).map((n) => room(`room${n}`));
    const expected = await Promise.all(followed.map(async (it, index) => {
      await bus.subscribe(it);
      for (let n = 0; n < index % 3; n++) await mustPublish(bus, say("text", { room: it }));
      return { kind: "top", room: it, top: (await bus.page(it, undefined, 0)).top, isRead: true };
    }));
    for (let time = 0; time < 2; time++) {
      const tops = new Map((await bus.topPositions()).map((top) => [top.room, top]));
      assert.deepEqual(followed.map((it) => tops.get(it)), expected);
    }
  });

  test("divides the followed rooms into groups, of which each is checked by itself", async (bus) => {
    const followed = Array.from({ length: ROOM_GROUPS + 1 }, (_, index) => room(`room${index}`));
    for (const it of followed) await bus.subscribe(it);
    const groups = await Promise.all(
      Array.from({ length: ROOM_GROUPS }, (_, group) => bus.topPositions(group)),
    );
    const counts = groups.map(({ length }) => length).sort();
    assert.deepEqual(counts, [...Array(ROOM_GROUPS - 1).fill(1), 2]);
    assert.deepEqual(groups.flat().map((it) => it.room).sort(), [...followed].sort());
  });

  test("answers a probe", async (bus) => {
    await assert.doesNotReject(bus.probe());
  });

  test("ends the announcements when the signal aborts", async (bus, reader) => {
    reader[Symbol.dispose]();
    await assert.rejects(reader.entries(1), /Ended after 0/);
    assert.ok(bus);
  });
}
