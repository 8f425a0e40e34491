import assert from "node:assert/strict";
import { appUserId } from "../../../../lib/io/auth/authenticators/app_user.ts";
import { noApiKeys } from "../../../support/identity/api_keys.ts";
import { name } from "../../../support/fakes.ts";
import type { Message } from "../../../../static/client/frames.js";
import { Timeline } from "../../../../static/client/timeline/timeline.js";
import { Value } from "../../../../static/client/observable.js";
import {
  ANNOUNCEMENT_PAUSE_MS,
  AnnouncementThrottle,
} from "../../../../static/page/log/reading/announcement_throttle.js";
import { UnreadDivider } from "../../../../static/page/log/reading/unread_divider.js";
import { GROUP_MS, itemsOf, type LogSnapshot } from "../../../../static/page/log/rows/rows.js";
import { CurrentNames } from "../../../../static/page/log/rows/current_names.js";
import type { Delivery, DeliveryState, OwnAction } from "../../../../static/page/log/types.js";
import { watchOutbox } from "../../../../static/page/log/watch_outbox.js";
import { findMessage } from "../../../../static/page/log/find_message.js";
import {
  adjustSpan,
  growSpan,
  MAX_ROWS,
  spanAround,
  spanAtEnd,
} from "../../../../static/page/log/view/row_window.js";

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

function timelineOf(messages: readonly Message[], more = false): Timeline {
  const timeline = new Timeline();
  const position = messages.at(-1)?.position ?? "e:0";
  timeline.apply({ type: "opened", messages, more, position, reason: null, read: null, unread: 0 });
  return timeline;
}

function delivery(id: string, action: OwnAction, kind: "waiting" | "sending" = "sending") {
  const state = new Value<DeliveryState>({ kind });
  return { id, room: "den", at: NOON + 60_000, action, state };
}

function snapshot(timeline: Timeline, over: Partial<LogSnapshot> = {}): LogSnapshot {
  return {
    timeline,
    from: 0,
    to: timeline.messages.length,
    user: "me",
    top: "beginning",
    divider: { before: null, count: 0 },
    outbox: [],
    blocked: new Map(),
    revealed: new Set(),
    ...over,
  };
}
const keys = (it: LogSnapshot) => itemsOf(it).map(({ key }) => key.replace(/^day.*/, "day"));

Deno.test("AnnouncementThrottle announces one message with its author, and several within two seconds as a count", () => {
  const announcer = new AnnouncementThrottle();
  assert.equal(announcer.delayMs(0), undefined);
  announcer.add({ name: "Ann", text: "hello" });
  assert.equal(announcer.delayMs(0), 0);
  assert.deepEqual(announcer.next(0), { kind: "one", name: "Ann", text: "hello" });
  announcer.add({ name: "Ann", text: "one" });
  announcer.add({ name: "Ben", text: "two" });
  assert.equal(announcer.next(500), undefined);
  assert.equal(announcer.delayMs(500), ANNOUNCEMENT_PAUSE_MS - 500);
  assert.deepEqual(announcer.next(ANNOUNCEMENT_PAUSE_MS), { kind: "many", count: 2 });
  assert.equal(announcer.next(2 * ANNOUNCEMENT_PAUSE_MS), undefined);
});

