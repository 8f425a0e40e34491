/** The two observable types of the client library. */
import assert from "node:assert/strict";
import { Feed, Value } from "../../../static/client.js";
import { flushMicrotasks } from "../../support/fakes.ts";

Deno.test("Feed sends each item to all current listeners, until they unsubscribe", () => {
  const feed = new Feed<number>();
  const [one, two]: number[][] = [[], []];
  feed.emit(0);
  const stop = feed.subscribe((item) => one?.push(item));
  const same = (item: number) => void two?.push(item);
  const stopFirst = feed.subscribe(same);
  feed.subscribe(same);
  feed.emit(1);
  stop();
  stopFirst();
  stop();
  feed.emit(2);
  assert.deepEqual([one, two], [[1], [1, 1, 2]]);
});

Deno.test("Feed buffers items for a busy loop, and ends the loop when it ends", async () => {
  const feed = new Feed<number>();
  const received: number[] = [];
  const loop = (async () => {
    for await (const item of feed) {
      received.push(item);
      if (item === 1) [2, 3, 4].forEach((it) => feed.emit(it));
      await flushMicrotasks();
    }
  })();
  feed.emit(1);
  await flushMicrotasks();
  feed.emit(5);
  feed.end();
  feed.emit(6);
  await loop;
  assert.deepEqual(received, [1, 2, 3, 4, 5]);
});

Deno.test("Feed sends nothing to a loop that was left early", async () => {
  const feed = new Feed<number>();
  const items = feed[Symbol.asyncIterator]();
  feed.emit(1);
  feed.emit(2);
  for await (const item of items) {
    assert.equal(item, 1);
    break;
  }
  feed.emit(3);
  assert.deepEqual(await items.next(), { done: true, value: undefined });
});

Deno.test("Feed sends nothing to a loop that starts after its end", async () => {
  const feed = new Feed<number>();
  feed.end();
  for await (const item of feed) assert.fail(`${item}`);
});

Deno.test("Feed ends a loop that waits for its first item", async () => {
  const feed = new Feed<number>();
  const items = feed[Symbol.asyncIterator]();
  const next = items.next();
  await items.return?.();
  assert.equal((await next).done, true);
});

Deno.test("Feed reports an error thrown by a listener as uncaught, and notifies the others", async () => {
  const uncaught: unknown[] = [];
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.push(event.error);
  };
  globalThis.addEventListener("error", report);
  try {
    const feed = new Feed<number>();
    const received: number[] = [];
    const error = new Error("a bug in the listener");
    feed.subscribe(() => {
      throw error;
    });
    feed.subscribe((item) => received.push(item));
    feed.emit(1);
    await flushMicrotasks();
    assert.deepEqual([received, uncaught], [[1], [error]]);
  } finally {
    globalThis.removeEventListener("error", report);
  }
});

Deno.test("Value sends its current value at once, and then each change once", () => {
  const value = new Value("a");
  const received: string[] = [];
  value.subscribe((it) => received.push(it));
  for (const it of ["a", "b", "b", "c"]) value.set(it);
  assert.deepEqual([received, value.value], [["a", "b", "c"], "c"]);
});

Deno.test("Value gives a loop its value and every change, and after its end the last value", async () => {
  const value = new Value(1);
  const received: number[] = [];
  const loop = (async () => {
    for await (const it of value) received.push(it);
  })();
  value.set(2);
  await flushMicrotasks();
  value.set(3);
  value.end();
  await loop;
  for await (const it of value) received.push(it);
  assert.deepEqual(received, [1, 2, 3, 3]);
});

Deno.test("Value never sends an older value after a newer one, even if a listener changes it", () => {
  const value = new Value(0);
  const [first, last]: number[][] = [[], []];
  value.subscribe((it) => first?.push(it));
  value.subscribe((it) => it === 1 && value.set(2));
  value.subscribe((it) => last?.push(it));
  value.set(1);
  value.set(3);
  assert.deepEqual([first, last], [[0, 1, 2, 3], [0, 2, 3]]);
});

Deno.test("Feed sends nothing to a listener that was removed during the same emit", () => {
  const feed = new Feed<number>();
  feed.subscribe(() => stop());
  const received: number[] = [];
  const stop = feed.subscribe((item) => received.push(item));
  feed.emit(1);
  assert.deepEqual(received, []);
});

Deno.test("Feed gives a loop that was busy for long every missed item, in order", async () => {
  const feed = new Feed<number>();
  const loop = feed[Symbol.asyncIterator]();
  const taken: number[] = [];
  for (let i = 0; i < 100; i += 1) {
    feed.emit(2 * i);
    feed.emit(2 * i + 1);
    taken.push((await loop.next()).value);
  }
  feed.end();
  for await (const item of loop) taken.push(item);
  assert.deepEqual(taken, Array.from({ length: 200 }, (_, i) => i));
});
