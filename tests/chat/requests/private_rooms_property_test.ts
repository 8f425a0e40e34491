/**
 * What a stranger receives does not depend on whether a private or a direct room exists: the same requests are sent to two chats,
 * one of which has the rooms, with people who talk in them.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CLOSED_ROOM_BYTES, closedRoom } from "../../../lib/core/rooms/closed_room.ts";
import { roomIds } from "../../support/rooms.ts";
import { user } from "../../contract/fixtures.ts";
import { flushMicrotasks } from "../../support/fakes.ts";
import {
  ANN,
  BOB,
  CAT,
  type Client,
  type Frame,
  RoomsScene,
} from "../../support/chat/rooms_scene.ts";

const PRIVATE = closedRoom("private", new Uint8Array(CLOSED_ROOM_BYTES));
const DIRECT = roomIds.direct(user(ANN), user(BOB));
const SECRET = "a secret";

/** A chat with a stranger: Cat, a moderator of the service, or somebody whose token grants everything in all rooms. */
class World implements Disposable {
  readonly scene: RoomsScene;
  readonly #hasRooms: boolean;
  #ann: Client | undefined;
  #stranger: Client | undefined;

  constructor(hasRooms: boolean) {
    this.#hasRooms = hasRooms;
    // Ann gets a private room whose id the stranger knows.
    this.scene = new RoomsScene({ roomIds: { ...roomIds, privateFor: () => PRIVATE } });
  }

  async start(stranger: string): Promise<void> {
    const { scene } = this;
    const ann = this.#ann = await scene.enter("ann");
    this.#stranger = await scene.enter(stranger);
    if (!this.#hasRooms) return;
    assert.equal(await scene.createPrivate(ann), PRIVATE);
    await scene.ask(ann, { type: "open", user: BOB, name: "Bob" });
    for (const room of [PRIVATE, DIRECT]) await scene.ask(ann, { type: "join", room });
  }

  /** Ann talks, if there are rooms; then the stranger asks. */
  async step(request: Frame, turn: number): Promise<readonly string[]> {
    const { scene } = this;
    const stranger = this.#stranger ?? assert.fail("not started");
    for (const room of this.#hasRooms ? [PRIVATE, DIRECT] : []) {
      const text = `${SECRET} ${turn}`;
      await this.#ann?.ask(
        { type: "say", room, text },
        { type: "typing", room },
        { type: "name", name: `Ann${turn}` },
      );
    }
    stranger.handler.onMessage(JSON.stringify({ ...request, id: `r${turn}` }));
    for (let wait = 0; wait < 3; wait++) await flushMicrotasks();
    await scene.beat(1_500);
    return stranger.fresh().map((frame) => JSON.stringify(frame));
  }

  [Symbol.dispose](): void {
    this.scene[Symbol.dispose]();
  }
}

const room = fc.constantFrom(PRIVATE, DIRECT, PRIVATE.toUpperCase(), ` ${PRIVATE}`, "_private.");
const of = fc.constantFrom("epoch1:1", "epoch2:1", "epoch3:2", "epoch4:3");
const someone = fc.constantFrom(ANN, BOB, CAT, "ip_c0000201");
const typed = (type: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ type: fc.constant(type), room, ...fields });

const request = fc.oneof(
  typed("join", { since: of, limit: fc.constantFrom(0, 50) }),
  typed("join", {}),
  typed("leave", {}),
  typed("history", { before: of }),
  typed("say", { text: fc.constant("hi") }),
  typed("edit", { of, text: fc.constant("hi") }),
  typed("delete", { of }),
  typed("react", { of, emoji: fc.constant("👍") }),
  typed("report", { of }),
  typed("read", { position: of }),
  typed("typing", {}),
  typed("who", {}),
  typed("members", {}),
  typed("member", { user: someone, on: fc.boolean() }),
  typed("room", { topic: fc.constant("mine"), listed: fc.boolean() }),
  typed("create", { kind: fc.constantFrom("open", "listed") }),
  typed("invite", { rooms: room.map((it) => [it]) }),
  typed("moderate", {
    action: fc.constantFrom("mute", "ban", "kick", "clear", "unban"),
    user: someone,
  }),
  fc.constant({ type: "rooms" }),
);

const requests = fc.array(request, { minLength: 1, maxLength: 12 });
const stranger = fc.constantFrom("cat", "mia", "all");

Deno.test("A stranger receives the same, whether a private or a direct room exists or not", async () => {
  await fc.assert(
    fc.asyncProperty(stranger, requests, async (who, requests) => {
      using there = new World(true);
      using missing = new World(false);
      await there.start(who);
      await missing.start(who);
      for (const [turn, it] of requests.entries()) {
        const received = await there.step(it, turn);
        assert.deepEqual(received, await missing.step(it, turn));
        assert.ok(!received.some((frame) => frame.includes(SECRET)));
      }
    }),
    { numRuns: 60 },
  );
});
