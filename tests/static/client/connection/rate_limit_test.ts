/** The client library sends no faster than the server allows, as measured by the server's own limiter. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RateLimiter, SharedBudgets } from "../../../../lib/core/limits/rate_limiter.ts";
import { utf8Length } from "../../../../lib/core/utf8.ts";
import { type Frame, kindOf, startChat } from "../fake_platform.ts";

Deno.test("Chat joins 32 rooms at the server's rate limit, each once", async () => {
  const { chat, world } = startChat();
  const names = Array.from({ length: 32 }, (_, index) => `room-${index}`);
  const rooms = names.map((name) => chat.join(name));
  const { socket } = world;
  await socket.open();
  assert.equal(socket.sentOf("join").length, 1, "with the hello, before the limits are known");
  await socket.sendHello({ perSecond: 10 });
  assert.equal(socket.sentOf("join").length, 19);
  await world.advance(100);
  assert.equal(socket.sentOf("join").length, 20);
  await world.advance(1_200);
  assert.deepEqual(socket.sentOf("join").map(({ room }) => room), names);
  for (const name of names) await socket.sendJoined(name);
  assert.ok(rooms.every((room) => kindOf(room.state) === "joined"));
  chat.close();
});

Deno.test("Chat sends a queued action once, even if the connection ends meanwhile", async () => {
  const { chat, world } = startChat();
  const room = chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello({ perSecond: 1 });
  await world.socket.sendJoined("lobby");
  chat.join("attic");
  chat.join("cellar");
  const delivery = room.say("hello");
  assert.deepEqual([kindOf(delivery.state), world.socket.sentOf("say").length], ["sending", 0]);
  await world.socket.serverCloses();
  assert.equal(kindOf(delivery.state), "waiting");
  delivery.discard();
  assert.equal(kindOf(delivery.state), "discarded", "it was certainly not sent");
  await world.advance(20_000);
  assert.deepEqual(world.socket.sentOf("say"), []);
  chat.close();
});

const REQUESTS = ["say", "join", "type", "ask"] as const;

Deno.test("Chat never exceeds the rate limit, whatever it does", async () => {
  const action = fc.record({
    what: fc.constantFrom(...REQUESTS),
    count: fc.integer({ min: 1, max: 40 }),
    length: fc.constantFrom(4, 400, 4_000),
    restMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000 })),
  });
  const limits = fc.record({
    messagesPerSecond: fc.integer({ min: 1, max: 50 }),
    bytesPerSecond: fc.oneof(fc.constant(0), fc.integer({ min: 1_000, max: 50_000 })),
  });
  await fc.assert(
    fc.asyncProperty(limits, fc.array(action), async (limits, actions) => {
      const { chat, world } = startChat();
      const room = chat.join("lobby");
      const { socket } = world;
      const limiter = new RateLimiter(new SharedBudgets(limits));
      let checked = 0;
      const check = () => {
        const counted = socket.sent.slice(checked);
        checked = socket.sent.length;
        const bytes = counted.map((frame) => utf8Length(JSON.stringify(frame)) + 1);
        const decisions = bytes.map((it) => limiter.check(world.now(), it));
        assert.ok(decisions.every((it) => it === "allowed"), `${decisions}`);
      };
      await socket.open();
      check();
      const { messagesPerSecond: perSecond, bytesPerSecond } = limits;
      await socket.sendHello({ perSecond, bytesPerSecond });
      await socket.sendJoined("lobby");
      await world.resume();
      const answered = new Set<Frame>();
      for (const { what, count, length, restMs } of actions) {
        for (let each = 0; each < count; each++) {
          if (what === "say") room.say("é".repeat(length));
          if (what === "join") chat.join(`room-${checked}-${each}`);
          if (what === "type") room.type(each % 2 === 0);
          if (what === "ask") room.history().catch(() => {});
          for (const { id } of socket.sentOf("say").filter((it) => !answered.has(it))) {
            await socket.serverSends({ type: "ack", id, room: "lobby", position: "e:1", at: 1 });
          }
          for (const it of socket.sentOf("say")) answered.add(it);
        }
        check();
        for (let passed = 0; passed < restMs; passed += 50) {
          await world.advance(50);
          await socket.serverSends({ type: "pong" });
          check();
        }
      }
      chat.close();
    }),
    { numRuns: 60 },
  );
});
