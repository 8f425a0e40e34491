/**
 * What is entered, and that a repetition is not entered twice.
 * @module
 */
import assert from "node:assert/strict";
import type { Deed } from "../../lib/core/entries.ts";
import { name } from "../fakes.ts";
import { ann, attic, bob, draft, enter, isRejected, lobby, say, type Test } from "./given.ts";

const TEXTS = [
  "",
  " ",
  "网友 😀",
  "a\r\n\tb\0\x01\x1f\x7f",
  `"'\\{}[]$%`,
  "\u2028\u2029\ufeff",
  "null",
  "x".repeat(65_535),
  "😀".repeat(16_384),
];
const NAMES = [`"'\\`, "网友12", "😀", "__proto__", "null", "a: b".replace(" ", ""), "-1"];

export function enteringPromises(test: Test): void {
  test("carries every text as it is, also in the log", async (bus, ear) => {
    await bus.follow(lobby);
    const drafts = TEXTS.map((text) => say(text));
    const receipts = await Promise.all(drafts.map((it) => enter(bus, it)));
    const entries = drafts.map((it, index) => ({ ...it, ...receipts[index] }));
    assert.deepEqual(await ear.entries(TEXTS.length), entries);
    const { top, messages } = await bus.page(lobby, undefined, 100);
    assert.deepEqual(messages.map(({ text }) => text), TEXTS);
    const replay = await bus.replay(lobby, { ...top, seq: 0 }, 100);
    assert.deepEqual(replay, { top, entries });
  });

  test("carries every name and id as it is, and what an answer is to", async (bus, ear) => {
    await bus.follow(lobby);
    const { position: reply } = await enter(bus, say("?"));
    const deed: Deed = { kind: "said", text: "!", reply };
    const drafts = NAMES.map((text) => draft(deed, { name: name(text), id: `id of ${text}` }));
    for (const it of drafts) await enter(bus, it);
    const heard = (await ear.entries(NAMES.length + 1)).slice(1);
    assert.deepEqual(heard.map(({ position: _, at: __, ...it }) => it), drafts);
    const { messages } = await bus.page(lobby, undefined, NAMES.length);
    assert.deepEqual(messages.map((it) => [it.name, it.id]), drafts.map((it) => [it.name, it.id]));
    assert.deepEqual(messages.map((it) => it.reply), NAMES.map(() => reply));
  });

  test("enters a renaming", async (bus, ear) => {
    await bus.follow(lobby);
    const renamed = draft({ kind: "renamed", from: ann.name }, { name: name("Anna") });
    const receipt = await enter(bus, renamed);
    assert.deepEqual(await ear.entries(1), [{ ...renamed, ...receipt }]);
    assert.deepEqual((await bus.page(lobby, undefined, 10)).messages, []);
  });

  test(
    "answers a repeated draft with the first one's receipt, and announces it once",
    async (bus, ear) => {
      await bus.follow(lobby);
      const first = say("first");
      const receipt = await enter(bus, first);
      await enter(bus, say("second"));
      assert.deepEqual(await enter(bus, first), receipt);
      await enter(bus, say("third"));
      const heard = await ear.entries(3);
      assert.deepEqual(heard.map(({ position }) => position.seq), [1, 2, 3]);
      assert.equal((await bus.page(lobby, undefined, 10)).messages.length, 3);
    },
  );

  test("enters a draft once that comes fifty times at once", async (bus, ear) => {
    await bus.follow(lobby);
    const it = say("again");
    const receipts = await Promise.all(Array.from({ length: 50 }, () => enter(bus, it)));
    for (const receipt of receipts) assert.deepEqual(receipt, receipts[0]);
    await enter(bus, say("next"));
    assert.deepEqual((await ear.entries(2)).map(({ position }) => position.seq), [1, 2]);
  });

  test("knows a repetition also when its author has another name by now", async (bus) => {
    const it = say("as Ann");
    const receipt = await enter(bus, it);
    assert.deepEqual(await enter(bus, { ...it, name: name("Anna") }), receipt);
  });

  test("knows a repetition after its message was edited, which stays as it is", async (bus) => {
    const first = say("frist");
    const receipt = await enter(bus, first);
    const edit = draft({ kind: "edited", of: receipt.position, text: "first" });
    const edited = await enter(bus, edit);
    assert.deepEqual(await enter(bus, first), receipt);
    assert.deepEqual(await enter(bus, edit), edited);
    await enter(bus, draft({ kind: "deleted", of: receipt.position }));
    assert.deepEqual(await enter(bus, edit), edited);
    const { messages, top } = await bus.page(lobby, undefined, 10);
    assert.deepEqual([messages.map(({ text }) => text), top.seq], [[""], 3]);
  });

  test("rejects an id that its user has used for another deed", async (bus) => {
    const first = say("one");
    const { position: of } = await enter(bus, first);
    const others: readonly Deed[] = [
      { kind: "said", text: "two" },
      { kind: "said", text: "one", reply: of },
      { kind: "edited", of, text: "one" },
      { kind: "deleted", of },
    ];
    for (const deed of others) await isRejected(bus, { ...first, deed }, "id_reused");
    assert.equal((await bus.page(lobby, undefined, 0)).top.seq, 1);
  });

  test("takes one id of two users, or in two rooms, for two deeds", async (bus) => {
    const first = say("mine");
    await enter(bus, first);
    assert.equal((await enter(bus, { ...first, ...bob })).position.seq, 2);
    assert.equal((await enter(bus, { ...first, room: attic })).position.seq, 1);
  });

  test("leaves the id free of what it rejected", async (bus) => {
    const { top } = await bus.page(lobby, undefined, 0);
    const it = draft({ kind: "deleted", of: { ...top, seq: 1 } });
    await isRejected(bus, it, "gone");
    assert.equal((await enter(bus, say("one", { id: it.id }))).position.seq, 1);
  });

  test("gives times that do not go down, and tells them as it keeps them", async (bus, ear) => {
    await bus.follow(lobby);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) times.push((await enter(bus, say(String(i)))).at);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
    assert.deepEqual((await ear.entries(20)).map(({ at }) => at), times);
    const { messages } = await bus.page(lobby, undefined, 20);
    assert.deepEqual(messages.map(({ at }) => at), times);
  });
}