Deno.test("AnnouncementThrottle truncates a long text, and forgets on demand", () => {
  const announcer = new AnnouncementThrottle();
  announcer.add({ name: "Ann", text: "x".repeat(5_000) });
  const what = announcer.next(0);
  assert.ok(what?.kind === "one" && what.text.length < 250);
  announcer.add({ name: "Ann", text: "late" });
  announcer.clear();
  assert.equal(announcer.next(ANNOUNCEMENT_PAUSE_MS), undefined);
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
  Deno.test(`UnreadDivider.open() starts after ${read} at the next message by others`, () => {
    const messages = [message(1), message(2, { user: "me" }), message(3), message(4)];
    const divider = new UnreadDivider();
    divider.open(timelineOf(messages), { ...READER, read });
    assert.deepEqual([divider.before, divider.count, divider.unseen], [before, count, count]);
  });
}

Deno.test("UnreadDivider.open() uses the room's count if the read marker is older than the loaded messages", () => {
  const divider = new UnreadDivider();
  divider.open(timelineOf([message(50), message(51)], true), {
    ...READER,
    read: "e:3",
    unread: 47,
  });
  assert.deepEqual([divider.before, divider.count], ["e:50", 47]);
});

Deno.test("UnreadDivider.open() starts at the first message by others in a room joined empty", () => {
  for (const read of [null, "e:0"]) {
    const timeline = timelineOf([]);
    for (const seq of [1, 2, 3]) {
      const said = message(seq, seq === 1 ? { user: "me" } : {});
      timeline.apply({ type: "said", room: "den", replayed: false, ...said });
    }
    const divider = new UnreadDivider();
    divider.open(timeline, { ...READER, read, unread: 2 });
    assert.deepEqual([divider.before, divider.count], ["e:2", 2], `read up to ${read}`);
  }
});

Deno.test("UnreadDivider.open() skips messages from before the first join", () => {
  const timeline = timelineOf([message(7), message(8)], true);
  const divider = new UnreadDivider();
  divider.open(timeline, { ...READER, read: null, unread: 8 });
  assert.equal(divider.before, null);
  timeline.apply({ type: "said", room: "den", replayed: false, ...message(9) });
  divider.open(timeline, { ...READER, read: null, unread: 9 });
  assert.deepEqual([divider.before, divider.count], ["e:9", 1]);
});

Deno.test("UnreadDivider.open() skips messages of blocked users", () => {
  const timeline = timelineOf([message(1), message(2, { user: "eve" }), message(3)]);
  const blocked = new Map([["eve", "Eve"]]);
  const divider = new UnreadDivider();
  divider.open(timeline, { ...READER, read: "e:1", blocked });
  assert.deepEqual([divider.before, divider.count], ["e:3", 1]);
  divider.open(timeline, { ...READER, read: "e:1", blocked: new Map([["ann", ""], ["eve", ""]]) });
  assert.equal(divider.before, null);
  const later = timelineOf([message(50, { user: "eve" }), message(51)], true);
  divider.open(later, { ...READER, read: "e:3", unread: 47, blocked });
  assert.deepEqual([divider.before, divider.count], ["e:51", 46], "not all are loaded");
});

Deno.test("UnreadDivider stays in place until the next absence", () => {
  const divider = new UnreadDivider();
  divider.onMessage("e:1", true);
  assert.equal(divider.before, null);
  divider.onMessage("e:2", false);
  divider.onMessage("e:3", false);
  assert.deepEqual([divider.before, divider.unseen], ["e:2", 2]);
  divider.markSeen();
  divider.onMessage("e:4", true);
  assert.deepEqual([divider.before, divider.count, divider.unseen], ["e:2", 2, 0]);
  divider.onMessage("e:5", false);
  assert.deepEqual([divider.before, divider.unseen], ["e:5", 1]);
  divider.clear();
  assert.equal(divider.before, null);
});

Deno.test("itemsOf() groups one author's messages within five minutes, and starts a new group each day", () => {
  const timeline = timelineOf([
    message(1),
    message(2),
    message(3, { user: "ben" }),
    message(4, { user: "ben", at: NOON + 3_000 + GROUP_MS }),
    message(5, { user: "ben", reply: "e:1", at: NOON + 4_000 + GROUP_MS }),
    message(6, { user: "ben", at: NOON + 86_400_000 }),
  ]);
  const items = itemsOf(snapshot(timeline));
  const grouped = items.flatMap((it) => it.type === "message" ? [it.isGrouped] : []);
  assert.deepEqual(grouped, [false, true, false, false, false, false]);
  assert.deepEqual(keys(snapshot(timeline)), [
    ...["top", "day", "e:1", "e:2", "e:3", "e:4", "e:5", "day", "e:6"],
  ]);
});

Deno.test("itemsOf() puts the divider before the first new message, which starts a group", () => {
  const timeline = timelineOf([message(1), message(2)]);
  const it = snapshot(timeline, { divider: { before: "e:2", count: 1 } });
  assert.deepEqual(keys(it), ["top", "day", "e:1", "divider", "e:2"]);
  assert.ok(itemsOf(it).every((item) => item.type !== "message" || !item.isGrouped));
});

Deno.test("itemsOf() puts notices where they happened, even before the first message", () => {
  const timeline = timelineOf([]);
  const renamed = {
    position: "e:1",
    at: NOON,
    user: "ben",
    id: "r",
    room: "den",
    replayed: false,
  } as const;
  timeline.apply({ ...renamed, type: "renamed", name: "Benny", from: "Ben" });
  assert.deepEqual(keys(snapshot(timeline)), ["top", "note/null/0"]);
  timeline.apply({ ...message(2), room: "den", type: "said", replayed: false });
  timeline.apply({ type: "lost", room: "den", after: "e:2", until: "e:9", reason: "too_old" });
  assert.deepEqual(keys(snapshot(timeline)), ["top", "note/null/0", "day", "e:2", "note/e:2/0"]);
});

Deno.test("itemsOf() puts pending messages at the end, until their entries arrive", () => {
  const timeline = timelineOf([message(1), { ...message(2, { user: "me" }), id: "one" }]);
  const outbox = ["one", "two", "three"].map((id) => delivery(id, { type: "say", text: id }));
  const items = itemsOf(snapshot(timeline, { outbox }));
  assert.deepEqual(items.slice(-3).map(({ key, was }) => [key, was]), [
    ["e:2", "mine/one"],
    ["mine/two", undefined],
    ["mine/three", undefined],
  ]);
  assert.ok(items.slice(-2).every((it) => it.type === "pending" && it.isGrouped));
  assert.ok(!keys(snapshot(timeline, { outbox, to: 1 })).includes("mine/two"), "not in the middle");
});

Deno.test("itemsOf() gives an event a row of its own, which ends a group, also if its author is blocked", () => {
  const event = { kind: "kick", user: "ben", name: "Ben" } as const;
  const timeline = timelineOf([message(1), { ...message(2), event }, message(3)]);
  const items = itemsOf(snapshot(timeline, { blocked: new Map([["ann", {}]]) }));
  assert.deepEqual(items.map(({ type }) => type), ["top", "day", "message", "event", "message"]);
  const [, , , , last] = itemsOf(snapshot(timeline));
  assert.equal(last?.type === "message" && last.isGrouped, false);
});

Deno.test("itemsOf() redraws a message when a pending action on it, or its reply's original, changes", () => {
  const timeline = timelineOf([message(1), message(2, { reply: "e:1" })]);
  const depends = (outbox: readonly Delivery[]) =>
    itemsOf(snapshot(timeline, { outbox })).filter(({ key }) => key === "e:2")[0]?.depends ?? [];
  const before = depends([]);
  assert.deepEqual(depends([]), before);
  const react = delivery("r", { type: "react", of: "e:2", emoji: "👍", on: true });
  assert.notDeepEqual(depends([react]), before);
  timeline.apply({
    ...message(3),
    room: "den",
    type: "edited",
    of: "e:1",
    text: "other",
    replayed: false,
  });
  assert.notDeepEqual(depends([]), before);
});

Deno.test("itemsOf() gives an author's current name once per group, if known", () => {
  const timeline = timelineOf([message(1), message(2), message(3, { user: "ben" })]);
  const names = new Map([["ann", "Anna"]]);
  const items = itemsOf(snapshot(timeline, { nameOf: (user) => names.get(user) }));
  const shown = items.flatMap((it) => it.type === "message" ? [it.nameNow] : []);
  assert.deepEqual(shown, ["Anna", undefined, undefined]);
});

Deno.test("itemsOf() gives no current name of a hook, whose messages have names of their own", () => {
  const timeline = timelineOf([message(1, { user: "a_hook" }), message(2, { user: "a_ann" })]);
  const nameOf = () => "Anna";
  const items = itemsOf(snapshot(timeline, { nameOf, hasOneName: (user) => user !== "a_hook" }));
  const shown = items.flatMap((it) => it.type === "message" ? [it.nameNow] : []);
  assert.deepEqual(shown, [undefined, "Anna"]);
});

Deno.test("itemsOf() marks the messages of others that mention the user", () => {
  const mentions = ["ben", "me"];
  const timeline = timelineOf([
    { ...message(1), mentions },
    { ...message(2), mentions: ["ben"] },
    message(3),
    { ...message(4, { user: "me" }), mentions },
  ]);
  const items = itemsOf(snapshot(timeline));
  const marked = items.flatMap((it) => it.type === "message" ? [it.isMention] : []);
  assert.deepEqual(marked, [true, false, false, false]);
});

Deno.test("itemsOf() gives whom a message mentions by their current names, also before it is sent", () => {
  const timeline = timelineOf([{ ...message(1), mentions: ["ben", "cem", "me"] }]);
  const outbox = [delivery("mine", { type: "say", text: "@Ben", mentions: ["ben"] })];
  const names = new Map([["ben", "Ben"], ["me", "Mia"]]);
  const items = () =>
    itemsOf(snapshot(timeline, { outbox, nameOf: (user) => names.get(user) }))
      .flatMap((it) => it.type === "message" || it.type === "pending" ? [it] : []);
  const [ben, me] = [{ user: "ben", name: "Ben" }, { user: "me", name: "Mia" }];
  assert.deepEqual(items().map(({ named }) => named), [[ben, me], [ben]]);
  const before = items().map(({ depends }) => depends);
  assert.deepEqual(items().map(({ depends }) => depends), before);
  names.set("ben", "Benny");
  for (const [i, { depends }] of items().entries()) assert.notDeepEqual(depends, before[i]);
});

const BLOCKED = new Map([["eve", "Eve"]]);

/** The messages' items, as the log shows them to somebody who has blocked Eve. */
function shownMessages(timeline: Timeline, over: Partial<LogSnapshot> = {}) {
  return itemsOf(snapshot(timeline, { blocked: BLOCKED, ...over }))
    .flatMap((it) => it.type === "message" ? [it] : []);
}

Deno.test("itemsOf() hides the messages of blocked users, except one's own and those revealed", () => {
  const messages = [1, 2, 3].map((seq) => message(seq, { user: "eve" }));
  const timeline = timelineOf([...messages, message(4)]);
  const hidden = (over: Partial<LogSnapshot> = {}) =>
    shownMessages(timeline, over).map(({ isHidden }) => isHidden);
  assert.deepEqual(hidden(), [true, true, true, false]);
  assert.deepEqual(hidden({ blocked: new Map() }), [false, false, false, false]);
  assert.deepEqual(hidden({ user: "eve" }), [false, false, false, false]);
  const revealed = shownMessages(timeline, { revealed: new Set(["e:2"]) });
  assert.deepEqual(revealed.map(({ isHidden }) => isHidden), [true, false, true, false]);
  assert.equal(revealed[1]?.isGrouped, false, "a message after a hidden one names its author");
});

Deno.test("itemsOf() redraws messages when somebody is blocked", () => {
  const timeline = timelineOf([message(1, { user: "eve" }), message(2)]);
  const depends = (over: Partial<LogSnapshot>) =>
    shownMessages(timeline, over).map((it) => it.depends);
  assert.notDeepEqual(depends({}), depends({ blocked: new Map() }));
  assert.notDeepEqual(depends({}), depends({ revealed: new Set(["e:1"]) }));
});

Deno.test("itemsOf() quotes no message of a blocked user", () => {
  const timeline = timelineOf([message(1, { user: "eve" }), message(2, { reply: "e:1" })]);
  const outbox = [delivery("mine", { type: "say", text: "so?", reply: "e:1" })];
  const targets = (blocked: LogSnapshot["blocked"]) =>
    itemsOf(snapshot(timeline, { blocked, outbox })).flatMap((it) =>
      it.type === "message" || it.type === "pending" ? [it.target?.text] : []
    );
  assert.deepEqual(targets(new Map()), [undefined, "text 1", "text 1"]);
  assert.deepEqual(targets(BLOCKED), [undefined, undefined, undefined]);
});

Deno.test("itemsOf() leaves out the reactions and new names of blocked users", () => {
  const timeline = timelineOf([message(1), message(2)]);
  const react = (seq: number, of: string, user: string, emoji: string) =>
    timeline.apply({
      ...message(seq, { user }),
      ...{ type: "reacted", room: "den", of, emoji, on: true, replayed: false },
    });
  react(3, "e:1", "eve", "👍");
  react(4, "e:1", "ben", "👍");
  react(5, "e:1", "eve", "🎉");
  react(6, "e:2", "eve", "🎉");
  for (const user of ["eve", "ben"]) {
    const renamed = { ...message(7, { user }), type: "renamed", room: "den", from: "x" } as const;
    timeline.apply({ ...renamed, replayed: false });
  }
  assert.deepEqual(shownMessages(timeline).map((it) => it.message.reactions), [
    { "👍": ["ben"] },
    undefined,
  ]);
  const notes = itemsOf(snapshot(timeline, { blocked: BLOCKED }))
    .flatMap((it) => it.type === "note" && it.note.type === "renamed" ? [it.note.name] : []);
  assert.deepEqual(notes, ["ben"]);
  assert.deepEqual(timeline.get("e:2")?.reactions, { "🎉": ["eve"] }, "the timeline keeps all");
});

Deno.test("CurrentNames takes names from the members, then from the last message", () => {
  let changes = 0;
  const names = new CurrentNames(() => changes += 1);
  const timeline = timelineOf([message(10), { ...message(11), name: "anna" }], true);
  const members = new Value({ members: [{ user: "ben", name: "Ben" }] });
  names.show({ members }, timeline);
  assert.deepEqual([names.of("ann"), names.of("ben"), names.of("cem")], ["anna", "Ben", undefined]);
  const before = changes;
  members.set({ members: [{ user: "ben", name: "Bea" }, { user: "cem", name: "Cem" }] });
  assert.deepEqual([names.of("ben"), names.of("cem"), changes], ["Bea", "Cem", before + 1]);
  members.set({ members: [] });
  assert.equal(names.of("ben"), "Bea", "a user who left has the last known name");
  timeline.prependPage({
    messages: [message(1, { user: "dee" }), message(2)],
    more: false,
    position: "e:11",
  });
  assert.deepEqual([names.of("ann"), names.of("dee")], ["anna", "dee"]);
  timeline.apply({ type: "said", room: "den", replayed: false, ...message(12), name: "annie" });
  assert.equal(names.of("ann"), "annie");
  names.clear();
  assert.equal(names.of("ann"), undefined);
});

Deno.test("CurrentNames marks programs, also those that were never in the room", async () => {
  const names = new CurrentNames(() => {});
  const key = (await noApiKeys().addApiKey({ name: name("ci"), rights: [], lifetimeMs: undefined }))
    ?.key;
  assert.equal(names.markOf(key?.user ?? ""), "markApp");
  assert.equal(names.markOf(appUserId("https://app.example", "key_ci")), undefined);
  const members = new Value({ members: [{ user: "a_key_ci", name: "ci", role: "moderator" }] });
  names.show({ members }, timelineOf([]));
  assert.equal(names.markOf("a_key_ci"), "markApp", "not the mark of a person");
});

Deno.test("watchOutbox() reports the deliveries of its room, and each change to them", () => {
  const one = delivery("one", { type: "say", text: "one" });
  const other = { ...delivery("x", { type: "say", text: "x" }), room: "attic" };
  const outbox = new Value<readonly Delivery[]>([one, other]);
  const calls: [number, boolean][] = [];
  const stop = watchOutbox(outbox, "den", (own, isNewSay) => calls.push([own.length, isNewSay]));
  const two = delivery("two", { type: "say", text: "two" });
  outbox.set([one, other, two]);
  one.state.set({ kind: "sent", position: "e:1", at: 0 });
  outbox.set([two]);
  one.state.set({ kind: "discarded" });
  stop();
  two.state.set({ kind: "unsure", reason: "answer_lost" });
  assert.deepEqual(calls, [[1, false], [2, true], [2, false], [1, false]]);
});

Deno.test("A row window stays within its size, and includes what the user looks at", () => {
  const all = { from: -500, to: 9_500 };
  let span = spanAtEnd(all);
  assert.equal(span.to, all.to);
  for (let i = 0; i < 600; i++) {
    span = growSpan(span, all, "older");
    assert.ok(span.to - span.from <= MAX_ROWS);
  }
  assert.equal(span.from, all.from);
  assert.equal(growSpan(span, all, "older"), span);
  for (let i = 0; i < 600; i++) span = growSpan(span, all, "newer");
  assert.equal(span.to, all.to);
  for (const place of [all.from, 0, all.to - 1]) {
    const { from, to } = spanAround(place, all);
    assert.ok(from <= place && place < to && from >= all.from && to <= all.to);
  }
});

Deno.test("A row window follows the end if the user is there, and otherwise stays", () => {
  const before = { from: 0, to: 100 };
  const all = { from: 0, to: 1_000 };
  const following = adjustSpan(before, all, { isFollowing: true, wasAtEnd: true });
  assert.deepEqual(following, { from: 850, to: 1_000 });
  const reading = adjustSpan(before, all, { isFollowing: false, wasAtEnd: true });
  assert.deepEqual(reading, { from: 0, to: MAX_ROWS });
  assert.deepEqual(adjustSpan(before, all, { isFollowing: false, wasAtEnd: false }), before);
  const trimmed = adjustSpan(before, { from: 50, to: 1_000 }, {
    isFollowing: false,
    wasAtEnd: false,
  });
  assert.deepEqual(trimmed, { from: 50, to: 100 });
});

const HISTORY = Array.from({ length: 500 }, (_, i) => message(i + 1));
const source = {
  history({ before, limit = 50 }: { before?: string; limit?: number } = {}) {
    const end = before ? HISTORY.findIndex((it) => it.position === before) : HISTORY.length;
    const start = Math.max(0, end - limit);
    const messages = HISTORY.slice(start, end);
    return Promise.resolve({ messages, more: start > 0, position: "e:500" });
  },
};

for (
  const [position, outcome] of [["e:499", "found"], ["e:3", "found"], ["e:501", "gone"]] as const
) {
  Deno.test(`findMessage() returns ${outcome} for ${position}`, async () => {
    const timeline = timelineOf(HISTORY.slice(-10), true);
    const { signal } = new AbortController();
    assert.equal(await findMessage(timeline, source, position, signal), outcome);
  });
}

Deno.test("findMessage() waits until the room is open, and fails without a connection", async () => {
  const timeline = new Timeline();
  const { signal } = new AbortController();
  const away = { history: () => Promise.reject(new Error("disconnected")) };
  const looking = findMessage(timeline, away, "e:3", signal);
  const messages = HISTORY.slice(-1);
  const rest = { position: "e:500", reason: null, read: null, unread: 0 };
  timeline.apply({ type: "opened", messages, more: true, ...rest });
  assert.equal(await looking, "failed");
});

Deno.test("findMessage() stops when another room is shown", async () => {
  const leaving = new AbortController();
  const looking = findMessage(new Timeline(), source, "e:3", leaving.signal);
  leaving.abort();
  assert.equal(await looking, "stopped");
});
