/** What was said for one service is not sent to another that has taken its place: the person is asked. */
import assert from "node:assert/strict";
import { begin, type Begun, FakeStorage, type FakeWorld, kindOf } from "./client_fakes.ts";

/** Opens the room on a service. */
async function enter({ chat, world }: Begun, service: string, user = "u1"): Promise<void> {
  chat.join("lobby");
  await world.socket.open();
  await world.socket.greet({ service, user });
  await world.socket.joined("lobby");
}

/** Comes back after the connection was lost, and is greeted by a service. */
async function meet(world: FakeWorld, service: string, user = "u1"): Promise<void> {
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.greet({ service, user });
  await world.socket.joined("lobby");
}

const textsSent = ({ world }: Begun) => world.socket.sentOf("say").map(({ text }) => text);

Deno.test("Outbox sends what waits where the service is still the same", async () => {
  const begun = begin({ storage: new FakeStorage() });
  await enter(begun, "one");
  await begun.world.socket.drop();
  begun.chat.join("lobby").say("hello");
  await meet(begun.world, "one");
  assert.deepEqual(textsSent(begun), ["hello"]);
  begun.chat.close();
});

for (const reloads of [false, true]) {
  Deno.test(`Outbox asks about what was said for another service${reloads ? ", after a reload" : ""}`, async () => {
    const storage = new FakeStorage();
    let begun = begin({ storage });
    await enter(begun, "one");
    await begun.world.socket.drop();
    const room = begun.chat.join("lobby");
    for (const text of ["keep", "drop"]) room.say(text);
    room.react("e:1", "👍");
    if (reloads) {
      begun.chat.close();
      begun = begin({ storage });
      await enter(begun, "two", "u9");
    } else await meet(begun.world, "two", "u9");
    const { chat, world } = begun;
    chat.join("lobby").say("new");
    const { value } = chat.outbox;
    assert.deepEqual(value.map(({ state }) => state.value).slice(0, 2), [
      { kind: "unsure", reason: "other_service" },
      { kind: "unsure", reason: "other_service" },
    ]);
    const reaction = value[2]?.state.value;
    assert.equal(reaction?.kind === "failed" && reaction.error.code, "gone");
    assert.deepEqual(textsSent(begun), ["new"], "what is said now is for the service of now");
    assert.deepEqual(world.socket.sentOf("react"), []);

    await world.socket.answer("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
    const [keep, drop] = value;
    keep?.sendAgain();
    drop?.discard();
    assert.deepEqual(textsSent(begun), ["new", "keep"]);
    // Whoever has agreed is not asked again.
    await world.socket.drop();
    await meet(world, "two", "u9");
    assert.deepEqual(textsSent(begun), ["keep"]);
    chat.close();
  });
}

Deno.test("Outbox gives what was said before the service was known to the first that tells its id", async () => {
  const storage = new FakeStorage();
  const first = begin({ storage });
  first.chat.join("attic").say("hello");
  await enter(first, "one");
  first.chat.close();
  const second = begin({ storage });
  second.chat.join("attic");
  await second.world.socket.open();
  await second.world.socket.greet({ service: "two", user: "u9" });
  await second.world.socket.joined("attic");
  const [delivery] = second.chat.outbox.value;
  assert.equal(delivery && kindOf(delivery.state), "unsure");
  assert.deepEqual(textsSent(second), []);
  second.chat.close();
});

Deno.test("Outbox holds what waits until a service that does not know its id yet has told it", async () => {
  for (const [service, sent] of [["one", ["hello"]], ["two", []]] as const) {
    const begun = begin({ storage: new FakeStorage() });
    const { chat, world } = begun;
    await enter(begun, "one");
    await world.socket.drop();
    const delivery = chat.join("lobby").say("hello");
    await world.advance(20_000);
    await world.socket.open();
    await world.socket.greet({ resume: undefined });
    await world.socket.joined("lobby");
    assert.deepEqual([textsSent(begun), kindOf(delivery.state)], [[], "waiting"]);
    await world.socket.tell({ type: "token", resume: "t2", server: { id: service } });
    assert.deepEqual(textsSent(begun), sent);
    chat.close();
  }
});

Deno.test("Outbox asks nobody where a service has no id, as those of an earlier version", async () => {
  const begun = begin({ storage: new FakeStorage() });
  await enter(begun, "one");
  await begun.world.socket.drop();
  begun.chat.join("lobby").say("hello");
  await meet(begun.world, "");
  assert.deepEqual(textsSent(begun), ["hello"]);
  begun.chat.close();
});
