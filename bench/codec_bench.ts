/** From a WebSocket message to requests, and from frames to messages. */
import { encodeFrames } from "../lib/core/protocol/encoder.ts";
import {
  entryFrame,
  jsonEncoder,
  parseRequest,
  splitFrameLines,
} from "../lib/core/protocol/json_protocol.ts";
import { textEncoder } from "../lib/core/protocol/text_protocol.ts";
import { entry, short } from "./fixtures.ts";

const say = `{"type":"say","id":"1","room":"lobby","text":"${short}"}`;
const eight = Array.from({ length: 8 }, () => say).join("\n");
const frames = Array.from({ length: 8 }, (_, index) => entryFrame(entry(index + 1)));

Deno.bench("decode(): a say", { group: "decode", baseline: true }, () => {
  parseRequest(say);
});
Deno.bench("decode(): eight of them in one message", { group: "decode" }, () => {
  for (const { text } of splitFrameLines(eight)) parseRequest(text);
});
Deno.bench("decode(): no JSON", { group: "decode" }, () => {
  parseRequest(short);
});
Deno.bench("frameOf(): of what was said", { group: "encode", baseline: true }, () => {
  entryFrame(entry(1));
});
Deno.bench("messagesFor(): eight frames in JSON", { group: "encode" }, () => {
  encodeFrames(jsonEncoder, frames);
});
Deno.bench("messagesFor(): eight frames in plain text", { group: "encode" }, () => {
  encodeFrames(textEncoder, frames);
});
