/** From a WebSocket message to requests, and from frames to messages. */
import { messagesFor } from "../lib/core/dialect.ts";
import { decode, frameOf, jsonDialect, linesOf } from "../lib/core/protocol.ts";
import { textDialect } from "../lib/core/text_mode.ts";
import { entry, short } from "./given.ts";

const say = `{"type":"say","id":"1","room":"lobby","text":"${short}"}`;
const eight = Array.from({ length: 8 }, () => say).join("\n");
const frames = Array.from({ length: 8 }, (_, index) => frameOf(entry(index + 1)));

Deno.bench("decode(): a say", { group: "decode", baseline: true }, () => {
  decode(say);
});
Deno.bench("decode(): eight of them in one message", { group: "decode" }, () => {
  for (const { text } of linesOf(eight)) decode(text);
});
Deno.bench("decode(): no JSON", { group: "decode" }, () => {
  decode(short);
});
Deno.bench("frameOf(): of what was said", { group: "encode", baseline: true }, () => {
  frameOf(entry(1));
});
Deno.bench("messagesFor(): eight frames in JSON", { group: "encode" }, () => {
  messagesFor(jsonDialect, frames);
});
Deno.bench("messagesFor(): eight frames in plain text", { group: "encode" }, () => {
  messagesFor(textDialect, frames);
});
