/** Lines of plain text, and their length in bytes. */
import { messageLine } from "../lib/core/protocol/text_protocol.ts";
import { exceedsBytes } from "../lib/core/utf8.ts";
import { author, short } from "./fixtures.ts";

const long = "网".repeat(20_000);

Deno.bench("messageLine(): 64 characters", { group: "text", baseline: true }, () => {
  messageLine(author, short);
});
Deno.bench("messageLine(): 64 characters with line breaks", { group: "text" }, () => {
  messageLine(author, "x\n".repeat(32));
});
Deno.bench("exceedsBytes(): 64 characters", { group: "text" }, () => {
  exceedsBytes(short, 65_535);
});
Deno.bench("exceedsBytes(): 20,000 characters that must be counted", { group: "text" }, () => {
  exceedsBytes(long, 59_999);
});
