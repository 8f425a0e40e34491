import assert from "node:assert/strict";
import { Mailbox } from "../../lib/chat/mailbox.ts";
import { settle } from "../fakes.ts";

Deno.test("Mailbox hands over all that came since the last time, in order and in one batch", async () => {
  const mailbox = new Mailbox<number>();
  const life = new AbortController();
  const batches = mailbox.batches(life.signal);
  mailbox.put(1);
  mailbox.put(2);
  assert.deepEqual((await batches.next()).value, [1, 2]);
  const waiting = batches.next();
  await settle();
  mailbox.put(3);
  mailbox.put(4);
  assert.deepEqual((await waiting).value, [3, 4]);
  life.abort();
});

Deno.test("Mailbox ends when its signal aborts, also while its taker waits", async () => {
  const life = new AbortController();
  const waiting = new Mailbox<number>().batches(life.signal).next();
  await settle();
  life.abort();
  assert.equal((await waiting).done, true);
});
