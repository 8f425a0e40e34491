/** The store in memory. */
import { systemClock } from "../lib/chat/ports/clock.ts";
import { MemoryStore } from "../lib/chat/bus/memory_store.ts";
import { author, retention, room, short, user } from "./fixtures.ts";

const store = new MemoryStore(systemClock, retention, () => "epoch");
let entered = 0;

Deno.bench("MemoryStore.append(): 64 characters", { group: "log" }, async () => {
  const action = { kind: "said", text: short } as const;
  await store.append({ room, user: user(0), name: author, id: `${++entered}`, action });
});
