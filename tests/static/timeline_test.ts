import assert from "node:assert/strict";
import { type Change, type Page, Timeline } from "../../static/client/timeline.js";
import {
  amend,
  type Amendment,
  type Message,
  type RoomEvent,
  type Said,
  toMessage,
} from "../../static/client/timeline_amend.js";
import { Dice } from "../simulation/dice.ts";

type Entry = Said | Amendment;

const stamp = (seq: number, user = "ann") => ({
  position: `e:${seq}`,
  at: seq * 1_000,
  user,
  name: user,
  id: `i-${seq}`,
  replayed: false,
});
const said = (seq: number, text = `text ${seq}`, user = "ann"): Said => ({
  ...stamp(seq, user),
  type: "said",
  text,
});
const edited = (seq: number, of: number, text: string): Amendment => ({
  ...stamp(seq),
  type: "edited",
  of: `e:${of}`,
  text,
});
const deleted = (seq: number, of: number): Amendment => ({
  ...stamp(seq),
  type: "deleted",
  of: `e:${of}`,
});
const reacted = (seq: number, of: number, user: string, on = true): Amendment => ({
  ...stamp(seq, user),
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

/** What a server keeps of one room. */
class Record {
  readonly entries: Entry[] = [];
  #messages: Message[] = [];

  enter(entry: Entry): void {
    this.entries.push(entry);
    if (entry.type === "said") this.#messages.push(toMessage(entry));
    else {
      const index = this.#messages.findIndex((it) => it.position === entry.of);
      const message = this.#messages[index];
      if (message) this.#messages[index] = amend(message, entry);
    }
  }

  page({ before, limit = 50 }: { before?: string; limit?: number } = {}): Page {
    const index = this.#messages.findIndex((it) => it.position === before);
    const end = index < 0 ? this.#messages.length : index;
    const start = Math.max(0, end - limit);
    const position = this.entries.at(-1)?.position ?? "e:0";
    return { messages: this.#messages.slice(start, end), more: start > 0, position };
  }
}

const texts = (timeline: Timeline) => timeline.messages.map(({ text }) => text);

Deno.test("Timeline puts what is said at the end, once", () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(1))]));
  const change = timeline.take(said(2));
  assert.deepEqual(change, { type: "added", message: toMessage(said(2)), replayed: false });
  assert.deepEqual(timeline.take(said(2)), { type: "nothing" });
  assert.deepEqual(texts(timeline), ["text 1", "text 2"]);
});

Deno.test("Timeline replaces a message that changes by a new object", () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(1)), toMessage(said(2))]));
  const [before, other] = timeline.messages;
  timeline.take(edited(3, 1, "changed"));
  assert.notEqual(timeline.messages[0], before);
  assert.equal(timeline.messages[1], other);
  assert.equal(before?.text, "text 1");
  assert.equal(timeline.get("e:1")?.edited, 3_000);
});

Deno.test("Timeline counts each user once for an emoji, and forgets an emoji of nobody", () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(1))]));
  for (const entry of [reacted(2, 1, "ann"), reacted(3, 1, "bob"), reacted(4, 1, "ann")]) {
    timeline.take(entry);
  }
  assert.deepEqual(timeline.get("e:1")?.reactions, { "👍": ["bob", "ann"] });
  timeline.take(reacted(5, 1, "ann", false));
  timeline.take(reacted(6, 1, "bob", false));
  assert.deepEqual(timeline.get("e:1"), toMessage(said(1)));
});

Deno.test("Timeline keeps a deleted message's place without text and reactions", () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(1))]));
  timeline.take(reacted(2, 1, "bob"));
  timeline.take(deleted(3, 1));
  timeline.take(edited(4, 1, "never"));
  assert.deepEqual(timeline.messages, [{ ...toMessage(said(1)), text: "", deleted: true }]);
});

