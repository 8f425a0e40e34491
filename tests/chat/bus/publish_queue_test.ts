/**
 * Drafts are stored in the order sent, whatever happens to the store's replies, and each sender receives the true result
 * of its own.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { type AppendBatch, PublishQueue } from "../../../lib/chat/bus/publish_queue.ts";
import { type Draft, isUserId } from "../../../lib/core/log/entry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { FakeClock, flushMicrotasks, name, room } from "../../support/fakes.ts";

const [lobby, attic] = [room("lobby"), room("attic")];
const LOST = new BusUnavailable("the reply was lost", { mayHaveApplied: true });
const REFUSED = new BusUnavailable("the store is away", { mayHaveApplied: false });

function draft(id: string, where = lobby): Draft {
  const user = "user_ann";
  assert.ok(isUserId(user));
  return { room: where, user, name: name("Ann"), id, action: { kind: "said", text: id } };
}

/** A batch that has reached the store. */
interface Batch extends PromiseWithResolvers<readonly string[]> {
  readonly room: RoomId;
  readonly ids: readonly string[];
  readonly at: number;
}

/** A queue, and a store that answers when the test tells it to. */
class Post {
  readonly clock = new FakeClock();
  readonly life = new AbortController();
  readonly batches: Batch[] = [];
  readonly outbox = new PublishQueue<string>(
    (room, drafts) => {
      const answer = Promise.withResolvers<readonly string[]>();
      const ids = drafts.map(({ id }) => id);
      this.batches.push({ room, ids, at: this.clock.now(), ...answer });
      return answer.promise;
    },
    this.clock,
    this.life.signal,
  );

  readonly #results: Record<string, string> = {};

  /** The result of each draft, once it is known. */
  results(): Record<string, string> {
    return this.#results;
  }

  async send(...drafts: readonly Draft[]): Promise<void> {
    for (const each of drafts) {
      this.outbox.publish(each).then(
        (answer) => this.#results[each.id] = answer,
        (error) => this.#results[each.id] = outcomeOf(error),
      );
    }
    await flushMicrotasks();
  }

  get sent(): string[] {
    return this.batches.map(({ ids }) => ids.join(" "));
  }

  /** Stores the newest batch. */
  async accept(batch = this.batches.at(-1)): Promise<void> {
    batch?.resolve(batch.ids.map((id) => `entered ${id}`));
    await flushMicrotasks();
  }

  async fail(error: Error, batch = this.batches.at(-1)): Promise<void> {
    batch?.reject(error);
    await flushMicrotasks();
  }

  /** Loses the replies to all batches for this long. */
  async loseAll(ms: number): Promise<void> {
    for (let k = 0; k < ms / 10; k++) {
      await this.fail(LOST);
      await this.clock.advance(10);
    }
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof BusUnavailable) return error.mayHaveApplied ? "perhaps sent" : "not sent";
  return String(error);
}

Deno.test("PublishQueue sends the drafts of one turn as one batch, and returns each its own result", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("2"), draft("3"));
  assert.deepEqual(post.sent, ["1 2 3"]);
  await post.accept();
  assert.deepEqual(post.results(), { 1: "entered 1", 2: "entered 2", 3: "entered 3" });
});

Deno.test("PublishQueue collects drafts while a batch is in flight, and sends them as the next batch", async () => {
  const post = new Post();
  for (const id of ["1", "2", "3"]) await post.send(draft(id));
  assert.deepEqual(post.sent, ["1"]);
  await post.accept();
  assert.deepEqual(post.sent, ["1", "2 3"]);
  await post.accept();
  await post.send(draft("4"));
  assert.deepEqual(post.sent, ["1", "2 3", "4"]);
});

Deno.test("PublishQueue makes no room wait for another", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("a", attic), draft("2"));
  assert.deepEqual(post.batches.map(({ room, ids }) => [room, ...ids]), [
    [lobby, "1", "2"],
    [attic, "a"],
  ]);
  await post.accept();
  await post.send(draft("b", attic));
  await post.accept();
  assert.deepEqual(post.results(), { a: "entered a", b: "entered b" });
});

