/**
 * A room's log numbers without gaps, recognizes repetitions, and never reports a replay as complete when it is not, even
 * after it was restored to an earlier state, as on a promoted replica.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Action,
  amend,
  type Entry,
  type Message,
  messageOf,
  messagePositionOf,
  withCurrentContent,
} from "../../../lib/core/log/entry.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import {
  type Head,
  type LossReason,
  MAX_EPOCHS,
  resolvePosition,
  topOf,
} from "../../../lib/core/log/epochs.ts";
import { readPage, replaySince } from "../../../lib/core/log/reading/log_reading.ts";
import {
  estimateEntrySize,
  estimateMessageSize,
  MAX_READ_BYTES,
} from "../../../lib/core/log/reading/read_size.ts";
import { advancesReadMarker } from "../../../lib/core/log/reading/read_markers.ts";
import { retainedSince, type Retention } from "../../../lib/core/log/retention.ts";
import { append, MAX_SMOOTHED_MS } from "../../../lib/core/log/room_log.ts";
import { name } from "../../support/fakes.ts";
import { type Contents, Log, user } from "./list_room_storage.ts";

const HOUR = 3_600_000;
const [ann, bob] = [user("user_ann"), user("user_bob")];
const seqs = (list: readonly { readonly position: Position }[]) =>
  list.map(({ position }) => position.seq);

Deno.test("append() numbers from 1 in the epoch of a new room", () => {
  const log = new Log();
  assert.deepEqual(topOf(log.head), { epoch: "a", seq: 0 });
  const entries = [log.say("one"), log.say("two")];
  assert.deepEqual(entries.map(({ position }) => position), [
    { epoch: "a", seq: 1 },
    { epoch: "a", seq: 2 },
  ]);
  assert.deepEqual(log.storage.entries(0, -Infinity), entries);
  assert.deepEqual(topOf(log.head), { epoch: "a", seq: 2 });
});

Deno.test("append() stores the draft unchanged, with its position and time", () => {
  const log = new Log();
  const draft = log.draft({ kind: "renamed", from: name("Bob") }, bob);
  const entry = { ...draft, position: { epoch: "a", seq: 1 }, at: 1_000 };
  assert.deepEqual(log.append(draft), { kind: "entered", entry });
});

Deno.test("append() answers a repetition with the first receipt, and stores nothing", () => {
  const log = new Log();
  const draft = log.draft({ kind: "said", text: "hello" });
  log.append(draft);
  log.say("something else");
  const { contents } = log.storage;
  log.now += 5_000;
  const receipt = { position: { epoch: "a", seq: 1 }, at: 1_000 };
  assert.deepEqual(log.append({ ...draft, name: name("Anna") }), { kind: "repeated", receipt });
  assert.deepEqual(log.storage.contents, contents);
});

Deno.test("append() recognizes a repetition in the next epoch too", () => {
  const log = new Log();
  const draft = log.draft({ kind: "said", text: "hello" });
  log.append(draft);
  log.startEpoch("b");
  assert.equal(log.append(draft).kind, "repeated");
});

Deno.test("append() recognizes a repeated deletion, although the message is gone by then", () => {
  const log = new Log();
  const draft = log.draft({ kind: "deleted", of: log.say().position });
  log.append(draft);
  assert.equal(log.append(draft).kind, "repeated");
});

Deno.test("append() rejects any other action with a used id", () => {
  const log = new Log();
  const said = log.draft({ kind: "said", text: "hello" });
  log.append(said);
  const of = { epoch: "a", seq: 1 };
  const { contents } = log.storage;
  for (const action of [{ kind: "said", text: "" }, { kind: "deleted", of }] as const) {
    assert.deepEqual(log.append({ ...said, action }), { kind: "rejected", why: "id_reused" });
  }
  assert.deepEqual(log.storage.contents, contents);
});

Deno.test("append() accepts the same id from another user", () => {
  const log = new Log();
  const draft = log.draft({ kind: "said", text: "hello" });
  for (const by of [ann, bob]) assert.equal(log.append({ ...draft, user: by }).kind, "entered");
});

Deno.test("append() keeps nothing of a rejected draft, so its id may be used again", () => {
  const log = new Log();
  const { position: of } = log.say();
  const { contents } = log.storage;
  const draft = log.draft({ kind: "edited", of, text: "mine" }, bob);
  assert.deepEqual(log.append(draft), { kind: "rejected", why: "not_yours" });
  assert.deepEqual(log.storage.contents, contents);
  assert.equal(log.append({ ...draft, action: { kind: "said", text: "x" } }).kind, "entered");
});

for (
  const [what, of] of [
    ["an entry that is not a message", { epoch: "a", seq: 2 }],
    ["a position that does not exist yet", { epoch: "a", seq: 9 }],
    ["an entry of another epoch", { epoch: "b", seq: 1 }],
    ["the position before the first entry", { epoch: "a", seq: 0 }],
  ] as const
) {
  Deno.test(`append() reports gone for ${what}`, () => {
    const log = new Log();
    const { position } = log.say();
    log.mustAppend({ kind: "reacted", of: position, emoji: "👍", on: true });
    const outcome = log.append(log.draft({ kind: "edited", of, text: "x" }));
    assert.deepEqual(outcome, { kind: "rejected", why: "gone" });
  });
}

Deno.test("append() amends a message of an earlier epoch", () => {
  const log = new Log();
  const { position: of } = log.say();
  log.startEpoch("b");
  log.mustAppend({ kind: "edited", of, text: "bye" });
  assert.equal(log.storage.message(1, -Infinity)?.text, "bye");
});

Deno.test("append() uses the calendar for timestamps, and smooths over a clock that goes back a little", () => {
  const log = new Log();
  const stamps: readonly (readonly [date: number, at: number])[] = [
    [1e9, 1e9],
    [1e9 - MAX_SMOOTHED_MS, 1e9],
    [1e9 + 1, 1e9 + 1],
    [1e9 + 97 * HOUR, 1e9 + 97 * HOUR],
    // Corrected: the next entries are stamped correctly at once.
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

Deno.test("append() does not use the calendar to decide what is too old", () => {
  const log = new Log({ ageMs: 72 * HOUR });
  const terms = (date: number, ranMs: number) => ({ ...log.context, now: date, ranMs });
  const dates = [1e12, 1e12 + 97 * HOUR, 1e12, 0, 1e12, 1e12 + 24 * HOUR, 1e12];
  for (const [ranMs, date] of dates.entries()) {
    append(log.storage, log.draft({ kind: "said", text: "hello" }), terms(date, ranMs));
    const page = readPage(log.storage, undefined, 100, terms(date, ranMs));
    assert.equal(page.messages.length, ranMs + 1);
    const replay = replaySince(log.storage, { epoch: "a", seq: 0 }, 100, terms(date, ranMs));
    assert.deepEqual([replay.entries.length, replay.lossReason], [ranMs + 1, undefined]);
  }
  const kept = (ranMs: number) =>
    readPage(log.storage, undefined, 100, terms(1e12, ranMs)).messages.length;
  assert.deepEqual([72 * HOUR, 72 * HOUR + 1, 72 * HOUR + 7].map(kept), [7, 6, 0]);
});

Deno.test("append() keeps the configured number of messages, and at least as many entries", () => {
  const log = new Log({ messages: 3, entries: 1 });
  for (let k = 0; k < 5; k++) log.say();
  assert.deepEqual(seqs(log.storage.contents.messages), [3, 4, 5]);
  assert.deepEqual(seqs(log.storage.contents.entries), [3, 4, 5]);
});

Deno.test("append() lets no burst of reactions push messages out", () => {
  const log = new Log({ messages: 3, entries: 5 });
  const { position: of } = log.say();
  for (let k = 0; k < 20; k++) {
    log.mustAppend({ kind: "reacted", of, emoji: "👍", on: k % 2 === 0 });
  }
  assert.deepEqual(seqs(log.storage.contents.messages), [1]);
  assert.deepEqual(seqs(log.storage.contents.entries), [17, 18, 19, 20, 21]);
});

Deno.test("append() drops entries older than the retention", () => {
  const log = new Log({ ageMs: 100 });
  log.say();
  log.now += 100;
  log.say();
  assert.deepEqual(seqs(log.storage.contents.entries), [1, 2]);
  log.now += 1;
  log.say();
  assert.deepEqual(seqs(log.storage.contents.entries), [2, 3]);
  assert.deepEqual(seqs(log.storage.contents.messages), [2, 3]);
});

Deno.test("append() reports gone for a message older than the retention, even while it is still stored", () => {
  const log = new Log({ ageMs: 100 });
  const { position: of } = log.say();
  log.now += 101;
  assert.deepEqual(readPage(log.storage, undefined, 9, log.context).messages, []);
  const outcome = log.append(log.draft({ kind: "edited", of, text: "x" }));
  assert.deepEqual(outcome, { kind: "rejected", why: "gone" });
});

Deno.test("replaySince() and readPage() return nothing older than the retention, even when nothing was appended since", () => {
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
    const replay = replaySince(log.storage, start, 9, log.context);
    assert.deepEqual([seqs(replay.entries), replay.lossReason], [kept, gap]);
    const page = readPage(log.storage, undefined, 9, log.context);
    assert.deepEqual([seqs(page.messages), page.more], [kept, false]);
  }
  assert.equal(replaySince(log.storage, position, 9, log.context).lossReason, "too_old");
  assert.equal(replaySince(log.storage, topOf(log.head), 9, log.context).lossReason, undefined);
});

Deno.test("startEpoch() continues the numbers, and remembers MAX_EPOCHS epochs", () => {
  const log = new Log();
  for (let k = 1; k < 2 * MAX_EPOCHS; k++) {
    log.say();
    log.startEpoch(`b${k}`);
    assert.equal(log.head.epochs.length, Math.min(k + 1, MAX_EPOCHS));
    assert.deepEqual(topOf(log.head), { epoch: `b${k}`, seq: k });
  }
  const epochs = log.head.epochs.map(({ epoch }) => epoch);
  assert.deepEqual(epochs, Array.from({ length: MAX_EPOCHS }, (_, k) => `b${k + MAX_EPOCHS}`));
});

Deno.test("replaySince() never returns a text that was deleted or replaced", () => {
  const log = new Log();
  const deleted = log.say("secret");
  log.mustAppend({ kind: "edited", of: deleted.position, text: "still secret" });
  const edited = log.say("frist");
  const edit = log.mustAppend({ kind: "edited", of: edited.position, text: "firts" });
  log.now += 5;
  const last = log.mustAppend({ kind: "edited", of: edited.position, text: "first" });
  log.mustAppend({ kind: "deleted", of: deleted.position });
  assert.doesNotMatch(JSON.stringify(log.storage.contents), /secret|frist|firts/);
  const { entries } = replaySince(log.storage, { epoch: "a", seq: 0 }, 100, log.context);
  assert.deepEqual(entries.slice(0, 5).map(({ action }) => action), [
    { kind: "said", text: "", deleted: true },
    { kind: "edited", of: deleted.position, text: "", deleted: true },
    { kind: "said", text: "first", edited: last.at },
    { ...edit.action, text: "first" },
    last.action,
  ]);
});

Deno.test("replaySince() returns tombstones for messages that are no longer kept", () => {
  const log = new Log({ messages: 1, entries: 9 });
  const { position: of } = log.say("one");
  log.mustAppend({ kind: "edited", of, text: "1" });
  log.say("two");
  const { entries } = replaySince(log.storage, { ...of, seq: 0 }, 9, log.context);
  assert.deepEqual(entries.map(({ action }) => action), [
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
  Deno.test(`replaySince() and readPage() are split by size, and together return all of ${what}`, () => {
    const log = new Log({ messages: 1e6, entries: 1e6 });
    for (let k = 0; k < count; k++) log.say(String(k).padEnd(length, "x"));
    const sum = (weights: number[]) => weights.reduce((all, one) => all + one, 0);
    for (let after = 0; after < count;) {
      const { entries } = replaySince(
        log.storage,
        { epoch: "a", seq: after },
        Infinity,
        log.context,
      );
      const weights = entries.map(estimateEntrySize);
      assert.ok(weights.length === 1 || sum(weights) <= MAX_READ_BYTES);
      const isLast = after + weights.length === count;
      assert.ok(isLast || sum([...weights, ...weights.slice(0, 1)]) > MAX_READ_BYTES);
      assert.deepEqual(seqs(entries), weights.map((_, index) => after + index + 1));
      after += entries.length;
    }
    for (let before = count + 1, more = true; more;) {
      const page = readPage(log.storage, before, Infinity, log.context);
      const weights = page.messages.map(estimateMessageSize);
      assert.ok(weights.length === 1 || sum(weights) <= MAX_READ_BYTES);
      assert.equal(page.messages.at(-1)?.position.seq, before - 1);
      [before, more] = [before - weights.length, page.more];
      assert.equal(more, before > 1);
    }
  });
}

Deno.test("readPage() counts reactions by their size", () => {
  const log = new Log();
  const users = Array.from({ length: 60 }, (_, k) => user(`user_${String(k).padStart(4, "0")}`));
  for (let k = 0; k < 300; k++) log.say("hello");
  const head = log.head.top;
  const reactions = { "👍": users };
  for (const message of log.storage.contents.messages) {
    log.storage.setMessage({ ...message, reactions }, 0);
  }
  const { messages, more } = readPage(log.storage, undefined, 1_000, log.context);
  assert.equal(more, true);
  assert.ok(JSON.stringify(messages).length < 1.2 * MAX_READ_BYTES);
  assert.equal(messages.at(-1)?.position.seq, head);
});

for (
  const [what, full, action, why] of [
    ["a message while the store is full", { store: true, rooms: false }, "said", "store_full"],
    ["an edit while the store is full", { store: true, rooms: false }, "edited", "store_full"],
    ["a deletion while the store is full", { store: true, rooms: false }, "deleted", undefined],
    ["a message while the room limit is reached", { store: false, rooms: true }, "said", undefined],
  ] as const
) {
  Deno.test(`append() ${why ? `rejects ${what} with ${why}` : `enters ${what}`}`, () => {
    const log = new Log();
    const said = log.draft({ kind: "said", text: "one" });
    log.append(said);
    const of = { epoch: "a", seq: 1 };
    const actions = {
      said: { kind: "said", text: "x" },
      edited: { kind: "edited", of, text: "x" },
      deleted: { kind: "deleted", of },
    } as const;
    log.exhausted = full;
    assert.equal(log.append(said).kind, "repeated");
    const outcome = log.append(log.draft(actions[action]));
    assert.equal(outcome.kind === "rejected" ? outcome.why : undefined, why);
  });
}

Deno.test("append() creates no room while the room limit is reached", () => {
  const log = new Log();
  log.exhausted = { store: false, rooms: true };
  const outcome = log.append(log.draft({ kind: "said", text: "x" }));
  assert.deepEqual(outcome, { kind: "rejected", why: "rooms_full" });
  assert.equal(log.head.top, 0);
});

/** Entries up to 5 in epoch a, still 5 in b, up to 8 in c; the top is 10. */
const HEAD: Head = {
  epochs: [{ epoch: "a", after: 2 }, { epoch: "b", after: 5 }, { epoch: "c", after: 5 }, {
    epoch: "d",
    after: 8,
  }],
  top: 10,
  at: 0,
};

