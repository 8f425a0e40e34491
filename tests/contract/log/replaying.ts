/**
 * What a client receives that resumes at a position.
 * @module
 */
import assert from "node:assert/strict";
import { MAX_READ_BYTES } from "../../../lib/core/log/reading/read_size.ts";
import { lobby, mustPublish, numbers, react, say, sayAll, type Test } from "../fixtures.ts";

const seqs = (entries: readonly { readonly position: { readonly seq: number } }[]) =>
  entries.map(({ position }) => position.seq);

export function replayPromises(test: Test): void {
  test("replays after each position exactly the later entries", async (bus, reader) => {
    await bus.subscribe(lobby);
    const { top: start } = await bus.page(lobby, undefined, 0);
    await sayAll(bus, numbers(1, 9).map(String));
    const { position: top } = await mustPublish(bus, react({ ...start, seq: 3 }, "👍"));
    const entries = await reader.entries(10);
    for (const seq of numbers(0, 10)) {
      const replay = await bus.replay(lobby, { ...top, seq }, 100);
      assert.deepEqual(replay, { top, entries: entries.slice(seq) });
    }
  });

  test("replays the oldest when there are more than requested, and returns the top", async (bus) => {
    const positions = await sayAll(bus, numbers(1, 10).map(String));
    const [first, top] = [positions[0], positions[9]];
    assert.ok(first);
    const replay = await bus.replay(lobby, first, 3);
    assert.deepEqual([seqs(replay.entries), replay.top, replay.lossReason], [
      [2, 3, 4],
      top,
      undefined,
    ]);
    const none = await bus.replay(lobby, first, 0);
    assert.deepEqual(none, { top, entries: [] });
  });

  test("gives a new room a position that can be resumed later", async (bus) => {
    const { top: start, messages, more } = await bus.page(lobby, undefined, 0);
    assert.deepEqual([start.seq, messages, more], [0, [], false]);
    assert.match(start.epoch, /^[0-9a-z]{1,32}$/);
    assert.deepEqual(await bus.replay(lobby, start, 10), { top: start, entries: [] });
    await sayAll(bus, ["one", "two"]);
    const replay = await bus.replay(lobby, start, 10);
    assert.deepEqual([seqs(replay.entries), replay.lossReason], [[1, 2], undefined]);
    assert.equal(replay.top.epoch, start.epoch);
  });

  test("reports an unknown epoch, and returns everything that is kept", async (bus) => {
    const stranger = { epoch: "another", seq: 1 };
    const before = await bus.replay(lobby, stranger, 10);
    assert.deepEqual([before.top.seq, before.entries, before.lossReason], [0, [], "unknown_epoch"]);
    await sayAll(bus, ["one", "two"]);
    const replay = await bus.replay(lobby, stranger, 10);
    assert.deepEqual([seqs(replay.entries), replay.lossReason], [[1, 2], "unknown_epoch"]);
  });

  test("reports a position beyond the top", async (bus) => {
    const [top] = await sayAll(bus, ["one"]);
    assert.ok(top);
    const replay = await bus.replay(lobby, { ...top, seq: 2 }, 10);
    assert.deepEqual(replay, { top, entries: [], lossReason: "rewound" });
  });

  test("reports when some later entries are no longer kept, and returns the rest", async (bus) => {
    const top = (await sayAll(bus, numbers(1, 8).map(String))).at(-1);
    assert.ok(top);
    for (
      const [seq, expected, gap] of [
        [0, [4, 5, 6, 7, 8], "too_old"],
        [2, [4, 5, 6, 7, 8], "too_old"],
        [3, [4, 5, 6, 7, 8], undefined],
        [4, [5, 6, 7, 8], undefined],
        [8, [], undefined],
      ] as const
    ) {
      const replay = await bus.replay(lobby, { ...top, seq }, 10);
      assert.deepEqual([seqs(replay.entries), replay.lossReason, replay.top], [expected, gap, top]);
    }
    const limited = await bus.replay(lobby, { ...top, seq: 0 }, 2);
    assert.deepEqual([seqs(limited.entries), limited.lossReason], [[4, 5], "too_old"]);
  }, { messages: 3, entries: 5, ageMs: Infinity });

  test("limits replays by size, and leads to the top", async (bus, reader) => {
    await bus.subscribe(lobby);
    const { top: start } = await bus.page(lobby, undefined, 0);
    const texts = numbers(1, 20).map((n) => String(n).padEnd(50_000, "x"));
    for (const text of texts) await mustPublish(bus, say(text));
    const announced = await reader.entries(20);
    let [since, count] = [start, 0];
    for (let isThere = false; !isThere;) {
      const { top, entries, lossReason } = await bus.replay(lobby, since, 100);
      assert.equal(lossReason, undefined);
      assert.ok(entries.length > 0 && entries.length * 50_000 <= MAX_READ_BYTES + 50_000);
      assert.deepEqual(entries, announced.slice(count, count + entries.length));
      count += entries.length;
      since = entries.at(-1)?.position ?? since;
      isThere = since.seq === top.seq;
    }
    assert.equal(count, 20);
  });

  test("replays at least one entry, however long it is", async (bus) => {
    const { top: start } = await bus.page(lobby, undefined, 0);
    await sayAll(bus, ["x".repeat(MAX_READ_BYTES), "short"]);
    const { entries } = await bus.replay(lobby, start, 100);
    assert.deepEqual(seqs(entries), [1]);
  });
}
