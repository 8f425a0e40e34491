import assert from "node:assert/strict";
import {
  type HistoryPage,
  Timeline,
  type TimelineChange,
} from "../../../../static/client/timeline/timeline.js";
import {
  amend,
  type Amendment,
  type Message,
  type Said,
  toMessage,
} from "../../../../static/client/timeline/amendments.js";
import type { RoomEvent } from "../../../../static/client/events.js";
import { Dice } from "../../../simulation/world/dice.ts";

type Replayable<T> = T & { replayed: boolean };
type Entry = Replayable<Said | Amendment>;

const entryFields = (seq: number, user = "ann") => ({
  room: "den",
  position: `e:${seq}`,
  at: seq * 1_000,
  user,
  name: user,
  id: `i-${seq}`,
  replayed: false,
});
const said = (seq: number, text = `text ${seq}`, user = "ann"): Replayable<Said> => ({
  ...entryFields(seq, user),
  type: "said",
  text,
});
const edited = (seq: number, of: number, text: string): Replayable<Amendment> => ({
  ...entryFields(seq),
  type: "edited",
  of: `e:${of}`,
  text,
});
const deleted = (
  seq: number,
  of: number,
  user = "ann",
  more: { readonly reason?: string } = {},
): Replayable<Amendment> => ({
  ...entryFields(seq, user),
  type: "deleted",
  of: `e:${of}`,
  ...more,
});
const reacted = (seq: number, of: number, user: string, on = true): Replayable<Amendment> => ({
  ...entryFields(seq, user),
  type: "reacted",
  of: `e:${of}`,
  emoji: "👍",
  on,
});
const opened = (messages: readonly Message[], more = false): RoomEvent => ({
  type: "opened",
  messages,
  more,
  position: messages.at(-1)?.position ?? "e:0",
  reason: null,
  read: null,
  unread: 0,
});

/** A room as stored by a server. */
class TestRoomLog {
  readonly entries: Entry[] = [];
  #messages: Message[] = [];

  append(entry: Entry): void {
    this.entries.push(entry);
    if (entry.type === "said") this.#messages.push(toMessage(entry));
    else {
      const index = this.#messages.findIndex((it) => it.position === entry.of);
      const message = this.#messages[index];
      if (message) this.#messages[index] = amend(message, entry);
    }
  }

  page({ before, limit = 50 }: { before?: string; limit?: number } = {}): HistoryPage {
    const index = this.#messages.findIndex((it) => it.position === before);
    const end = index < 0 ? this.#messages.length : index;
    const start = Math.max(0, end - limit);
    const position = this.entries.at(-1)?.position ?? "e:0";
    return { messages: this.#messages.slice(start, end), more: start > 0, position };
  }
}

const texts = (timeline: Timeline) => timeline.messages.map(({ text }) => text);

Deno.test("Timeline appends each message once", () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(1))]));
  const change = timeline.apply(said(2));
  assert.deepEqual(change, { type: "added", message: toMessage(said(2)), replayed: false });
  assert.deepEqual(timeline.apply(said(2)), { type: "nothing" });
  assert.deepEqual(texts(timeline), ["text 1", "text 2"]);
});

Deno.test("Timeline replaces a changed message by a new object", () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(1)), toMessage(said(2))]));
  const [before, other] = timeline.messages;
  timeline.apply(edited(3, 1, "changed"));
  assert.notEqual(timeline.messages[0], before);
  assert.equal(timeline.messages[1], other);
  assert.equal(before?.text, "text 1");
  assert.equal(timeline.get("e:1")?.edited, 3_000);
});

Deno.test("Timeline counts each user once for an emoji, and removes an emoji without users", () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(1))]));
  for (const entry of [reacted(2, 1, "ann"), reacted(3, 1, "bob"), reacted(4, 1, "ann")]) {
    timeline.apply(entry);
  }
  assert.deepEqual(timeline.get("e:1")?.reactions, { "👍": ["bob", "ann"] });
  timeline.apply(reacted(5, 1, "ann", false));
  timeline.apply(reacted(6, 1, "bob", false));
  assert.deepEqual(timeline.get("e:1"), toMessage(said(1)));
});

