import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Entry } from "../../../../lib/core/log/entry.ts";
import {
  chunkReplay,
  chunkSizeFor,
  estimateQueuedSize,
  MAX_CHUNK,
} from "../../../../lib/core/log/reading/replay_chunks.ts";
import { isUserId } from "../../../../lib/core/log/entry.ts";
import { name, room } from "../../../support/fakes.ts";

const user = "user_no_1";
assert.ok(isUserId(user));
const common = { room: room("lobby"), user, name: name("Ann"), at: 0 };

function entry(seq: number, length: number): Entry {
  const action = { kind: "said", text: "x".repeat(length) } as const;
  return { ...common, id: `${seq}`, position: { epoch: "a", seq }, action };
}

function replay(lengths: readonly number[]) {
  const entries = lengths.map((length, index) => entry(index + 1, length));
  return { top: { epoch: "a", seq: lengths.length + 5 }, entries, lossReason: "too_old" } as const;
}

Deno.test("estimateQueuedSize() counts the metadata of a message", () => {
  const plain = entry(1, 10);
  const action = { kind: "said", text: "x".repeat(10), metadata: { a: 1 } } as const;
  const more = estimateQueuedSize({ ...plain, action }) - estimateQueuedSize(plain);
  assert.equal(more, '{"a":1}'.length);
});

Deno.test("chunkReplay() leaves a short replay in one chunk, including its gap", () => {
  const little = replay([10, 20, 30]);
  assert.deepEqual(chunkReplay(little), [little]);
  const nothing = replay([]);
  assert.deepEqual(chunkReplay(nothing), [nothing]);
});

Deno.test("chunkReplay() returns every entry once and in order, and reports the gap once", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200_000), { maxLength: 300 }), (lengths) => {
      const whole = replay(lengths);
      const parts = chunkReplay(whole);
      assert.deepEqual(parts.flatMap(({ entries }) => entries), whole.entries);
      assert.deepEqual(
        parts.map(({ lossReason }) => lossReason),
        parts.map((_, i) => i === 0 ? "too_old" : undefined),
      );
      for (const { top } of parts) assert.deepEqual(top, whole.top);
    }),
    { numRuns: 50 },
  );
});

Deno.test("chunkReplay() exceeds the chunk size only for a single entry", () => {
  const parts = chunkReplay(replay([...Array(500).fill(64), 100_000, 100_000, 10_000]));
  const weights = parts.map(({ entries }) =>
    entries.reduce((sum, entry) => sum + estimateQueuedSize(entry), 0)
  );
  assert.ok(weights.every((weight) => weight <= MAX_CHUNK), `${weights}`);
  assert.ok(parts.length <= 7);
  assert.equal(chunkReplay(replay([1_000_000])).length, 1);
});

Deno.test("chunkSizeFor() leaves room for a chunk to a client that is slightly behind, in any script", () => {
  for (const maxBufferedBytes of [8_192, 65_536, 1_048_576, 16_777_216]) {
    const max = chunkSizeFor(maxBufferedBytes);
    assert.ok(max <= MAX_CHUNK && 3 * max <= maxBufferedBytes / 2);
    const parts = chunkReplay(replay(Array(100).fill(max / 4)), max);
    for (const { entries } of parts) {
      const weight = entries.reduce((sum, entry) => sum + estimateQueuedSize(entry), 0);
      assert.ok(weight <= max || entries.length === 1, `${weight} of ${max}`);
    }
  }
});