const RESOLVED: readonly (readonly [string, string, number, number, number, LossReason?])[] = [
  ["the top", "d", 10, 0, 10],
  ["an entry of the current epoch", "d", 9, 0, 9],
  ["where the current epoch began", "d", 8, 0, 8],
  ["an entry before the current epoch", "d", 7, 0, 7],
  ["one before it that is no longer kept", "d", 3, 6, 6, "too_old"],
  ["a number that the current epoch has not reached", "d", 11, 0, 10, "rewound"],
  ["an entry of an older epoch", "c", 6, 0, 6],
  ["an older epoch's last entry", "c", 8, 0, 8],
  ["an entry that an older epoch has lost", "c", 9, 0, 8, "rewound"],
  ["where an epoch without entries began", "b", 5, 0, 5],
  ["an entry that an epoch without entries has lost", "b", 6, 0, 5, "rewound"],
  ["where the oldest known epoch began", "a", 2, 0, 2],
  ["an entry before the oldest known epoch", "a", 1, 0, 1],
  ["an unknown epoch", "e", 9, 4, 4, "unknown_epoch"],
  ["the last entry that is no longer kept", "c", 6, 6, 6],
  ["the one before that", "b", 5, 6, 6, "too_old"],
  ["a lost entry whose successor is not kept", "a", 7, 6, 6, "rewound"],
  ["a lost entry whose successor is kept", "c", 9, 6, 8, "rewound"],
  ["the top when nothing is kept", "d", 10, 10, 10],
];
for (const [what, epoch, seq, floor, after, gap] of RESOLVED) {
  Deno.test(`resolvePosition() for ${what} reports ${gap ?? "no loss"}`, () => {
    assert.deepEqual(
      resolvePosition(HEAD, floor, { epoch, seq }),
      gap ? { after, lossReason: gap } : { after },
    );
  });
}

