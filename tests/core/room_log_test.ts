/**
 * That a room's log numbers without gaps, knows repetitions, and never says that all is there when it is not: also when it
 * is put back to what it was, as on a promoted replica.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  amend,
  asItStands,
  type Deed,
  type Entry,
  type Message,
  messageAbout,
  messageOf,
} from "../../lib/core/entries.ts";
import type { Position } from "../../lib/core/positions.ts";
import {
  append,
  type Gap,
  type Head,
  isReadFurther,
  judge,
  leaf,
  MAX_ERAS,
  MAX_READ_BYTES,
  MAX_SMOOTHED_MS,
  recover,
  type Retention,
  sinceOf,
  topOf,
  weighEntry,
  weighMessage,
} from "../../lib/core/room_log.ts";
import { name } from "../fakes.ts";
import { type Contents, Log, user } from "./list_shelf.ts";

const HOUR = 3_600_000;
const [ann, bob] = [user("user_ann"), user("user_bob")];
const seqs = (list: readonly { readonly position: Position }[]) =>
  list.map(({ position }) => position.seq);

Deno.test("append() numbers from 1 in the epoch of a room that has never been", () => {
  const log = new Log();
  assert.deepEqual(topOf(log.head), { epoch: "a", seq: 0 });
  const entries = [log.say("one"), log.say("two")];
  assert.deepEqual(entries.map(({ position }) => position), [
    { epoch: "a", seq: 1 },
    { epoch: "a", seq: 2 },
  ]);
  assert.deepEqual(log.shelf.entries(0, -Infinity), entries);
  assert.deepEqual(topOf(log.head), { epoch: "a", seq: 2 });
});

Deno.test("append() enters the draft as it was, with its place and time", () => {
  const log = new Log();
  const draft = log.draft({ kind: "renamed", from: name("Bob") }, bob);
  const entry = { ...draft, position: { epoch: "a", seq: 1 }, at: 1_000 };
  assert.deepEqual(log.append(draft), { kind: "entered", entry });
});

Deno.test("append() answers a repetition with the first one's receipt, and enters nothing", () => {
  const log = new Log();
  const draft = log.draft({ kind: "said", text: "hello" });
  log.append(draft);
  log.say("something else");
  const { contents } = log.shelf;
  log.now += 5_000;
  const receipt = { position: { epoch: "a", seq: 1 }, at: 1_000 };
  assert.deepEqual(log.append({ ...draft, name: name("Anna") }), { kind: "repeated", receipt });
  assert.deepEqual(log.shelf.contents, contents);
});

Deno.test("append() knows a repetition in the next epoch too", () => {
  const log = new Log();
  const draft = log.draft({ kind: "said", text: "hello" });
  log.append(draft);
  log.beginEra("b");
  assert.equal(log.append(draft).kind, "repeated");
});

Deno.test("append() knows the repetition of a deletion, though the message is gone by then", () => {
  const log = new Log();
  const draft = log.draft({ kind: "deleted", of: log.say().position });
  log.append(draft);
  assert.equal(log.append(draft).kind, "repeated");
});

Deno.test("append() rejects another deed under an id that was used, whatever it is", () => {
  const log = new Log();
  const said = log.draft({ kind: "said", text: "hello" });
  log.append(said);
  const of = { epoch: "a", seq: 1 };
  const { contents } = log.shelf;
  for (const deed of [{ kind: "said", text: "" }, { kind: "deleted", of }] as const) {
    assert.deepEqual(log.append({ ...said, deed }), { kind: "rejected", why: "id_reused" });
  }
  assert.deepEqual(log.shelf.contents, contents);
});

Deno.test("append() takes the same id from another user", () => {
  const log = new Log();
  const draft = log.draft({ kind: "said", text: "hello" });
  for (const by of [ann, bob]) assert.equal(log.append({ ...draft, user: by }).kind, "entered");
});

Deno.test("append() keeps nothing of what it rejects, so that its id may be used again", () => {
  const log = new Log();
  const { position: of } = log.say();
  const { contents } = log.shelf;
  const draft = log.draft({ kind: "edited", of, text: "mine" }, bob);
  assert.deepEqual(log.append(draft), { kind: "rejected", why: "not_yours" });
  assert.deepEqual(log.shelf.contents, contents);
  assert.equal(log.append({ ...draft, deed: { kind: "said", text: "x" } }).kind, "entered");
});

for (
  const [what, of] of [
    ["what is no message", { epoch: "a", seq: 2 }],
    ["what has not come yet", { epoch: "a", seq: 9 }],
    ["what was said in another epoch", { epoch: "b", seq: 1 }],
    ["nothing at all", { epoch: "a", seq: 0 }],
  ] as const
) {
  Deno.test(`append() finds gone ${what}`, () => {
    const log = new Log();
    const { position } = log.say();
    log.enter({ kind: "reacted", of: position, emoji: "👍", on: true });
    const outcome = log.append(log.draft({ kind: "edited", of, text: "x" }));
    assert.deepEqual(outcome, { kind: "rejected", why: "gone" });
  });
}

Deno.test("append() amends what was said before the epoch", () => {
  const log = new Log();
  const { position: of } = log.say();
  log.beginEra("b");
  log.enter({ kind: "edited", of, text: "bye" });
  assert.equal(log.shelf.message(1, -Infinity)?.text, "bye");
});

Deno.test("append() stamps with the calendar, and smooths over a clock that goes back a little", () => {
  const log = new Log();
  const stamps: readonly (readonly [date: number, at: number])[] = [
    [1e9, 1e9],
    [1e9 - MAX_SMOOTHED_MS, 1e9],
    [1e9 + 1, 1e9 + 1],
    [1e9 + 97 * HOUR, 1e9 + 97 * HOUR],
    // Corrected: what comes next is stamped right at once.
    [1e9 + 2, 1e9 + 2],
    [1e9 + 24 * HOUR, 1e9 + 24 * HOUR],
    [1e9 + 3, 1e9 + 3],
    [5, 5],
    [1e9 + 4, 1e9 + 4],
  ];
  for (const [date, at] of stamps) {
    log.now = date;
    assert.equal(log.say().at, at);
  }
});

Deno.test("append() lets no calendar decide what is too old", () => {
  const log = new Log({ ageMs: 72 * HOUR });
  const terms = (date: number, ranMs: number) => ({ ...log.terms, now: date, ranMs });
  const dates = [1e12, 1e12 + 97 * HOUR, 1e12, 0, 1e12, 1e12 + 24 * HOUR, 1e12];
  for (const [ranMs, date] of dates.entries()) {
    append(log.shelf, log.draft({ kind: "said", text: "hello" }), terms(date, ranMs));
    const page = leaf(log.shelf, undefined, 100, terms(date, ranMs));
    assert.equal(page.messages.length, ranMs + 1);
    const replay = recover(log.shelf, { epoch: "a", seq: 0 }, 100, terms(date, ranMs));
    assert.deepEqual([replay.entries.length, replay.gap], [ranMs + 1, undefined]);
  }
  const kept = (ranMs: number) =>
    leaf(log.shelf, undefined, 100, terms(1e12, ranMs)).messages.length;
  assert.deepEqual([72 * HOUR, 72 * HOUR + 1, 72 * HOUR + 7].map(kept), [7, 6, 0]);
});

Deno.test("append() keeps so many messages, and at least as many entries", () => {
  const log = new Log({ messages: 3, entries: 1 });
  for (let k = 0; k < 5; k++) log.say();
  assert.deepEqual(seqs(log.shelf.contents.messages), [3, 4, 5]);
  assert.deepEqual(seqs(log.shelf.contents.entries), [3, 4, 5]);
});

Deno.test("append() lets no storm of reactions push messages out", () => {
  const log = new Log({ messages: 3, entries: 5 });
  const { position: of } = log.say();
  for (let k = 0; k < 20; k++) log.enter({ kind: "reacted", of, emoji: "👍", on: k % 2 === 0 });
  assert.deepEqual(seqs(log.shelf.contents.messages), [1]);
  assert.deepEqual(seqs(log.shelf.contents.entries), [17, 18, 19, 20, 21]);
});

Deno.test("append() lets go of what is older than is kept", () => {
  const log = new Log({ ageMs: 100 });
  log.say();
  log.now += 100;
  log.say();
  assert.deepEqual(seqs(log.shelf.contents.entries), [1, 2]);
  log.now += 1;
  log.say();
  assert.deepEqual(seqs(log.shelf.contents.entries), [2, 3]);
  assert.deepEqual(seqs(log.shelf.contents.messages), [2, 3]);
});

Deno.test("append() finds gone a message that is older than is kept, though it is still there", () => {
  const log = new Log({ ageMs: 100 });
  const { position: of } = log.say();
  log.now += 101;
  assert.deepEqual(leaf(log.shelf, undefined, 9, log.terms).messages, []);
  const outcome = log.append(log.draft({ kind: "edited", of, text: "x" }));
  assert.deepEqual(outcome, { kind: "rejected", why: "gone" });
});

Deno.test("recover() and leaf() give nothing older than is kept, though nothing was entered since", () => {
  const log = new Log({ ageMs: 100 });
  const start = topOf(log.head);
  const { position } = log.say();
  log.now += 60;
  log.say();
  for (
    const [now, kept, gap] of [[60, [1, 2], undefined], [101, [2], "too_old"], [
      161,
      [],
      "too_old",
    ]] as const
  ) {
    log.now = 1_000 + now;
    const replay = recover(log.shelf, start, 9, log.terms);
    assert.deepEqual([seqs(replay.entries), replay.gap], [kept, gap]);
    const page = leaf(log.shelf, undefined, 9, log.terms);
    assert.deepEqual([seqs(page.messages), page.more], [kept, false]);
  }
  assert.equal(recover(log.shelf, position, 9, log.terms).gap, "too_old");
  assert.equal(recover(log.shelf, topOf(log.head), 9, log.terms).gap, undefined);
});

Deno.test("beginEra() goes on with the numbers, and remembers MAX_ERAS epochs", () => {
  const log = new Log();
  for (let k = 1; k < 2 * MAX_ERAS; k++) {
    log.say();
    log.beginEra(`b${k}`);
    assert.equal(log.head.eras.length, Math.min(k + 1, MAX_ERAS));
    assert.deepEqual(topOf(log.head), { epoch: `b${k}`, seq: k });
  }
  const epochs = log.head.eras.map(({ epoch }) => epoch);
  assert.deepEqual(epochs, Array.from({ length: MAX_ERAS }, (_, k) => `b${k + MAX_ERAS}`));
});

Deno.test("recover() never gives a text that was deleted or replaced", () => {
  const log = new Log();
  const deleted = log.say("secret");
  log.enter({ kind: "edited", of: deleted.position, text: "still secret" });
  const edited = log.say("frist");
  const edit = log.enter({ kind: "edited", of: edited.position, text: "firts" });
  log.now += 5;
  const last = log.enter({ kind: "edited", of: edited.position, text: "first" });
  log.enter({ kind: "deleted", of: deleted.position });
  assert.doesNotMatch(JSON.stringify(log.shelf.contents), /secret|frist|firts/);
  const { entries } = recover(log.shelf, { epoch: "a", seq: 0 }, 100, log.terms);
  assert.deepEqual(entries.slice(0, 5).map(({ deed }) => deed), [
    { kind: "said", text: "", deleted: true },
    { kind: "edited", of: deleted.position, text: "", deleted: true },
    { kind: "said", text: "first", edited: last.at },
    { ...edit.deed, text: "first" },
    last.deed,
  ]);
});

Deno.test("recover() gives tombstones for messages that are no longer kept", () => {
  const log = new Log({ messages: 1, entries: 9 });
  const { position: of } = log.say("one");
  log.enter({ kind: "edited", of, text: "1" });
  log.say("two");
  const { entries } = recover(log.shelf, { ...of, seq: 0 }, 9, log.terms);
  assert.deepEqual(entries.map(({ deed }) => deed), [
    { kind: "said", text: "", deleted: true },
    { kind: "edited", of, text: "", deleted: true },
    { kind: "said", text: "two" },
  ]);
});

for (
  const [what, length, count] of [
    ["many short messages", 10, 2_000],
    ["long messages", 60_000, 20],
    ["messages that are too long each", MAX_READ_BYTES, 3],
  ] as const
) {
  Deno.test(`recover() and leaf() are cut by weight, and lead to all of ${what}`, () => {
    const log = new Log({ messages: 1e6, entries: 1e6 });
    for (let k = 0; k < count; k++) log.say(String(k).padEnd(length, "x"));
    const sum = (weights: number[]) => weights.reduce((all, one) => all + one, 0);
    for (let after = 0; after < count;) {
      const { entries } = recover(log.shelf, { epoch: "a", seq: after }, Infinity, log.terms);
      const weights = entries.map(weighEntry);
      assert.ok(weights.length === 1 || sum(weights) <= MAX_READ_BYTES);
      const isLast = after + weights.length === count;
      assert.ok(isLast || sum([...weights, ...weights.slice(0, 1)]) > MAX_READ_BYTES);
      assert.deepEqual(seqs(entries), weights.map((_, index) => after + index + 1));
      after += entries.length;
    }
    for (let before = count + 1, more = true; more;) {
      const page = leaf(log.shelf, before, Infinity, log.terms);
      const weights = page.messages.map(weighMessage);
      assert.ok(weights.length === 1 || sum(weights) <= MAX_READ_BYTES);
      assert.equal(page.messages.at(-1)?.position.seq, before - 1);
      [before, more] = [before - weights.length, page.more];
      assert.equal(more, before > 1);
    }
  });
}

Deno.test("leaf() counts reactions by their weight", () => {
  const log = new Log();
  const users = Array.from({ length: 60 }, (_, k) => user(`user_${String(k).padStart(4, "0")}`));
  for (let k = 0; k < 300; k++) log.say("hello");
  const head = log.head.top;
  const reactions = { "👍": users };
  for (const message of log.shelf.contents.messages) {
    log.shelf.setMessage({ ...message, reactions }, 0);
  }
  const { messages, more } = leaf(log.shelf, undefined, 1_000, log.terms);
  assert.equal(more, true);
  assert.ok(JSON.stringify(messages).length < 1.2 * MAX_READ_BYTES);
  assert.equal(messages.at(-1)?.position.seq, head);
});

for (
  const [what, full, deed, why] of [
    ["a message while the store is full", { store: true, rooms: false }, "said", "store_full"],
    ["an edit while the store is full", { store: true, rooms: false }, "edited", "store_full"],
    ["a deletion while the store is full", { store: true, rooms: false }, "deleted", undefined],
    ["a message while there are all rooms", { store: false, rooms: true }, "said", undefined],
  ] as const
) {
  Deno.test(`append() ${why ? `rejects ${what} with ${why}` : `enters ${what}`}`, () => {
    const log = new Log();
    const said = log.draft({ kind: "said", text: "one" });
    log.append(said);
    const of = { epoch: "a", seq: 1 };
    const deeds = {
      said: { kind: "said", text: "x" },
      edited: { kind: "edited", of, text: "x" },
      deleted: { kind: "deleted", of },
    } as const;
    log.full = full;
    assert.equal(log.append(said).kind, "repeated");
    const outcome = log.append(log.draft(deeds[deed]));
    assert.equal(outcome.kind === "rejected" ? outcome.why : undefined, why);
  });
}

Deno.test("append() creates no room while there are all rooms", () => {
  const log = new Log();
  log.full = { store: false, rooms: true };
  const outcome = log.append(log.draft({ kind: "said", text: "x" }));
  assert.deepEqual(outcome, { kind: "rejected", why: "rooms_full" });
  assert.equal(log.head.top, 0);
});

/** Entries up to 5 in epoch a, then up to 5 still in b, up to 8 in c; the top is 10. */
const HEAD: Head = {
  eras: [{ epoch: "a", after: 2 }, { epoch: "b", after: 5 }, { epoch: "c", after: 5 }, {
    epoch: "d",
    after: 8,
  }],
  top: 10,
  at: 0,
};