Deno.test("Timeline drops the oldest above its cap, and knows that there are more", () => {
  const timeline = new Timeline(40);
  timeline.take(opened([]));
  for (let seq = 1; seq <= 100; seq++) timeline.take(said(seq));
  assert.ok(timeline.messages.length <= 40);
  assert.equal(timeline.more, true);
  assert.equal(timeline.messages.at(-1)?.position, "e:100");
  assert.equal(timeline.indexOf("e:1"), -1);
  assert.equal(timeline.messages[timeline.indexOf("e:90")]?.position, "e:90");
});

Deno.test("Timeline applies to a page what was told while it was on its way", async () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(3))], true));
  const answer = Promise.withResolvers<Page>();
  const asking = timeline.older({ history: () => answer.promise });
  timeline.take(edited(4, 1, "before the page was read"));
  timeline.take(edited(6, 1, "after"));
  timeline.take(deleted(7, 2));
  const first = { ...toMessage(said(1)), text: "newer", edited: 5_000 };
  answer.resolve({ messages: [first, toMessage(said(2))], more: false, position: "e:5" });
  await asking;
  assert.deepEqual(texts(timeline), ["after", "", "text 3"]);
});

Deno.test("Timeline does not apply to a page what the page had already", async () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(2))], true));
  const page = { messages: [{ ...toMessage(said(1)), text: "newest" }], more: false };
  await timeline.older({ history: () => Promise.resolve({ ...page, position: "e:9" }) });
  assert.equal(timeline.take(edited(8, 1, "older")).type, "nothing");
  assert.equal(timeline.get("e:1")?.text, "newest");
  timeline.take(edited(10, 1, "newer still"));
  assert.equal(timeline.get("e:1")?.text, "newer still");
});

Deno.test("Timeline passes over a page that was asked for before the room was opened anew", async () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(2))], true));
  const answer = Promise.withResolvers<Page>();
  const asking = timeline.older({ history: () => answer.promise });
  timeline.take(opened([toMessage(said(90))], true));
  answer.resolve({ messages: [toMessage(said(1))], more: false, position: "e:2" });
  assert.deepEqual(await asking, { type: "nothing" });
  assert.deepEqual(texts(timeline), ["text 90"]);
  assert.equal(timeline.more, true);
});

Deno.test("Timeline asks once at a time, and again after a fault", async () => {
  const timeline = new Timeline();
  timeline.take(opened([toMessage(said(5))], true));
  let asked = 0;
  const fails = { history: () => (asked++, Promise.reject(new Error("away"))) };
  const both = [timeline.older(fails), timeline.older(fails)];
  await Promise.allSettled(both);
  assert.equal(asked, 1);
  await assert.rejects(timeline.older(fails), /away/);
  assert.equal(asked, 2);
});

Deno.test("Timeline lets go of what the log has lost, and says so", () => {
  const timeline = new Timeline();
  timeline.take(opened([1, 2, 3, 4].map((seq) => toMessage(said(seq)))));
  const change = timeline.take({ type: "lost", after: "e:4", until: "f:2", reason: "rewound" });
  assert.equal(change.type, "replaced");
  assert.deepEqual(texts(timeline), ["text 1", "text 2"]);
  assert.deepEqual(timeline.notes.map((it) => [it.type, it.after]), [["missing", "e:2"]]);
});

Deno.test("Timeline notes new names as they come, and what is missing until it has come", () => {
  const timeline = new Timeline();
  timeline.take({ ...opened([toMessage(said(9))], true), reason: "too_many" } as RoomEvent);
  assert.deepEqual(timeline.notes.map(({ after }) => after), [null]);
  const renamed = { ...stamp(10), type: "renamed", name: "Anna", from: "ann" } as const;
  timeline.take({ ...renamed, replayed: true });
  timeline.take(renamed);
  timeline.page({ messages: [toMessage(said(8))], more: false, position: "e:10" });
  assert.deepEqual(timeline.notes.map((it) => [it.type, it.after]), [["renamed", "e:9"]]);
});

