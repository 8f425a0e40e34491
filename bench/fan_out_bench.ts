/** What a hub makes of what is announced. Its members do nothing: what sending costs is not in it. */
import { systemClock } from "../lib/chat/clock.ts";
import { EmbeddedBus } from "../lib/chat/embedded_bus.ts";
import { Hub } from "../lib/chat/hub.ts";
import type { Member } from "../lib/chat/member.ts";
import { MemoryStore } from "../lib/chat/memory_store.ts";
import type { Dialect } from "../lib/core/dialect.ts";
import { jsonDialect } from "../lib/core/protocol.ts";
import { textDialect } from "../lib/core/text_mode.ts";
import { entry, name, retention, room, user } from "./given.ts";

const clock = systemClock;
let heard = 0;

/** A hub with so many in one room; the result takes so many entries in one tick. */
async function openRoom(size: number, dialect: Dialect): Promise<(entries: number) => void> {
  const bus = new EmbeddedBus(new MemoryStore(clock, retention, () => "epoch"), clock);
  const common = { bus, clock, random: Math.random, drawId: () => crypto.randomUUID() };
  const hub = new Hub({ ...common, node: "bench", guestName: "guest", recoverLimit: 1 });
  let arrived = 0;
  const member = (): Member => ({
    dialect,
    arrive: () => void arrived++,
    turnAway() {},
    replay() {},
    isBehind: () => false,
    deliver: ([message]) => void (heard += message?.length ?? 0),
  });
  for (let i = 0; i < size; i++) {
    const wish = { user: user(i), name: name(i), draw: undefined, since: undefined, limit: 0 };
    hub.join(room, member(), wish);
  }
  while (arrived < size) await new Promise((resolve) => setTimeout(resolve, 1));
  let { top: { seq } } = await bus.page(room, undefined, 0);
  return (entries) =>
    hub.receive(Array.from({ length: entries }, () => ({ kind: "entry", entry: entry(++seq) })));
}

for (const size of [1, 100, 1_000]) {
  const receive = await openRoom(size, jsonDialect);
  const group = "fan-out";
  Deno.bench(`Hub.receive(): one message for ${size}`, { group }, () => receive(1));
  Deno.bench(`Hub.receive(): eight messages for ${size}`, { group }, () => receive(8));
}
const receive = await openRoom(1_000, textDialect);
Deno.bench("Hub.receive(): eight messages for 1000 in plain text", { group: "fan-out" }, () => {
  receive(8);
});
