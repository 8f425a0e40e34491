/** A hub to which more is announced than it can hand out, so that posts are lost. */
import assert from "node:assert/strict";
import type { Announcement } from "../../lib/chat/bus.ts";
import { EmbeddedBus } from "../../lib/chat/embedded_bus.ts";
import { Hub } from "../../lib/chat/hub.ts";
import type { Member } from "../../lib/chat/member.ts";
import { MemoryStore } from "../../lib/chat/memory_store.ts";
import type { Position } from "../../lib/core/positions.ts";
import { jsonDialect } from "../../lib/core/protocol.ts";
import type { Replay } from "../../lib/core/room_log.ts";
import { counter, FakeClock, FakeIdentities, name, room, settle } from "../fakes.ts";

const lobby = room("lobby");
const identities = new FakeIdentities();
const ann = { user: identities.draw(), name: name("Ann") };

/** A bus whose log is read only when the test lets it. */
class SlowBus extends EmbeddedBus {
  readonly reads: { readonly limit: number; readonly let: () => void }[] = [];

  override replay(room: typeof lobby, since: Position, limit: number): Promise<Replay> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.reads.push({ limit, let: resolve });
    return promise.then(() => super.replay(room, since, limit));
  }
}

/** One member in the lobby; what it has heard, and a way to say so much and to lose what one likes of it. */
class Overload {
  readonly clock = new FakeClock();
  readonly heard: string[] = [];
  /** When it was handed how much. */
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
    this.#hub = new Hub({ ...common, guestName: "guest", drawId: counter("id") });
    this.#announced = bus.announcements(new AbortController().signal)[Symbol.asyncIterator]();
  }

  async join(): Promise<void> {
    const member: Member = {
      dialect: jsonDialect,
      arrive() {},
      turnAway() {},
      replay() {},
      isBehind: () => false,
      deliver: (messages) => {
        this.turns.push([this.clock.now(), messages.join().length]);
        const lines = messages.flatMap((message) => message.split("\n"));
        const frames = lines.map((line) => JSON.parse(line));
        this.heard.push(...frames.filter(({ type }) => type !== "presence").map((it) => it.text));
      },
    };
    const bob = { user: identities.draw(), name: name("Bob") };
    this.#hub.join(lobby, member, { ...bob, draw: undefined, since: undefined, limit: 0 });
    await settle();
    await this.#announced.next();
  }

  /** Says so many, each announced by a post of its own, of which every second one is lost. */
  async say(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const text = `${++this.#said}`;
      const draft = { ...ann, room: lobby, id: `id${text}`, deed: { kind: "said", text } } as const;
      await this.bus.publish(draft);
      const { value: post = [] } = await this.#announced.next();
      if (this.#said % 2 === 0) this.#hub.receive(post);
    }
    await settle();
  }

  /** Lets the reading that is under way come to its end. */
  async read(): Promise<void> {
    this.bus.reads[this.#let++]?.let();
    await this.clock.advance(100);
  }

  /** Lets all readings come to their end. */
  async finish(): Promise<void> {
    while (this.#let < this.bus.reads.length) await this.read();
  }

  get all(): string[] {
    return Array.from({ length: this.#said }, (_, index) => `${index + 1}`);
  }
}

Deno.test("Hub heals a thousand lost posts by as few readings as the log needs", async () => {
  const chat = new Overload();
  await chat.join();
  await chat.say(2_000);
  assert.equal(chat.bus.reads.length, 1);
  await chat.finish();
  assert.deepEqual(chat.heard, chat.all);
  const limit = chat.bus.reads[0]?.limit ?? 0;
  // One more, since more had come in than is held.
  assert.ok(chat.bus.reads.length <= 2_000 / limit + 1, `${chat.bus.reads.length} readings`);
});

Deno.test("Hub reads the log as often as it can be read, and not as often as a post is lost", async () => {
  const chat = new Overload();
  await chat.join();
  for (let round = 0; round < 20; round++) {
    await chat.say(100);
    await chat.read();
  }
  await chat.finish();
  assert.deepEqual(chat.heard, chat.all);
  assert.ok(chat.bus.reads.length <= 22, `${chat.bus.reads.length} readings`);
});

Deno.test("Hub catches up with a log that grows while it is read, if not faster than it is read", async () => {
  const chat = new Overload();
  await chat.join();
  await chat.say(3_000);
  for (let round = 0; round < 10; round++) {
    await chat.read();
    await chat.say(100);
  }
  await chat.finish();
  assert.deepEqual(chat.heard, chat.all);
});

Deno.test("Hub does not hand over all of a long hole in one turn, in which nobody could read it", async () => {
  const chat = new Overload();
  await chat.join();
  await chat.say(400);
  await chat.finish();
  assert.deepEqual(chat.heard, chat.all);
  assert.ok(new Set(chat.turns.map(([at]) => at)).size >= 4, `${chat.turns}`);
  assert.ok(chat.turns.every(([, length]) => length < 131_072), `${chat.turns}`);
});
