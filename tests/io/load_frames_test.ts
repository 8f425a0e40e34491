/** The client's side of the frames: whole, in pieces, fragmented, and wrong. */
import assert from "node:assert/strict";
import { clientFrame, FrameReader, OPCODE } from "../../lib/io/load/frames.ts";
import {
  findMarker,
  markedText,
  MARKER_BYTES,
  publisherAt,
  saidMicrosAt,
  seqAt,
} from "../../lib/io/load/marker.ts";

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

/** What a reader tells of bytes that come in these pieces. */
function told(...pieces: readonly (readonly number[])[]): string[] {
  const heard: string[] = [];
  const reader = new FrameReader({
    message: (bytes, from, to) => heard.push(decoder.decode(bytes.subarray(from, to))),
    control: (opcode, payload) => heard.push(`${opcode}:${decoder.decode(payload)}`),
  });
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const { space } = reader;
      const part = piece.slice(at, at + space.length);
      space.set(part);
      reader.take(part.length);
      at += part.length;
    }
  }
  return heard;
}

const LONG = "n".repeat(300);
const HUGE = "h".repeat(70_000);

Deno.test("FrameReader hands on messages, fragments put together and pings among them, wherever the bytes are split", () => {
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
  assert.deepEqual(told(bytes), all);
  assert.deepEqual(told(...bytes.map((byte) => [byte])), all);
  for (let at = 1; at < bytes.length; at++) {
    assert.deepEqual(told(bytes.slice(0, at), bytes.slice(at)), all, `split at ${at}`);
  }
});

Deno.test("FrameReader takes a message that is longer than all buffers, and what comes behind it", () => {
  const after = frame(OPCODE.text, "after");
  const bytes = [...frame(OPCODE.text, HUGE), ...after, ...frame(OPCODE.text, HUGE), ...after];
  assert.deepEqual(told(bytes), [HUGE, "after", HUGE, "after"]);
});

for (
  const [what, bytes] of [
    ["a masked frame", [0x81, 0x83, 0, 0, 0, 0, 1, 2, 3]],
    ["a reserved bit", [0xc1, 0x00]],
    ["a continuation of nothing", frame(OPCODE.continuation, "x")],
    ["a message inside another", [
      ...frame(OPCODE.text, "x", false),
      ...frame(OPCODE.text, "y"),
    ]],
    ["a length without end", [0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255]],
  ] as const
) {
  Deno.test(`FrameReader refuses ${what}`, () => {
    assert.throws(() => told(bytes), /^(TypeError|RangeError): Cannot read frame/);
  });
}

for (const length of [0, 125, 126, 65_535, 65_536]) {
  Deno.test(`clientFrame() masks ${length} bytes and tells their number`, () => {
    const payload = new Uint8Array(length).map((_, i) => i);
    const bytes = clientFrame(OPCODE.text, payload, new Uint8Array([1, 2, 3, 4]));
    const view = new DataView(bytes.buffer);
    assert.equal(bytes[0], 0x81);
    const short = view.getUint8(1) & 0x7f;
    const told = short < 126 ? short : short === 126 ? view.getUint16(2) : view.getUint32(6);
    assert.equal(told, length);
    assert.equal(view.getUint8(1) >> 7, 1);
    const head = bytes.length - length;
    assert.deepEqual([...bytes.subarray(head - 4, head)], [1, 2, 3, 4]);
    assert.deepEqual(bytes.subarray(head).map((byte, i) => byte ^ (i % 4 + 1)), payload);
  });
}

Deno.test("A marker is found in whatever is put around it, as often as it is there", () => {
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

Deno.test("A marked text is exactly as long as asked for, needs no escaping, and is found whole or not at all", () => {
  for (const length of [MARKER_BYTES, 64, 1000]) {
    const text = markedText(0, 0, 0, length);
    assert.match(text, /^[A-Za-z0-9.~]+$/);
    assert.equal(text.length, length);
  }
  const bytes = encoder.encode(markedText(0, 0, 0, MARKER_BYTES));
  assert.equal(findMarker(bytes, 0, bytes.length), 0);
  assert.equal(findMarker(bytes, 0, bytes.length - 1), -1);
});