const JUDGED: readonly (readonly [string, string, number, number, number, Gap?])[] = [
  ["the top", "d", 10, 0, 10],
  ["an entry of the present epoch", "d", 9, 0, 9],
  ["where the present epoch began", "d", 8, 0, 8],
  ["a number that the present epoch never had", "d", 7, 0, 0, "unknown_epoch"],
  ["what the present epoch has not yet", "d", 11, 0, 10, "rewound"],
  ["an entry of an older epoch", "c", 6, 0, 6],
  ["an older epoch's last entry", "c", 8, 0, 8],
  ["an entry that an older epoch has lost", "c", 9, 0, 8, "rewound"],
  ["where an epoch without entries began", "b", 5, 0, 5],
  ["an entry that an epoch without entries has lost", "b", 6, 0, 5, "rewound"],
  ["where the oldest known epoch began", "a", 2, 0, 2],
  ["what was before the oldest known epoch", "a", 1, 0, 0, "unknown_epoch"],
  ["an epoch that nobody knows", "e", 9, 4, 4, "unknown_epoch"],
  ["the last that is not kept any more", "c", 6, 6, 6],
  ["one before that", "b", 5, 6, 6, "too_old"],
  ["an entry that was lost, where what was next is not kept", "a", 7, 6, 6, "rewound"],
  ["an entry that was lost, where what was next is kept", "c", 9, 6, 8, "rewound"],
  ["the top, where nothing is kept", "d", 10, 10, 10],
];
for (const [what, epoch, seq, floor, after, gap] of JUDGED) {
  Deno.test(`judge() says of ${what} ${gap ?? "that nothing is missing"}`, () => {
    assert.deepEqual(judge(HEAD, floor, { epoch, seq }), gap ? { after, gap } : { after });
  });
}

