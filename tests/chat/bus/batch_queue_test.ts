import assert from "node:assert/strict";
import { BatchQueue } from "../../../lib/chat/bus/batch_queue.ts";
import { flushMicrotasks } from "../../support/fakes.ts";

Deno.test("BatchQueue returns everything added since the last call, in order and in one batch", async () => {
  const queue = new BatchQueue<number>();
  const life = new AbortController();
  const batches = queue.batches(life.signal);
  queue.push(1);
  queue.push(2);
  assert.deepEqual((await batches.next()).value, [1, 2]);
  const waiting = batches.next();
  await flushMicrotasks();
  queue.push(3);
  queue.push(4);
  assert.deepEqual((await waiting).value, [3, 4]);
  life.abort();
});

Deno.test("BatchQueue ends when its signal aborts, even while its consumer waits", async () => {
  const life = new AbortController();
  const waiting = new BatchQueue<number>().batches(life.signal).next();
  await flushMicrotasks();
  life.abort();
  assert.equal((await waiting).done, true);
});
