/** What the hot paths cost, one call each. Compare within one run only: `deno task bench`. */
import { Hub } from "../lib/chat/hub.ts";
import { admit } from "../lib/core/handshake.ts";
import { Allowance } from "../lib/core/limits.ts";
import { type Name, parseName, parseRoom } from "../lib/core/names.ts";
import { pulse, pulsePolicy, type Vitals } from "../lib/core/pulse.ts";
import { said } from "../lib/core/text_mode.ts";
import { exceedsBytes } from "../lib/core/utf8.ts";

const room = must(parseRoom("lobby"));
const author = must(parseName("Ann"));
const short = "x".repeat(64);
const long = "网".repeat(20_000);

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("Cannot bench: a name or room is bad");
  return value;
}

Deno.bench("said(): a line of 64 characters", { group: "text", baseline: true }, () => {
  said(author, short);
});
Deno.bench("said(): 64 characters with line breaks", { group: "text" }, () => {
  said(author, "x\n".repeat(32));
});
Deno.bench("exceedsBytes(): 64 characters", { group: "text" }, () => {
  exceedsBytes(short, 65_535);
});
Deno.bench("exceedsBytes(): 20,000 characters that must be counted", { group: "text" }, () => {
  exceedsBytes(long, 59_999);
});

for (const size of [1, 100, 1_000]) {
  const hub = new Hub({ follow: () => Promise.resolve(), unfollow() {} });
  let heard = 0;
  const member = { deliver: (frame: string) => void (heard += frame.length) };
  const names = Array.from({ length: size }, (_, i): Name => must(parseName(`m${i}`)));
  for (const name of names) hub.join(room, name, member);
  Deno.bench(`Hub.receive(): one message for ${size}`, { group: "fan-out" }, () => {
    hub.receive([{ room, author, text: short }]);
  });
}

const headers = new Headers({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "lkUx3lTpjFwO5OI7xY3+1Q==",
  host: "127.0.0.1:8080",
  origin: "http://127.0.0.1:8080",
});
Deno.bench("admit(): a browser's handshake", { group: "rules" }, () => {
  admit({ method: "GET", headers }, { origins: "same", viaTrustedProxy: false });
});

const allowance = new Allowance(10, 0);
let now = 0;
Deno.bench("Allowance.ask()", { group: "rules" }, () => {
  allowance.ask(now += 100);
});

const policy = pulsePolicy({ pingMs: 25_000, maxBufferedBytes: 1024 * 1024 });
const vitals: Vitals = { state: "open", backlog: 0, movedAt: 0, heardAt: 0, answers: false };
Deno.bench("pulse(): an idle connection", { group: "rules", baseline: true }, () => {
  pulse(vitals, policy, 10_000);
});
