/** Two people talk over links that are cut, one run for each byte that goes over the wire: nothing is lost, doubled or moved. */
import assert from "node:assert/strict";
import { type Chat, connect, type Delivery, type Room } from "../../static/client.js";
import { startParley } from "../parley.ts";
import { Dice } from "../simulation/dice.ts";
import { FakeStorage } from "./client_fakes.ts";
import { ByteLink, type Cut, QuickWorld, soon, when } from "./client_wires.ts";

/** One of the two, and all that was told. */
class Talker implements AsyncDisposable {
  readonly told: string[] = [];
  readonly storage = new FakeStorage();
  readonly #link: ByteLink | undefined;
  readonly chat: Chat;
  readonly room: Room;
  readonly #world: QuickWorld;
  #look = () => {};

  constructor(port: number, room: string, seed: number, cut?: Cut) {
    this.#world = new QuickWorld(seed);
    this.#link = cut && new ByteLink(port, cut);
    const { storage } = this;
    // Without a name: cut off before the first answer has come, one is somebody new, whose name would still be taken.
    this.chat = connect(this.#link?.url ?? `ws://127.0.0.1:${port}/ws`, {
      storage,
      surroundings: this.#world,
    });
    this.room = this.chat.join(room);
    this.room.events.subscribe((event) => {
      if (event.type === "opened" && this.told.length > 0) {
        this.told.push(`opened: ${event.reason}`);
      }
      if (event.type === "lost") this.told.push(`lost: ${event.reason}`);
      if ("position" in event && event.type !== "opened") {
        this.told.push(`${event.position.replace(/^.*:/, "")} ${event.type}`);
      }
      this.#look();
    });
  }

  /** How many bytes its link has carried. */
  get passed() {
    return this.#link?.passed ?? { up: 0, down: 0 };
  }

  /** Resolves when so much was told. */
  async hears(count: number): Promise<void> {
    while (this.told.length < count) await new Promise<void>((resolve) => this.#look = resolve);
  }

  async joined(): Promise<void> {
    await when(this.room.state, ({ kind }) => kind === "joined");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.chat.close();
    await this.#link?.[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
  }
}

const ENTRIES = 6;

/** The whole conversation; gives how many bytes Ann's link has carried. */
async function converse(port: number, room: string, seed: number, cut: Cut, other?: Cut) {
  await using bob = new Talker(port, room, seed + 1, other);
  await bob.joined();
  await using ann = new Talker(port, room, seed, cut);
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
  await Promise.all([ann.hears(ENTRIES), bob.hears(ENTRIES)]);
  await Promise.all([ann, bob].map(({ chat }) => when(chat.outbox, (it) => it.length === 0)));
  await check(ann, bob, deliveries);
  return { ...ann.passed };
}

async function check(ann: Talker, bob: Talker, deliveries: readonly Delivery[]): Promise<void> {
  for (const { told, storage } of [ann, bob]) {
    assert.deepEqual(told.map((it) => parseInt(it)), [1, 2, 3, 4, 5, 6], told.join());
    assert.deepEqual(storage.deeds, []);
  }
  assert.deepEqual(ann.told, bob.told);
  // What is told is true on whichever of the two connections stands now.
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
// Two runs are not equally long: frames share a message as it happens.
const MARGIN = 20;

Deno.test("Everybody is told everything once and in order, whatever byte the link is cut after", async () => {
  // A process of its own: the two share the work, and what a client that dies in its handshake leaves there is not looked at here.
  await using parley = await startParley({ LOG_LEVEL: "error" });
  const { port } = parley;
  const whole = await soon(
    "a run without cuts",
    converse(port, "whole", SEED, { way: "up", bytes: Infinity }),
  );
  const cuts: Cut[] = (["up", "down"] as const).flatMap((way) =>
    Array.from({ length: whole[way] + MARGIN }, (_, bytes) => ({ way, bytes }))
  );
  const run = async (cut: Cut, index: number) => {
    const dice = new Dice(SEED + index);
    const way = dice.pick(["up", "down"] as const);
    const other = dice.chance(0.5) ? { way, bytes: dice.between(0, whole[way]) } : undefined;
    const what = `SEED=${SEED}: ${JSON.stringify({ cut, other })}`;
    try {
      await soon(
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