for (
  const [what, before, read, isFurther] of [
    ["the first mark", undefined, { epoch: "a", seq: 2 }, true],
    ["a later number", { epoch: "d", seq: 9 }, { epoch: "d", seq: 10 }, true],
    ["the same again", { epoch: "d", seq: 9 }, { epoch: "d", seq: 9 }, false],
    ["an earlier number", { epoch: "d", seq: 10 }, { epoch: "d", seq: 9 }, false],
    ["a later number of a later epoch", { epoch: "a", seq: 5 }, { epoch: "c", seq: 6 }, true],
    ["a number after one that was lost", { epoch: "a", seq: 7 }, { epoch: "c", seq: 6 }, true],
    ["what came before one that was lost", { epoch: "c", seq: 99 }, { epoch: "c", seq: 8 }, false],
    ["anything after what nobody knows", { epoch: "e", seq: 99 }, { epoch: "a", seq: 3 }, true],
    ["what was lost", undefined, { epoch: "c", seq: 9 }, false],
    ["what has not come yet", undefined, { epoch: "d", seq: 11 }, false],
    ["what nobody knows", undefined, { epoch: "e", seq: 1 }, false],
  ] as const
) {
  Deno.test(`isReadFurther() ${isFurther ? "takes" : "does not take"} ${what} for further`, () => {
    assert.equal(isReadFurther(HEAD, before, read), isFurther);
  });
}

