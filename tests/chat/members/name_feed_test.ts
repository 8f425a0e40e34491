/** The names of members, as a process reads them from the store for its workers. */
import assert from "node:assert/strict";
import { NameFeed } from "../../../lib/chat/members/name_feed.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { OwnedName } from "../../../lib/chat/ports/directory.ts";
import { FakeClock, flushMicrotasks } from "../../support/fakes.ts";
import { FaultyStore } from "./member_world.ts";

const ANN = "m_ann00000";
const BEA = "m_bea00000";

/** A process whose store tells of changes when the test wants. */
class World implements Disposable {
  readonly clock = new FakeClock();
  readonly store = new FaultyStore();
  readonly names: NameFeed;
  readonly #life = new AbortController();
  #changed = Promise.withResolvers<void>();

  constructor() {
    const { clock, store } = this;
    store.whenNamesChanged = () => this.#changed.promise;
    this.names = new NameFeed(store, { clock });
  }

  run(): Promise<void> {
    return this.names.run(this.#life.signal);
  }

  /** Another process has changed names. */
  async change(): Promise<void> {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    await flushMicrotasks();
  }

  async own(key: string, from: string | undefined, to: string | undefined): Promise<void> {
    await this.store.commit([{ kind: "name", id: key, from, to }]);
  }

  /** What is told, as `key owner`. @param version 0 for what a new worker is told. */
  async told(version = 0): Promise<readonly string[]> {
    const { added } = await this.names.after(version);
    return added.map(({ key, owner }: OwnedName) => `${key} ${owner}`);
  }

  [Symbol.dispose](): void {
    this.#life.abort();
    this.#changed.resolve();
  }
}

Deno.test("NameFeed tells what is stored, and then only what changes", async () => {
  using world = new World();
  await world.own("ANN", undefined, ANN);
  world.run();
  assert.deepEqual(await world.told(), [`ANN ${ANN}`]);
  await world.own("BEA", undefined, BEA);
  await world.own("ANN", ANN, BEA);
  await world.change();
  assert.deepEqual(await world.told(2), [`ANN ${BEA}`, `BEA ${BEA}`]);
  await world.own("ANN", BEA, undefined);
  await world.change();
  assert.deepEqual(await world.told(4), ["ANN null"]);
  await world.change();
  assert.equal((await world.names.after(0)).version, 5);
});

Deno.test("NameFeed tells a new worker who owns which name, and nothing of the past", async () => {
  using world = new World();
  await world.own("ANN", undefined, ANN);
  await world.own("BEA", undefined, BEA);
  await world.names.refresh();
  for (let turn = 0; turn < 1_500; turn++) {
    await world.own("BEA", BEA, undefined);
    await world.own(`BEA${turn}`, undefined, BEA);
    await world.names.refresh();
    await world.own(`BEA${turn}`, BEA, undefined);
    await world.own("BEA", undefined, BEA);
    await world.names.refresh();
  }
  assert.deepEqual(await world.told(), [`ANN ${ANN}`, `BEA ${BEA}`]);
  const { version } = await world.names.after(0);
  assert.equal(version, 2 + 1_500 * 4 + 1);
  // A worker that is a little behind misses no removal.
  assert.equal((await world.told(version - 4)).filter((it) => it.endsWith("null")).length, 2);
});

Deno.test("NameFeed tells that there are no names", async () => {
  using world = new World();
  world.run();
  assert.deepEqual(await world.names.after(0), { version: 1, isWhole: true, added: [] });
});

Deno.test("NameFeed ignores an owner who cannot be one", async () => {
  using world = new World();
  await world.own("ANN", undefined, "?");
  world.run();
  assert.deepEqual(await world.told(), []);
});

Deno.test("NameFeed tells nothing until the store can be read", async () => {
  using world = new World();
  world.store.isAway = true;
  await world.own("ANN", undefined, ANN);
  world.run();
  let isTold = false;
  world.names.after(0).then(() => isTold = true);
  await world.clock.advance(1_000);
  assert.equal(isTold, false);
  world.store.isAway = false;
  await world.clock.advance(30_000);
  assert.deepEqual(await world.told(), [`ANN ${ANN}`]);
});

Deno.test("NameFeed.refresh() rejects while the store is away, and succeeds afterwards", async () => {
  using world = new World();
  world.store.isAway = true;
  await assert.rejects(world.names.refresh(), BusUnavailable);
  world.store.isAway = false;
  await world.names.refresh();
  assert.deepEqual(await world.told(), []);
});

Deno.test("NameFeed.onChanged() does not reject while the store is away, and reads once it is back", async () => {
  using world = new World();
  world.run();
  assert.deepEqual(await world.told(), []);
  await world.own("ANN", undefined, ANN);
  world.store.isAway = true;
  await world.names.onChanged();
  await world.names.onChanged();
  assert.deepEqual(await world.told(), []);
  world.store.isAway = false;
  await world.clock.advance(30_000);
  assert.deepEqual(await world.told(), [`ANN ${ANN}`]);
});

Deno.test("NameFeed answers all who ask while it reads with one more read", async () => {
  using world = new World();
  const asked = Array.from({ length: 20 }, () => world.names.refresh());
  await Promise.all(asked);
  assert.equal(world.store.lists, 1);
  const reading = world.names.refresh();
  for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  await world.own("ANN", undefined, ANN);
  await Promise.all([reading, world.names.refresh(), world.names.refresh()]);
  assert.deepEqual(await world.told(), [`ANN ${ANN}`]);
  assert.ok(world.store.lists <= 3, `${world.store.lists} reads`);
});