Deno.test("Timeline keeps a deleted message without its text and reactions", () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(1))]));
  timeline.apply(reacted(2, 1, "bob"));
  timeline.apply(deleted(3, 1));
  timeline.apply(edited(4, 1, "never"));
  assert.deepEqual(timeline.messages, [{ ...toMessage(said(1)), text: "", deleted: true }]);
});

Deno.test("Timeline keeps mentions and metadata of a message, unless it is deleted", () => {
  const content = { mentions: ["user_bob"], metadata: { build: 42 } };
  const timeline = new Timeline();
  timeline.apply(opened([]));
  timeline.apply({ ...said(1), ...content });
  timeline.apply(edited(2, 1, "edited"));
  const message = { ...toMessage(said(1)), ...content, text: "edited", edited: 2_000 };
  assert.deepEqual(timeline.messages, [message]);
  timeline.apply(deleted(3, 1));
  const { edited: at } = message;
  assert.deepEqual(timeline.messages, [{ ...toMessage(said(1)), ...GONE, edited: at }]);
});

const GONE = { text: "", deleted: true } as const;

Deno.test("Timeline says who deleted the message of another user, and why", () => {
  const timeline = new Timeline();
  timeline.apply(opened([1, 2].map((seq) => toMessage(said(seq)))));
  timeline.apply(deleted(3, 1, "mod", { reason: "spam" }));
  timeline.apply(deleted(4, 2, "mod"));
  assert.deepEqual(timeline.messages, [
    { ...toMessage(said(1)), ...GONE, deletedBy: { user: "mod", name: "mod", reason: "spam" } },
    { ...toMessage(said(2)), ...GONE, deletedBy: { user: "mod", name: "mod" } },
  ]);
  timeline.apply(edited(5, 1, "never"));
  assert.deepEqual(timeline.apply(deleted(6, 1, "mod", { reason: "late" })), { type: "nothing" });
  assert.equal(timeline.get("e:1")?.deletedBy?.reason, "spam");
});

Deno.test("Timeline names nobody for a message that its author deleted, even with a reason", () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(1))]));
  timeline.apply(deleted(2, 1, "ann", { reason: "typo" }));
  assert.deepEqual(timeline.messages, [{ ...toMessage(said(1)), ...GONE }]);
});

// What is replayed is deleted from the start.
for (
  const [user, deletedBy] of [["mod", { user: "mod", name: "mod" }], ["ann", undefined]] as const
) {
  Deno.test(`Timeline learns from a replay that ${user} deleted a message of ann`, () => {
    const timeline = new Timeline();
    timeline.apply(opened([]));
    timeline.apply({ ...said(1, ""), deleted: true, replayed: true });
    timeline.apply({
      ...{ ...entryFields(2), type: "edited", of: "e:1", text: "" },
      ...{ deleted: true, replayed: true },
    });
    assert.deepEqual(timeline.messages, [{ ...toMessage(said(1)), ...GONE }]);
    const change = timeline.apply({ ...deleted(3, 1, user), replayed: true });
    assert.equal(change.type, deletedBy === undefined ? "nothing" : "changed");
    assert.deepEqual(timeline.messages[0]?.deletedBy, deletedBy);
  });
}

Deno.test("Timeline drops the oldest messages above its limit, and knows that there are more", () => {
  const timeline = new Timeline(40);
  timeline.apply(opened([]));
  for (let seq = 1; seq <= 100; seq++) timeline.apply(said(seq));
  assert.ok(timeline.messages.length <= 40);
  assert.equal(timeline.more, true);
  assert.equal(timeline.messages.at(-1)?.position, "e:100");
  assert.equal(timeline.indexOf("e:1"), -1);
  assert.equal(timeline.messages[timeline.indexOf("e:90")]?.position, "e:90");
});