/** What somebody who was given a position has seen by then. */
interface Seen {
  readonly position: Position;
  readonly entries: readonly Entry[];
}

type Step =
  | readonly ["say" | "react" | "rewind" | "wait", number]
  | readonly ["begin era", null];
const one = <K, V>(kind: K, values: fc.Arbitrary<V>, weight: number) => ({
  arbitrary: fc.tuple(fc.constant(kind), values),
  weight,
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  one("say" as const, fc.constant(1), 8),
  one("react" as const, fc.nat(6), 4),
  one("rewind" as const, fc.nat(5), 1),
  one("wait" as const, fc.constantFrom(-50, 10, 30, 200), 2),
  one("begin era" as const, fc.constant(null), 1),
);
const anySteps = fc.array(anyStep, { maxLength: 60, size: "max" });
const anyRetention = fc.record({
  messages: fc.integer({ min: 1, max: 8 }),
  entries: fc.integer({ min: 1, max: 16 }),
  ageMs: fc.constantFrom(Infinity, 300),
});

/** A log, all positions that it ever gave out, and all entries that it holds or has trimmed. */
class History {
  readonly log: Log;
  readonly given: Seen[] = [];
  entries: readonly Entry[] = [];
  /** The latest that it has ever been. */
  latest = 0;
  readonly #before: { readonly contents: Contents; readonly entries: readonly Entry[] }[] = [];
  #eras = 0;

  constructor(retention: Retention) {
    this.log = new Log(retention);
    this.#remember();
  }

  #remember(): void {
    this.latest = Math.max(this.latest, this.log.now);
    this.given.push({ position: topOf(this.log.head), entries: this.entries });
    this.#before.push({ contents: this.log.shelf.contents, entries: this.entries });
  }

  take([kind, value]: Step): void {
    const { log } = this;
    if (kind === "wait") log.now += value;
    else if (kind === "begin era") log.beginEra(`b${this.#eras++}`);
    else if (kind === "rewind") this.#rewind(value);
    else {
      const of = this.entries.at(-1 - value)?.position ?? { epoch: "a", seq: 0 };
      const deed: Deed = kind === "say"
        ? { kind: "said", text: "hello" }
        : { kind: "reacted", of, emoji: "👍", on: true };
      const outcome = log.append(log.draft(deed));
      if (outcome.kind === "entered") this.entries = [...this.entries, outcome.entry];
    }
    this.#remember();
  }

  /** The shelf is what it was some steps ago, and begins an epoch. */
  #rewind(steps: number): void {
    const before = this.#before.at(-1 - steps) ?? this.#before[0];
    if (before === undefined) return;
    this.log.shelf.contents = before.contents;
    this.entries = before.entries;
    this.log.beginEra(`b${this.#eras++}`);
  }
}