Deno.test("PublishQueue sends many drafts in batches of at most 256, in order", async () => {
  const post = new Post();
  const ids = Array.from({ length: 600 }, (_, k) => String(k));
  await post.send(...ids.map((id) => draft(id)));
  for (let k = 0; k < 3; k++) await post.accept();
  assert.deepEqual(post.batches.map(({ ids }) => ids.length), [256, 256, 88]);
  assert.deepEqual(post.batches.flatMap(({ ids }) => ids), ids);
  assert.equal(Object.keys(post.results()).length, 600);
});

Deno.test("PublishQueue reports immediately a draft that was certainly not sent, does not retry it, and continues", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.send(draft("2"));
  await post.fail(REFUSED);
  assert.deepEqual(post.results(), { 1: "not sent" });
  assert.equal(post.clock.sleeping, 0);
  assert.deepEqual(post.sent, ["1", "2"]);
  await post.accept();
  assert.deepEqual(post.results(), { 1: "not sent", 2: "entered 2" });
});

Deno.test("PublishQueue retries a draft whose reply was lost before it sends later ones", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("2"));
  await post.send(draft("3"));
  await post.fail(LOST);
  assert.deepEqual([post.sent, post.results()], [["1 2"], {}]);
  await post.clock.advance(1_000);
  await post.fail(LOST);
  await post.clock.advance(1_000);
  assert.deepEqual([post.sent, post.results()], [["1 2", "1 2", "1 2"], {}]);
  await post.accept();
  assert.deepEqual(post.results(), { 1: "entered 1", 2: "entered 2" });
  assert.deepEqual(post.sent.slice(3), ["3"]);
});

Deno.test("PublishQueue gives up after 10 s, reports that the draft was perhaps sent, and continues", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.send(draft("2"));
  await post.loseAll(9_900);
  assert.deepEqual(post.results(), {});
  await post.loseAll(1_200);
  assert.deepEqual(post.results(), { 1: "perhaps sent" });
  const retries = post.batches.filter(({ ids }) => ids[0] === "1");
  const last = retries.at(-1)?.at ?? 0;
  assert.ok(last >= 9_000 && last <= 11_000, `last retry at ${last}`);
  assert.ok(retries.length <= 30, `${retries.length} retries`);
  await post.clock.advance(1_000);
  await post.accept();
  assert.equal(post.results()[2], "entered 2");
});

Deno.test("PublishQueue waits longer from one retry to the next, up to a second", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.loseAll(9_000);
  const waits = post.batches.slice(1).map(({ at }, k) => at - (post.batches[k]?.at ?? 0));
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  assert.ok(waits.every((wait) => wait >= 25 && wait <= 1_000), waits.join(" "));
});

Deno.test("PublishQueue keeps retrying when the store is away after a lost reply, and then reports the loss", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.fail(LOST);
  for (let k = 0; k < 1_100; k++) {
    await post.clock.advance(10);
    await post.fail(REFUSED);
  }
  assert.ok(post.batches.length > 5);
  assert.deepEqual(post.results(), { 1: "perhaps sent" });
});

Deno.test("PublishQueue learns from a later retry that the draft was stored", async () => {
  const post = new Post();
  await post.send(draft("1"));
  for (const error of [LOST, REFUSED, LOST]) {
    await post.fail(error);
    await post.clock.advance(1_000);
  }
  await post.accept();
  assert.deepEqual(post.results(), { 1: "entered 1" });
});

Deno.test("PublishQueue stops retrying when its signal aborts during a wait", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.fail(LOST);
  post.life.abort();
  await flushMicrotasks();
  assert.deepEqual([post.sent, post.results()], [["1"], { 1: "perhaps sent" }]);
});

