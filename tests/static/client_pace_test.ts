/** The client library sends no faster than the server allows: held against the server's own allowance. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Allowance, ConnectionLimits } from "../../lib/core/allowance.ts";
import { utf8Length } from "../../lib/core/utf8.ts";
import { begin, type Frame, kindOf } from "./client_fakes.ts";

Deno.test("Chat joins 32 rooms at the pace that the server allows, each once", async () => {
  const { chat, world } = begin();
  const names = Array.from({ length: 32 }, (_, index) => `room-${index}`);
  const rooms = names.map((name) => chat.join(name));
  const { socket } = world;
  await socket.open();
  assert.equal(socket.sentOf("join").length, 1, "with the hello, before the limits are known");
  await socket.greet({ perSecond: 10 });
  assert.equal(socket.sentOf("join").length, 19);
  await world.advance(100);
  assert.equal(socket.sentOf("join").length, 20);
  await world.advance(1_200);
  assert.deepEqual(socket.sentOf("join").map(({ room }) => room), names);
  for (const name of names) await socket.joined(name);
  assert.ok(rooms.every((room) => kindOf(room.state) === "joined"));
  chat.close();
});

Deno.test("Chat sends what waits for its turn once, though the connection ends meanwhile", async () => {
  const { chat, world } = begin();
  const room = chat.join("lobby");
  await world.socket.open();
  await world.socket.greet({ perSecond: 1 });
  await world.socket.joined("lobby");
  chat.join("attic");
  chat.join("cellar");
  const delivery = room.say("hello");
  assert.deepEqual([kindOf(delivery.state), world.socket.sentOf("say").length], ["sending", 0]);
  await world.socket.drop();
  assert.equal(kindOf(delivery.state), "waiting");
  delivery.discard();
  assert.equal(kindOf(delivery.state), "discarded", "it was surely not sent");
  await world.advance(20_000);
  assert.deepEqual(world.socket.sentOf("say"), []);
  chat.close();
});

const DEEDS = ["say", "join", "type", "ask"] as const;

Deno.test("Chat is never told to slow down, whatever is done", async () => {
  const deed = fc.record({
    what: fc.constantFrom(...DEEDS),
    count: fc.integer({ min: 1, max: 40 }),
    length: fc.constantFrom(4, 400, 4_000),
    restMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000 })),
  });
  const limits = fc.record({
    messagesPerSecond: fc.integer({ min: 1, max: 50 }),
    bytesPerSecond: fc.oneof(fc.constant(0), fc.integer({ min: 1_000, max: 50_000 })),
  });
  await fc.assert(
    fc.asyncProperty(limits, fc.array(deed), async (limits, deeds) => {
      const { chat, world } = begin();
      const room = chat.join("lobby");
      const { socket } = world;
      const allowance = new Allowance(new ConnectionLimits(limits));
      let checked = 0;
      const check = () => {
        const counted = socket.sent.slice(checked);
        checked = socket.sent.length;
        const bytes = counted.map((frame) => utf8Length(JSON.stringify(frame)) + 1);
        const verdicts = bytes.map((it) => allowance.ask(world.now(), it));
        assert.ok(verdicts.every((it) => it === "granted"), `${verdicts}`);
      };
      await socket.open();
      check();
      const { messagesPerSecond: perSecond, bytesPerSecond } = limits;
      await socket.greet({ perSecond, bytesPerSecond });
      await socket.joined("lobby");
      await world.wake();
      const answered = new Set<Frame>();
      for (const { what, count, length, restMs } of deeds) {
        for (let each = 0; each < count; each++) {
          if (what === "say") room.say("é".repeat(length));
          if (what === "join") chat.join(`room-${checked}-${each}`);
          if (what === "type") room.type(each % 2 === 0);
          if (what === "ask") room.history().catch(() => {});
          for (const { id } of socket.sentOf("say").filter((it) => !answered.has(it))) {
            await socket.tell({ type: "ack", id, room: "lobby", position: "e:1", at: 1 });
          }
          for (const it of socket.sentOf("say")) answered.add(it);
        }
        check();
        for (let passed = 0; passed < restMs; passed += 50) {
          await world.advance(50);
          await socket.tell({ type: "pong" });
          check();
        }
      }
      chat.close();
    }),
    { numRuns: 60 },
  );
});