Deno.test("Timeline applies to a page the entries received while it was loading", async () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(3))], true));
  const answer = Promise.withResolvers<HistoryPage>();
  const asking = timeline.loadOlder({ history: () => answer.promise });
  timeline.apply(edited(4, 1, "before the page was read"));
  timeline.apply(edited(6, 1, "after"));
  timeline.apply(deleted(7, 2));
  const first = { ...toMessage(said(1)), text: "newer", edited: 5_000 };
  answer.resolve({ messages: [first, toMessage(said(2))], more: false, position: "e:5" });
  await asking;
  assert.deepEqual(texts(timeline), ["after", "", "text 3"]);
});

Deno.test("Timeline does not apply to a page what it already includes", async () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(2))], true));
  const page = { messages: [{ ...toMessage(said(1)), text: "newest" }], more: false };
  await timeline.loadOlder({ history: () => Promise.resolve({ ...page, position: "e:9" }) });
  assert.equal(timeline.apply(edited(8, 1, "older")).type, "nothing");
  assert.equal(timeline.get("e:1")?.text, "newest");
  timeline.apply(edited(10, 1, "newer still"));
  assert.equal(timeline.get("e:1")?.text, "newer still");
});

Deno.test("Timeline is replaced by a page that has a reason, but for what is newer", async () => {
  const timeline = new Timeline();
  timeline.apply(
    opened([toMessage({ ...said(3, "of a log that is gone"), position: "f:3" })], true),
  );
  timeline.apply(said(7));
  const answer = Promise.withResolvers<HistoryPage>();
  const asking = timeline.loadOlder({ history: () => answer.promise });
  timeline.apply(edited(8, 7, "edited"));
  timeline.apply(edited(9, 6, "edited too"));
  timeline.apply(said(10));
  const messages = [toMessage(said(6)), toMessage(said(7))];
  answer.resolve({ messages, more: true, position: "e:7", reason: "unknown_epoch" });
  assert.deepEqual(await asking, { type: "replaced", hasOverlap: false });
  assert.deepEqual(texts(timeline), ["edited too", "edited", "text 10"]);
  assert.deepEqual([timeline.more, timeline.indexOf("f:3")], [true, -1]);
  assert.deepEqual(timeline.notes.map(({ type }) => type), ["missing"]);
});

Deno.test("Timeline ignores a page that was requested before the room was reopened", async () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(2))], true));
  const answer = Promise.withResolvers<HistoryPage>();
  const asking = timeline.loadOlder({ history: () => answer.promise });
  timeline.apply(opened([toMessage(said(90))], true));
  answer.resolve({ messages: [toMessage(said(1))], more: false, position: "e:2" });
  assert.deepEqual(await asking, { type: "nothing" });
  assert.deepEqual(texts(timeline), ["text 90"]);
  assert.equal(timeline.more, true);
});

Deno.test("Timeline shows stored messages until it is opened, and keeps the objects of those still present", () => {
  const timeline = new Timeline();
  const kept = [3, 4, 5].map((seq) => toMessage(said(seq)));
  assert.deepEqual(timeline.fill(kept), { type: "replaced", hasOverlap: false });
  assert.deepEqual([timeline.isOpen, timeline.more, texts(timeline)], [
    false,
    false,
    ["text 3", "text 4", "text 5"],
  ]);
  const places = () => timeline.messages.map((it, i) => [it.text, timeline.firstOrdinal + i]);
  const now = [2, 3, 4, 5, 6].map((seq) => toMessage(said(seq, seq === 4 ? "edited" : undefined)));
  assert.deepEqual(timeline.apply(opened(now)), { type: "replaced", hasOverlap: true });
  const expected = [["text 2", -1], ["text 3", 0], ["edited", 1], ["text 5", 2], ["text 6", 3]];
  assert.deepEqual(places(), expected);
  assert.deepEqual([timeline.indexOf("e:2"), timeline.indexOf("e:6")], [0, 4]);
  assert.deepEqual(timeline.fill(kept), { type: "nothing" }, "already open");
  timeline.apply(said(7));
  timeline.prependPage({ messages: [toMessage(said(1))], more: false, position: "e:7" });
  assert.deepEqual([timeline.firstOrdinal, texts(timeline).length], [-2, 7]);
});

