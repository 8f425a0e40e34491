import assert from "node:assert/strict";
import fc from "fast-check";
import { frameOf, framesOf } from "../../../../lib/io/http/node/frames.ts";

/** Reads unmasked frames as RFC 6455 §5.2 has them. */
function readFrames(
  bytes: Uint8Array,
): { readonly opcode: number; readonly payload: Uint8Array }[] {
  const frames = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const first = view.getUint8(at);
    assert.equal(first & 0xf0, 0x80, "complete, and without extensions");
    const short = view.getUint8(at + 1);
    const size = short < 126 ? 0 : short === 126 ? 2 : 8;
    const length = size === 0
      ? short
      : size === 2
      ? view.getUint16(at + 2)
      : Number(view.getBigUint64(at + 2));
    const begin = at + 2 + size;
    at = begin + length;
    frames.push({ opcode: first & 0x0f, payload: new Uint8Array(bytes.subarray(begin, at)) });
  }
  return frames;
}

const decoder = new TextDecoder();
const texts = (bytes: Uint8Array) =>
  readFrames(bytes).map((
    { opcode, payload },
  ) => (assert.equal(opcode, 1), decoder.decode(payload)));

Deno.test("framesOf() frames each of any texts, in order, whatever was framed before", () => {
  const message = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(fc.array(message), fc.array(message), (one, other) => {
    assert.deepEqual(texts(framesOf(one)), one);
    assert.deepEqual(texts(framesOf(other)), other);
    assert.deepEqual(texts(framesOf(one)), one);
    for (const text of one) assert.deepEqual(texts(frameOf(text)), [text]);
  }));
});

for (const length of [0, 125, 126, 65_535, 65_536]) {
  Deno.test(`frameOf() frames ${length} bytes of text and of data`, () => {
    assert.deepEqual(texts(frameOf("x".repeat(length))), ["x".repeat(length)]);
    const data = new Uint8Array(length).fill(7);
    const [frame] = readFrames(frameOf(data));
    assert.deepEqual([frame?.opcode, frame?.payload], [2, data]);
  });
}

Deno.test("frameOf() frames the same text once for any number of receivers", () => {
  assert.equal(frameOf("for all"), frameOf("for all"));
  const batch = ["for", "all"];
  assert.equal(framesOf(batch), framesOf(batch));
});
