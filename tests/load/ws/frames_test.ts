/** The client's side of WebSocket frames: whole, split, fragmented and invalid. */
import assert from "node:assert/strict";
import { clientFrame, FrameReader, OPCODE } from "../../../lib/load/ws/frames.ts";
import {
  findMarker,
  markedText,
  MARKER_BYTES,
  publisherAt,
  saidMicrosAt,
  seqAt,
} from "../../../lib/load/marker.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A frame as a server sends it. */
function frame(opcode: number, payload: string, isLast = true): number[] {
  const bytes = encoder.encode(payload);
  const { length } = bytes;
  const size = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  return [(isLast ? 0x80 : 0) | opcode, ...size, ...bytes];
}

/** What a reader returns for bytes that arrive in these pieces. */
function readEvents(...pieces: readonly (readonly number[])[]): string[] {
  const received: string[] = [];
  const reader = new FrameReader({
    onMessage: (bytes, from, to) => received.push(decoder.decode(bytes.subarray(from, to))),
    onControl: (opcode, payload) => received.push(`${opcode}:${decoder.decode(payload)}`),
  });
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const { space } = reader;
      const part = piece.slice(at, at + space.length);
      space.set(part);
      reader.commit(part.length);
      at += part.length;
    }
  }
  return received;
}

const LONG = "n".repeat(300);
const HUGE = "h".repeat(70_000);

Deno.test("FrameReader returns messages, reassembled fragments and the pings between them, however the bytes are split", () => {
  const bytes = [
    ...frame(OPCODE.text, "one"),
    ...frame(OPCODE.ping, "p"),
    ...frame(OPCODE.text, ""),
    ...frame(OPCODE.binary, LONG),
    ...frame(OPCODE.text, "be", false),
    ...frame(OPCODE.ping, "in"),
    ...frame(OPCODE.continuation, "tw", false),
    ...frame(OPCODE.continuation, "een"),
    ...frame(OPCODE.close, "\x03\x67"),
  ];
  const all = ["one", "9:p", "", LONG, "9:in", "between", "8:\x03\x67"];
  assert.deepEqual(readEvents(bytes), all);
  assert.deepEqual(readEvents(...bytes.map((byte) => [byte])), all);
  for (let at = 1; at < bytes.length; at++) {
    assert.deepEqual(readEvents(bytes.slice(0, at), bytes.slice(at)), all, `split at ${at}`);
  }
});

Deno.test("FrameReader returns a message that is longer than all buffers, and what follows it", () => {
  const after = frame(OPCODE.text, "after");
  const bytes = [...frame(OPCODE.text, HUGE), ...after, ...frame(OPCODE.text, HUGE), ...after];
  assert.deepEqual(readEvents(bytes), [HUGE, "after", HUGE, "after"]);
});

for (
  const [what, bytes] of [
    ["a masked frame", [0x81, 0x83, 0, 0, 0, 0, 1, 2, 3]],
    ["a reserved bit", [0xc1, 0x00]],
    ["a continuation without a beginning", frame(OPCODE.continuation, "x")],
    ["a message inside another", [
      ...frame(OPCODE.text, "x", false),
      ...frame(OPCODE.text, "y"),
    ]],
    ["an endless length", [0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255]],
  ] as const
) {
  Deno.test(`FrameReader rejects ${what}`, () => {
    assert.throws(() => readEvents(bytes), /^(TypeError|RangeError): Cannot read frame/);
  });
}

for (const length of [0, 125, 126, 65_535, 65_536]) {
  Deno.test(`clientFrame() masks ${length} bytes and encodes their number`, () => {
    const payload = new Uint8Array(length).map((_, i) => i);
    const bytes = clientFrame(OPCODE.text, payload, new Uint8Array([1, 2, 3, 4]));
    const view = new DataView(bytes.buffer);
    assert.equal(bytes[0], 0x81);
    const short = view.getUint8(1) & 0x7f;
    const written = short < 126 ? short : short === 126 ? view.getUint16(2) : view.getUint32(6);
    assert.equal(written, length);
    assert.equal(view.getUint8(1) >> 7, 1);
    const head = bytes.length - length;
    assert.deepEqual([...bytes.subarray(head - 4, head)], [1, 2, 3, 4]);
    assert.deepEqual(bytes.subarray(head).map((byte, i) => byte ^ (i % 4 + 1)), payload);
  });
}

Deno.test("A marker is found in any surrounding text, every time it occurs", () => {
  const text = (publisher: number, seq: number) => markedText(publisher, seq, 123_456_789, 64);
  const message = encoder.encode(
    `~/~.~\n{"type":"said","text":"${text(99_999, 99_999_999)}","id":"~"}\n网友42: ${text(7, 0)}~`,
  );
  const found: number[][] = [];
  let at = findMarker(message, 0, message.length);
  for (; at >= 0; at = findMarker(message, at + MARKER_BYTES, message.length)) {
    found.push([publisherAt(message, at), seqAt(message, at), saidMicrosAt(message, at)]);
  }
  assert.deepEqual(found, [[99_999, 99_999_999, 123_456_789], [7, 0, 123_456_789]]);
});

Deno.test("A marked text has exactly the requested length, needs no escaping, and is found whole or not at all", () => {
  for (const length of [MARKER_BYTES, 64, 1000]) {
    const text = markedText(0, 0, 0, length);
    assert.match(text, /^[A-Za-z0-9.~]+$/);
    assert.equal(text.length, length);
  }
  const bytes = encoder.encode(markedText(0, 0, 0, MARKER_BYTES));
  assert.equal(findMarker(bytes, 0, bytes.length), 0);
  assert.equal(findMarker(bytes, 0, bytes.length - 1), -1);
});