/** Entries as a reader is given them. */
function standing({ shelf, terms }: Log, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => {
    const about = messageAbout(entry);
    return asItStands(entry, about && shelf.message(about.seq, sinceOf(terms)));
  });
}

/** Proves something of every history there can be. */
function always(prove: (history: History) => void, runs = 500): void {
  fc.assert(
    fc.property(anyRetention, anySteps, (retention, steps) => {
      const history = new History(retention);
      for (const step of steps) history.take(step);
      prove(history);
    }),
    { numRuns: runs },
  );
}

Deno.test("append() numbers all that the log holds by one up, and never two entries alike", () => {
  always(({ log, entries, given }) => {
    assert.deepEqual(seqs(entries), entries.map((_, index) => index + 1));
    assert.equal(log.head.top, entries.length);
    const all = new Set(given.flatMap((seen) => seen.entries));
    const places = [...all].map(({ position: { epoch, seq } }) => `${epoch}:${seq}`);
    assert.equal(new Set(places).size, all.size);
  });
});

Deno.test("recover() gives all that came after any position it ever gave out, or tells of a gap", () => {
  always(({ log, entries, given }) => {
    for (const { position, entries: seen } of given) {
      const replay = recover(log.shelf, position, Infinity, log.terms);
      assert.deepEqual(replay.top, topOf(log.head));
      if (replay.gap !== undefined) continue;
      assert.deepEqual(entries.slice(0, seen.length), seen);
      assert.deepEqual(replay.entries, standing(log, entries.slice(seen.length)));
    }
  });
});