for (
  const [what, before, read, isFurther] of [
    ["the first mark", undefined, { epoch: "a", seq: 2 }, true],
    ["a later number", { epoch: "d", seq: 9 }, { epoch: "d", seq: 10 }, true],
    ["the same again", { epoch: "d", seq: 9 }, { epoch: "d", seq: 9 }, false],
    ["an earlier number", { epoch: "d", seq: 10 }, { epoch: "d", seq: 9 }, false],
    ["a later number of a later epoch", { epoch: "a", seq: 5 }, { epoch: "c", seq: 6 }, true],
    ["a number after a lost one", { epoch: "a", seq: 7 }, { epoch: "c", seq: 6 }, true],
    ["a number before a lost one", { epoch: "c", seq: 99 }, { epoch: "c", seq: 8 }, false],
    ["any position after an unknown one", { epoch: "e", seq: 99 }, { epoch: "a", seq: 3 }, true],
    ["a lost position", undefined, { epoch: "c", seq: 9 }, false],
    ["a position that does not exist yet", undefined, { epoch: "d", seq: 11 }, false],
    ["an unknown position", undefined, { epoch: "e", seq: 1 }, false],
  ] as const
) {
  Deno.test(`advancesReadMarker() ${isFurther ? "accepts" : "rejects"} ${what}`, () => {
    assert.equal(advancesReadMarker(HEAD, before, read), isFurther);
  });
}

