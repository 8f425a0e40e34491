/** A room whose members fall behind slows its senders down; a few slow members do not. */
import assert from "node:assert/strict";
import type { ConnectionHandler } from "../../../lib/chat/ports/connection_handler.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import { RateLimitedBus } from "../../../lib/chat/bus/rate_limited_bus.ts";
import { slowDownCounters } from "../../../lib/chat/metrics.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { budgetTable } from "../../../lib/core/limits/budgets.ts";
import { Metrics } from "../../../lib/core/metrics/metrics.ts";
import { FakeChat, FakeSocket, flushMicrotasks } from "../../support/fakes.ts";

const DEFAULTS = { messagesPerSecond: 10, bytesPerSecond: 32_768 };

/** A user in the lobby. */
class Person {
  readonly socket = new FakeSocket();
  readonly #handler: ConnectionHandler;

  constructor(context: SessionContext, resume?: string, room = "lobby", address?: string) {
    this.#handler = new JsonHandler(this.socket, context, { address });
    this.send({ type: "hello", resume });
    this.send({ type: "join", room });
  }

  send(frame: Readonly<Record<string, unknown>>): void {
    this.#handler.onMessage(JSON.stringify(frame));
  }

  /** The faults that were sent. */
  get faults(): readonly Readonly<Record<string, unknown>>[] {
    const frames = this.socket.sent.flatMap((message) => String(message).split("\n"));
    return frames.map((frame) => JSON.parse(frame)).filter(({ type }) => type === "fault");
  }
}

/** A chat with budgets, and its refusals. */
function openChat() {
  const chat = new FakeChat(undefined, { maxMessageBytes: 65_536 });
  const { bus, clock } = chat;
  const refused = slowDownCounters(new Metrics());
  const metered = new RateLimitedBus({ bus, table: budgetTable(DEFAULTS), clock, refused });
  const context: SessionContext = { ...chat.context, bus: metered };
  return { bus, clock, refused, context, [Symbol.dispose]: () => chat[Symbol.dispose]() };
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await flushMicrotasks();
}

for (
  const [slow, isSlowed] of [[0, false], [1, false], [10, false], [11, true], [15, true]] as const
) {
  Deno.test(`A room of 20 with ${slow} slow readers ${isSlowed ? "slows" : "does not slow"} its senders`, async () => {
    using chat = openChat();
    const { bus, clock, refused, context } = chat;
    const people = Array.from({ length: 20 }, () => new Person(context));
    await settleAll();
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
    assert.deepEqual(people.flatMap(({ socket }) => socket.closeStatuses), []);

    for (const { socket } of people) socket.bytes = 0;
    await clock.advance(10_000);
    people[0]?.send({ type: "say", room: "lobby", text });
    await flushMicrotasks();
    assert.equal(bus.published.length, said + 1);
  });
}

Deno.test("A room over its budget tells its senders why and how long to wait, and closes none of them", async () => {
  using chat = openChat();
  const { bus, clock, refused, context } = chat;
  const text = "x".repeat(60_000);
  const people = Array.from({ length: 40 }, () => new Person(context));
  await settleAll();
  for (let second = 0; second < 40; second++) {
    for (const person of people) person.send({ type: "say", id: `${second}`, room: "lobby", text });
    await settleAll();
    // At the rate limit of a connection.
    await clock.advance(2_000);
  }
  assert.ok(refused.room.value > 1_000 && bus.published.length > 150);
  const faults = people.flatMap((it) => it.faults);
  for (const { code, message, retry, afterMs, scope } of faults) {
    assert.deepEqual([code, retry, scope], ["slow_down", true, "room"]);
    assert.equal(message, "slow down: the room receives more than it can deliver");
    assert.ok(Number(afterMs) > 0 && Number(afterMs) <= 4_000, `${afterMs}`);
  }
  assert.deepEqual(people.flatMap(({ socket }) => socket.closeStatuses), []);

  const { socket } = new Person(context);
  const plain = new FakeSocket();
  const handler = new TextHandler(plain, context, {
    name: "Ann",
    room: "lobby",
    since: undefined,
    history: undefined,
    notices: undefined,
  });
  await settleAll();
  for (let i = 0; i < 8; i++) handler.onMessage(text);
  await settleAll();
  const line = /^! slow down: the room receives more than it can deliver \(wait \d+ s\)$/;
  assert.ok(plain.sent.some((it) => line.test(String(it))));
  assert.deepEqual([...plain.closeStatuses, ...socket.closeStatuses], []);
});

Deno.test("A user over the budget on many connections is limited on each, and not closed for what the others send", async () => {
  using chat = openChat();
  const { clock, refused, context } = chat;
  const people = Array.from({ length: 10 }, () => new Person(context, "user_no_7/Ann"));
  await settleAll();
  // Nine a second each, which one connection may send.
  for (let round = 0; round < 100; round++) {
    // In turn, since the first gets what has been gained.
    people.push(...people.splice(0, 1));
    for (const person of people) person.send({ type: "say", room: "lobby", text: "x" });
    await settleAll();
    await clock.advance(111);
  }
  for (const { faults, socket } of people) {
    assert.equal(faults[0]?.message, "slow down: you send too much over all your connections");
    assert.equal(faults[0]?.scope, "user");
    assert.deepEqual(socket.closeStatuses, []);
  }
  // Counted where it was refused, and not again.
  assert.deepEqual([context.limits.refused.value, refused.user.value > 500], [0, true]);
});

Deno.test("An address may begin 200 rooms at once and one more each second, without effect on other addresses", async () => {
  using chat = openChat();
  const { clock, bus, context } = chat;
  const begin = async (from: number, count: number, address?: string) => {
    const before = bus.published.length;
    const people = Array.from({ length: count }, (_, index) => {
      return new Person(context, undefined, `room${from + index}`, address);
    });
    await settleAll();
    for (const [index, person] of people.entries()) {
      person.send({ type: "say", id: "1", room: `room${from + index}`, text: "first" });
    }
    await settleAll();
    return { faults: people.flatMap((it) => it.faults), count: bus.published.length - before };
  };
  const flood = await begin(0, 210, "192.0.2.1");
  assert.deepEqual([flood.count, flood.faults.length], [200, 10]);
  const [fault] = flood.faults;
  assert.deepEqual([fault?.code, fault?.retry, fault?.afterMs], ["slow_down", true, 1_000]);
  assert.equal(fault?.message, "slow down: too many new rooms from this address");
  assert.equal(fault?.scope, undefined);
  assert.equal((await begin(300, 5, "192.0.2.2")).count, 5);
  assert.equal((await begin(400, 210)).count, 210, "loopback");
  // An existing room is not a new one.
  assert.equal((await begin(0, 5, "192.0.2.1")).count, 5);
  await clock.advance(1_000);
  assert.equal((await begin(700, 5, "192.0.2.1")).count, 1);
});

Deno.test("A rename also draws on the address's budget of new rooms", async () => {
  using chat = openChat();
  const people = Array.from({ length: 210 }, (_, index) => {
    return new Person(chat.context, undefined, `room${index}`, "192.0.2.1");
  });
  await settleAll();
  for (const [index, person] of people.entries()) person.send({ type: "name", name: `N${index}` });
  await settleAll();
  const faults = people.flatMap((it) => it.faults);
  assert.deepEqual([chat.bus.published.length, faults.length], [200, 10]);
});
