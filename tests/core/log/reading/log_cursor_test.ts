/**
 * A cursor returns the entries of a room's log, each once and in order, whatever happens to the announcements and
 * whenever the log is read.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Position } from "../../../../lib/core/log/position.ts";
import {
  type CursorRead,
  type CursorReadResult,
  LogCursor,
} from "../../../../lib/core/log/reading/log_cursor.ts";

/** The parts of an entry that a cursor uses. */
interface Item {
  readonly position: Position;
}

const at = (seq: number, epoch = "a"): Position => ({ epoch, seq });
const item = (seq: number, epoch = "a"): Item => ({ position: at(seq, epoch) });
const items = (from: number, to: number, epoch = "a"): Item[] =>
  Array.from({ length: to - from + 1 }, (_, k) => item(from + k, epoch));

/** A cursor that has caught up with a log of this length. */
function liveCursor(top: number): LogCursor<Item> {
  const cursor = new LogCursor<Item>();
  cursor.completeRead(cursor.beginRead(), { top: at(top), entries: [] });
  assert.ok(cursor.isLive);
  return cursor;
}

Deno.test("LogCursor holds entries that arrive before it has caught up for the first time", () => {
  const cursor = new LogCursor<Item>();
  assert.equal(cursor.last, undefined);
  assert.equal(cursor.isLive, false);
  assert.equal(cursor.accept(item(1)), "buffered");
});

Deno.test("LogCursor begins at the log's top when no position was requested", () => {
  const cursor = liveCursor(7);
  assert.deepEqual(cursor.last, at(7));
  assert.deepEqual([cursor.accept(item(7)), cursor.accept(item(8))], ["duplicate", "next"]);
});

Deno.test("LogCursor begins with the missed entries, up to the log's top", () => {
  const cursor = new LogCursor<Item>();
  const missed = { top: at(7), entries: items(5, 7) };
  assert.deepEqual(cursor.completeRead(cursor.beginRead(), missed), items(5, 7));
  assert.deepEqual([cursor.last, cursor.isLive], [at(7), true]);
});

Deno.test("LogCursor returns the entries that arrived during a read after it, except those that it contained", () => {
  const cursor = new LogCursor<Item>();
  cursor.accept(item(5));
  const read = cursor.beginRead();
  for (const seq of [6, 7, 7, 8]) cursor.accept(item(seq));
  assert.deepEqual(cursor.completeRead(read, { top: at(6), entries: items(4, 6) }), items(4, 8));
  assert.deepEqual([cursor.last, cursor.isLive], [at(8), true]);
});

Deno.test("LogCursor waits again when the entries that arrived during a read do not follow it", () => {
  const cursor = new LogCursor<Item>();
  const read = cursor.beginRead();
  for (const seq of [7, 9]) cursor.accept(item(seq));
  assert.deepEqual(cursor.completeRead(read, { top: at(6), entries: [] }), [item(7)]);
  assert.deepEqual([cursor.last, cursor.isLive], [at(7), false]);
  assert.deepEqual(
    cursor.completeRead(cursor.beginRead(), { top: at(9), entries: items(8, 9) }),
    items(8, 9),
  );
  assert.equal(cursor.isLive, true);
});

Deno.test("LogCursor is not live while the log has more than was read", () => {
  const cursor = new LogCursor<Item>();
  const given: Item[] = [];
  for (const from of [1, 3, 5]) {
    assert.equal(cursor.isLive, false);
    const missed = { top: at(6), entries: items(from, from + 1) };
    given.push(...cursor.completeRead(cursor.beginRead(), missed));
  }
  assert.deepEqual(given, items(1, 6));
  assert.equal(cursor.isLive, true);
});

