/**
 * What each engine does with frames that RFC 6455 forbids, limits or leaves open. The table is also in
 * docs/internals/runtime.md.
 * @module
 */
import assert from "node:assert/strict";
import { closeCode, encodeFrame, OPCODE, RawSocket } from "../../support/clients/raw_socket.ts";
import { ENGINE } from "../../support/engine.ts";
import { startTestService } from "../../support/service.ts";

const NO_BYTES = new Uint8Array();
const bytes = (...numbers: number[]) => new Uint8Array(numbers);
const text = (letters: string) => new TextEncoder().encode(letters);

/** A frame without a mask. */
function unmasked(opcode: number, payload: Uint8Array): Uint8Array {
  return bytes(0x80 | opcode, payload.length, ...payload);
}

/** The frame with other bits in its first byte. */
function withBits(frame: Uint8Array, bits: number): Uint8Array {
  return bytes((frame[0] ?? 0) | bits, ...frame.subarray(1));
}

/** The close code that answers; "end" for an end without a close frame; a text for a message that comes back. */
type Outcome = number | string;

const CASES: readonly {
  readonly what: string;
  readonly sent: readonly Uint8Array[];
  readonly deno: Outcome;
  readonly node: Outcome;
}[] = [
  {
    what: "a frame without a mask (§5.1)",
    sent: [unmasked(OPCODE.text, text("hi"))],
    deno: "hi",
    node: 1002,
  },
  {
    what: "reserved bits without an extension (§5.2)",
    sent: [withBits(encodeFrame(OPCODE.text, text("hi")), 0x40)],
    deno: "end",
    node: 1002,
  },
  { what: "a reserved opcode (§5.2)", sent: [encodeFrame(3, text("hi"))], deno: "end", node: 1002 },
  {
    what: "a continuation of nothing (§5.4)",
    sent: [encodeFrame(OPCODE.continuation, text("hi"))],
    deno: "end",
    node: 1002,
  },
  {
    what: "a new message amid the fragments of another (§5.4)",
    sent: [
      encodeFrame(OPCODE.text, text("h"), false),
      encodeFrame(OPCODE.text, text("i")),
    ],
    deno: "end",
    node: 1002,
  },
  {
    what: "a ping amid the fragments of a message (§5.4)",
    sent: [
      encodeFrame(OPCODE.text, text("h"), false),
      encodeFrame(OPCODE.ping, NO_BYTES),
      encodeFrame(OPCODE.continuation, text("i")),
    ],
    deno: "hi",
    node: "hi",
  },
  {
    what: "a ping in fragments (§5.5)",
    sent: [encodeFrame(OPCODE.ping, text("hi"), false)],
    deno: "end",
    node: 1002,
  },
  {
    what: "a ping of 126 bytes (§5.5)",
    sent: [encodeFrame(OPCODE.ping, new Uint8Array(126))],
    deno: "end",
    node: 1002,
  },
  {
    what: "a close frame of one byte (§5.5.1)",
    sent: [encodeFrame(OPCODE.close, bytes(3))],
    deno: "end",
    node: 1002,
  },
  {
    what: "a close code that must not be sent (§7.4.1)",
    sent: [encodeFrame(OPCODE.close, bytes(1005 >> 8, 1005 & 0xff))],
    deno: 1002,
    node: 1002,
  },
  {
    what: "a close reason that is not UTF-8 (§5.5.1)",
    sent: [encodeFrame(OPCODE.close, bytes(3, 0xe8, 0xff))],
    deno: "end",
    node: 1007,
  },
  {
    what: "a close frame without a code (§5.5.1)",
    sent: [encodeFrame(OPCODE.close, NO_BYTES)],
    deno: 1005,
    node: 1005,
  },
  {
    what: "text that is not UTF-8 (§8.1)",
    sent: [encodeFrame(OPCODE.text, bytes(0xff, 0xfe))],
    deno: "end",
    node: 1007,
  },
  {
    what: "a message of one byte more than is allowed",
    sent: [encodeFrame(OPCODE.text, new Uint8Array(65_536).fill(0x78))],
    deno: 1009,
    node: 1009,
  },
  {
    what: "a frame that announces 1 GiB",
    sent: [bytes(0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0)],
    deno: "end",
    node: 1009,
  },
];

for (const { what, sent, [ENGINE]: outcome } of CASES) {
  Deno.test(`/s ${typeof outcome === "number" ? "closes with" : "answers"} ${outcome} on ${what}`, async () => {
    await using service = await startTestService();
    using peer = await RawSocket.open(service.port, "/s");
    for (const frame of sent) await peer.write(frame);
    let answer = await peer.next();
    while (answer?.opcode === OPCODE.pong) answer = await peer.next();
    const actual = answer === undefined
      ? "end"
      : closeCode(answer) ?? new TextDecoder().decode(answer.payload);
    assert.equal(actual, outcome);
  });
}

Deno.test("/s answers a ping with its payload (§5.5.2)", async () => {
  await using service = await startTestService();
  using peer = await RawSocket.open(service.port, "/s");
  await peer.send(OPCODE.ping, "are you there?");
  const answer = await peer.next();
  assert.deepEqual([answer?.opcode, answer?.payload], [OPCODE.pong, text("are you there?")]);
});

// The runtime's own engine collects them, and shows none of them.
const ENDLESS = ENGINE === "deno" ? [] : [
  ["bytes", new Uint8Array(8_192).fill(0x78), 1009],
  ["nothing", NO_BYTES, 1008],
] as const;

for (const [what, fragment, code] of ENDLESS) {
  Deno.test(`/s closes a connection that sends endless fragments of ${what} with ${code}`, async () => {
    await using service = await startTestService();
    using peer = await RawSocket.open(service.port, "/s");
    await peer.send(OPCODE.text, "x", false);
    const sending = (async () => {
      for (;;) await peer.send(OPCODE.continuation, fragment, false);
    })().catch(() => {});
    assert.equal(closeCode(await peer.next()), code);
    peer[Symbol.dispose]();
    await sending;
  });
}
