import assert from "node:assert/strict";
import { type Announcement, BusUnavailable, type Top } from "../../lib/chat/bus.ts";
import { TopWatch } from "../../lib/chat/tops.ts";
import { ann, lobby, say } from "../contract/given.ts";
import { FakeClock } from "../fakes.ts";

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