/** What a client that was given a position has seen by then. */
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

/** A log, all positions that it ever returned, and all entries that it holds or has trimmed. */
class History {
  readonly log: Log;
  readonly positions: Seen[] = [];
  entries: readonly Entry[] = [];
  /** The latest time so far. Ages are counted on this scale, not by timestamps, which may be earlier. */
  latest = 0;
  /** What `latest` was when each entry was appended, by position. */
  readonly appendedAt = new Map<string, number>();
  readonly #before: { readonly contents: Contents; readonly entries: readonly Entry[] }[] = [];
  #epochs = 0;

  constructor(retention: Retention) {
    this.log = new Log(retention);
    this.#remember();
  }

  #remember(): void {
    this.latest = Math.max(this.latest, this.log.now);
    this.positions.push({ position: topOf(this.log.head), entries: this.entries });
    this.#before.push({ contents: this.log.storage.contents, entries: this.entries });
  }

  apply([kind, value]: Step): void {
    const { log } = this;
    if (kind === "wait") log.now += value;
    else if (kind === "begin era") log.startEpoch(`b${this.#epochs++}`);
    else if (kind === "rewind") this.#rewind(value);
    else {
      const of = this.entries.at(-1 - value)?.position ?? { epoch: "a", seq: 0 };
      const action: Action = kind === "say"
        ? { kind: "said", text: "hello" }
        : { kind: "reacted", of, emoji: "👍", on: true };
      const outcome = log.append(log.draft(action));
      if (outcome.kind === "entered") {
        this.entries = [...this.entries, outcome.entry];
        this.appendedAt.set(positionKey(outcome.entry), Math.max(this.latest, log.now));
      }
    }
    this.#remember();
  }

  /** Restores the storage to its state some steps ago, and begins an epoch. */
  #rewind(steps: number): void {
    const before = this.#before.at(-1 - steps) ?? this.#before[0];
    if (before === undefined) return;
    this.log.storage.contents = before.contents;
    this.entries = before.entries;
    this.log.startEpoch(`b${this.#epochs++}`);
  }
}

