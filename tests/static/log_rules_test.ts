import assert from "node:assert/strict";
import { Timeline } from "../../static/client/timeline.js";
import { Value } from "../../static/client/values.js";
import { Announcer, PAUSE_MS } from "../../static/page/log_announcer.js";
import { Divider } from "../../static/page/log_divider.js";
import { GROUP_MS, itemsOf, type Scene } from "../../static/page/log_items.js";
import type { Delivery, DeliveryState, OwnDeed } from "../../static/page/log_types.js";
import { watchOutbox } from "../../static/page/log_outbox.js";
import { findMessage } from "../../static/page/log_search.js";
import { around, atEnd, grown, kept, MAX_ROWS } from "../../static/page/log_window.js";

const NOON = new Date(2026, 2, 15, 12).getTime();
const message = (seq: number, over: Partial<{ at: number; user: string; reply: string }> = {}) => ({
  position: `e:${seq}`,
  at: NOON + seq * 1_000,
  user: "ann",
  name: over.user ?? "ann",
  id: `i-${seq}`,
  text: `text ${seq}`,
  ...over,
});

function timelineOf(messages: readonly ReturnType<typeof message>[], more = false): Timeline {
  const timeline = new Timeline();
  const position = messages.at(-1)?.position ?? "e:0";
  timeline.take({ type: "opened", messages, more, position, reason: null, read: null, unread: 0 });
  return timeline;
}

function delivery(id: string, deed: OwnDeed, kind: "waiting" | "sending" = "sending") {
  const state = new Value<DeliveryState>({ kind });
  return { id, room: "den", at: NOON + 60_000, deed, state };
}

function scene(timeline: Timeline, over: Partial<Scene> = {}): Scene {
  return {
    timeline,
    from: 0,
    to: timeline.messages.length,
    user: "me",
    top: "beginning",
    divider: { before: null, count: 0 },
    outbox: [],
    ...over,
  };
}
const keys = (it: Scene) => itemsOf(it).map(({ key }) => key.replace(/^day.*/, "day"));

Deno.test("Announcer says who said what, and only how many where more came within two seconds", () => {
  const announcer = new Announcer();
  assert.equal(announcer.waitMs(0), undefined);
  announcer.hear({ name: "Ann", text: "hello" });
  assert.equal(announcer.waitMs(0), 0);
  assert.deepEqual(announcer.take(0), { kind: "one", name: "Ann", text: "hello" });
  announcer.hear({ name: "Ann", text: "one" });
  announcer.hear({ name: "Ben", text: "two" });
  assert.equal(announcer.take(500), undefined);
  assert.equal(announcer.waitMs(500), PAUSE_MS - 500);
  assert.deepEqual(announcer.take(PAUSE_MS), { kind: "many", count: 2 });
  assert.equal(announcer.take(2 * PAUSE_MS), undefined);
});

Deno.test("Announcer cuts a long text, and forgets on demand", () => {
  const announcer = new Announcer();
  announcer.hear({ name: "Ann", text: "x".repeat(5_000) });
  const what = announcer.take(0);
  assert.ok(what?.kind === "one" && what.text.length < 250);
  announcer.hear({ name: "Ann", text: "late" });
  announcer.clear();
  assert.equal(announcer.take(PAUSE_MS), undefined);
});

const READER = { unread: 0, user: "me" };

for (
  const [read, before, count] of [
    [null, null, 0],
    ["e:1", "e:3", 2],
    ["e:2", "e:3", 2],
    ["e:3", "e:4", 1],
    ["e:4", null, 0],
    ["e:99", null, 0],
  ] as const
) {
  Deno.test(`Divider.open() begins after ${read} with what others said`, () => {
    const messages = [message(1), message(2, { user: "me" }), message(3), message(4)];
    const divider = new Divider();
    divider.open(timelineOf(messages), { ...READER, read });
    assert.deepEqual([divider.before, divider.count, divider.unseen], [before, count, count]);
  });
}

Deno.test("Divider.open() takes the room's count where the mark is further back than what is here", () => {
  const divider = new Divider();
  divider.open(timelineOf([message(50), message(51)]), { ...READER, read: "e:3", unread: 47 });
  assert.deepEqual([divider.before, divider.count], ["e:50", 47]);
});

