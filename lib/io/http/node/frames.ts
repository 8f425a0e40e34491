/**
 * Frames messages for the wire. What a thousand subscribers receive is framed once: each of them is called with the same
 * string or array, one after the other, so the last frames are kept.
 * @module
 */
import { Buffer } from "node:buffer";
// @ts-types="./ws.d.ts"
import { Sender } from "ws";

const TEXT_OPCODE = 1;
const BINARY_OPCODE = 2;

let lastMessage: string | Uint8Array | undefined;
let lastFrame: Uint8Array = new Uint8Array();

/** The frame of a message, as a server sends it: unmasked, and in one piece. */
export function frameOf(message: string | Uint8Array): Uint8Array {
  if (message === lastMessage) return lastFrame;
  lastFrame = typeof message === "string"
    ? frame(Buffer.from(message), TEXT_OPCODE)
    : frame(Buffer.from(message.buffer, message.byteOffset, message.byteLength), BINARY_OPCODE);
  lastMessage = message;
  return lastFrame;
}

let lastMessages: readonly string[] | undefined;
let lastFrames: Uint8Array = new Uint8Array();

/** The frames of several messages, one after the other. */
export function framesOf(messages: readonly string[]): Uint8Array {
  if (messages === lastMessages) return lastFrames;
  lastFrames = messages.length === 1 && messages[0] !== undefined
    ? frameOf(messages[0])
    : Buffer.concat(messages.map((message) => frame(Buffer.from(message), TEXT_OPCODE)));
  lastMessages = messages;
  return lastFrames;
}

function frame(data: Buffer, opcode: number): Uint8Array {
  const options = { fin: true, rsv1: false, opcode, mask: false, readOnly: true };
  return Buffer.concat(Sender.frame(data, options));
}
