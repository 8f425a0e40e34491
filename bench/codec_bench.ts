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

const request = `{"type":"say","id":"1","room":"lobby","text":"${short}"}`;
const eight = Array.from({ length: 8 }, () => request).join("\n");
const frames = Array.from({ length: 8 }, (_, index) => entryFrame(entry(index + 1)));

Deno.bench("parseRequest(): a message", { group: "decode", baseline: true }, () => {
  parseRequest(request);
});
Deno.bench("splitFrameLines() and parseRequest(): eight requests in one message", {
  group: "decode",
}, () => {
  for (const { text } of splitFrameLines(eight)) parseRequest(text);
});
Deno.bench("parseRequest(): no JSON", { group: "decode" }, () => {
  parseRequest(short);
});
Deno.bench("entryFrame(): a message", { group: "encode", baseline: true }, () => {
  entryFrame(entry(1));
});
Deno.bench("encodeFrames(): eight frames in JSON", { group: "encode" }, () => {
  encodeFrames(jsonEncoder, frames);
});
Deno.bench("encodeFrames(): eight frames in plain text", { group: "encode" }, () => {
  encodeFrames(textEncoder, frames);
});
