import assert from "node:assert/strict";
import {
  isDrained,
  QUEUED_MESSAGE_BYTES,
  queuedBytes,
  sendableNow,
} from "../../../lib/core/limits/send_pacing.ts";

const encoder = new TextEncoder();
const maxBytes = 65_536;

for (
  const [what, lengths, bytes, count] of [
    ["nothing from an empty queue", [], 0, 0],
    ["everything that fits into half of the backlog", [1_000, 1_000, 1_000], 0, 3],
    ["what fits beside the current backlog", [1_000, 1_000, 1_000], 24_000, 2],
    ["nothing when half of the backlog is used", [1], maxBytes / 2, 0],
    ["one long message when the backlog is empty", [1_000_000, 1], 0, 1],
    ["no long message when the backlog is not empty", [1_000_000, 1], 1, 0],
    ["empty messages no faster than their overhead allows", Array(100).fill(0), 0, 32],
  ] as const
) {
  Deno.test(`sendableNow() allows ${what}`, () => {
    const messages = lengths.map((length) => "x".repeat(length));
    assert.equal(sendableNow(messages, { bytes, maxBytes }), count);
  });
}

Deno.test("queuedBytes() is never less than the runtime counts", () => {
  for (const text of ["", "x", "é", "漢字", "😀", "\ud800", "x".repeat(10_000)]) {
    assert.ok(queuedBytes(text) >= QUEUED_MESSAGE_BYTES + encoder.encode(text).length, text);
  }
});

Deno.test("isDrained() leaves room for what sendableNow() allows", () => {
  const bytes = [0, 1, 8_000, 16_384, 16_385, 65_536].map((bytes) => ({ bytes, maxBytes }));
  assert.deepEqual(bytes.map(isDrained), [true, true, true, true, false, false]);
});
