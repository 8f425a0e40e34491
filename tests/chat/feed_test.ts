/** A list that workers follow: nothing is missed, and nothing comes twice. */
import assert from "node:assert/strict";
import { Feed, type FeedUpdate, followFeed } from "../../lib/chat/feed.ts";
import { flushMicrotasks } from "../support/fakes.ts";

/** Whether a promise has resolved, and to what. */
function watch<T>(promise: Promise<T>): { result?: T } {
  const watched: { result?: T } = {};
  promise.then((result) => watched.result = result);
  return watched;
}

Deno.test("Feed gives nothing before it is open, and then everything", async () => {
  const feed = new Feed<string>();
  const first = watch(feed.after(0));
  feed.add(["a"]);
  await flushMicrotasks();
  assert.equal(first.result, undefined);
  feed.open();
  await flushMicrotasks();
  assert.deepEqual(first.result, { version: 2, added: ["a"] });
  assert.deepEqual(await feed.after(0), { version: 2, added: ["a"] });
});

Deno.test("Feed answers at once when it opens empty, so that followers know there is nothing", async () => {
  const feed = new Feed<string>();
  feed.open();
  assert.deepEqual(await feed.after(0), { version: 1, added: [] });
});

Deno.test("Feed resolves everybody who waits, each with what is new to them", async () => {
  const feed = new Feed<string>();
  feed.open();
  feed.add(["a", "b"]);
  const [one, other] = [watch(feed.after(3)), watch(feed.after(3))];
  feed.add([]);
  await flushMicrotasks();
  assert.equal(one.result, undefined);
  feed.add(["c"]);
  await flushMicrotasks();
  assert.deepEqual([one.result, other.result], Array(2).fill({ version: 4, added: ["c"] }));
  assert.deepEqual(await feed.after(2), { version: 4, added: ["b", "c"] });
  assert.deepEqual(feed.items, ["a", "b", "c"]);
});

Deno.test("followFeed() hands on every item once, whatever is added while an update is under way", async () => {
  const feed = new Feed<number>();
  const life = new AbortController();
  const received: number[] = [];
  const following = followFeed(
    async (version) => {
      const update = await feed.after(version);
      await flushMicrotasks();
      return update;
    },
    ({ added }: FeedUpdate<number>) => received.push(...added),
    life.signal,
  );
  feed.open();
  for (let number = 0; number < 20; number++) {
    feed.add([number]);
    if (number % 3 === 0) await flushMicrotasks();
  }
  for (let turn = 0; turn < 5; turn++) await flushMicrotasks();
  assert.deepEqual(received, Array.from({ length: 20 }, (_, number) => number));
  life.abort();
  await following;
});

Deno.test("followFeed() rejects if its source does", async () => {
  const gone = () => Promise.reject(new Error("the main thread is gone"));
  await assert.rejects(followFeed(gone, () => {}, new AbortController().signal), /gone/);
});
