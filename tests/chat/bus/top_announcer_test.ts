import assert from "node:assert/strict";
import {
  type Announcement,
  BusUnavailable,
  ROOM_GROUPS,
  type Top,
} from "../../../lib/chat/ports/bus.ts";
import { inPacedSlices, TopAnnouncer } from "../../../lib/chat/bus/top_announcer.ts";
import { ann, lobby, say } from "../../contract/fixtures.ts";
import { FakeClock, room } from "../../support/fakes.ts";

/** A TopAnnouncer over a bus with this top, its announcements, and those that it receives. */
function watch(read: (group?: number) => Promise<readonly Top[]> = () => Promise.resolve([])) {
  const clock = new FakeClock();
  const life = new AbortController();
  const announced: (readonly Top[])[] = [];
  const tops = new TopAnnouncer({ topPositions: read }, clock, (some) => announced.push(some));
  const running = tops.run(life.signal);
  return {
    clock,
    announced,
    async receive(...announcements: readonly Announcement[]) {
      async function* once() {
        yield await Promise.resolve(announcements);
      }
      for await (const handedOn of tops.observe(once())) assert.equal(handedOn, announcements);
    },
    async [Symbol.asyncDispose]() {
      life.abort();
      await running;
    },
  };
}

const readTop = (seq: number, epoch = "a"): Top => {
  return { kind: "top", room: lobby, top: { epoch, seq }, isRead: true };
};

const entry = (seq: number): Announcement => ({
  kind: "entry",
  entry: { ...say("hello"), ...ann, room: lobby, position: { epoch: "a", seq }, at: 0 },
});

Deno.test("TopAnnouncer announces the newest position of each changed room once, within a second", async () => {
  await using watched = watch();
  await watched.receive(entry(1), entry(2));
  await watched.clock.advance(1_000);
  const top = { kind: "top", room: lobby, top: { epoch: "a", seq: 2 }, isRead: false };
  assert.deepEqual(watched.announced, [[top]]);
  await watched.clock.advance(10_000);
  assert.equal(watched.announced.length, 1);
});

Deno.test("TopAnnouncer announces the log's own top every 14 s, even after the bus was away", async () => {
  const top: Top = { kind: "top", room: lobby, top: { epoch: "a", seq: 9 }, isRead: true };
  let isAway = true;
  await using watched = watch((group) => {
    if (group !== 0) return Promise.resolve([]);
    if (isAway) return Promise.reject(new BusUnavailable("away", { mayHaveApplied: false }));
    return Promise.resolve([top]);
  });
  await watched.clock.advance(15_000);
  assert.deepEqual(watched.announced, []);
  isAway = false;
  await watched.clock.advance(13_000);
  assert.deepEqual(watched.announced, []);
  await watched.clock.advance(1_000);
  assert.deepEqual(watched.announced, [[top]]);
  await watched.clock.advance(14_000);
  assert.deepEqual(watched.announced, [[top], [top]]);
});

Deno.test("TopAnnouncer announces no position before the entries up to it", async () => {
  await using watched = watch((group) => Promise.resolve(group === 1 ? [readTop(7)] : []));
  await watched.clock.advance(1_500);
  // Stored, and announced only now.
  await watched.receive(entry(6), entry(7));
  await watched.clock.advance(1_000);
  assert.deepEqual(watched.announced.flat(), [{ ...readTop(7), isRead: false }, readTop(7)]);
});

Deno.test("TopAnnouncer announces the newest entry instead of an older position that was read", async () => {
  await using watched = watch((group) => Promise.resolve(group === 1 ? [readTop(7)] : []));
  await watched.clock.advance(1_500);
  await watched.receive(entry(8));
  await watched.clock.advance(1_000);
  const newest = { ...readTop(8), isRead: false };
  assert.deepEqual(watched.announced.flat(), [newest, newest]);
});

Deno.test("TopAnnouncer announces what was read if an entry of another epoch was announced since", async () => {
  await using watched = watch((group) => Promise.resolve(group === 1 ? [readTop(7, "b")] : []));
  await watched.clock.advance(1_500);
  await watched.receive(entry(8));
  await watched.clock.advance(1_000);
  assert.deepEqual(watched.announced.flat(), [{ ...readTop(8), isRead: false }, readTop(7, "b")]);
});

Deno.test("inPacedSlices() yields all items in order, at most 250 in one turn", async () => {
  const clock = new FakeClock();
  const rooms = Array.from({ length: 1_001 }, (_, index) => room(`room${index}`));
  const given: (typeof rooms)[] = [];
  const reading = (async () => {
    for await (const some of inPacedSlices(rooms, clock, new AbortController().signal)) {
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

Deno.test("TopAnnouncer checks each group of rooms in turn, one a second", async () => {
  const groups: unknown[] = [];
  await using watched = watch((group) => {
    groups.push(group);
    return Promise.resolve([]);
  });
  await watched.clock.advance(ROOM_GROUPS * 1_000);
  assert.deepEqual(groups, [...Array(ROOM_GROUPS).keys().drop(1), 0]);
});

Deno.test("TopAnnouncer is delayed by no check, however slow", async () => {
  const checkedAt: number[] = [];
  const end = new AbortController();
  await using watched = watch(async (group) => {
    if (group === 0) checkedAt.push(watched.clock.now());
    await watched.clock.sleep(5_000, end.signal);
    return [];
  });
  await watched.clock.advance(1_500);
  await watched.receive(entry(1));
  await watched.clock.advance(1_000);
  assert.equal(watched.announced.length, 1);
  for (let second = 0; second < 40; second++) await watched.clock.advance(1_000);
  end.abort();
  const [first = 0] = checkedAt;
  assert.deepEqual(checkedAt.map((at) => at - first), [0, 14_000, 28_000]);
});

Deno.test("TopAnnouncer does not check a group again before the answer", async () => {
  const answers: (() => void)[] = [];
  let checks = 0;
  await using watched = watch((group) => {
    if (group === 0) checks += 1;
    return new Promise((resolve) => answers.push(() => resolve([])));
  });
  for (let second = 0; second < 40; second++) await watched.clock.advance(1_000);
  assert.equal(checks, 1);
  for (const answer of answers) answer();
  for (let second = 0; second < 15; second++) await watched.clock.advance(1_000);
  assert.equal(checks, 2);
  for (const answer of answers) answer();
});

Deno.test("TopAnnouncer ends with an error that is no outage", async () => {
  const clock = new FakeClock();
  const tops = new TopAnnouncer(
    { topPositions: () => Promise.reject(new TypeError("a bug")) },
    clock,
    () => {},
  );
  const ended = assert.rejects(tops.run(new AbortController().signal), /a bug/);
  for (let second = 0; second < 17; second++) await clock.advance(1_000);
  await ended;
});

Deno.test("TopAnnouncer announces the tops of a thousand rooms in portions", async () => {
  const tops = Array.from({ length: 1_000 }, (_, seq): Top => {
    return { kind: "top", room: room(`room${seq}`), top: { epoch: "a", seq }, isRead: true };
  });
  await using watched = watch((group) => Promise.resolve(group === 0 ? tops : []));
  await watched.clock.advance(15_100);
  assert.equal(watched.announced.length, 4);
  assert.deepEqual(watched.announced.flat(), tops);
});