Deno.test("recover() tells of a gap only where there is one, as long as it knows the epoch", () => {
  always(({ log, entries, given }) => {
    const floor = log.shelf.floor(sinceOf(log.terms));
    for (const { position, entries: seen } of given) {
      const { gap } = recover(log.shelf, position, Infinity, log.terms);
      const isSame = seen.every((entry, index) => entry === entries[index]);
      if (gap === "rewound") assert.ok(!isSame, "nothing was lost");
      else if (gap === "too_old") assert.ok(seen.length < floor, "all of it is kept");
      else if (gap === "unknown_epoch") {
        assert.ok(log.head.eras.every(({ epoch }) => epoch !== position.epoch));
      }
    }
  });
});

Deno.test("recover() gives with a gap all that is kept and was not seen, without a hole", () => {
  always(({ log, entries, given }) => {
    const floor = log.shelf.floor(sinceOf(log.terms));
    for (const { position, entries: seen } of given) {
      const replay = recover(log.shelf, position, Infinity, log.terms);
      if (replay.gap === undefined) continue;
      const fresh = entries.slice(floor).filter((entry) => !seen.includes(entry));
      const newest = entries.slice(entries.length - replay.entries.length);
      assert.deepEqual(replay.entries, standing(log, newest));
      if (replay.gap === "unknown_epoch") {
        assert.equal(replay.entries.length, entries.length - floor);
      } else assert.deepEqual(newest, fresh);
    }
  });
});