function positionKey({ position: { epoch, seq } }: { readonly position: Position }): string {
  return `${epoch}:${seq}`;
}

/** Entries as a reader receives them. */
function withCurrentTexts({ storage, context }: Log, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => {
    const about = messagePositionOf(entry);
    return withCurrentContent(entry, about && storage.message(about.seq, retainedSince(context)));
  });
}

/** Checks a property of every possible history. */
function always(prove: (history: History) => void, runs = 500): void {
  fc.assert(
    fc.property(anyRetention, anySteps, (retention, steps) => {
      const history = new History(retention);
      for (const step of steps) history.apply(step);
      prove(history);
    }),
    { numRuns: runs },
  );
}

Deno.test("append() numbers the entries without gaps, and no two alike", () => {
  always(({ log, entries, positions }) => {
    assert.deepEqual(seqs(entries), entries.map((_, index) => index + 1));
    assert.equal(log.head.top, entries.length);
    const all = new Set(positions.flatMap((seen) => seen.entries));
    const keys = [...all].map(positionKey);
    assert.equal(new Set(keys).size, all.size);
  });
});

Deno.test("replaySince() returns everything after any position it ever returned, or reports a gap", () => {
  always(({ log, entries, positions }) => {
    for (const { position, entries: seen } of positions) {
      const replay = replaySince(log.storage, position, Infinity, log.context);
      assert.deepEqual(replay.top, topOf(log.head));
      if (replay.lossReason !== undefined) continue;
      assert.deepEqual(entries.slice(0, seen.length), seen);
      assert.deepEqual(replay.entries, withCurrentTexts(log, entries.slice(seen.length)));
    }
  });
});