Deno.test("Timeline drops stored messages that the room does not have", () => {
  for (const now of [[], [toMessage({ ...said(3), position: "f:3" })]]) {
    const timeline = new Timeline();
    timeline.fill([3, 4].map((seq) => toMessage(said(seq, "of another epoch"))));
    assert.deepEqual(timeline.apply(opened(now)), { type: "replaced", hasOverlap: false });
    assert.deepEqual(timeline.messages, now);
    assert.equal(timeline.get("e:3"), undefined);
  }
});

Deno.test("Timeline sends one request at a time, and another after a fault", async () => {
  const timeline = new Timeline();
  timeline.apply(opened([toMessage(said(5))], true));
  let asked = 0;
  const fails = { history: () => (asked++, Promise.reject(new Error("away"))) };
  const both = [timeline.loadOlder(fails), timeline.loadOlder(fails)];
  await Promise.allSettled(both);
  assert.equal(asked, 1);
  await assert.rejects(timeline.loadOlder(fails), /away/);
  assert.equal(asked, 2);
});

Deno.test("Timeline drops what the log has lost, and reports it", () => {
  const timeline = new Timeline();
  timeline.apply(opened([1, 2, 3, 4].map((seq) => toMessage(said(seq)))));
  const change = timeline.apply({
    type: "lost",
    room: "den",
    after: "e:4",
    until: "f:2",
    reason: "rewound",
  });
  assert.equal(change.type, "replaced");
  assert.deepEqual(texts(timeline), ["text 1", "text 2"]);
  assert.deepEqual(timeline.notes.map((it) => [it.type, it.after]), [["missing", "e:2"]]);
});

Deno.test("Timeline records renames as they arrive, and gaps until they are filled", () => {
  const timeline = new Timeline();
  timeline.apply({ ...opened([toMessage(said(9))], true), reason: "too_many" } as RoomEvent);
  assert.deepEqual(timeline.notes.map(({ after }) => after), [null]);
  const renamed = { ...entryFields(10), type: "renamed", name: "Anna", from: "ann" } as const;
  timeline.apply({ ...renamed, replayed: true });
  timeline.apply(renamed);
  timeline.prependPage({ messages: [toMessage(said(8))], more: false, position: "e:10" });
  assert.deepEqual(timeline.notes.map((it) => [it.type, it.after]), [["renamed", "e:9"]]);
});

Deno.test("Timeline reports changes after it has made them", () => {
  const timeline = new Timeline();
  const seen: [TimelineChange["type"], number][] = [];
  timeline.changes.subscribe(({ type }) => seen.push([type, timeline.messages.length]));
  timeline.apply(opened([toMessage(said(1))]));
  timeline.apply(said(2));
  timeline.apply({ type: "resumed" });
  assert.deepEqual(seen, [["replaced", 1], ["added", 2]]);
});

/** Draws an entry about earlier messages. */
function randomEntry(dice: Dice, seq: number, saidBefore: number[]): Entry {
  if (saidBefore.length === 0 || dice.chance(0.4)) {
    saidBefore.push(seq);
    return said(seq, `text ${seq}`);
  }
  const of = dice.pick(saidBefore);
  if (dice.chance(0.1)) return deleted(seq, of);
  if (dice.chance(0.5)) return edited(seq, of, `edit ${seq}`);
  return reacted(seq, of, dice.pick(["ann", "bob", "cem"]), dice.chance(0.7));
}

Deno.test("Timeline matches the history, whatever arrives meanwhile", async () => {
  for (let seed = 0; seed < 200; seed++) await simulateRoom(seed);
});

