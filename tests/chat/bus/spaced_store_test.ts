/** SpacedStore reads once in a turn, over a store that answers immediately. */
import assert from "node:assert/strict";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import { SpacedStore } from "../../../lib/chat/bus/spaced_store.ts";
import {
  AMPLE,
  counter,
  FakeClock,
  FakeSessionTokens,
  flushMicrotasks,
  name,
  room,
} from "../../support/fakes.ts";

const lobby = room("lobby");
const ann = { user: new FakeSessionTokens().newUserId(), name: name("Ann") };

/** A bus on a store; the test starts each turn. */
class Spaced {
  /** What the store has done, in order. */
  readonly done: string[] = [];
  readonly store: MemoryStore;
  readonly bus: EmbeddedBus;
  #next: (() => void)[] = [];

  constructor() {
    const clock = new FakeClock();
    const store = this.store = new MemoryStore(clock, AMPLE, counter("epoch"));
    const append = store.append.bind(store), page = store.page.bind(store);
    store.append = (draft) => (this.done.push(draft.id), append(draft));
    store.page = (id, before, limit) => (this.done.push(`page ${limit}`), page(id, before, limit));
    this.bus = new EmbeddedBus(new SpacedStore(store, (fn) => this.#next.push(fn)), clock);
  }

  async turn(): Promise<void> {
    const fns = this.#next;
    this.#next = [];
    for (const fn of fns) fn();
    await flushMicrotasks();
  }

  async publish(text: string): Promise<void> {
    await this.bus.publish({ ...ann, room: lobby, id: text, action: { kind: "said", text } });
  }
}

Deno.test("SpacedStore reads once in a turn, and publishes between two reads", async () => {
  const spaced = new Spaced();
  const { bus, done } = spaced;
  const pages = [1, 2, 3].map((limit) => bus.page(lobby, undefined, limit));
  await flushMicrotasks();
  await spaced.publish("hello");
  assert.deepEqual(done, ["page 1", "hello"]);
  await spaced.turn();
  await spaced.publish("again");
  await spaced.turn();
  await spaced.turn();
  assert.deepEqual(done, ["page 1", "hello", "page 2", "again", "page 3"]);
  const lengths = (await Promise.all(pages)).map(({ messages }) => messages.length);
  assert.deepEqual(lengths, [0, 1, 2]);
});

Deno.test("SpacedStore continues with the next read when one fails", async () => {
  const spaced = new Spaced();
  spaced.store.readState = () => Promise.reject(new TypeError("broken"));
  const standing = assert.rejects(spaced.bus.readState(lobby, ann.user, 0), /broken/);
  const replay = spaced.bus.replay(lobby, { epoch: "other", seq: 7 }, 10);
  await flushMicrotasks();
  await spaced.turn();
  await standing;
  assert.equal((await replay).lossReason, "unknown_epoch");
});

Deno.test("SpacedStore returns the top of a log immediately", async () => {
  const { bus } = new Spaced();
  const pages = [1, 0, 0].map((limit) => bus.page(lobby, undefined, limit));
  const tops = (await Promise.all(pages)).map(({ top }) => top.seq);
  assert.deepEqual(tops, [0, 0, 0]);
});
