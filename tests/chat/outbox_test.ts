/**
 * That drafts are entered in the order sent, whatever becomes of the store's replies, and that each sender is told the
 * truth about its own.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { BusUnavailable } from "../../lib/chat/bus.ts";
import { type Enter, Outbox } from "../../lib/chat/outbox.ts";
import { type Draft, isUserId } from "../../lib/core/entries.ts";
import type { RoomId } from "../../lib/core/names.ts";
import { FakeClock, name, room, settle } from "../fakes.ts";

const [lobby, attic] = [room("lobby"), room("attic")];
const LOST = new BusUnavailable("the reply was lost", { perhapsSent: true });
const REFUSED = new BusUnavailable("the store is away", { perhapsSent: false });

function draft(id: string, where = lobby): Draft {
  const user = "user_ann";
  assert.ok(isUserId(user));
  return { room: where, user, name: name("Ann"), id, deed: { kind: "said", text: id } };
}

/** A batch that has come to the store. */
interface Batch extends PromiseWithResolvers<readonly string[]> {
  readonly room: RoomId;
  readonly ids: readonly string[];
  readonly at: number;
}

/** An outbox, and a store that answers when it is told to. */
class Post {
  readonly clock = new FakeClock();
  readonly life = new AbortController();
  readonly batches: Batch[] = [];
  readonly outbox = new Outbox<string>(
    (room, drafts) => {
      const answer = Promise.withResolvers<readonly string[]>();
      const ids = drafts.map(({ id }) => id);
      this.batches.push({ room, ids, at: this.clock.now(), ...answer });
      return answer.promise;
    },
    this.clock,
    this.life.signal,
  );

  readonly #told: Record<string, string> = {};

  /** What became of each draft, as it is told; nothing as long as it is not. */
  told(): Record<string, string> {
    return this.#told;
  }

  async send(...drafts: readonly Draft[]): Promise<void> {
    for (const each of drafts) {
      this.outbox.send(each).then(
        (answer) => this.#told[each.id] = answer,
        (error) => this.#told[each.id] = outcomeOf(error),
      );
    }
    await settle();
  }

  get sent(): string[] {
    return this.batches.map(({ ids }) => ids.join(" "));
  }

  /** Enters the newest batch. */
  async accept(batch = this.batches.at(-1)): Promise<void> {
    batch?.resolve(batch.ids.map((id) => `entered ${id}`));
    await settle();
  }

  async fail(error: Error, batch = this.batches.at(-1)): Promise<void> {
    batch?.reject(error);
    await settle();
  }

  /** Loses the reply to every batch that comes within so long. */
  async loseAll(ms: number): Promise<void> {
    for (let k = 0; k < ms / 10; k++) {
      await this.fail(LOST);
      await this.clock.advance(10);
    }
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof BusUnavailable) return error.perhapsSent ? "perhaps sent" : "not sent";
  return String(error);
}

Deno.test("Outbox sends what is said in one turn as one batch, and gives to each its own answer", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("2"), draft("3"));
  assert.deepEqual(post.sent, ["1 2 3"]);
  await post.accept();
  assert.deepEqual(post.told(), { 1: "entered 1", 2: "entered 2", 3: "entered 3" });
});

Deno.test("Outbox lets gather what is said while a batch is under way, and sends it as the next", async () => {
  const post = new Post();
  for (const id of ["1", "2", "3"]) await post.send(draft(id));
  assert.deepEqual(post.sent, ["1"]);
  await post.accept();
  assert.deepEqual(post.sent, ["1", "2 3"]);
  await post.accept();
  await post.send(draft("4"));
  assert.deepEqual(post.sent, ["1", "2 3", "4"]);
});

Deno.test("Outbox lets no room wait for another", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("a", attic), draft("2"));
  assert.deepEqual(post.batches.map(({ room, ids }) => [room, ...ids]), [
    [lobby, "1", "2"],
    [attic, "a"],
  ]);
  await post.accept();
  await post.send(draft("b", attic));
  await post.accept();
  assert.deepEqual(post.told(), { a: "entered a", b: "entered b" });
});

