import assert from "node:assert/strict";
import { StoredTickets, type TicketStore } from "../../../lib/io/auth/stored_tickets.ts";
import { MemoryTicketStore } from "../../../lib/io/auth/memory_ticket_store.ts";
import { tokenUser } from "../../contract/ticket_store_contract.ts";
import { FakeClock } from "../../support/fakes.ts";

/** A store that records what it is asked. */
class RecordingStore extends MemoryTicketStore {
  readonly calls: unknown[][] = [];

  override put(...args: Parameters<TicketStore["put"]>) {
    this.calls.push(["put", ...args]);
    return super.put(...args);
  }

  override take(key: string) {
    this.calls.push(["take", key]);
    return super.take(key);
  }
}

function openTickets() {
  const clock = new FakeClock();
  const store = new RecordingStore(clock);
  const user = { ...tokenUser, expiresAt: clock.date() + 3_600_000 };
  return { clock, store, user, tickets: new StoredTickets(store, clock) };
}

Deno.test("A ticket is 128 random bits, and identifies its user once within 30 s", async () => {
  const { tickets, user, clock } = openTickets();
  const { ticket, expiresInMs } = await tickets.issue(user);
  assert.match(ticket, /^[\w-]{22}$/);
  assert.equal(expiresInMs, 30_000);
  const late = await tickets.issue(user);
  assert.notEqual(late.ticket, ticket);
  await clock.advance(29_999);
  assert.deepEqual(await tickets.take(ticket), user);
  assert.equal(await tickets.take(ticket), undefined);
  await clock.advance(1);
  assert.equal(await tickets.take(late.ticket), undefined);
});

Deno.test("No ticket reaches the store", async () => {
  const { tickets, user, store } = openTickets();
  const { ticket } = await tickets.issue(user);
  await tickets.take(ticket);
  assert.equal(store.calls.length, 2);
  assert.ok(!JSON.stringify(store.calls).includes(ticket));
});

Deno.test("The store is not asked for what cannot be a ticket", async () => {
  const { tickets, store } = openTickets();
  for (const text of ["", "short", "a".repeat(23), `${"a".repeat(21)}=`, "é".repeat(22)]) {
    assert.equal(await tickets.take(text), undefined);
  }
  assert.deepEqual(store.calls, []);
});

Deno.test("A ticket expires with its token", async () => {
  const { tickets, user, clock } = openTickets();
  const expiresAt = clock.date() + 5_000;
  const { ticket, expiresInMs } = await tickets.issue({ ...user, expiresAt });
  assert.equal(expiresInMs, 5_000);
  await clock.advance(5_000);
  assert.equal(await tickets.take(ticket), undefined);
});