async function simulateRoom(seed: number): Promise<void> {
  const dice = new Dice(seed);
  const record = new TestRoomLog();
  const timeline = new Timeline();
  const saidBefore: number[] = [];
  let delivered = 0;
  let asking: Promise<unknown> | undefined;
  let answer: (() => void) | undefined;
  const deliverNext = () => {
    const entry = record.entries[delivered];
    if (entry) timeline.apply(entry);
    delivered += entry ? 1 : 0;
  };
  // The server reads a page at some moment between the request and the response.
  const history = (options?: { before?: string; limit?: number }) => {
    const { promise, resolve } = Promise.withResolvers<HistoryPage>();
    let page: HistoryPage | undefined;
    answer = () => page ? resolve(page) : page = record.page(options);
    return promise;
  };
  for (let seq = 1; seq <= 60; seq++) record.append(randomEntry(dice, seq, saidBefore));
  delivered = record.entries.length;
  const page = record.page({ limit: 5 });
  timeline.apply({ ...opened(page.messages, page.more), position: page.position } as RoomEvent);
  for (let seq = 61; seq <= 200; seq++) {
    record.append(randomEntry(dice, seq, saidBefore));
    while (dice.chance(0.5)) deliverNext();
    if (!asking && timeline.more && dice.chance(0.3)) {
      asking = timeline.loadOlder({ history }, dice.between(1, 10)).finally(() =>
        asking = undefined
      );
    }
    if (dice.chance(0.3)) answer?.();
    await Promise.resolve();
  }
  while (delivered < record.entries.length) deliverNext();
  while (asking || timeline.more) {
    asking ??= timeline.loadOlder({ history }).finally(() => asking = undefined);
    answer?.();
    answer?.();
    await asking;
  }
  const all = record.page({ limit: 1_000 }).messages;
  assert.deepEqual(timeline.messages, all, `seed ${seed}`);
  for (const [i, { position }] of all.entries()) assert.equal(timeline.indexOf(position), i);
}

Deno.test("Timeline shows deleted and edited messages in their current state, in whatever order the entries arrive", () => {
  const replay = { replayed: true };
  const timeline = new Timeline();
  timeline.apply(opened([]));
  timeline.apply({ ...said(1, ""), ...replay, deleted: true });
  timeline.apply({ ...said(2, "new"), ...replay, edited: 9_000, reply: "e:1" });
  timeline.apply({ ...said(3, "old"), ...replay });
  const gone = (seq: number, of: number): Replayable<Amendment> => ({
    ...{ ...entryFields(seq), ...replay },
    ...{ type: "edited", of: `e:${of}`, text: "", deleted: true },
  });
  timeline.apply(gone(4, 1));
  timeline.apply({ ...edited(5, 2, "new"), ...replay });
  timeline.apply(gone(6, 3));
  timeline.apply({ ...deleted(7, 1), ...replay });
  assert.deepEqual(
    timeline.messages.map(({ text, deleted, edited, reply }) => ({
      ...{ text, deleted, edited, reply },
    })),
    [
      { text: "", deleted: true, edited: undefined, reply: undefined },
      { text: "new", deleted: undefined, edited: 5_000, reply: "e:1" },
      { text: "", deleted: true, edited: undefined, reply: undefined },
    ],
  );
});

Deno.test("A room that is cleared has only the event and what comes after it", async () => {
  const timeline = new Timeline();
  const message = (seq: number): Message => ({ ...entryFields(seq), text: `text ${seq}` });
  timeline.apply(opened([message(1), message(2)], true));
  const changes: string[] = [];
  timeline.changes.subscribe(({ type }) => changes.push(type));
  const page = Promise.withResolvers<HistoryPage>();
  const loading = timeline.loadOlder({ history: () => page.promise });
  const event = { kind: "clear" } as const;
  timeline.apply({ ...said(3, "cleared"), event, replayed: false });
  // It was requested before, so its messages are gone too.
  page.resolve({ messages: [message(0)], more: false, position: "e:2" });
  await loading;
  timeline.apply({ ...said(4, "four"), replayed: false });
  assert.deepEqual(timeline.messages.map(({ text }) => text), ["cleared", "four"]);
  assert.deepEqual([timeline.more, timeline.indexOf("e:1"), timeline.indexOf("e:4")], [
    false,
    -1,
    1,
  ]);
  assert.deepEqual(changes, ["replaced", "added"]);
  const elsewhere = { kind: "clear", room: "den" } as const;
  timeline.apply({ ...said(5, "in _audit"), event: elsewhere, replayed: false });
  assert.equal(timeline.messages.length, 3);
});
