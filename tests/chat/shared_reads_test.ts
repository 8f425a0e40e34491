/** Reads that are the same, made once. */
import assert from "node:assert/strict";
import { SharedReads } from "../../lib/chat/shared_reads.ts";

/** A log that counts how often it is read, and answers when it is told to. */
class SlowLog {
  readonly begun: PromiseWithResolvers<string>[] = [];
  readonly read = (): Promise<string> => {
    const reading = Promise.withResolvers<string>();
    this.begun.push(reading);
    return reading.promise;
  };

  async answer(index: number, answer: string): Promise<void> {
    this.begun[index]?.resolve(answer);
    // A turn, so that whoever waits for it goes on.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

Deno.test("SharedReads.read() makes one reading for all who ask while one is under way", async () => {
  const log = new SlowLog();
  const reads = new SharedReads<string>();
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

Deno.test("SharedReads.read() never hands out what was read before it was asked", async () => {
  const log = new SlowLog();
  const reads = new SharedReads<string>();
  reads.read("a", log.read);
  const late = reads.read("a", log.read);
  await log.answer(0, "before");
  const later = reads.read("a", log.read);
  await log.answer(1, "between");
  await log.answer(2, "after");
  assert.deepEqual([await late, await later], ["between", "after"]);
});

Deno.test("SharedReads.read() keeps readings of different things apart", async () => {
  const log = new SlowLog();
  const reads = new SharedReads<string>();
  const both = [reads.read("a", log.read), reads.read("b", log.read)];
  await log.answer(0, "of a");
  await log.answer(1, "of b");
  assert.deepEqual(await Promise.all(both), ["of a", "of b"]);
});

Deno.test("SharedReads.read() tells a failure to those who asked for it, and to nobody later", async () => {
  const reads = new SharedReads<string>();
  const failing = reads.read("a", () => Promise.reject(new Error("away")));
  const later = reads.read("a", () => Promise.resolve("back"));
  await assert.rejects(failing, /away/);
  assert.equal(await later, "back");
  assert.equal(await reads.read("a", () => Promise.resolve("again")), "again");
});
