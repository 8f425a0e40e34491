/** What the hot paths cost, one call each. Compare within one run only: `deno task bench`. */
import { systemClock } from "../lib/chat/clock.ts";
import { EmbeddedBus } from "../lib/chat/embedded_bus.ts";
import { Hub } from "../lib/chat/hub.ts";
import type { Member } from "../lib/chat/member.ts";
import { MemoryStore } from "../lib/chat/memory_store.ts";
import { isUserId, type UserId } from "../lib/core/entries.ts";
import { admit } from "../lib/core/handshake.ts";
import { Allowance } from "../lib/core/limits.ts";
import { parseName, parseRoom } from "../lib/core/names.ts";
import { decode, jsonDialect } from "../lib/core/protocol.ts";
import { pulse, pulsePolicy, type Vitals } from "../lib/core/pulse.ts";
import { said } from "../lib/core/text_mode.ts";
import { exceedsBytes } from "../lib/core/utf8.ts";

const room = must(parseRoom("lobby"));
const author = must(parseName("Ann"));
const short = "x".repeat(64);
const long = "网".repeat(20_000);

function userId(text: string): UserId | undefined {
  return isUserId(text) ? text : undefined;
}

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

const retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };
const drawId = () => crypto.randomUUID();
for (const size of [1, 100, 1_000]) {
  const clock = systemClock;
  const bus = new EmbeddedBus(new MemoryStore(clock, retention, () => "epoch"), clock);
  const hub = new Hub({
    bus,
    clock,
    drawId,
    node: "bench",
    random: Math.random,
    guestName: "guest",
    recoverLimit: 1,
  });
  let heard = 0;
  let arrived = 0;
  const member = (): Member => ({
    dialect: jsonDialect,
    arrive: () => void arrived++,
    turnAway() {},
    deliver: ([message]) => void (heard += message?.length ?? 0),
  });
  for (let i = 0; i < size; i++) {
    const author = { user: must(userId(`user_no_${i}`)), name: must(parseName(`m${i}`)) };
    hub.join(room, member(), { ...author, draw: undefined, since: undefined, limit: 0 });
  }
  while (arrived < size) await new Promise((resolve) => setTimeout(resolve, 1));
  const { top } = await bus.page(room, undefined, 0);
  let seq = top.seq;
  const draft = { room, user: must(userId("user_no_0")), name: author, id: "x", at: 0 };
  Deno.bench(`Hub.receive(): one message for ${size}`, { group: "fan-out" }, () => {
    const position = { epoch: top.epoch, seq: ++seq };
    hub.receive([{
      kind: "entry",
      entry: { ...draft, position, deed: { kind: "said", text: short } },
    }]);
  });
}

const store = new MemoryStore(systemClock, retention, () => "epoch");
let said64 = 0;
Deno.bench("MemoryStore.append(): 64 characters", { group: "log" }, async () => {
  const user = must(userId("user_no_0"));
  const deed = { kind: "said", text: short } as const;
  await store.append({ room, user, name: author, id: `${++said64}`, deed });
});
Deno.bench("decode(): a say", { group: "log" }, () => {
  decode(`{"type":"say","id":"1","room":"lobby","text":"${short}"}`);
});

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