Deno.test("Outbox sends many in batches of 256 at most, in their order", async () => {
  const post = new Post();
  const ids = Array.from({ length: 600 }, (_, k) => String(k));
  await post.send(...ids.map((id) => draft(id)));
  for (let k = 0; k < 3; k++) await post.accept();
  assert.deepEqual(post.batches.map(({ ids }) => ids.length), [256, 256, 88]);
  assert.deepEqual(post.batches.flatMap(({ ids }) => ids), ids);
  assert.equal(Object.keys(post.told()).length, 600);
});

Deno.test("Outbox tells at once what was surely not sent, does not try again, and goes on", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.send(draft("2"));
  await post.fail(REFUSED);
  assert.deepEqual(post.told(), { 1: "not sent" });
  assert.equal(post.clock.sleeping, 0);
  assert.deepEqual(post.sent, ["1", "2"]);
  await post.accept();
  assert.deepEqual(post.told(), { 1: "not sent", 2: "entered 2" });
});

Deno.test("Outbox asks again where a reply was lost, before anything that was said later", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("2"));
  await post.send(draft("3"));
  await post.fail(LOST);
  assert.deepEqual([post.sent, post.told()], [["1 2"], {}]);
  await post.clock.advance(1_000);
  await post.fail(LOST);
  await post.clock.advance(1_000);
  assert.deepEqual([post.sent, post.told()], [["1 2", "1 2", "1 2"], {}]);
  await post.accept();
  assert.deepEqual(post.told(), { 1: "entered 1", 2: "entered 2" });
  assert.deepEqual(post.sent.slice(3), ["3"]);
});

Deno.test("Outbox gives up after 10 s, says that it was perhaps sent, and goes on", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.send(draft("2"));
  await post.loseAll(9_900);
  assert.deepEqual(post.told(), {});
  await post.loseAll(1_200);
  assert.deepEqual(post.told(), { 1: "perhaps sent" });
  const retries = post.batches.filter(({ ids }) => ids[0] === "1");
  const last = retries.at(-1)?.at ?? 0;
  assert.ok(last >= 9_000 && last <= 11_000, `asked last at ${last}`);
  assert.ok(retries.length <= 30, `asked ${retries.length} times`);
  await post.clock.advance(1_000);
  await post.accept();
  assert.equal(post.told()[2], "entered 2");
});

Deno.test("Outbox waits longer from one try to the next, though a second at most", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.loseAll(9_000);
  const waits = post.batches.slice(1).map(({ at }, k) => at - (post.batches[k]?.at ?? 0));
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  assert.ok(waits.every((wait) => wait >= 25 && wait <= 1_000), waits.join(" "));
});

Deno.test("Outbox goes on asking when the store is away after a reply was lost, and tells of the loss", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.fail(LOST);
  for (let k = 0; k < 1_100; k++) {
    await post.clock.advance(10);
    await post.fail(REFUSED);
  }
  assert.ok(post.batches.length > 5);
  assert.deepEqual(post.told(), { 1: "perhaps sent" });
});

Deno.test("Outbox learns from a later try that the draft was entered", async () => {
  const post = new Post();
  await post.send(draft("1"));
  for (const error of [LOST, REFUSED, LOST]) {
    await post.fail(error);
    await post.clock.advance(1_000);
  }
  await post.accept();
  assert.deepEqual(post.told(), { 1: "entered 1" });
});

Deno.test("Outbox tries nothing again when its signal aborts while it waits", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.fail(LOST);
  post.life.abort();
  await settle();
  assert.deepEqual([post.sent, post.told()], [["1"], { 1: "perhaps sent" }]);
});

Deno.test("Outbox tries nothing again whose reply is lost after its signal has aborted", async () => {
  const post = new Post();
  await post.send(draft("1"));
  post.life.abort();
  await post.fail(LOST);
  assert.deepEqual([post.sent, post.told()], [["1"], { 1: "perhaps sent" }]);
});

Deno.test("Outbox passes on an error that is not the bus's, at once", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.fail(new TypeError("a mistake of ours"));
  assert.deepEqual(post.told(), { 1: "TypeError: a mistake of ours" });
  await post.send(draft("2"));
  await post.fail(LOST);
  await post.clock.advance(1_000);
  await post.fail(new TypeError("another"));
  assert.equal(post.told()[2], "TypeError: another");
  await post.send(draft("3"));
  await post.accept();
  assert.equal(post.told()[3], "entered 3");
});