Deno.test("Timeline tells its changes after they have been made", () => {
  const timeline = new Timeline();
  const seen: [Change["type"], number][] = [];
  timeline.changes.subscribe(({ type }) => seen.push([type, timeline.messages.length]));
  timeline.take(opened([toMessage(said(1))]));
  timeline.take(said(2));
  timeline.take({ type: "resumed" });
  assert.deepEqual(seen, [["replaced", 1], ["added", 2]]);
});

/** Draws an entry about what was said before. */
function draw(dice: Dice, seq: number, saidBefore: number[]): Entry {
  if (saidBefore.length === 0 || dice.chance(0.4)) {
    saidBefore.push(seq);
    return said(seq, `text ${seq}`);
  }
  const of = dice.pick(saidBefore);
  if (dice.chance(0.1)) return deleted(seq, of);
  if (dice.chance(0.5)) return edited(seq, of, `edit ${seq}`);
  return reacted(seq, of, dice.pick(["ann", "bob", "cem"]), dice.chance(0.7));
}

Deno.test("Timeline has what history says, whatever comes in between", async () => {
  for (let seed = 0; seed < 200; seed++) await live(seed);
});

async function live(seed: number): Promise<void> {
  const dice = new Dice(seed);
  const record = new Record();
  const timeline = new Timeline();
  const saidBefore: number[] = [];
  let told = 0;
  let asking: Promise<unknown> | undefined;
  let answer: (() => void) | undefined;
  const tell = () => {
    const entry = record.entries[told];
    if (entry) timeline.take(entry);
    told += entry ? 1 : 0;
  };
  // The server reads a page at some moment between the question and the answer.
  const history = (options?: { before?: string; limit?: number }) => {
    const { promise, resolve } = Promise.withResolvers<Page>();
    let page: Page | undefined;
    answer = () => page ? resolve(page) : page = record.page(options);
    return promise;
  };
  for (let seq = 1; seq <= 60; seq++) record.enter(draw(dice, seq, saidBefore));
  told = record.entries.length;
  const page = record.page({ limit: 5 });
  timeline.take({ ...opened(page.messages, page.more), position: page.position } as RoomEvent);
  for (let seq = 61; seq <= 200; seq++) {
    record.enter(draw(dice, seq, saidBefore));
    while (dice.chance(0.5)) tell();
    if (!asking && timeline.more && dice.chance(0.3)) {
      asking = timeline.older({ history }, dice.between(1, 10)).finally(() => asking = undefined);
    }
    if (dice.chance(0.3)) answer?.();
    await Promise.resolve();
  }
  while (told < record.entries.length) tell();
  while (asking || timeline.more) {
    asking ??= timeline.older({ history }).finally(() => asking = undefined);
    answer?.();
    answer?.();
    await asking;
  }
  const all = record.page({ limit: 1_000 }).messages;
  assert.deepEqual(timeline.messages, all, `seed ${seed}`);
  for (const [i, { position }] of all.entries()) assert.equal(timeline.indexOf(position), i);
}

Deno.test("Timeline shows what was deleted or edited since as it now stands, in whatever order it is told", () => {
  const replay = { replayed: true };
  const timeline = new Timeline();
  timeline.take(opened([]));
  timeline.take({ ...said(1, ""), ...replay, deleted: true });
  timeline.take({ ...said(2, "new"), ...replay, edited: 9_000, reply: "e:1" });
  timeline.take({ ...said(3, "old"), ...replay });
  const gone = (seq: number, of: number): Amendment => ({
    ...{ ...stamp(seq), ...replay },
    ...{ type: "edited", of: `e:${of}`, text: "", deleted: true },
  });
  timeline.take(gone(4, 1));
  timeline.take({ ...edited(5, 2, "new"), ...replay });
  timeline.take(gone(6, 3));
  timeline.take({ ...deleted(7, 1), ...replay });
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
