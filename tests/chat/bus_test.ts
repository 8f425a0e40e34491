import assert from "node:assert/strict";
import { systemClock } from "../../lib/chat/clock.ts";
import { EmbeddedBus } from "../../lib/chat/embedded_bus.ts";
import { MemoryStore } from "../../lib/chat/memory_store.ts";
import { LEASE_MS } from "../../lib/core/leases.ts";
import { busContract } from "../bus_contract.ts";
import { ann, bob, lobby } from "../contract/given.ts";
import { FakeClock, room } from "../fakes.ts";

let epochs = 0;

busContract("EmbeddedBus in memory", (retention, quota) => {
  const store = new MemoryStore(systemClock, retention, () => `epoch${++epochs}`, quota);
  const bus = new EmbeddedBus(store, systemClock);
  return Promise.resolve({ bus, [Symbol.asyncDispose]: () => Promise.resolve() });
});

Deno.test("EmbeddedBus forgets whom a node had that did not renew its lease, and nobody else", async () => {
  const clock = new FakeClock();
  const store = new MemoryStore(clock, { messages: 1, entries: 1, ageMs: Infinity }, () => "epoch");
  const bus = new EmbeddedBus(store, clock);
  await bus.claim(lobby, { ...ann, node: "node-1", rename: false });
  await bus.claim(lobby, { ...bob, node: "node-2", rename: false });
  await clock.advance(LEASE_MS - 1);
  assert.equal(await bus.renew(lobby, "node-1"), true);
  await clock.advance(1);
  assert.deepEqual(await bus.people(lobby), [{ ...ann, nodes: ["node-1"] }]);
  assert.equal(await bus.renew(lobby, "node-2"), false);
});

Deno.test("EmbeddedBus does not ask its store for the tops of a thousand rooms in one go", async () => {
  const clock = new FakeClock();
  const ample = { messages: 1, entries: 1, ageMs: Infinity };
  const store = new MemoryStore(clock, ample, () => `epoch${++epochs}`);
  let asked = 0;
  const page = store.page.bind(store);
  store.page = (...of) => {
    asked += 1;
    return page(...of);
  };
  const bus = new EmbeddedBus(store, clock);
  const rooms = Array.from({ length: 1_000 }, (_, index) => room(`room${index}`));
  for (const id of rooms) await bus.follow(id);
  const reading = bus.tops();
  const portions = [];
  for (let before = 0; asked < 1_000; before = asked) {
    await clock.advance(1);
    portions.push(asked - before);
  }
  assert.ok(Math.max(...portions) <= 500, `${portions}`);
  assert.deepEqual((await reading).map((top) => top.room), rooms);
});
