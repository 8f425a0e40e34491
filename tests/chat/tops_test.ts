import assert from "node:assert/strict";
import { type Announcement, BusUnavailable, type Top } from "../../lib/chat/bus.ts";
import { inPortions, TopWatch } from "../../lib/chat/tops.ts";
import { ann, lobby, say } from "../contract/given.ts";
import { FakeClock, room } from "../fakes.ts";

/** A watch over a bus with this top; what it tells, and the announcements that it is given. */
function watch(read: () => Promise<readonly Top[]> = () => Promise.resolve([])) {
  const clock = new FakeClock();
  const life = new AbortController();
  const told: (readonly Top[])[] = [];
  const tops = new TopWatch({ tops: read }, clock, (some) => told.push(some));
  const running = tops.run(life.signal);
  return {
    clock,
    told,
    async hear(...announcements: readonly Announcement[]) {
      async function* once() {
        yield await Promise.resolve(announcements);
      }
      for await (const handedOn of tops.watch(once())) assert.equal(handedOn, announcements);
    },
    async [Symbol.asyncDispose]() {
      life.abort();
      await running;
    },
  };
}

const entry = (seq: number): Announcement => ({
  kind: "entry",
  entry: { ...say("hello"), ...ann, room: lobby, position: { epoch: "a", seq }, at: 0 },
});

Deno.test("TopWatch tells the newest position of each room that has changed, within a second and once", async () => {
  await using watched = watch();
  await watched.hear(entry(1), entry(2));
  await watched.clock.advance(1_000);
  const top = { kind: "top", room: lobby, top: { epoch: "a", seq: 2 }, isRead: false };
  assert.deepEqual(watched.told, [[top]]);
  await watched.clock.advance(10_000);
  assert.equal(watched.told.length, 1);
});

Deno.test("TopWatch tells what the log itself says each 15 s, also after the bus was away", async () => {
  const top: Top = { kind: "top", room: lobby, top: { epoch: "a", seq: 9 }, isRead: true };
  let isAway = true;
  await using watched = watch(() => {
    if (isAway) return Promise.reject(new BusUnavailable("away", { perhapsSent: false }));
    return Promise.resolve([top]);
  });
  await watched.clock.advance(15_000);
  assert.deepEqual(watched.told, []);
  isAway = false;
  await watched.clock.advance(14_000);
  assert.deepEqual(watched.told, []);
  await watched.clock.advance(1_000);
  assert.deepEqual(watched.told, [[top]]);
});

Deno.test("inPortions() yields all items in order, at most 250 in one turn", async () => {
  const clock = new FakeClock();
  const rooms = Array.from({ length: 1_001 }, (_, index) => room(`room${index}`));
  const given: (typeof rooms)[] = [];
  const reading = (async () => {
    for await (const some of inPortions(rooms, clock, new AbortController().signal)) {
      given.push([...some]);
    }
  })();
  const counts = [];
  for (let ms = 0; ms < 5; ms++) {
    await clock.advance(ms === 0 ? 0 : 1);
    counts.push(given.length);
  }
  await reading;
  assert.deepEqual(counts, [1, 2, 3, 4, 5]);
  assert.ok(given.every(({ length }) => length <= 250));
  assert.deepEqual(given.flat(), rooms);
});

Deno.test("TopWatch tells the tops of a thousand rooms in portions", async () => {
  const tops = Array.from({ length: 1_000 }, (_, seq): Top => {
    return { kind: "top", room: room(`room${seq}`), top: { epoch: "a", seq }, isRead: true };
  });
  await using watched = watch(() => Promise.resolve(tops));
  await watched.clock.advance(15_100);
  assert.equal(watched.told.length, 4);
  assert.deepEqual(watched.told.flat(), tops);
});
