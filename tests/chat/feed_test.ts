/** A list that workers follow: nothing is missed, and nothing comes twice. */
import assert from "node:assert/strict";
import { Feed, type FeedUpdate, followFeed, RECENT_ITEMS } from "../../lib/chat/feed.ts";
import { flushMicrotasks } from "../support/fakes.ts";

/** Whether a promise has resolved, and to what. */
function watch<T>(promise: Promise<T>): { result?: T } {
  const watched: { result?: T } = {};
  promise.then((result) => watched.result = result);
  return watched;
}

/** A feed of which nothing older is out of date. */
function listFeed<T>(): Pick<Feed<T>, "add" | "open" | "after"> {
  const all: T[] = [];
  const feed = new Feed<T>(() => [...all]);
  return {
    add: (items) => {
      all.push(...items);
      feed.add(items);
    },
    open: () => feed.open(),
    after: (version) => feed.after(version),
  };
}

Deno.test("Feed gives nothing before it is open, and then everything", async () => {
  const feed = listFeed<string>();
  const first = watch(feed.after(0));
  feed.add(["a"]);
  await flushMicrotasks();
  assert.equal(first.result, undefined);
  feed.open();
  await flushMicrotasks();
  assert.deepEqual(first.result, { version: 2, isWhole: true, added: ["a"] });
  assert.deepEqual(await feed.after(0), { version: 2, isWhole: true, added: ["a"] });
});

Deno.test("Feed answers at once when it opens empty, so that followers know there is nothing", async () => {
  const feed = listFeed<string>();
  feed.open();
  assert.deepEqual(await feed.after(0), { version: 1, isWhole: true, added: [] });
});

Deno.test("Feed resolves everybody who waits, each with what is new to them", async () => {
  const feed = listFeed<string>();
  feed.open();
  feed.add(["a", "b"]);
  const [one, other] = [watch(feed.after(3)), watch(feed.after(3))];
  feed.add([]);
  await flushMicrotasks();
  assert.equal(one.result, undefined);
  feed.add(["c"]);
  await flushMicrotasks();
  const added = { version: 4, isWhole: false, added: ["c"] };
  assert.deepEqual([one.result, other.result], [added, added]);
  assert.deepEqual(await feed.after(2), { ...added, added: ["b", "c"] });
});

Deno.test("Feed keeps the newest 1,000 items, and gives whoever needs older ones what all amount to", async () => {
  // A value that each item replaces.
  let latest = 0;
  const feed = new Feed<number>(() => [latest]);
  feed.open();
  const count = 5 * RECENT_ITEMS + 7;
  for (let item = 1; item <= count; item++) {
    latest = item;
    feed.add([item]);
    if (item < RECENT_ITEMS) continue;
    const { version, isWhole, added } = await feed.after(item - RECENT_ITEMS + 1);
    assert.deepEqual([version, isWhole, added.length], [item + 1, false, RECENT_ITEMS]);
    assert.deepEqual([added.at(0), added.at(-1)], [item - RECENT_ITEMS + 1, item]);
  }
  for (const version of [0, 1, count - 2 * RECENT_ITEMS]) {
    assert.deepEqual(await feed.after(version), {
      ...{ version: count + 1, isWhole: true, added: [count] },
    });
  }
  const next = watch(feed.after(count + 1));
  await flushMicrotasks();
  assert.equal(next.result, undefined);
});

Deno.test("Feed gives a follower that missed nothing the whole when more is added at once than it keeps", async () => {
  const feed = listFeed<number>();
  feed.open();
  const next = watch(feed.after(1));
  feed.add(Array.from({ length: 3 * RECENT_ITEMS }, (_, index) => index));
  await flushMicrotasks();
  const { version, isWhole, added = [] } = next.result ?? {};
  assert.deepEqual([version, isWhole, added.length], [3_001, true, 3 * RECENT_ITEMS]);
});

Deno.test("followFeed() hands on every item once, whatever is added while an update is under way", async () => {
  const feed = listFeed<number>();
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
