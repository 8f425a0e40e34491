/**
 * What is announced, to whom, and in which order.
 * @module
 */
import assert from "node:assert/strict";
import type { Note } from "../../lib/chat/bus.ts";
import { ann, attic, bob, enter, lobby, numbers, say, type Test } from "./given.ts";

export function announcingPromises(test: Test): void {
  test("announces what is said in a followed room, as it was entered", async (bus, ear) => {
    await bus.follow(lobby);
    const hello = say("hello");
    const receipt = await enter(bus, hello);
    assert.equal(receipt.position.seq, 1);
    assert.deepEqual(await ear.entries(1), [{ ...hello, ...receipt }]);
  });

  test(
    "announces drafts in the order published, without waiting between them",
    async (bus, ear) => {
      await bus.follow(lobby);
      const drafts = numbers(1, 1_000).map((seq) => say(String(seq)));
      const receipts = await Promise.all(drafts.map((draft) => enter(bus, draft)));
      const expected = drafts.map((draft, index) => ({ ...draft, ...receipts[index] }));
      assert.deepEqual(await ear.entries(1_000), expected);
      assert.deepEqual(receipts.map(({ position }) => position.seq), numbers(1, 1_000));
      assert.equal(new Set(receipts.map(({ position }) => position.epoch)).size, 1);
    },
  );

  test("numbers each room by itself, in an epoch of its own", async (bus, ear) => {
    await Promise.all([bus.follow(lobby), bus.follow(attic)]);
    const here = await enter(bus, say("here"));
    const there = await enter(bus, say("there", { room: attic }));
    assert.deepEqual([here.position.seq, there.position.seq], [1, 1]);
    assert.notEqual(here.position.epoch, there.position.epoch);
    assert.deepEqual((await ear.entries(2)).map((entry) => entry.room), [lobby, attic]);
  });

  test("announces nothing of a room that nobody follows", async (bus, ear) => {
    await bus.follow(lobby);
    await enter(bus, say("unheard", { room: attic }));
    bus.signal(attic, { kind: "typing", ...ann, on: true });
    const heard = say("heard");
    await enter(bus, heard);
    assert.deepEqual((await ear.entries(1)).map(({ id }) => id), [heard.id]);
  });

  test("goes on announcing a room that was left and followed again", async (bus, ear) => {
    await bus.follow(lobby);
    bus.unfollow(lobby);
    await bus.follow(lobby);
    const draft = say("still here");
    await enter(bus, draft);
    assert.deepEqual((await ear.entries(1)).map(({ id }) => id), [draft.id]);
  });

  test(
    "goes on announcing, each thing once, as long as one of two followers stays",
    async (bus, ear) => {
      await Promise.all([bus.follow(lobby), bus.follow(lobby)]);
      bus.unfollow(lobby);
      const drafts = [say("still here"), say("and here")];
      for (const draft of drafts) await enter(bus, draft);
      assert.deepEqual((await ear.entries(2)).map(({ id }) => id), drafts.map(({ id }) => id));
    },
  );

  test("announces notes as they are", async (bus, ear) => {
    await bus.follow(lobby);
    const notes: readonly Note[] = [
      { kind: "typing", ...ann, on: true },
      { kind: "typing", ...ann, on: false },
      { kind: "here", node: "node-1", ...bob },
      { kind: "gone", node: "node-1", user: bob.user },
    ];
    for (const note of notes) {
      bus.signal(lobby, note);
      assert.deepEqual(await ear.note(), { room: lobby, note });
    }
  });

  test("numbers no notes", async (bus) => {
    await bus.follow(lobby);
    bus.signal(lobby, { kind: "typing", ...ann, on: true });
    assert.equal((await enter(bus, say("first"))).position.seq, 1);
  });

  test("tells the top of each followed room", async (bus) => {
    await Promise.all([bus.follow(lobby), bus.follow(attic), bus.follow(attic)]);
    await enter(bus, say("one"));
    const { position } = await enter(bus, say("two"));
    const { top } = await bus.page(attic, undefined, 0);
    const tops = (await bus.tops()).toSorted((a, b) => b.top.seq - a.top.seq);
    assert.deepEqual(tops, [
      { kind: "top", room: lobby, top: position, isRead: true },
      { kind: "top", room: attic, top, isRead: true },
    ]);
    assert.equal(top.seq, 0);
  });

  test("answers a probe", async (bus) => {
    await assert.doesNotReject(bus.probe());
  });

  test("ends its announcements when the signal aborts", async (bus, ear) => {
    ear[Symbol.dispose]();
    await assert.rejects(ear.entries(1), /Ended after 0/);
    assert.ok(bus);
  });
}