Deno.test("replaySince() reports a gap only if there is one, while it knows the epoch", () => {
  always(({ log, entries, positions }) => {
    const floor = log.storage.floor(retainedSince(log.context));
    for (const { position, entries: seen } of positions) {
      const { lossReason } = replaySince(log.storage, position, Infinity, log.context);
      const isSame = seen.every((entry, index) => entry === entries[index]);
      if (lossReason === "rewound") assert.ok(!isSame, "nothing was lost");
      else if (lossReason === "too_old") assert.ok(seen.length < floor, "all of it is kept");
      else if (lossReason === "unknown_epoch") {
        assert.ok(log.head.epochs.every(({ epoch }) => epoch !== position.epoch));
      }
    }
  });
});

Deno.test("replaySince() returns with a gap every kept entry that was not seen, without a hole", () => {
  always(({ log, entries, positions }) => {
    const floor = log.storage.floor(retainedSince(log.context));
    for (const { position, entries: seen } of positions) {
      const replay = replaySince(log.storage, position, Infinity, log.context);
      if (replay.lossReason === undefined) continue;
      const fresh = entries.slice(floor).filter((entry) => !seen.includes(entry));
      const newest = entries.slice(entries.length - replay.entries.length);
      assert.deepEqual(replay.entries, withCurrentTexts(log, newest));
      if (replay.lossReason === "unknown_epoch") {
        assert.equal(replay.entries.length, entries.length - floor);
      } else assert.deepEqual(newest, fresh);
    }
  });
});

Deno.test("replaySince() returns the oldest entries when it returns only some", () => {
  always(({ log, positions }) => {
    for (const { position } of positions) {
      const all = replaySince(log.storage, position, Infinity, log.context);
      for (const limit of [1, 3]) {
        const some = replaySince(log.storage, position, limit, log.context);
        assert.deepEqual(some, { ...all, entries: all.entries.slice(0, limit) });
      }
      // Without entries, none are of a forgotten epoch.
      const { forgotten: _, ...rest } = all;
      const none = replaySince(log.storage, position, 0, log.context);
      assert.deepEqual(none, { ...rest, entries: [] });
    }
  }, 100);
});

/** The messages that result from entries, by the rules for a single message. */
function folded(entries: readonly Entry[]): Message[] {
  const messages: Message[] = [];
  for (const entry of entries) {
    const said = messageOf(entry);
    if (said) messages.push(said);
    if (!("of" in entry.action)) continue;
    const { seq } = entry.action.of;
    const index = messages.findIndex(({ position }) => position.seq === seq);
    const amended = amend(messages[index], entry, entry.at);
    if (typeof amended === "string") assert.fail(amended);
    messages[index] = amended;
  }
  return messages;
}

Deno.test("readPage() returns what folding the log returns: the newest messages within the retention", () => {
  always(({ log, entries, latest, appendedAt }) => {
    const { messages: most, ageMs } = log.retention;
    const page = readPage(log.storage, undefined, 100, log.context);
    const newest = folded(entries).slice(-most);
    const { length } = page.messages;
    assert.deepEqual(page.messages, newest.slice(newest.length - length));
    const isKept = (it: Message) => (appendedAt.get(positionKey(it)) ?? 0) >= latest - ageMs;
    assert.equal(length, newest.filter(isKept).length);
    assert.deepEqual([page.top, page.more], [topOf(log.head), false]);
  });
});

Deno.test("readPage() returns every message once, from the newest to the oldest, page by page", () => {
  always(({ log }) => {
    const all = readPage(log.storage, undefined, 100, log.context).messages;
    for (const limit of [1, 2, 3]) {
      const turned: Message[] = [];
      let before: number | undefined, more = true;
      for (let page = 0; page <= all.length && more; page++) {
        const found = readPage(log.storage, before, limit, log.context);
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
