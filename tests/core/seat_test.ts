/**
 * That a seat gives out what a room's log holds, each entry once and in order, whatever becomes of the announcements
 * and whenever the log is read.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Position } from "../../lib/core/positions.ts";
import { type Missed, type Round, Seat } from "../../lib/core/seat.ts";

/** An entry, as far as a seat looks at it. */
interface Item {
  readonly position: Position;
}

const at = (seq: number, epoch = "a"): Position => ({ epoch, seq });
const item = (seq: number, epoch = "a"): Item => ({ position: at(seq, epoch) });
const items = (from: number, to: number, epoch = "a"): Item[] =>
  Array.from({ length: to - from + 1 }, (_, k) => item(from + k, epoch));

/** A seat that has caught up with a log of so many entries. */
function liveSeat(top: number): Seat<Item> {
  const seat = new Seat<Item>();
  seat.catchUp(seat.round(), { top: at(top), entries: [] });
  assert.ok(seat.isLive);
  return seat;
}

Deno.test("Seat holds what comes before it has caught up for the first time", () => {
  const seat = new Seat<Item>();
  assert.equal(seat.last, undefined);
  assert.equal(seat.isLive, false);
  assert.equal(seat.take(item(1)), "held");
});

Deno.test("Seat begins at the log's top where nothing was asked for", () => {
  const seat = liveSeat(7);
  assert.deepEqual(seat.last, at(7));
  assert.deepEqual([seat.take(item(7)), seat.take(item(8))], ["old", "next"]);
});

Deno.test("Seat begins with what was missed, up to the log's top", () => {
  const seat = new Seat<Item>();
  const missed = { top: at(7), entries: items(5, 7) };
  assert.deepEqual(seat.catchUp(seat.round(), missed), items(5, 7));
  assert.deepEqual([seat.last, seat.isLive], [at(7), true]);
});

Deno.test("Seat gives out after a reading what came while it was under way, and not what came before", () => {
  const seat = new Seat<Item>();
  seat.take(item(5));
  const round = seat.round();
  for (const seq of [6, 7, 7, 8]) seat.take(item(seq));
  assert.deepEqual(seat.catchUp(round, { top: at(6), entries: items(4, 6) }), items(4, 8));
  assert.deepEqual([seat.last, seat.isLive], [at(8), true]);
});

Deno.test("Seat waits again where what came during a reading does not follow on it", () => {
  const seat = new Seat<Item>();
  const round = seat.round();
  for (const seq of [7, 9]) seat.take(item(seq));
  assert.deepEqual(seat.catchUp(round, { top: at(6), entries: [] }), [item(7)]);
  assert.deepEqual([seat.last, seat.isLive], [at(7), false]);
  assert.deepEqual(seat.catchUp(seat.round(), { top: at(9), entries: items(8, 9) }), items(8, 9));
  assert.equal(seat.isLive, true);
});

Deno.test("Seat is not live as long as the log has more than was read", () => {
  const seat = new Seat<Item>();
  const given: Item[] = [];
  for (const from of [1, 3, 5]) {
    assert.equal(seat.isLive, false);
    const missed = { top: at(6), entries: items(from, from + 1) };
    given.push(...seat.catchUp(seat.round(), missed));
  }
  assert.deepEqual(given, items(1, 6));
  assert.equal(seat.isLive, true);
});

for (
  const [what, top, isLive] of [
    ["goes on at the notice of a top that it has reached", at(5), true],
    ["goes on at the notice of an older top", at(4), true],
    ["waits at the notice of a top beyond", at(6), false],
    ["waits at the notice of another epoch's top, whatever its number", at(2, "b"), false],
  ] as const
) {
  Deno.test(`Seat ${what}`, () => {
    const seat = liveSeat(5);
    seat.notice(top);
    assert.equal(seat.isLive, isLive);
  });

  Deno.test(`Seat ${what}, also when the notice came during a reading`, () => {
    const seat = new Seat<Item>();
    const round = seat.round();
    seat.notice(top);
    assert.equal(seat.isLive, false);
    seat.catchUp(round, { top: at(5), entries: [] });
    assert.equal(seat.isLive, isLive);
  });
}