for (
  const [what, top, isLive] of [
    ["stays live after the announcement of a top that it has reached", at(5), true],
    ["stays live after the announcement of an older top", at(4), true],
    ["waits after the announcement of a newer top", at(6), false],
    ["waits after the announcement of another epoch's top, with any number", at(2, "b"), false],
  ] as const
) {
  Deno.test(`LogCursor ${what}`, () => {
    const cursor = liveCursor(5);
    cursor.observeTop(top);
    assert.equal(cursor.isLive, isLive);
  });

  Deno.test(`LogCursor ${what}, even when it arrived during a read`, () => {
    const cursor = new LogCursor<Item>();
    const read = cursor.beginRead();
    cursor.observeTop(top);
    assert.equal(cursor.isLive, false);
    cursor.completeRead(read, { top: at(5), entries: [] });
    assert.equal(cursor.isLive, isLive);
  });
}

Deno.test("LogCursor ignores a top that was announced before the read began", () => {
  const cursor = liveCursor(5);
  cursor.observeTop(at(9));
  // The log has been restored meanwhile, so it has no 9 any more.
  cursor.completeRead(cursor.beginRead(), { top: at(5, "b"), entries: [] });
  assert.equal(cursor.isLive, true);
});

Deno.test("LogCursor remembers the highest of the tops announced during a read", () => {
  const cursor = new LogCursor<Item>();
  const read = cursor.beginRead();
  for (const seq of [9, 5]) cursor.observeTop(at(seq));
  cursor.completeRead(read, { top: at(5), entries: [] });
  assert.equal(cursor.isLive, false);
});

Deno.test("LogCursor reads the log when an epoch begins, and continues in it", () => {
  const cursor = liveCursor(5);
  assert.equal(cursor.accept(item(4, "b")), "buffered");
  assert.equal(cursor.isLive, false);
  const missed = { top: at(5, "b"), entries: items(4, 5, "b") };
  assert.deepEqual(cursor.completeRead(cursor.beginRead(), missed), items(4, 5, "b"));
  assert.deepEqual([cursor.accept(item(5, "b")), cursor.accept(item(6, "b"))], [
    "duplicate",
    "next",
  ]);
});

Deno.test("LogCursor becomes live when an epoch began after the newest entry", () => {
  const cursor = new LogCursor<Item>();
  assert.deepEqual(
    cursor.completeRead(cursor.beginRead(), { top: at(2, "b"), entries: items(1, 2) }),
    items(1, 2),
  );
  assert.equal(cursor.isLive, true);
  assert.equal(cursor.accept(item(3, "b")), "next");
});

Deno.test("LogCursor holds the entries that arrive during an unneeded read, and returns them once", () => {
  const cursor = liveCursor(5);
  const read = cursor.beginRead();
  assert.equal(cursor.accept(item(6)), "buffered");
  assert.deepEqual(cursor.completeRead(read, { top: at(6), entries: [item(6)] }), [item(6)]);
  assert.equal(cursor.isLive, true);
});

Deno.test("LogCursor returns nothing twice, even when the log has forgotten the cursor's epoch", () => {
  const cursor = liveCursor(2);
  cursor.accept(item(3, "b"));
  cursor.completeRead(cursor.beginRead(), { top: at(3, "b"), entries: [item(3, "b")] });
  // The log is now that of another replica, which never had epoch b; so the whole log is read.
  cursor.accept(item(3, "c"));
  const missed = { top: at(3, "c"), entries: [...items(1, 2), item(3, "c")] };
  assert.deepEqual(cursor.completeRead(cursor.beginRead(), missed), [item(3, "c")]);
  assert.ok(cursor.isLive);
});

Deno.test("LogCursor returns later epochs again after an older one that it did not know", () => {
  const cursor = new LogCursor<Item>();
  cursor.completeRead(cursor.beginRead(), { top: at(3, "b"), entries: [] });
  cursor.completeRead(cursor.beginRead(), { top: at(5, "c"), entries: items(4, 5, "c") });
  // The log has lost c and is read from its beginning, in parts.
  cursor.markBehind();
  const top = at(4, "d");
  const parts = [items(1, 2, "a"), [item(3, "b"), item(4, "d")]];
  for (const entries of parts) {
    assert.deepEqual(cursor.completeRead(cursor.beginRead(), { top, entries }), entries);
  }
  assert.deepEqual([cursor.last, cursor.isLive], [top, true]);
});

