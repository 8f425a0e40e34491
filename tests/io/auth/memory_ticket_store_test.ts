import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { MemoryTicketStore } from "../../../lib/io/auth/memory_ticket_store.ts";
import { SHORT_MS, ticketStoreContract, tokenUser } from "../../contract/ticket_store_contract.ts";
import { FakeClock } from "../../support/fakes.ts";

ticketStoreContract("MemoryTicketStore", () => {
  const clock = new FakeClock();
  return Promise.resolve({
    store: new MemoryTicketStore(clock),
    whenExpired: () => clock.advance(SHORT_MS),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

Deno.test("A full MemoryTicketStore refuses new tickets and keeps the old ones", async () => {
  const store = new MemoryTicketStore(new FakeClock(), 2);
  for (const key of ["one", "two"]) await store.put(key, tokenUser, 1_000);
  await assert.rejects(store.put("three", tokenUser, 1_000), BusUnavailable);
  assert.ok(await store.take("one"));
  await store.put("three", tokenUser, 1_000);
  assert.ok(await store.take("two"));
  assert.ok(await store.take("three"));
});

Deno.test("MemoryTicketStore makes room for new tickets where old ones have expired", async () => {
  const clock = new FakeClock();
  const store = new MemoryTicketStore(clock, 2);
  for (const key of ["one", "two"]) await store.put(key, tokenUser, 1_000);
  await clock.advance(1_000);
  await store.put("three", tokenUser, 1_000);
  assert.equal(store.size, 1);
});
