/** How revocations get from the store to every worker: none is missed, whoever starts first. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { RevocationStore } from "../../../lib/chat/ports/revocation_store.ts";
import { KnownRevocations } from "../../../lib/chat/revocations/known_revocations.ts";
import { MemoryRevocations } from "../../../lib/chat/revocations/memory_revocations.ts";
import { RevocationFeed } from "../../../lib/chat/revocations/revocation_feed.ts";
import { type Revocation, REVOCATION_KEPT_MS } from "../../../lib/core/auth/revocations.ts";
import { FakeClock, flushMicrotasks } from "../../support/fakes.ts";

const of = (id: string, before = 1_000): Revocation => ({ scope: "user", id, before });

/** A store that other processes write to, and that can be away. */
class SharedStore extends MemoryRevocations implements RevocationStore {
  isAway = false;
  #changed = Promise.withResolvers<void>();

  override async read(): Promise<readonly Revocation[]> {
    if (this.isAway) throw new BusUnavailable("away", { mayHaveApplied: false });
    return await super.read();
  }

  override async add(revocation: Revocation): Promise<void> {
    if (this.isAway) throw new BusUnavailable("away", { mayHaveApplied: false });
    await super.add(revocation);
  }

  override async whenChanged(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#changed.promise, super.whenChanged(signal)]);
  }

  /** Another process adds one. */
  async addElsewhere(revocation: Revocation): Promise<void> {
    await super.add(revocation);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    await flushMicrotasks();
  }
}

class Follower {
  readonly known = new KnownRevocations();
  changes = 0;

  constructor(feed: RevocationFeed, signal: AbortSignal) {
    this.known.follow(feed, () => this.changes += 1, signal);
  }

  revokes(user: string): boolean {
    return this.known.isRevoked({ user, tokenId: undefined, issuedAt: 999 });
  }
}

class Process implements Disposable {
  readonly clock = new FakeClock();
  readonly store = new SharedStore();
  readonly feed = new RevocationFeed(this.store, { clock: this.clock });
  readonly #life = new AbortController();

  async run(): Promise<void> {
    this.feed.run(this.#life.signal);
    await flushMicrotasks();
  }

  async follow(): Promise<Follower> {
    const follower = new Follower(this.feed, this.#life.signal);
    await flushMicrotasks();
    return follower;
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}

Deno.test("A worker is ready once the store has been read, even if nothing is revoked", async () => {
  using started = new Process();
  const early = await started.follow();
  assert.equal(early.known.isReady, false);
  await started.run();
  assert.equal(early.known.isReady, true);
  assert.equal((await started.follow()).known.isReady, true);
  assert.equal(early.changes, 0);
});

Deno.test("Workers know what was revoked before they started, and what is revoked later, here or elsewhere", async () => {
  using started = new Process();
  await started.store.add(of("a_ann"));
  await started.run();
  const first = await started.follow();
  await started.feed.revoke(of("a_bea"));
  await started.store.addElsewhere(of("a_cat"));
  const last = await started.follow();
  for (const worker of [first, last]) {
    for (const user of ["a_ann", "a_bea", "a_cat"]) assert.equal(worker.revokes(user), true, user);
    assert.equal(worker.revokes("a_dan"), false);
  }
  assert.deepEqual([first.changes, last.changes], [3, 1]);
});

Deno.test("A worker that starts after thousands of revocations knows all of them, the last for each user", async () => {
  using started = new Process();
  await started.run();
  const first = await started.follow();
  const ids = Array.from({ length: 3_000 }, (_, index) => `a_user${index}`);
  for (const id of ids) await started.feed.revoke(of(id, 500));
  for (const id of ids) await started.feed.revoke(of(id));
  await flushMicrotasks();
  const last = await started.follow();
  for (const worker of [first, last]) assert.ok(ids.every((id) => worker.revokes(id)));
  const { version, added } = await started.feed.revocationsAfter(0);
  assert.deepEqual([version, added.length], [6_001, 3_000]);
});

Deno.test("A revocation that changes nothing wakes no worker", async () => {
  using started = new Process();
  await started.run();
  const worker = await started.follow();
  await started.feed.revoke(of("a_ann"));
  await started.feed.revoke(of("a_ann"));
  await started.store.addElsewhere(of("a_ann", 999));
  await flushMicrotasks();
  assert.equal(worker.changes, 1);
});

Deno.test("While the store is away, nobody is ready and nothing can be revoked; later both work", async () => {
  using started = new Process();
  started.store.isAway = true;
  await started.run();
  const worker = await started.follow();
  await assert.rejects(started.feed.revoke(of("a_ann")), BusUnavailable);
  await assert.rejects(started.feed.readRevocations(), BusUnavailable);
  assert.equal(worker.known.isReady, false);
  started.store.isAway = false;
  await started.clock.advance(3_000);
  assert.equal(worker.known.isReady, true);
  await started.feed.revoke(of("a_ann"));
  await flushMicrotasks();
  assert.equal(worker.revokes("a_ann"), true);
  assert.deepEqual(await started.feed.readRevocations(), [of("a_ann")]);
});

Deno.test("What the store has lost is stored again, unless it is too old", async () => {
  using started = new Process();
  const now = started.clock.date();
  await started.run();
  const kept = [of("a_ann", now), of("a_bea", now - REVOCATION_KEPT_MS)];
  for (const it of [...kept, of("a_cat", now - REVOCATION_KEPT_MS - 1)]) {
    await started.feed.revoke(it);
  }
  await started.store.removeBefore(Infinity);
  await started.store.addElsewhere(of("a_dan", now));
  const stored = await started.store.read();
  assert.deepEqual(new Set(stored), new Set([of("a_dan", now), ...kept]));
});

Deno.test("A revocation is removed from the store after a year, and not before", async () => {
  using started = new Process();
  const now = started.clock.date();
  await started.feed.revoke(of("a_ann", now - REVOCATION_KEPT_MS));
  await started.feed.sweep();
  assert.equal((await started.feed.readRevocations()).length, 1);
  await started.clock.advance(1);
  await started.feed.sweep();
  assert.deepEqual(await started.feed.readRevocations(), []);
});

Deno.test("A feed and its workers end with their signal", async () => {
  const life = new AbortController();
  const feed = new RevocationFeed(new MemoryRevocations(), { clock: new FakeClock() });
  const tasks = [
    feed.run(life.signal),
    new KnownRevocations().follow(feed, () => {}, life.signal),
  ];
  await flushMicrotasks();
  life.abort();
  await Promise.all(tasks);
});

Deno.test("KnownRevocations is ready when the store has been read, also if nothing has been revoked", async () => {
  using process = new Process();
  const { known } = await process.follow();
  let isReady = false;
  known.ready.then(() => isReady = true);
  await flushMicrotasks();
  assert.deepEqual([known.isReady, isReady], [false, false]);
  await process.run();
  assert.deepEqual([known.isReady, isReady], [true, true]);
});