Deno.test("recover() gives the oldest, where it gives only some", () => {
  always(({ log, given }) => {
    for (const { position } of given) {
      const all = recover(log.shelf, position, Infinity, log.terms);
      for (const limit of [0, 1, 3]) {
        const some = recover(log.shelf, position, limit, log.terms);
        assert.deepEqual(some, { ...all, entries: all.entries.slice(0, limit) });
      }
    }
  }, 100);
});

/** The messages that come of entries, by the rules for one alone. */
function folded(entries: readonly Entry[]): Message[] {
  const messages: Message[] = [];
  for (const entry of entries) {
    const said = messageOf(entry);
    if (said) messages.push(said);
    if (!("of" in entry.deed)) continue;
    const { seq } = entry.deed.of;
    const index = messages.findIndex(({ position }) => position.seq === seq);
    const amended = amend(messages[index], entry, entry.at);
    if (typeof amended === "string") assert.fail(amended);
    messages[index] = amended;
  }
  return messages;
}

Deno.test("leaf() gives what folding the log gives: the newest that are kept and not too old", () => {
  always(({ log, entries, latest }) => {
    const { messages: most, ageMs } = log.retention;
    const page = leaf(log.shelf, undefined, 100, log.terms);
    const newest = folded(entries).slice(-most);
    const { length } = page.messages;
    assert.deepEqual(page.messages, newest.slice(newest.length - length));
    // Stamps are smoothed over steps back as small as these, so they go by the latest that it has been.
    assert.equal(length, newest.filter(({ at }) => at >= latest - ageMs).length);
    assert.deepEqual([page.top, page.more], [topOf(log.head), false]);
  });
});

Deno.test("leaf() by leaf gives every message once, from the newest to the oldest", () => {
  always(({ log }) => {
    const all = leaf(log.shelf, undefined, 100, log.terms).messages;
    for (const limit of [1, 2, 3]) {
      const turned: Message[] = [];
      let before: number | undefined, more = true;
      for (let page = 0; page <= all.length && more; page++) {
        const found = leaf(log.shelf, before, limit, log.terms);
        assert.ok(found.messages.length === limit || !found.more);
        turned.unshift(...found.messages);
        ({ more } = found);
        before = found.messages[0]?.position.seq;
      }
      assert.ok(!more, "there is always more");
      assert.deepEqual(turned, all);
    }
  }, 200);
});