Deno.test("LogCursor drops late entries of an earlier epoch", () => {
  const cursor = liveCursor(2);
  cursor.accept(item(3, "b"));
  cursor.completeRead(cursor.beginRead(), { top: at(3, "b"), entries: [item(3, "b")] });
  assert.deepEqual([cursor.accept(item(2)), cursor.isLive], ["duplicate", true]);
});

Deno.test("LogCursor drops what it holds when that is too much, and reads it from the log", () => {
  const cursor = liveCursor(0);
  cursor.observeTop(at(1));
  const read = cursor.beginRead();
  for (const each of items(1, 2_500)) cursor.accept(each);
  const given = [...cursor.completeRead(read, { top: at(0), entries: [] })];
  assert.ok(given.length <= 1_000, `${given.length} were held`);
  assert.equal(cursor.isLive, false);
  const missed = { top: at(2_500), entries: items(given.length + 1, 2_500) };
  given.push(...cursor.completeRead(cursor.beginRead(), missed));
  assert.deepEqual(given, items(1, 2_500));
  assert.equal(cursor.isLive, true);
});

Deno.test("LogCursor that held too much returns only what arrived after the read began", () => {
  const cursor = liveCursor(0);
  cursor.observeTop(at(1));
  for (const each of items(1, 2_500)) cursor.accept(each);
  const read = cursor.beginRead();
  for (const each of items(2_501, 2_600)) cursor.accept(each);
  const missed = { top: at(2_550), entries: items(1, 2_550) };
  assert.deepEqual(cursor.completeRead(read, missed), items(1, 2_600));
  assert.equal(cursor.isLive, true);
});

Deno.test("LogCursor holds at most its limit, except for a single item, and reads the rest from the log", () => {
  for (const weight of [10, 33, 100, 1_000]) {
    const cursor = new LogCursor<Item>({ sizeOf: () => weight, maxSize: 100 });
    const read = cursor.beginRead();
    for (const each of items(1, 77)) cursor.accept(each);
    const given = [...cursor.completeRead(read, { top: at(0), entries: [] })];
    assert.ok(given.length * weight <= Math.max(100, weight), `${given.length} of ${weight}`);
    const after = given.length;
    given.push(
      ...cursor.completeRead(cursor.beginRead(), { top: at(77), entries: items(after + 1, 77) }),
    );
    assert.deepEqual(given, items(1, 77));
    assert.equal(cursor.isLive, true);
  }
});

Deno.test("LogCursor that dropped what it held waits for it, whatever arrived last", () => {
  const cursor = liveCursor(0);
  cursor.observeTop(at(1));
  const read = cursor.beginRead();
  for (const each of [...items(1, 1_000), item(3)]) cursor.accept(each);
  cursor.completeRead(read, { top: at(500), entries: items(1, 500) });
  assert.equal(cursor.isLive, false);
});

Deno.test("LogCursor reads on in the newest epoch if the log has forgotten that of the last entry", () => {
  const cursor = liveCursor(0);
  cursor.observeTop(at(1));
  const top = at(6, "d");
  const forgotten = 3;
  cursor.completeRead(cursor.beginRead(), { top, entries: items(1, 2, "b"), forgotten });
  assert.deepEqual([cursor.last, cursor.readAfter], [at(2, "b"), at(2, "d")]);
  cursor.completeRead(cursor.beginRead(), {
    top,
    entries: [item(3, "b"), item(4, "c")],
    forgotten,
  });
  assert.deepEqual([cursor.last, cursor.readAfter], [at(4, "c"), at(4, "c")]);
  cursor.completeRead(cursor.beginRead(), { top, entries: [item(5, "c"), item(6, "d")] });
  assert.deepEqual([cursor.readAfter, cursor.isLive], [top, true]);
});

/** Epochs that the log of the model remembers. */
const MODEL_EPOCHS = 3;

