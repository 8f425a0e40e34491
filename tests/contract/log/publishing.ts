/**
 * How drafts are stored, and that a repetition is not stored twice.
 * @module
 */
import assert from "node:assert/strict";
import { type Action, fingerprint } from "../../../lib/core/log/entry.ts";
import { parseLegacyRoom } from "../../../lib/core/names/names.ts";
import { name, room } from "../../support/fakes.ts";
import {
  ann,
  attic,
  bob,
  draft,
  isRejected,
  lobby,
  mustPublish,
  say,
  type Test,
} from "../fixtures.ts";

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

export function publishingPromises(test: Test): void {
  test("preserves every text, in announcements and in the log", async (bus, reader) => {
    await bus.subscribe(lobby);
    const drafts = TEXTS.map((text) => say(text));
    const receipts = await Promise.all(drafts.map((it) => mustPublish(bus, it)));
    const entries = drafts.map((it, index) => ({ ...it, ...receipts[index] }));
    assert.deepEqual(await reader.entries(TEXTS.length), entries);
    const { top, messages } = await bus.page(lobby, undefined, 100);
    assert.deepEqual(messages.map(({ text }) => text), TEXTS);
    const replay = await bus.replay(lobby, { ...top, seq: 0 }, 100);
    assert.deepEqual(replay, { top, entries });
  });

  test("keeps rooms in every script apart, and old ones with capitals", async (bus, reader) => {
    const rooms = ["大厅", "हिन्दी", "i\u0307zmir", "𠮷".repeat(64), "lobby"].map(room);
    const all = [...rooms, parseLegacyRoom("Lobby") ?? assert.fail()];
    await Promise.all(all.map((it) => bus.subscribe(it)));
    for (const it of all) await mustPublish(bus, say(`in ${it}`, { room: it }));
    const entries = await reader.entries(all.length);
    assert.deepEqual(new Set(entries.map((it) => it.room)), new Set(all));
    for (const it of all) {
      const { messages } = await bus.page(it, undefined, 10);
      assert.deepEqual(messages.map(({ text }) => text), [`in ${it}`]);
    }
  });

  test("preserves every name and id, and the reply's target", async (bus, reader) => {
    await bus.subscribe(lobby);
    const { position: reply } = await mustPublish(bus, say("?"));
    const action: Action = { kind: "said", text: "!", reply };
    const drafts = NAMES.map((text) => draft(action, { name: name(text), id: `id of ${text}` }));
    for (const it of drafts) await mustPublish(bus, it);
    const entries = (await reader.entries(NAMES.length + 1)).slice(1);
    assert.deepEqual(entries.map(({ position: _, at: __, ...it }) => it), drafts);
    const { messages } = await bus.page(lobby, undefined, NAMES.length);
    assert.deepEqual(messages.map((it) => [it.name, it.id]), drafts.map((it) => [it.name, it.id]));
    assert.deepEqual(messages.map((it) => it.reply), NAMES.map(() => reply));
  });

  test("stores a rename", async (bus, reader) => {
    await bus.subscribe(lobby);
    const renamed = draft({ kind: "renamed", from: ann.name }, { name: name("Anna") });
    const receipt = await mustPublish(bus, renamed);
    assert.deepEqual(await reader.entries(1), [{ ...renamed, ...receipt }]);
    assert.deepEqual((await bus.page(lobby, undefined, 10)).messages, []);
  });

  test(
    "answers a repeated draft with the first receipt, and announces it once",
    async (bus, reader) => {
      await bus.subscribe(lobby);
      const first = say("first");
      const receipt = await mustPublish(bus, first);
      await mustPublish(bus, say("second"));
      assert.deepEqual(await mustPublish(bus, first), receipt);
      await mustPublish(bus, say("third"));
      const entries = await reader.entries(3);
      assert.deepEqual(entries.map(({ position }) => position.seq), [1, 2, 3]);
      assert.equal((await bus.page(lobby, undefined, 10)).messages.length, 3);
    },
  );

  test("returns the receipt of a draft by its author and its id", async (bus) => {
    const it = say("first");
    assert.equal(await bus.receipt(lobby, it.user, it.id), undefined);
    const { position, at } = await mustPublish(bus, it);
    const receipt = { position, at, fingerprint: fingerprint(it) };
    assert.deepEqual(await bus.receipt(lobby, it.user, it.id), receipt);
    for (
      const [where, who, id] of [
        [attic, it.user, it.id],
        [lobby, bob.user, it.id],
        [lobby, it.user, "another id"],
      ] as const
    ) {
      assert.equal(await bus.receipt(where, who, id), undefined);
    }
  });

  test("recognizes that a member is added again, whatever has happened since", async (bus) => {
    const member = (more: object): Action => ({
      ...{ kind: "said", text: "added Bob" },
      event: { kind: "member", ...bob, on: true, from: 1, ...more },
    });
    const it = draft(member({}));
    const receipt = await mustPublish(bus, it);
    const again = { ...it, action: member({ from: 7, name: name("Bobby") }) };
    assert.deepEqual(await mustPublish(bus, again), receipt);
    const other = { ...it, action: member({ on: false }) };
    await isRejected(bus, other, "id_reused");
  });

  test("stores a draft once that is published fifty times at once", async (bus, reader) => {
    await bus.subscribe(lobby);
    const it = say("again");
    const receipts = await Promise.all(Array.from({ length: 50 }, () => mustPublish(bus, it)));
    for (const receipt of receipts) assert.deepEqual(receipt, receipts[0]);
    await mustPublish(bus, say("next"));
    assert.deepEqual((await reader.entries(2)).map(({ position }) => position.seq), [1, 2]);
  });

  test("recognizes a repetition even when its author has another name by then", async (bus) => {
    const it = say("as Ann");
    const receipt = await mustPublish(bus, it);
    assert.deepEqual(await mustPublish(bus, { ...it, name: name("Anna") }), receipt);
  });

  test("recognizes a repetition after its message was edited, and leaves the message unchanged", async (bus) => {
    const first = say("frist");
    const receipt = await mustPublish(bus, first);
    const edit = draft({ kind: "edited", of: receipt.position, text: "first" });
    const edited = await mustPublish(bus, edit);
    assert.deepEqual(await mustPublish(bus, first), receipt);
    assert.deepEqual(await mustPublish(bus, edit), edited);
    await mustPublish(bus, draft({ kind: "deleted", of: receipt.position }));
    assert.deepEqual(await mustPublish(bus, edit), edited);
    const { messages, top } = await bus.page(lobby, undefined, 10);
    assert.deepEqual([messages.map(({ text }) => text), top.seq], [[""], 3]);
  });

  test("rejects an id that its user has used for another action", async (bus) => {
    const first = say("one");
    const { position: of } = await mustPublish(bus, first);
    const others: readonly Action[] = [
      { kind: "said", text: "two" },
      { kind: "said", text: "one", reply: of },
      { kind: "edited", of, text: "one" },
      { kind: "deleted", of },
    ];
    for (const action of others) await isRejected(bus, { ...first, action }, "id_reused");
    assert.equal((await bus.page(lobby, undefined, 0)).top.seq, 1);
  });

  test("treats one id of two users, or in two rooms, as two actions", async (bus) => {
    const first = say("mine");
    await mustPublish(bus, first);
    assert.equal((await mustPublish(bus, { ...first, ...bob })).position.seq, 2);
    assert.equal((await mustPublish(bus, { ...first, room: attic })).position.seq, 1);
  });

  test("leaves the id of a rejected draft free", async (bus) => {
    const { top } = await bus.page(lobby, undefined, 0);
    const it = draft({ kind: "deleted", of: { ...top, seq: 1 } });
    await isRejected(bus, it, "gone");
    assert.equal((await mustPublish(bus, say("one", { id: it.id }))).position.seq, 1);
  });

  test(
    "returns timestamps that never decrease, and announces the stored ones",
    async (bus, reader) => {
      await bus.subscribe(lobby);
      const times: number[] = [];
      for (let i = 0; i < 20; i++) times.push((await mustPublish(bus, say(String(i)))).at);
      assert.deepEqual(times, times.toSorted((a, b) => a - b));
      assert.deepEqual((await reader.entries(20)).map(({ at }) => at), times);
      const { messages } = await bus.page(lobby, undefined, 20);
      assert.deepEqual(messages.map(({ at }) => at), times);
    },
  );
}
