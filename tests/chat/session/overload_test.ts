/** A hub that receives more announcements than it can deliver, so that posts are lost. */
import assert from "node:assert/strict";
import type { Announcement } from "../../../lib/chat/ports/bus.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import { Hub } from "../../../lib/chat/room/hub.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import { jsonEncoder } from "../../../lib/core/protocol/json_protocol.ts";
import type { Replay } from "../../../lib/core/log/reading/log_reading.ts";
import {
  counter,
  FakeClock,
  FakeSessionTokens,
  fakeSubscriber,
  flushMicrotasks,
  name,
  room,
} from "../../support/fakes.ts";

const lobby = room("lobby");
const sessionTokens = new FakeSessionTokens();
const ann = { user: sessionTokens.newUserId(), name: name("Ann") };

/** A bus whose log is read only when the test lets it. */
class SlowBus extends EmbeddedBus {
  readonly reads: { readonly limit: number; readonly let: () => void }[] = [];

  override replay(room: typeof lobby, since: Position, limit: number): Promise<Replay> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.reads.push({ limit, let: resolve });
    return promise.then(() => super.replay(room, since, limit));
  }
}

/** One member in the lobby, its received entries, and ways to send a number of messages and to lose some of the posts. */
class Overload {
  readonly clock = new FakeClock();
  readonly received: string[] = [];
  /** The times and sizes of its deliveries. */
  readonly turns: (readonly [number, number])[] = [];
  readonly bus: SlowBus;
  readonly #hub: Hub;
  readonly #announced: AsyncIterator<readonly Announcement[]>;
  #said = 0;
  #let = 0;

  constructor() {
    const { clock } = this;
    const retention = { messages: 20_000, entries: 20_000, ageMs: Infinity };
    const bus = this.bus = new SlowBus(new MemoryStore(clock, retention, counter("epoch")), clock);
    const common = { bus, clock, node: "node", random: () => 0, recoverLimit: 1 };
    const names = new KnownNames();
    this.#hub = new Hub({ ...common, names, guestName: "guest", newId: counter("id") });
    this.#announced = bus.announcements(new AbortController().signal)[Symbol.asyncIterator]();
  }

  async join(): Promise<void> {
    const bob = { user: sessionTokens.newUserId(), name: name("Bob") };
    const member = fakeSubscriber(bob.user, jsonEncoder, {
      deliver: (messages) => {
        this.turns.push([this.clock.now(), messages.join().length]);
        const lines = messages.flatMap((message) => message.split("\n"));
        const frames = lines.map((line) => JSON.parse(line));
        this.received.push(
          ...frames.filter(({ type }) => type !== "presence").map((it) => it.text),
        );
      },
    });
    this.#hub.join(lobby, member, { ...bob, pickName: undefined, since: undefined, limit: 0 });
    await flushMicrotasks();
    await this.#announced.next();
  }

  /** Sends this many messages, each announced by its own post, of which every second one is lost. */
  async say(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const text = `${++this.#said}`;
      const draft = {
        ...ann,
        room: lobby,
        id: `id${text}`,
        action: { kind: "said", text },
      } as const;
      await this.bus.publish(draft);
      const { value: post = [] } = await this.#announced.next();
      if (this.#said % 2 === 0) this.#hub.dispatch(post);
    }
    await flushMicrotasks();
  }

  /** Lets the read in progress complete. */
  async read(): Promise<void> {
    this.bus.reads[this.#let++]?.let();
    await this.clock.advance(100);
  }

  /** Lets all reads complete. */
  async finish(): Promise<void> {
    while (this.#let < this.bus.reads.length) await this.read();
  }

  get all(): string[] {
    return Array.from({ length: this.#said }, (_, index) => `${index + 1}`);
  }
}

Deno.test("Hub makes up for a thousand lost posts with as few reads as the log needs", async () => {
  const chat = new Overload();
  await chat.join();
  await chat.say(2_000);
  assert.equal(chat.bus.reads.length, 1);
  await chat.finish();
  assert.deepEqual(chat.received, chat.all);
  const limit = chat.bus.reads[0]?.limit ?? 0;
  // One more, since more had arrived than is held.
  assert.ok(chat.bus.reads.length <= 2_000 / limit + 1, `${chat.bus.reads.length} readings`);
});

Deno.test("Hub reads the log as often as reads complete, not as often as posts are lost", async () => {
  const chat = new Overload();
  await chat.join();
  for (let round = 0; round < 20; round++) {
    await chat.say(100);
    await chat.read();
  }
  await chat.finish();
  assert.deepEqual(chat.received, chat.all);
  assert.ok(chat.bus.reads.length <= 22, `${chat.bus.reads.length} readings`);
});

Deno.test("Hub catches up with a log that grows while it is read, if it reads faster than the log grows", async () => {
  const chat = new Overload();
  await chat.join();
  await chat.say(3_000);
  for (let round = 0; round < 10; round++) {
    await chat.read();
    await chat.say(100);
  }
  await chat.finish();
  assert.deepEqual(chat.received, chat.all);
});

Deno.test("Hub does not deliver a large gap in one turn, which no client could read", async () => {
  const chat = new Overload();
  await chat.join();
  await chat.say(400);
  await chat.finish();
  assert.deepEqual(chat.received, chat.all);
  assert.ok(new Set(chat.turns.map(([at]) => at)).size >= 4, `${chat.turns}`);
  assert.ok(chat.turns.every(([, length]) => length < 131_072), `${chat.turns}`);
});
