/**
 * How edits, deletions and reactions change a message.
 * @module
 */
import assert from "node:assert/strict";
import {
  MAX_REACTION_KINDS,
  MAX_REACTION_KINDS_PER_USER,
  MAX_REACTIONS,
  type Message,
} from "../../../lib/core/log/entry.ts";
import {
  ann,
  bob,
  draft,
  isRejected,
  lobby,
  mustPublish,
  numbers,
  react,
  say,
  sayAll,
  type Test,
  type TestedBus,
  user,
} from "../fixtures.ts";

async function newest(bus: TestedBus): Promise<Message> {
  const { messages: [message] } = await bus.page(lobby, undefined, 1);
  return message ?? assert.fail("no message");
}

export function amendingPromises(test: Test): void {
  test("announces edits, deletions and reactions as entries", async (bus, reader) => {
    await bus.subscribe(lobby);
    const { position: of } = await mustPublish(bus, say("frist"));
    const drafts = [
      draft({ kind: "edited", of, text: "first" }),
      react(of, "👍", true, bob),
      react(of, "👍", false, bob),
      draft({ kind: "deleted", of }),
    ];
    const receipts = await Promise.all(drafts.map((it) => mustPublish(bus, it)));
    const entries = drafts.map((it, index) => ({ ...it, ...receipts[index] }));
    assert.deepEqual((await reader.entries(5)).slice(1), entries);
    const [edited, ...others] = entries;
    const tombstone = { ...edited, action: { kind: "edited", of, text: "", deleted: true } };
    assert.deepEqual((await bus.replay(lobby, of, 10)).entries, [tombstone, ...others]);
  });

  test("shows an edited message with its newest text, in its old place", async (bus) => {
    const first = say("frist");
    const said = await mustPublish(bus, first);
    await mustPublish(bus, say("second"));
    const edited = await mustPublish(
      bus,
      draft({ kind: "edited", of: said.position, text: "first" }),
    );
    const { messages, top } = await bus.page(lobby, undefined, 10);
    assert.deepEqual(messages.map(({ text }) => text), ["first", "second"]);
    assert.deepEqual(messages[0], {
      ...ann,
      id: first.id,
      ...said,
      text: "first",
      edited: edited.at,
    });
    assert.equal(top.seq, 3);
  });

  test("shows a deleted message as deleted, without its text and reactions", async (bus) => {
    const first = say("sorry");
    const said = await mustPublish(bus, first);
    await mustPublish(bus, react(said.position, "👍"));
    await mustPublish(bus, draft({ kind: "deleted", of: said.position }));
    const deleted = { ...ann, id: first.id, ...said, text: "", deleted: true };
    assert.deepEqual(await newest(bus), deleted);
  });

  test(
    "replays messages in their current state, and tombstones of deleted ones",
    async (bus, reader) => {
      await bus.subscribe(lobby);
      const { position: of } = await mustPublish(bus, say("frist"));
      const { position: bygone } = await mustPublish(bus, say("secret", { id: "bygone" }));
      await mustPublish(bus, draft({ kind: "edited", of: bygone, text: "secret too" }));
      await mustPublish(bus, draft({ kind: "edited", of, text: "firts" }));
      const { at: edited } = await mustPublish(bus, draft({ kind: "edited", of, text: "first" }));
      await mustPublish(bus, draft({ kind: "deleted", of: bygone }));
      const announced = await reader.entries(6);
      const actions = [
        { kind: "said", text: "first", edited },
        { kind: "said", text: "", deleted: true },
        { kind: "edited", of: bygone, text: "", deleted: true },
        { kind: "edited", of, text: "first" },
        { kind: "edited", of, text: "first" },
        { kind: "deleted", of: bygone },
      ];
      const expected = announced.map((entry, index) => ({ ...entry, action: actions[index] }));
      const { entries } = await bus.replay(lobby, { ...of, seq: 0 }, 10);
      assert.deepEqual(entries, expected);
    },
  );

  test("replays tombstones of messages that are no longer kept", async (bus) => {
    const [of] = await sayAll(bus, ["1"]);
    assert.ok(of);
    await mustPublish(bus, draft({ kind: "edited", of, text: "one" }));
    await sayAll(bus, ["2", "3"]);
    const { entries } = await bus.replay(lobby, { ...of, seq: 0 }, 10);
    assert.deepEqual(entries.map(({ action }) => action), [
      { kind: "said", text: "", deleted: true },
      { kind: "edited", of, text: "", deleted: true },
      { kind: "said", text: "2" },
      { kind: "said", text: "3" },
    ]);
  }, { messages: 2, entries: 9, ageMs: Infinity });

  test("lets no user edit or delete another user's message", async (bus) => {
    const { position: of } = await mustPublish(bus, say("mine"));
    await isRejected(bus, draft({ kind: "edited", of, text: "his" }, bob), "not_yours");
    await isRejected(bus, draft({ kind: "deleted", of }, bob), "not_yours");
    assert.equal((await newest(bus)).text, "mine");
  });

  test(
    "lets a moderator delete another user's message, and says who did and why",
    async (bus, reader) => {
      await bus.subscribe(lobby);
      const { position: of } = await mustPublish(bus, say("mine"));
      await mustPublish(bus, react(of, "👍"));
      const reason = 'spam, "ads"\n\u{1f600}';
      const removal = draft({ kind: "deleted", of, reason, asModerator: true }, bob);
      await mustPublish(bus, removal);
      const { text, deleted, deletedBy, reactions } = await newest(bus);
      assert.deepEqual([text, deleted, reactions], ["", true, undefined]);
      assert.deepEqual(deletedBy, { user: bob.user, name: bob.name, reason });
      const { action } = removal;
      assert.deepEqual((await reader.entries(3)).at(-1)?.action, action);
      const { entries } = await bus.replay(lobby, { ...of, seq: 0 }, 10);
      const gone = { kind: "said", text: "", deleted: true };
      assert.deepEqual([entries[0]?.action, entries.at(-1)?.action], [gone, action]);
      await isRejected(bus, draft({ kind: "deleted", of, asModerator: true }, bob), "gone");
    },
  );

  test("does not say that a moderator deleted a message that was the moderator's own", async (bus) => {
    const { position: of } = await mustPublish(bus, say("mine"));
    await mustPublish(bus, draft({ kind: "deleted", of, reason: "typo", asModerator: true }));
    const { text, deleted, deletedBy } = await newest(bus);
    assert.deepEqual([text, deleted, deletedBy], ["", true, undefined]);
  });

  test("lets no moderator edit another user's message", async (bus) => {
    const { position: of } = await mustPublish(bus, say("mine"));
    await isRejected(bus, draft({ kind: "edited", of, text: "his" }, bob), "not_yours");
    const { position: other } = await mustPublish(bus, say("mine too"));
    await mustPublish(bus, draft({ kind: "deleted", of: other, asModerator: true }, bob));
    assert.equal((await newest(bus)).deletedBy?.reason, undefined);
  });

  test("answers gone for an entry that is not a message, and for a deleted message", async (bus) => {
    const { position: of } = await mustPublish(bus, say("one"));
    const { position: edit } = await mustPublish(bus, draft({ kind: "edited", of, text: "1" }));
    const { position: bygone } = await mustPublish(bus, say("bygone"));
    await mustPublish(bus, draft({ kind: "deleted", of: bygone }));
    const elsewhere = [{ ...of, seq: 0 }, { ...of, seq: 99 }, { ...of, epoch: "another" }];
    for (const target of [edit, bygone, ...elsewhere]) {
      await isRejected(bus, draft({ kind: "edited", of: target, text: "!" }), "gone");
      await isRejected(bus, draft({ kind: "deleted", of: target }), "gone");
      await isRejected(bus, react(target, "👍"), "gone");
    }
    assert.equal((await bus.page(lobby, undefined, 0)).top.seq, 4);
  });

  test("answers gone for a message that is no longer kept", async (bus) => {
    const [of] = await sayAll(bus, ["1", "2", "3", "4"]);
    assert.ok(of);
    await isRejected(bus, draft({ kind: "edited", of, text: "!" }), "gone");
  }, { messages: 3, entries: 10, ageMs: Infinity });

  test("counts reactions by emoji and user, in the order in which they were added", async (bus) => {
    const { position: of } = await mustPublish(bus, say("hi"));
    for (const by of [bob, ann, bob]) await mustPublish(bus, react(of, "👍", true, by));
    await mustPublish(bus, react(of, "❤️"));
    const { reactions } = await newest(bus);
    assert.deepEqual(reactions, { "👍": [ann.user, bob.user], "❤️": [ann.user] });
  });

  test("accepts any word as an emoji", async (bus) => {
    const { position: of } = await mustPublish(bus, say("hi"));
    const words = ["constructor", "__proto__", '"', "1", "a b"];
    for (const word of words) await mustPublish(bus, react(of, word));
    const { reactions = {} } = await newest(bus);
    assert.deepEqual(Object.keys(reactions).toSorted(), words.toSorted());
    for (const word of words) await mustPublish(bus, react(of, word, false));
    assert.equal("reactions" in await newest(bus), false);
  });

  test("removes only the user's own reaction", async (bus) => {
    const { position: of } = await mustPublish(bus, say("hi"));
    for (const by of [ann, bob]) await mustPublish(bus, react(of, "👍", true, by));
    await mustPublish(bus, react(of, "👍", false, ann));
    await mustPublish(bus, react(of, "❤️", false, ann));
    assert.deepEqual((await newest(bus)).reactions, { "👍": [bob.user] });
    await mustPublish(bus, react(of, "👍", false, bob));
    assert.equal("reactions" in await newest(bus), false);
  });

  test(`accepts ${MAX_REACTIONS} reactions to a message, and no more`, async (bus) => {
    const { position: of } = await mustPublish(bus, say("hi"));
    const by = (index: number) => ({
      ...ann,
      user: user(`user_${String(index).padStart(4, "0")}`),
    });
    const reactions = numbers(1, MAX_REACTIONS).map((i) =>
      react(of, i % 2 ? "👍" : "❤️", true, by(i))
    );
    await Promise.all(reactions.map((it) => mustPublish(bus, it)));
    await isRejected(bus, react(of, "👍", true, bob), "too_many_reactions");
    await mustPublish(bus, react(of, "👍", true, by(1)));
    await mustPublish(bus, react(of, "👍", false, by(1)));
    await mustPublish(bus, react(of, "👍", true, bob));
  });

  test(`accepts ${MAX_REACTION_KINDS_PER_USER} kinds of reaction from one user`, async (bus) => {
    const { position: of } = await mustPublish(bus, say("hi"));
    const kinds = numbers(1, MAX_REACTION_KINDS_PER_USER).map(String);
    for (const emoji of kinds) await mustPublish(bus, react(of, emoji));
    await isRejected(bus, react(of, "one more"), "too_many_reactions");
    await mustPublish(bus, react(of, "1"));
    await mustPublish(bus, react(of, "one more", true, bob));
    await isRejected(bus, react(of, "one more"), "too_many_reactions");
    await mustPublish(bus, react(of, "1", false));
    await mustPublish(bus, react(of, "one more"));
  });

  test(`accepts ${MAX_REACTION_KINDS} kinds of reaction to one message`, async (bus) => {
    const { position: of } = await mustPublish(bus, say("hi"));
    for (const k of numbers(1, MAX_REACTION_KINDS)) {
      const by = { ...ann, user: user(`user_${String(k).padStart(4, "0")}`) };
      await mustPublish(bus, react(of, `emoji${k}`, true, by));
    }
    await isRejected(bus, react(of, "one more", true, bob), "too_many_reactions");
    await mustPublish(bus, react(of, "emoji1", true, bob));
    await mustPublish(bus, react(of, "emoji1", false, bob));
    await isRejected(bus, react(of, "one more", true, bob), "too_many_reactions");
  });
}
