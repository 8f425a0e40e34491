/** Concurrent identical reads are made once. */
import assert from "node:assert/strict";
import { ReadCoalescer } from "../../../lib/chat/bus/read_coalescer.ts";

/** A log that counts its reads, and answers when the test tells it to. */
class SlowLog {
  readonly begun: PromiseWithResolvers<string>[] = [];
  readonly read = (): Promise<string> => {
    const reading = Promise.withResolvers<string>();
    this.begun.push(reading);
    return reading.promise;
  };

  async answer(index: number, answer: string): Promise<void> {
    this.begun[index]?.resolve(answer);
    // Yield a turn, so that the callers waiting for it continue.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

Deno.test("ReadCoalescer.read() makes one read for all callers while it is in progress", async () => {
  const log = new SlowLog();
  const reads = new ReadCoalescer<string>();
  const first = reads.read("a", log.read);
  const others = [1, 2, 3].map(() => reads.read("a", log.read));
  assert.equal(log.begun.length, 1);
  await log.answer(0, "old");
  assert.equal(log.begun.length, 2);
  await log.answer(1, "new");
  assert.equal(await first, "old");
  assert.deepEqual(await Promise.all(others), ["new", "new", "new"]);
  assert.equal(log.begun.length, 2);
});

Deno.test("ReadCoalescer.read() never returns a read that began before the call", async () => {
  const log = new SlowLog();
  const reads = new ReadCoalescer<string>();
  reads.read("a", log.read);
  const late = reads.read("a", log.read);
  await log.answer(0, "before");
  const later = reads.read("a", log.read);
  await log.answer(1, "between");
  await log.answer(2, "after");
  assert.deepEqual([await late, await later], ["between", "after"]);
});

Deno.test("ReadCoalescer.read() keeps reads of different things apart", async () => {
  const log = new SlowLog();
  const reads = new ReadCoalescer<string>();
  const both = [reads.read("a", log.read), reads.read("b", log.read)];
  await log.answer(0, "of a");
  await log.answer(1, "of b");
  assert.deepEqual(await Promise.all(both), ["of a", "of b"]);
});

Deno.test("ReadCoalescer.read() reports a failure only to its callers, not to later ones", async () => {
  const reads = new ReadCoalescer<string>();
  const failing = reads.read("a", () => Promise.reject(new Error("away")));
  const later = reads.read("a", () => Promise.resolve("back"));
  await assert.rejects(failing, /away/);
  assert.equal(await later, "back");
  assert.equal(await reads.read("a", () => Promise.resolve("again")), "again");
});
