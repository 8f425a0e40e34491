/** That a room whose readers fall behind slows its senders down, and that few slow readers do not. */
import assert from "node:assert/strict";
import { JsonConversation } from "../../lib/chat/json_conversation.ts";
import { MeteredBus } from "../../lib/chat/metered_bus.ts";
import { slowDownCounters } from "../../lib/chat/meters.ts";
import type { SessionContext } from "../../lib/chat/session.ts";
import { budgetTable } from "../../lib/core/budgets.ts";
import { Metrics } from "../../lib/core/metrics.ts";
import { FakeChat, FakeSocket, settle } from "../fakes.ts";

const DEFAULTS = { messagesPerSecond: 10, bytesPerSecond: 32_768 };

/** Somebody in the lobby. */
class Person {
  readonly socket = new FakeSocket();
  readonly #conversation: JsonConversation;

  constructor(context: SessionContext) {
    this.#conversation = new JsonConversation(this.socket, context);
    this.send({ type: "hello" });
    this.send({ type: "join", room: "lobby" });
  }

  send(frame: Readonly<Record<string, unknown>>): void {
    this.#conversation.receive(JSON.stringify(frame));
  }
}

for (
  const [slow, isSlowed] of [[0, false], [1, false], [10, false], [11, true], [15, true]] as const
) {
  Deno.test(`A room of 20 with ${slow} slow readers ${isSlowed ? "slows" : "does not slow"} its senders`, async () => {
    using chat = new FakeChat(undefined, { maxMessageBytes: 65_536 });
    const { bus, clock } = chat;
    const refused = slowDownCounters(new Metrics());
    const metered = new MeteredBus({ bus, table: budgetTable(DEFAULTS), clock, refused });
    const people = Array.from({ length: 20 }, () => new Person({ ...chat.context, bus: metered }));
    for (let turn = 0; turn < 20; turn++) await settle();
    for (const { socket } of people.slice(20 - slow)) socket.bytes = 600_000;
    const text = "x".repeat(24_000);
    // 117 KiB a second, which the room may receive.
    for (let second = 0; second < 30; second++) {
      for (const sender of people.slice(0, 5)) sender.send({ type: "say", room: "lobby", text });
      await clock.advance(1_000);
    }
    const said = bus.published.length;
    if (isSlowed) assert.ok(said < 40, `${said} were said`);
    else assert.equal(said, 150);
    assert.equal(refused.room.value, 150 - said);
    assert.deepEqual(people.flatMap(({ socket }) => socket.farewells), []);

    for (const { socket } of people) socket.bytes = 0;
    await clock.advance(10_000);
    people[0]?.send({ type: "say", room: "lobby", text });
    await settle();
    assert.equal(bus.published.length, said + 1);
  });
}
