/**
 * How much of each room is kept.
 * @module
 */
import assert from "node:assert/strict";
import {
  bob,
  isRejected,
  lobby,
  mustPublish,
  numbers,
  react,
  say,
  sayAll,
  type Test,
} from "../fixtures.ts";
import { draft } from "../fixtures.ts";

export function retentionPromises(test: Test): void {
  test(
    "keeps the configured number of messages, and as many entries even when fewer are configured",
    async (bus) => {
      const top = (await sayAll(bus, numbers(1, 9).map(String))).at(-1);
      assert.ok(top);
      const { messages, more } = await bus.page(lobby, undefined, 100);
      assert.deepEqual([messages.map(({ text }) => text), more], [["6", "7", "8", "9"], false]);
      const { entries, lossReason } = await bus.replay(lobby, { ...top, seq: 5 }, 100);
      assert.deepEqual([entries.length, lossReason], [4, undefined]);
      assert.equal((await bus.replay(lobby, { ...top, seq: 4 }, 100)).lossReason, "too_old");
    },
    { messages: 4, entries: 2, ageMs: Infinity },
  );

  test("keeps messages although many reactions have made recovery too old", async (bus) => {
    const [of] = await sayAll(bus, ["one", "two", "three"]);
    assert.ok(of);
    for (const seq of numbers(1, 15)) {
      await mustPublish(bus, react(of, `emoji${seq % 3}`, seq > 9, bob));
    }
    const { messages, top } = await bus.page(lobby, undefined, 100);
    assert.deepEqual(messages.map(({ text }) => text), ["one", "two", "three"]);
    const reactions = { emoji1: [bob.user], emoji2: [bob.user], emoji0: [bob.user] };
    assert.deepEqual(messages[0]?.reactions, reactions);
    const { entries, lossReason } = await bus.replay(lobby, of, 100);
    assert.deepEqual([entries.map(({ position }) => position.seq), lossReason], [
      numbers(14, 18),
      "too_old",
    ]);
    assert.equal(top.seq, 18);
  }, { messages: 3, entries: 5, ageMs: Infinity });

  test("counts only messages as messages, however they were amended", async (bus) => {
    const [first, second] = await sayAll(bus, ["one", "two"]);
    assert.ok(first && second);
    await mustPublish(bus, draft({ kind: "edited", of: second, text: "2" }));
    await mustPublish(bus, draft({ kind: "deleted", of: first }));
    await sayAll(bus, ["three"]);
    const texts = async () =>
      (await bus.page(lobby, undefined, 9)).messages.map(({ text }) => text);
    assert.deepEqual(await texts(), ["", "2", "three"]);
    await sayAll(bus, ["four"]);
    assert.deepEqual(await texts(), ["2", "three", "four"]);
    await isRejected(bus, react(first, "👍"), "gone");
  }, { messages: 3, entries: 100, ageMs: Infinity });

  test("recognizes a repetition of an entry that is no longer kept", async (bus) => {
    const first = say("first");
    const receipt = await mustPublish(bus, first);
    await sayAll(bus, numbers(1, 10).map(String));
    assert.deepEqual(await mustPublish(bus, first), receipt);
    assert.equal((await bus.page(lobby, undefined, 0)).top.seq, 11);
  }, { messages: 2, entries: 2, ageMs: Infinity });
}