Deno.test("Seat forgets a notice that came before the reading began", () => {
  const seat = liveSeat(5);
  seat.notice(at(9));
  // The log has been put back meanwhile, so that there is no 9 any more.
  seat.catchUp(seat.round(), { top: at(5, "b"), entries: [] });
  assert.equal(seat.isLive, true);
});

Deno.test("Seat remembers the farthest of the notices that came during a reading", () => {
  const seat = new Seat<Item>();
  const round = seat.round();
  for (const seq of [9, 5]) seat.notice(at(seq));
  seat.catchUp(round, { top: at(5), entries: [] });
  assert.equal(seat.isLive, false);
});

Deno.test("Seat reads the log when an epoch begins, and goes on in it", () => {
  const seat = liveSeat(5);
  assert.equal(seat.take(item(4, "b")), "held");
  assert.equal(seat.isLive, false);
  const missed = { top: at(5, "b"), entries: items(4, 5, "b") };
  assert.deepEqual(seat.catchUp(seat.round(), missed), items(4, 5, "b"));
  assert.deepEqual([seat.take(item(5, "b")), seat.take(item(6, "b"))], ["old", "next"]);
});

Deno.test("Seat comes to rest where an epoch began behind the newest entry", () => {
  const seat = new Seat<Item>();
  assert.deepEqual(
    seat.catchUp(seat.round(), { top: at(2, "b"), entries: items(1, 2) }),
    items(1, 2),
  );
  assert.equal(seat.isLive, true);
  assert.equal(seat.take(item(3, "b")), "next");
});

Deno.test("Seat holds what comes during a reading that it did not need, and gives it out once", () => {
  const seat = liveSeat(5);
  const round = seat.round();
  assert.equal(seat.take(item(6)), "held");
  assert.deepEqual(seat.catchUp(round, { top: at(6), entries: [item(6)] }), [item(6)]);
  assert.equal(seat.isLive, true);
});

Deno.test("Seat gives out nothing twice, though the log has forgotten the epoch that it was in", () => {
  const seat = liveSeat(2);
  seat.take(item(3, "b"));
  seat.catchUp(seat.round(), { top: at(3, "b"), entries: [item(3, "b")] });
  // The log is that of another replica now, which never heard of epoch b; so all that it has is read.
  seat.take(item(3, "c"));
  const missed = { top: at(3, "c"), entries: [...items(1, 2), item(3, "c")] };
  assert.deepEqual(seat.catchUp(seat.round(), missed), [item(3, "c")]);
  assert.ok(seat.isLive);
});

Deno.test("Seat takes for old what comes late from an epoch that is over", () => {
  const seat = liveSeat(2);
  seat.take(item(3, "b"));
  seat.catchUp(seat.round(), { top: at(3, "b"), entries: [item(3, "b")] });
  assert.deepEqual([seat.take(item(2)), seat.isLive], ["old", true]);
});

Deno.test("Seat that holds too much lets go of it, and gets it from the log", () => {
  const seat = liveSeat(0);
  seat.notice(at(1));
  const round = seat.round();
  for (const each of items(1, 2_500)) seat.take(each);
  const given = [...seat.catchUp(round, { top: at(0), entries: [] })];
  assert.ok(given.length <= 1_000, `${given.length} were held`);
  assert.equal(seat.isLive, false);
  const missed = { top: at(2_500), entries: items(given.length + 1, 2_500) };
  given.push(...seat.catchUp(seat.round(), missed));
  assert.deepEqual(given, items(1, 2_500));
  assert.equal(seat.isLive, true);
});

