/** A hub with announced entries. Its subscribers do nothing, so the cost of sending is not included. */
import { systemClock } from "../lib/chat/ports/clock.ts";
import { BATCH_RATES, type BatchPolicy, NO_BATCHING } from "../lib/core/limits/batch_window.ts";
import { EmbeddedBus } from "../lib/chat/bus/embedded_bus.ts";
import { KnownNames } from "../lib/chat/members/known_names.ts";
import { Hub } from "../lib/chat/room/hub.ts";
import type { Subscriber } from "../lib/chat/room/subscriber.ts";
import { MemoryStore } from "../lib/chat/bus/memory_store.ts";
import type { FrameEncoder } from "../lib/core/protocol/encoder.ts";
import type { UserId } from "../lib/core/log/entry.ts";
import { jsonEncoder } from "../lib/core/protocol/json_protocol.ts";
import { textEncoder } from "../lib/core/protocol/text_protocol.ts";
import { entry, name, retention, room, user } from "./fixtures.ts";

const clock = systemClock;
let received = 0;

/** Opens a room with this many members. The result announces this many entries in one tick. */
async function openRoom(
  size: number,
  encoder: FrameEncoder,
  batchPolicy = NO_BATCHING,
): Promise<(entries: number) => void> {
  const bus = new EmbeddedBus(new MemoryStore(clock, retention, () => "epoch"), clock);
  const common = { bus, clock, random: Math.random, newId: () => crypto.randomUUID() };
  const hub = new Hub({
    ...{ ...common, batchPolicy },
    ...{ node: "bench", guestName: "guest", names: new KnownNames(), recoverLimit: 1 },
  });
  let arrived = 0;
  const member = (user: UserId): Subscriber => ({
    encoder,
    user,
    onJoined: () => void arrived++,
    onRefused() {},
    replay() {},
    onReadMarker() {},
    onRulesChanged() {},
    isBacklogged: () => false,
    readableAfter: () => 0,
    deliver: ([message]) => void (received += message?.length ?? 0),
  });
  for (let i = 0; i < size; i++) {
    const request = {
      user: user(i),
      name: name(i),
      pickName: undefined,
      since: undefined,
      limit: 0,
    };
    hub.join(room, member(request.user), request);
  }
  while (arrived < size) await new Promise((resolve) => setTimeout(resolve, 1));
  let { top: { seq } } = await bus.page(room, undefined, 0);
  return (entries) =>
    hub.dispatch(Array.from({ length: entries }, () => ({ kind: "entry", entry: entry(++seq) })));
}

for (const size of [1, 100, 1_000]) {
  const receive = await openRoom(size, jsonEncoder);
  const group = "fan-out";
  Deno.bench(`Hub.dispatch(): one message for ${size}`, { group }, () => receive(1));
  Deno.bench(`Hub.dispatch(): eight messages for ${size}`, { group }, () => receive(8));
}
const receive = await openRoom(1_000, textEncoder);
Deno.bench("Hub.dispatch(): eight messages for 1000 in plain text", { group: "fan-out" }, () => {
  receive(8);
});

/** No room is as busy, so that what is timed is the decision that nothing waits. */
const QUIET: BatchPolicy = { maxMs: 25, quietRate: 1e14, busyRate: 1e15 };
const BUSY: BatchPolicy = { ...BATCH_RATES, maxMs: 25 };
for (const [what, policy] of [["a quiet room", QUIET], ["a busy room", BUSY]] as const) {
  const receive = await openRoom(1_000, jsonEncoder, policy);
  Deno.bench(`Hub.dispatch(): one message for 1000 in ${what}`, { group: "fan-out" }, () => {
    receive(1);
  });
}
const small = await openRoom(1, jsonEncoder, QUIET);
Deno.bench("Hub.dispatch(): one message for 1 in a quiet room", { group: "fan-out" }, () => {
  small(1);
});