Deno.test("PublishQueue does not retry a draft whose reply is lost after its signal has aborted", async () => {
  const post = new Post();
  await post.send(draft("1"));
  post.life.abort();
  await post.fail(LOST);
  assert.deepEqual([post.sent, post.results()], [["1"], { 1: "perhaps sent" }]);
});

Deno.test("PublishQueue passes on any other error than the bus's immediately", async () => {
  const post = new Post();
  await post.send(draft("1"));
  await post.fail(new TypeError("a mistake of ours"));
  assert.deepEqual(post.results(), { 1: "TypeError: a mistake of ours" });
  await post.send(draft("2"));
  await post.fail(LOST);
  await post.clock.advance(1_000);
  await post.fail(new TypeError("another"));
  assert.equal(post.results()[2], "TypeError: another");
  await post.send(draft("3"));
  await post.accept();
  assert.equal(post.results()[3], "entered 3");
});

Deno.test("PublishQueue throws RangeError for drafts without a result from the store", async () => {
  const post = new Post();
  await post.send(draft("1"), draft("2"));
  post.batches[0]?.resolve(["entered 1"]);
  await flushMicrotasks();
  assert.deepEqual(post.results(), {
    1: "entered 1",
    2: "RangeError: Cannot deliver: 1 answers",
  });
});

Deno.test("PublishQueue holds at most 10,000 drafts for a room, and refuses more until there is space again", async () => {
  const post = new Post();
  await post.send(draft("first"));
  const many = Array.from({ length: 10_001 }, (_, k) => draft(String(k)));
  await post.send(...many, draft("elsewhere", attic));
  assert.deepEqual(post.results(), { 10000: "not sent" });
  assert.deepEqual(post.sent, ["first", "elsewhere"]);
  await post.accept(post.batches[0]);
  await post.send(draft("after"));
  assert.equal(post.results()["after"], undefined);
});

type Fate = "entered" | "lost on the way back" | "lost on the way there" | "refused";
interface Said {
  readonly where: RoomId;
  /** After this many milliseconds. */
  readonly after: number;
}

/** A store that enters each id once, and draws a fate for each batch. */
class Unsteady {
  readonly logs = new Map<RoomId, string[]>([[lobby, []], [attic, []]]);
  readonly #underWay = new Set<RoomId>();
  readonly #clock: FakeClock;
  readonly #fates: fc.Stream<Fate>;

  constructor(clock: FakeClock, fates: fc.Stream<Fate>) {
    this.#clock = clock;
    this.#fates = fates;
  }

  readonly enter: AppendBatch<string> = async (room, drafts) => {
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

/** Sends all drafts and waits for the result of each. */
async function sendAll(fates: fc.Stream<Fate>, all: readonly Said[]) {
  const clock = new FakeClock();
  const store = new Unsteady(clock, fates);
  const outbox = new PublishQueue<string>(store.enter, clock, new AbortController().signal);
  const results: Promise<string>[] = [];
  for (const [index, { where, after }] of all.entries()) {
    if (after > 0) await clock.advance(after);
    results.push(outbox.publish(draft(String(index), where)).catch(outcomeOf));
  }
  await clock.advance(60_000);
  return { logs: store.logs, results: await Promise.all(results) };
}

Deno.test("PublishQueue stores drafts in the order sent in each room, and reports the true result of each", async () => {
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
        const { logs, results } = await sendAll(fates, all);
        for (const ids of logs.values()) {
          assert.deepEqual(ids, ids.toSorted((a, b) => Number(a) - Number(b)));
        }
        for (const [index, { where }] of all.entries()) {
          const id = String(index);
          const isEntered = logs.get(where)?.includes(id);
          if (results[index] === id) assert.ok(isEntered, `${id} was not entered`);
          else if (results[index] === "not sent") assert.ok(!isEntered, `${id} was entered`);
          else assert.equal(results[index], "perhaps sent");
        }
      },
    ),
    { numRuns: 200 },
  );
});