/** An entry of the model; ids are unique and ascend with age. */
interface ModelEntry extends Item {
  readonly id: number;
}

/** An announcement and its entries. */
type ModelAnnouncement =
  & { readonly known: readonly ModelEntry[] }
  & ({ readonly made: ModelEntry } | {
    readonly top: Position;
  });

/** A read in progress, and the log's answer if it has arrived. */
interface ModelRead {
  readonly read: CursorRead;
  readonly result?: CursorReadResult<ModelEntry>;
}

/** A room's log that sometimes loses its newest entries, the announcements in flight, and a cursor that receives them. */
class CursorModel {
  readonly cursor = new LogCursor<ModelEntry>();
  readonly delivered: ModelEntry[] = [];
  #log: readonly ModelEntry[] = [];
  #epochStarts = [{ epoch: "e0", after: 0 }];
  #count = 0;
  #epochs = 0;
  #hasForgotten = false;
  #first = Infinity;
  readonly #inFlight: ModelAnnouncement[] = [];
  readonly #received: ModelAnnouncement[] = [];
  #reading: ModelRead | undefined;

  get top(): Position {
    return { epoch: this.#epochStarts.at(-1)?.epoch ?? "", seq: this.#log.length };
  }

  /** The entries in the log that were created since the cursor began. */
  get expected(): readonly ModelEntry[] {
    return this.#log.filter(({ id }) => id >= this.#first);
  }

  make(): void {
    const made = { id: this.#count++, position: { ...this.top, seq: this.#log.length + 1 } };
    this.#log = [...this.#log, made];
    this.#inFlight.push({ made, known: [made] });
  }

  /** The top arrives with the other announcements, or overtakes them. */
  announceTop(way: "queue" | "at once"): void {
    const news = { top: this.top, known: this.#log };
    if (way === "queue") this.#inFlight.push(news);
    else this.#receive(news);
  }

  /** Loses the newest entries and begins another epoch. @param what Whether epochs may be lost too. */
  rewind(count: number, what: "entries" | "epochs"): void {
    const begun = what === "entries" ? this.#epochStarts.at(-1)?.after ?? 0 : 0;
    const after = Math.max(begun, this.#log.length - count);
    if (what === "epochs") this.#hasForgotten = true;
    this.#log = this.#log.slice(0, after);
    this.#epochStarts = this.#epochStarts.filter((era) => era.after <= after);
    this.#epochStarts.push({ epoch: `e${++this.#epochs}`, after });
    if (this.#epochStarts.length > MODEL_EPOCHS) {
      this.#epochStarts.shift();
      this.#hasForgotten = true;
    }
  }

  deliver(times: number): void {
    const news = this.#inFlight.shift();
    if (news === undefined || times === 0) return;
    for (let k = 0; k < times; k++) this.#receive(news);
  }

  /** Delivers an old announcement again. */
  repeat(which: number): void {
    const news = this.#received[which % Math.max(1, this.#received.length)];
    if (news) this.#receive(news);
  }

  #receive(news: ModelAnnouncement): void {
    this.#received.push(news);
    if ("top" in news) this.cursor.observeTop(news.top);
    else if (this.cursor.accept(news.made) === "next") this.delivered.push(news.made);
  }

  /** One step of a read, if one is needed: it begins, the log answers, the answer arrives. */
  read(limit: number): void {
    if (this.#reading === undefined) {
      if (!this.cursor.isLive) this.#reading = { read: this.cursor.beginRead() };
    } else if (this.#reading.result === undefined) {
      this.#reading = { ...this.#reading, result: this.#readLog(limit) };
    } else {
      this.delivered.push(...this.cursor.completeRead(this.#reading.read, this.#reading.result));
      this.#reading = undefined;
    }
  }

  #readLog(limit: number): CursorReadResult<ModelEntry> {
    const { readAfter } = this.cursor;
    if (readAfter === undefined) {
      this.#first = this.#count;
      return { top: this.top, entries: [] };
    }
    const { epoch, seq } = readAfter;
    const era = this.#epochStarts.findIndex((start) => start.epoch === epoch);
    // For an epoch that the log has forgotten, it cannot know how many entries are new.
    const after = era < 0 ? 0 : Math.min(seq, this.#epochStarts[era + 1]?.after ?? Infinity);
    const entries = this.#log.slice(after, after + limit);
    return { top: this.top, entries, forgotten: this.#epochStarts[0]?.after };
  }

  /** Reads until the cursor is live, within the number of reads that the log's length needs. */
  settle(limit: number): void {
    const mostRounds = this.#log.length / limit + this.#epochStarts.length + 3;
    for (let step = 0; step < 3 * mostRounds && !this.cursor.isLive; step++) this.read(limit);
    assert.ok(this.cursor.isLive, `not live after ${mostRounds} rounds`);
  }

  /**
   * Everything returned was in order, and new unless the log had to be read from its beginning; a live cursor has
   * returned everything that it received.
   */
  check(): void {
    const ids = this.delivered.map(({ id }) => id);
    // Of an epoch that the cursor never saw, it must treat all entries as new.
    if (!this.#hasForgotten) {
      assert.deepEqual(ids, [...new Set(ids)].toSorted((a, b) => a - b));
      assert.ok(ids.every((id) => id >= this.#first), "given out from before the beginning");
    }
    if (!this.cursor.isLive) return;
    const known = new Set(this.#received.flatMap(({ known }) => known));
    const kept = this.expected.filter((made) => known.has(made));
    assert.deepEqual(kept.filter((made) => !this.delivered.includes(made)), []);
    // From where it was last set back, a reader has received all that the log holds, each entry once.
    const start = ids.findLastIndex((id, index) => id <= (ids[index - 1] ?? -1));
    const sinceSetBack = this.delivered.slice(Math.max(0, start));
    const from = sinceSetBack[0]?.id ?? Infinity;
    assert.deepEqual(
      sinceSetBack.filter((made) => kept.includes(made)),
      kept.filter(({ id }) => id >= from),
    );
  }
}

/** The next step, and how many entries it affects or which. */
type Step =
  | readonly ["make" | "rewind" | "forget" | "deliver" | "repeat" | "read", number]
  | readonly ["announce top", "queue" | "at once"];

function applyStep(model: CursorModel, step: Step): void {
  switch (step[0]) {
    case "make":
      return model.make();
    case "rewind":
      return model.rewind(step[1], "entries");
    case "forget":
      return model.rewind(step[1], "epochs");
    case "deliver":
      return model.deliver(step[1]);
    case "repeat":
      return model.repeat(step[1]);
    case "read":
      return model.read(step[1]);
    case "announce top":
      return model.announceTop(step[1]);
  }
}

const one = <K extends string, V>(kind: K, values: fc.Arbitrary<V>, weight: number) => ({
  arbitrary: fc.tuple(fc.constant(kind), values),
  weight,
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  one("make", fc.constant(1), 24),
  one("rewind", fc.nat(4), 4),
  one("forget", fc.nat(6), 1),
  one("deliver", fc.constantFrom(0, 1, 1, 1, 2), 24),
  one("repeat", fc.nat(50), 4),
  one("read", fc.constantFrom(1, 2, 3, 100), 24),
  one("announce top", fc.constantFrom<("queue" | "at once")[]>("queue", "at once"), 8),
);
const anySteps = fc.array(anyStep, { maxLength: 120, size: "max" });

Deno.test("LogCursor returns exactly what the log holds, once and in order, whatever happens to the announcements", () => {
  fc.assert(
    fc.property(anySteps, fc.integer({ min: 1, max: 5 }), (steps, limit) => {
      const model = new CursorModel();
      for (const step of steps) {
        applyStep(model, step);
        model.check();
      }
      model.settle(limit);
      model.check();
      model.announceTop("at once");
      model.settle(limit);
      model.check();
      assert.deepEqual(model.cursor.last, model.top);
    }),
    { numRuns: 3_000 },
  );
});
