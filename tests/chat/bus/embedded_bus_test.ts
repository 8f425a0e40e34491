import assert from "node:assert/strict";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import { LEASE_MS } from "../../../lib/core/presence/lease_table.ts";
import { busContract } from "../../contract/bus_contract.ts";
import { ann, bob, lobby } from "../../contract/fixtures.ts";
import { FakeClock, room } from "../../support/fakes.ts";

let epochs = 0;

busContract("EmbeddedBus in memory", (retention, quota) => {
  const store = new MemoryStore(systemClock, retention, () => `epoch${++epochs}`, quota);
  const bus = new EmbeddedBus(store, systemClock);
  return Promise.resolve({ bus, [Symbol.asyncDispose]: () => Promise.resolve() });
});

Deno.test("EmbeddedBus forgets only the users of a node that did not renew its lease", async () => {
  const clock = new FakeClock();
  const store = new MemoryStore(clock, { messages: 1, entries: 1, ageMs: Infinity }, () => "epoch");
  const bus = new EmbeddedBus(store, clock);
  await bus.claim(lobby, { ...ann, node: "node-1", rename: false });
  await bus.claim(lobby, { ...bob, node: "node-2", rename: false });
  await clock.advance(LEASE_MS - 1);
  assert.equal((await bus.refresh(lobby, "node-1")).people.length, 2);
  await clock.advance(1);
  const left = [{ ...ann, nodes: ["node-1"] }];
  assert.deepEqual(await bus.countPeople([lobby]), new Map([[lobby, 1]]));
  assert.deepEqual(await bus.people(lobby), left);
  assert.deepEqual((await bus.refresh(lobby, "node-2")).people, left);
});

Deno.test("EmbeddedBus requests the tops of a thousand rooms from its store in batches", async () => {
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
  for (const id of rooms) await bus.subscribe(id);
  const reading = bus.topPositions();
  const batches = [];
  for (let before = 0; asked < 1_000; before = asked) {
    await clock.advance(1);
    batches.push(asked - before);
  }
  assert.ok(Math.max(...batches) <= 500, `${batches}`);
  assert.deepEqual((await reading).map((top) => top.room), rooms);
});
