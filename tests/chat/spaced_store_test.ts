/** A store that answers at once, made to read once in a turn. */
import assert from "node:assert/strict";
import { EmbeddedBus } from "../../lib/chat/embedded_bus.ts";
import { MemoryStore } from "../../lib/chat/memory_store.ts";
import { SpacedStore } from "../../lib/chat/spaced_store.ts";
import { AMPLE, counter, FakeClock, FakeIdentities, name, room, settle } from "../fakes.ts";

const lobby = room("lobby");
const ann = { user: new FakeIdentities().draw(), name: name("Ann") };

/** A bus on a store of which the test says when the next turn begins. */
class Spaced {
  /** What the store has done, in its order. */
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
    this.bus = new EmbeddedBus(new SpacedStore(store, (deed) => this.#next.push(deed)), clock);
  }

  async turn(): Promise<void> {
    const deeds = this.#next;
    this.#next = [];
    for (const deed of deeds) deed();
    await settle();
  }

  async publish(text: string): Promise<void> {
    await this.bus.publish({ ...ann, room: lobby, id: text, deed: { kind: "said", text } });
  }
}

Deno.test("SpacedStore reads once in a turn, and what is published meanwhile is done between two reads", async () => {
  const spaced = new Spaced();
  const { bus, done } = spaced;
  const pages = [1, 2, 3].map((limit) => bus.page(lobby, undefined, limit));
  await settle();
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

Deno.test("SpacedStore goes on with the next read though one fails", async () => {
  const spaced = new Spaced();
  spaced.store.standing = () => Promise.reject(new TypeError("broken"));
  const standing = assert.rejects(spaced.bus.standing(lobby, ann.user), /broken/);
  const replay = spaced.bus.replay(lobby, { epoch: "other", seq: 7 }, 10);
  await settle();
  await spaced.turn();
  await standing;
  assert.equal((await replay).gap, "unknown_epoch");
});

Deno.test("SpacedStore says at once how far a log has come", async () => {
  const { bus } = new Spaced();
  const pages = [1, 0, 0].map((limit) => bus.page(lobby, undefined, limit));
  const tops = (await Promise.all(pages)).map(({ top }) => top.seq);
  assert.deepEqual(tops, [0, 0, 0]);
});