Deno.test("Seat that holds too much gives out what came after the reading began, and only that", () => {
  const seat = liveSeat(0);
  seat.notice(at(1));
  for (const each of items(1, 2_500)) seat.take(each);
  const round = seat.round();
  for (const each of items(2_501, 2_600)) seat.take(each);
  const missed = { top: at(2_550), entries: items(1, 2_550) };
  assert.deepEqual(seat.catchUp(round, missed), items(1, 2_600));
  assert.equal(seat.isLive, true);
});

Deno.test("Seat holds no more than its limit weighs, but for one item alone, and gets the rest from the log", () => {
  for (const weight of [10, 33, 100, 1_000]) {
    const seat = new Seat<Item>({ weigh: () => weight, max: 100 });
    const round = seat.round();
    for (const each of items(1, 77)) seat.take(each);
    const given = [...seat.catchUp(round, { top: at(0), entries: [] })];
    assert.ok(given.length * weight <= Math.max(100, weight), `${given.length} of ${weight}`);
    const after = given.length;
    given.push(...seat.catchUp(seat.round(), { top: at(77), entries: items(after + 1, 77) }));
    assert.deepEqual(given, items(1, 77));
    assert.equal(seat.isLive, true);
  }
});

Deno.test("Seat that let go of what it held waits for it, whatever came last", () => {
  const seat = liveSeat(0);
  seat.notice(at(1));
  const round = seat.round();
  for (const each of [...items(1, 1_000), item(3)]) seat.take(each);
  seat.catchUp(round, { top: at(500), entries: items(1, 500) });
  assert.equal(seat.isLive, false);
});

/** An entry of the model; no two have the same id, and an older one's is smaller. */
interface Made extends Item {
  readonly id: number;
}

/** An announcement, and of which entries it tells. */
type News =
  & { readonly known: readonly Made[] }
  & ({ readonly made: Made } | {
    readonly top: Position;
  });

/** A reading that is under way, and what the log has answered, if it has. */
interface Reading {
  readonly round: Round;
  readonly missed?: Missed<Made>;
}

/** A room's log that loses its newest entries now and then, the announcements under way, and a seat that listens. */
class World {
  readonly seat = new Seat<Made>();
  readonly given: Made[] = [];
  #log: readonly Made[] = [];
  #eras = [{ epoch: "e0", after: 0 }];
  #count = 0;
  #epochs = 0;
  #hasForgotten = false;
  #first = Infinity;
  readonly #underWay: News[] = [];
  readonly #heard: News[] = [];
  #reading: Reading | undefined;

