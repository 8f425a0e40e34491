/** Two users exchange messages over connections that are cut after every possible byte, one run each. */
import assert from "node:assert/strict";
import { type Chat, connect, type Delivery, type Room } from "../../../static/client.js";
import { type Cut, FaultProxy } from "../../support/clients/fault_proxy.ts";
import { ENGINE } from "../../support/engine.ts";
import { startParley } from "../../support/parley.ts";
import { withinDeadline } from "../../support/provision.ts";
import { Dice } from "../../simulation/world/dice.ts";
import { FakeStorage } from "../../static/client/fake_platform.ts";
import { QuickPlatform, waitForValue } from "../../static/client/quick_platform.ts";

/** One of the two users, with all events received. */
class RecordingClient implements AsyncDisposable {
  readonly events: string[] = [];
  readonly storage = new FakeStorage();
  readonly #proxy: FaultProxy | undefined;
  readonly chat: Chat;
  readonly room: Room;
  readonly #world: QuickPlatform;
  #onEvent = () => {};

  constructor(port: number, room: string, seed: number, cut?: Cut) {
    this.#world = new QuickPlatform(seed);
    this.#proxy = cut && new FaultProxy(port);
    if (cut) this.#proxy?.cutAfter(cut);
    const { storage } = this;
    // Without a name: a client cut off before the first answer returns as a new user, whose name would still be taken.
    this.chat = connect(`ws://127.0.0.1:${this.#proxy?.port ?? port}/ws`, {
      storage,
      platform: this.#world,
    });
    this.room = this.chat.join(room);
    this.room.events.subscribe((event) => {
      if (event.type === "opened" && this.events.length > 0) {
        this.events.push(`opened: ${event.reason}`);
      }
      if (event.type === "lost") this.events.push(`lost: ${event.reason}`);
      if ("position" in event && event.type !== "opened") {
        this.events.push(`${event.position.replace(/^.*:/, "")} ${event.type}`);
      }
      this.#onEvent();
    });
  }

  /** Number of bytes that its proxy has forwarded. */
  get forwarded() {
    return this.#proxy?.forwarded ?? { up: 0, down: 0 };
  }

  /** Resolves when this many events have arrived. */
  async hasEvents(count: number): Promise<void> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => this.#onEvent = resolve);
    }
  }

  async joined(): Promise<void> {
    await waitForValue(this.room.state, ({ kind }) => kind === "joined");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.chat.close();
    await this.#proxy?.[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
  }
}

const ENTRIES = 6;

/** Runs the whole conversation; returns the number of bytes that Ann's connection has carried. */
async function converse(port: number, room: string, seed: number, cut: Cut, other?: Cut) {
  await using bob = new RecordingClient(port, room, seed + 1, other);
  await bob.joined();
  await using ann = new RecordingClient(port, room, seed, cut);
  const deliveries: Delivery[] = [];
  const put = (delivery: Delivery) => {
    deliveries.push(delivery);
    return delivery.sent;
  };
  // Offline: Ann has not been connected yet.
  const first = put(ann.room.say("one"));
  await ann.joined();
  const [one, two] = await Promise.all([first, put(bob.room.say("two"))]);
  await Promise.all([
    put(ann.room.edit(one.position, "1")),
    put(ann.room.say("three")),
    put(bob.room.react(one.position, "👍")),
    put(bob.room.delete(two.position)),
  ]);
  await Promise.all([ann.hasEvents(ENTRIES), bob.hasEvents(ENTRIES)]);
  await Promise.all(
    [ann, bob].map(({ chat }) => waitForValue(chat.outbox, (it) => it.length === 0)),
  );
  await check(ann, bob, deliveries);
  return { ...ann.forwarded };
}

async function check(
  ann: RecordingClient,
  bob: RecordingClient,
  deliveries: readonly Delivery[],
): Promise<void> {
  for (const { events, storage } of [ann, bob]) {
    assert.deepEqual(events.map((it) => parseInt(it)), [1, 2, 3, 4, 5, 6], events.join());
    assert.deepEqual(storage.actionKeys, []);
  }
  assert.deepEqual(ann.events, bob.events);
  // Valid on whichever of the two connections is open now.
  const { messages, more } = await bob.room.history().catch(async () => {
    await bob.joined();
    return bob.room.history();
  });
  const [one, two, , three] = deliveries;
  assert.equal(more, false);
  assert.deepEqual(messages.map(({ id }) => id).sort(), [one?.id, two?.id, three?.id].sort());
  const texts = messages.map((
    { text, deleted, reactions },
  ) => [text, deleted, reactions && "👍" in reactions]);
  assert.deepEqual(texts.sort(), [["", true, undefined], ["1", undefined, true], [
    "three",
    undefined,
    undefined,
  ]]);
}

const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000);
const AT_ONCE = 12;
// Shorter than any frame and any head of a handshake, so that each is cut short somewhere: others in each run. Half a frame and
// none are the same to the client, which `exactly_once_test.ts` and the simulation test frame by frame. With the second engine
// fewer are enough, since it makes no difference to what the client does then.
const STRIDE = ENGINE === "node" ? 12 : 6;
// Runs differ in length, because frames may or may not share a message.
const MARGIN = 20;

Deno.test("Both users receive everything once and in order, whichever byte the connection is cut after", async () => {
  // A separate process: it shares the work, and what an aborted handshake leaves behind is not checked here.
  await using parley = await startParley({ LOG_LEVEL: "error", WORKERS: "0" });
  const { port } = parley;
  const whole = await withinDeadline(
    "a run without cuts",
    converse(port, "whole", SEED, { direction: "up", bytes: Infinity }),
  );
  const cuts: Cut[] = (["up", "down"] as const).flatMap((direction) =>
    Array.from({ length: whole[direction] + MARGIN }, (_, bytes) => ({ direction, bytes }))
  ).filter((_, index) => index % STRIDE === SEED % STRIDE);
  const run = async (cut: Cut, index: number) => {
    const dice = new Dice(SEED + index);
    const direction = dice.pick(["up", "down"] as const);
    const other = dice.chance(0.5)
      ? { direction, bytes: dice.between(0, whole[direction]) }
      : undefined;
    const what = `SEED=${SEED}: ${JSON.stringify({ cut, other })}`;
    try {
      await withinDeadline(
        "the conversation's end",
        converse(port, `room-${index}`, SEED + 2 * index, cut, other),
      );
    } catch (error) {
      throw new Error(`Failed with ${what}: ${error}`, { cause: error });
    }
  };
  let next = 0;
  const work = async () => {
    for (let index = next++; index < cuts.length; index = next++) {
      const cut = cuts[index];
      if (cut) await run(cut, index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
});