Deno.test("Divider stays where one was until the next absence", () => {
  const divider = new Divider();
  divider.came("e:1", true);
  assert.equal(divider.before, null);
  divider.came("e:2", false);
  divider.came("e:3", false);
  assert.deepEqual([divider.before, divider.unseen], ["e:2", 2]);
  divider.seen();
  divider.came("e:4", true);
  assert.deepEqual([divider.before, divider.count, divider.unseen], ["e:2", 2, 0]);
  divider.came("e:5", false);
  assert.deepEqual([divider.before, divider.unseen], ["e:5", 1]);
  divider.clear();
  assert.equal(divider.before, null);
});

Deno.test("itemsOf() groups what one author says within five minutes, and begins anew with each day", () => {
  const timeline = timelineOf([
    message(1),
    message(2),
    message(3, { user: "ben" }),
    message(4, { user: "ben", at: NOON + 3_000 + GROUP_MS }),
    message(5, { user: "ben", reply: "e:1", at: NOON + 4_000 + GROUP_MS }),
    message(6, { user: "ben", at: NOON + 86_400_000 }),
  ]);
  const items = itemsOf(scene(timeline));
  const grouped = items.flatMap((it) => it.type === "message" ? [it.isGrouped] : []);
  assert.deepEqual(grouped, [false, true, false, false, false, false]);
  assert.deepEqual(keys(scene(timeline)), [
    ...["top", "day", "e:1", "e:2", "e:3", "e:4", "e:5", "day", "e:6"],
  ]);
});

Deno.test("itemsOf() puts the mark before the first new message, which begins a group", () => {
  const timeline = timelineOf([message(1), message(2)]);
  const it = scene(timeline, { divider: { before: "e:2", count: 1 } });
  assert.deepEqual(keys(it), ["top", "day", "e:1", "divider", "e:2"]);
  assert.ok(itemsOf(it).every((item) => item.type !== "message" || !item.isGrouped));
});

Deno.test("itemsOf() puts notices where they happened, also before the first message", () => {
  const timeline = timelineOf([]);
  const renamed = { position: "e:1", at: NOON, user: "ben", id: "r", replayed: false } as const;
  timeline.take({ ...renamed, type: "renamed", name: "Benny", from: "Ben" });
  assert.deepEqual(keys(scene(timeline)), ["top", "note/null/0"]);
  timeline.take({ ...message(2), type: "said", replayed: false });
  timeline.take({ type: "lost", after: "e:2", until: "e:9", reason: "too_old" });
  assert.deepEqual(keys(scene(timeline)), ["top", "note/null/0", "day", "e:2", "note/e:2/0"]);
});

Deno.test("itemsOf() puts what is on its way at the end, until its entry has come", () => {
  const timeline = timelineOf([message(1), { ...message(2, { user: "me" }), id: "one" }]);
  const outbox = ["one", "two", "three"].map((id) => delivery(id, { type: "say", text: id }));
  const items = itemsOf(scene(timeline, { outbox }));
  assert.deepEqual(items.slice(-3).map(({ key, was }) => [key, was]), [
    ["e:2", "mine/one"],
    ["mine/two", undefined],
    ["mine/three", undefined],
  ]);
  assert.ok(items.slice(-2).every((it) => it.type === "pending" && it.isGrouped));
  assert.ok(!keys(scene(timeline, { outbox, to: 1 })).includes("mine/two"), "not in the midst");
});

Deno.test("itemsOf() draws a message anew where a deed about it, or what it answers, changes", () => {
  const timeline = timelineOf([message(1), message(2, { reply: "e:1" })]);
  const depends = (outbox: readonly Delivery[]) =>
    itemsOf(scene(timeline, { outbox })).filter(({ key }) => key === "e:2")[0]?.depends ?? [];
  const before = depends([]);
  assert.deepEqual(depends([]), before);
  const react = delivery("r", { type: "react", of: "e:2", emoji: "👍", on: true });
  assert.notDeepEqual(depends([react]), before);
  timeline.take({ ...message(3), type: "edited", of: "e:1", text: "other", replayed: false });
  assert.notDeepEqual(depends([]), before);
});