  get top(): Position {
    return { epoch: this.#eras.at(-1)?.epoch ?? "", seq: this.#log.length };
  }

  /** What the log holds of all that was made since the seat began. */
  get owed(): readonly Made[] {
    return this.#log.filter(({ id }) => id >= this.#first);
  }

  make(): void {
    const made = { id: this.#count++, position: { ...this.top, seq: this.#log.length + 1 } };
    this.#log = [...this.#log, made];
    this.#underWay.push({ made, known: [made] });
  }

  /** The top comes with the other announcements, or by a shorter way. */
  announceTop(way: "queue" | "at once"): void {
    const news = { top: this.top, known: this.#log };
    if (way === "queue") this.#underWay.push(news);
    else this.#receive(news);
  }

  /** Loses the newest entries and begins another epoch. @param what Whether epochs may be lost with them. */
  rewind(count: number, what: "entries" | "epochs"): void {
    const begun = what === "entries" ? this.#eras.at(-1)?.after ?? 0 : 0;
    const after = Math.max(begun, this.#log.length - count);
    if (what === "epochs") this.#hasForgotten = true;
    this.#log = this.#log.slice(0, after);
    this.#eras = this.#eras.filter((era) => era.after <= after);
    this.#eras.push({ epoch: `e${++this.#epochs}`, after });
  }

  deliver(times: number): void {
    const news = this.#underWay.shift();
    if (news === undefined || times === 0) return;
    for (let k = 0; k < times; k++) this.#receive(news);
  }

  /** Delivers once more what came long ago. */
  repeat(which: number): void {
    const news = this.#heard[which % Math.max(1, this.#heard.length)];
    if (news) this.#receive(news);
  }

  #receive(news: News): void {
    this.#heard.push(news);
    if ("top" in news) this.seat.notice(news.top);
    else if (this.seat.take(news.made) === "next") this.given.push(news.made);
  }

  /** One step of a reading, if one is needed: it begins, the log answers, the answer arrives. */
  read(limit: number): void {
    if (this.#reading === undefined) {
      if (!this.seat.isLive) this.#reading = { round: this.seat.round() };
    } else if (this.#reading.missed === undefined) {
      this.#reading = { ...this.#reading, missed: this.#missed(limit) };
    } else {
      this.given.push(...this.seat.catchUp(this.#reading.round, this.#reading.missed));
      this.#reading = undefined;
    }
  }

  #missed(limit: number): Missed<Made> {
    const { last } = this.seat;
    if (last === undefined) {
      this.#first = this.#count;
      return { top: this.top, entries: [] };
    }
    const era = this.#eras.findIndex(({ epoch }) => epoch === last.epoch);
    // Of an epoch that the log has forgotten it cannot tell how much is new.
    const after = era < 0 ? 0 : Math.min(last.seq, this.#eras[era + 1]?.after ?? Infinity);
    return { top: this.top, entries: this.#log.slice(after, after + limit) };
  }

  /** Reads until the seat is live, which must not take more than what there is to be read. */
  settle(limit: number): void {
    const mostRounds = this.#log.length / limit + this.#eras.length + 3;
    for (let step = 0; step < 3 * mostRounds && !this.seat.isLive; step++) this.read(limit);
    assert.ok(this.seat.isLive, `not live after ${mostRounds} rounds`);
  }

  /** That everything given out was new, and in order; and what a live seat has heard of, it has given out. */
  check(): void {
    const ids = this.given.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, "given out twice");
    // Of an epoch that the seat never heard of, and the log gives, it must take all for new.
    if (!this.#hasForgotten) {
      assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
      assert.ok(ids.every((id) => id >= this.#first), "given out from before the beginning");
    }
    if (!this.seat.isLive) return;
    const heard = new Set(this.#heard.flatMap(({ known }) => known));
    const kept = this.owed.filter((made) => heard.has(made));
    assert.deepEqual(kept.filter((made) => !this.given.includes(made)), []);
  }
}

/** What happens next, and how much or which of it. */
type Step =
  | readonly ["make" | "rewind" | "forget" | "deliver" | "repeat" | "read", number]
  | readonly ["announce top", "queue" | "at once"];

function take(world: World, step: Step): void {
  switch (step[0]) {
    case "make":
      return world.make();
    case "rewind":
      return world.rewind(step[1], "entries");
    case "forget":
      return world.rewind(step[1], "epochs");
    case "deliver":
      return world.deliver(step[1]);
    case "repeat":
      return world.repeat(step[1]);
    case "read":
      return world.read(step[1]);
    case "announce top":
      return world.announceTop(step[1]);
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

Deno.test("Seat gives out exactly what the log holds, once and in order, whatever happens on the way", () => {
  fc.assert(
    fc.property(anySteps, fc.integer({ min: 1, max: 5 }), (steps, limit) => {
      const world = new World();
      for (const step of steps) {
        take(world, step);
        world.check();
      }
      world.settle(limit);
      world.check();
      world.announceTop("at once");
      world.settle(limit);
      world.check();
      const { given, owed } = world;
      assert.deepEqual(given.filter((made) => owed.includes(made)), owed);
      assert.deepEqual(world.seat.last, world.top);
    }),
    { numRuns: 3_000 },
  );
});