Deno.test("Outbox throws RangeError to those for whom the store has no answer", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("2"));
  post.batches[0]?.resolve(["entered 1"]);
  await settle();
  assert.deepEqual(post.told(), {
    1: "entered 1",
    2: "RangeError: Cannot deliver: 1 answers",
  });
});

Deno.test("Outbox lets 10,000 wait in a room, and refuses what is more until there is place again", async () => {
  const post = new Post();
  await post.send(draft("first"));
  const many = Array.from({ length: 10_001 }, (_, k) => draft(String(k)));
  await post.send(...many, draft("elsewhere", attic));
  assert.deepEqual(post.told(), { 10000: "not sent" });
  assert.deepEqual(post.sent, ["first", "elsewhere"]);
  await post.accept(post.batches[0]);
  await post.send(draft("after"));
  assert.equal(post.told()["after"], undefined);
});

type Fate = "entered" | "lost on the way back" | "lost on the way there" | "refused";
interface Said {
  readonly where: RoomId;
  /** After so many milliseconds. */
  readonly after: number;
}

/** A store that enters each id once, and whose fate is drawn for each batch. */
class Unsteady {
  readonly logs = new Map<RoomId, string[]>([[lobby, []], [attic, []]]);
  readonly #underWay = new Set<RoomId>();
  readonly #clock: FakeClock;
  readonly #fates: fc.Stream<Fate>;

  constructor(clock: FakeClock, fates: fc.Stream<Fate>) {
    this.#clock = clock;
    this.#fates = fates;
  }

  readonly enter: Enter<string> = async (room, drafts) => {
    assert.ok(!this.#underWay.has(room), "two batches of a room at once");
    this.#underWay.add(room);
    const fate = this.#fates.next().value;
    await this.#clock.sleep(100, new AbortController().signal);
    this.#underWay.delete(room);
    if (fate === "refused") throw REFUSED;
    if (fate === "lost on the way there") throw LOST;
    const log = this.logs.get(room) ?? [];
    for (const { id } of drafts) if (!log.includes(id)) log.push(id);
    if (fate === "lost on the way back") throw LOST;
    return drafts.map(({ id }) => id);
  };
}

/** Sends it all, and waits for what is told of each. */
async function sendAll(fates: fc.Stream<Fate>, all: readonly Said[]) {
  const clock = new FakeClock();
  const store = new Unsteady(clock, fates);
  const outbox = new Outbox<string>(store.enter, clock, new AbortController().signal);
  const told: Promise<string>[] = [];
  for (const [index, { where, after }] of all.entries()) {
    if (after > 0) await clock.advance(after);
    told.push(outbox.send(draft(String(index), where)).catch(outcomeOf));
  }
  await clock.advance(60_000);
  return { logs: store.logs, told: await Promise.all(told) };
}

Deno.test("Outbox enters in each room in the order sent, and tells the truth about every draft", async () => {
  const anyFate = fc.constantFrom<Fate[]>(
    ...["entered", "entered", "refused"] as const,
    ...["lost on the way back", "lost on the way there"] as const,
  );
  const anySaid = fc.record({
    where: fc.constantFrom(lobby, attic),
    after: fc.constantFrom(0, 0, 30, 150, 2_000),
  });
  const never = fc.constantFrom<Fate[]>("lost on the way there", "lost on the way back");
  const anyFates = fc.oneof(
    { weight: 4, arbitrary: fc.infiniteStream(anyFate) },
    { weight: 1, arbitrary: fc.infiniteStream(never) },
  );
  await fc.assert(
    fc.asyncProperty(
      anyFates,
      fc.array(anySaid, { maxLength: 25, size: "max" }),
      async (fates, all) => {
        const { logs, told } = await sendAll(fates, all);
        for (const ids of logs.values()) {
          assert.deepEqual(ids, ids.toSorted((a, b) => Number(a) - Number(b)));
        }
        for (const [index, { where }] of all.entries()) {
          const id = String(index);
          const isEntered = logs.get(where)?.includes(id);
          if (told[index] === id) assert.ok(isEntered, `${id} was not entered`);
          else if (told[index] === "not sent") assert.ok(!isEntered, `${id} was entered`);
          else assert.equal(told[index], "perhaps sent");
        }
      },
    ),
    { numRuns: 200 },
  );
});