Deno.test("watchOutbox() tells of what is its room's, and of each change to it", () => {
  const one = delivery("one", { type: "say", text: "one" });
  const other = { ...delivery("x", { type: "say", text: "x" }), room: "attic" };
  const outbox = new Value<readonly Delivery[]>([one, other]);
  const told: [number, boolean][] = [];
  const stop = watchOutbox(outbox, "den", (own, isNewSay) => told.push([own.length, isNewSay]));
  const two = delivery("two", { type: "say", text: "two" });
  outbox.set([one, other, two]);
  one.state.set({ kind: "sent", position: "e:1", at: 0 });
  outbox.set([two]);
  one.state.set({ kind: "discarded" });
  stop();
  two.state.set({ kind: "unsure", reason: "answer_lost" });
  assert.deepEqual(told, [[1, false], [2, true], [2, false], [1, false]]);
});

Deno.test("A window keeps below its size, and has what the reader looks at", () => {
  const all = { from: -500, to: 9_500 };
  let span = atEnd(all);
  assert.equal(span.to, all.to);
  for (let i = 0; i < 600; i++) {
    span = grown(span, all, "older");
    assert.ok(span.to - span.from <= MAX_ROWS);
  }
  assert.equal(span.from, all.from);
  assert.equal(grown(span, all, "older"), span);
  for (let i = 0; i < 600; i++) span = grown(span, all, "newer");
  assert.equal(span.to, all.to);
  for (const place of [all.from, 0, all.to - 1]) {
    const { from, to } = around(place, all);
    assert.ok(from <= place && place < to && from >= all.from && to <= all.to);
  }
});

Deno.test("A window follows the end for who is there, and stays for who reads elsewhere", () => {
  const before = { from: 0, to: 100 };
  const all = { from: 0, to: 1_000 };
  const following = kept(before, all, { isFollowing: true, wasAtEnd: true });
  assert.deepEqual(following, { from: 850, to: 1_000 });
  const reading = kept(before, all, { isFollowing: false, wasAtEnd: true });
  assert.deepEqual(reading, { from: 0, to: MAX_ROWS });
  assert.deepEqual(kept(before, all, { isFollowing: false, wasAtEnd: false }), before);
  const trimmed = kept(before, { from: 50, to: 1_000 }, { isFollowing: false, wasAtEnd: false });
  assert.deepEqual(trimmed, { from: 50, to: 100 });
});

const PAST = Array.from({ length: 500 }, (_, i) => message(i + 1));
const source = {
  history({ before, limit = 50 }: { before?: string; limit?: number } = {}) {
    const end = before ? PAST.findIndex((it) => it.position === before) : PAST.length;
    const start = Math.max(0, end - limit);
    const messages = PAST.slice(start, end);
    return Promise.resolve({ messages, more: start > 0, position: "e:500" });
  },
};

for (
  const [position, outcome] of [["e:499", "found"], ["e:3", "found"], ["e:501", "gone"]] as const
) {
  Deno.test(`findMessage() answers ${outcome} about ${position}`, async () => {
    const timeline = timelineOf(PAST.slice(-10), true);
    const { signal } = new AbortController();
    assert.equal(await findMessage(timeline, source, position, signal), outcome);
  });
}

Deno.test("findMessage() waits until the room is open, and fails where nothing can be asked", async () => {
  const timeline = new Timeline();
  const { signal } = new AbortController();
  const away = { history: () => Promise.reject(new Error("disconnected")) };
  const looking = findMessage(timeline, away, "e:3", signal);
  const messages = PAST.slice(-1);
  const rest = { position: "e:500", reason: null, read: null, unread: 0 };
  timeline.take({ type: "opened", messages, more: true, ...rest });
  assert.equal(await looking, "failed");
});

Deno.test("findMessage() gives up when another room is shown", async () => {
  const leaving = new AbortController();
  const looking = findMessage(new Timeline(), source, "e:3", leaving.signal);
  leaving.abort();
  assert.equal(await looking, "failed");
});
