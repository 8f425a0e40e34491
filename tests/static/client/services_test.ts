/** Messages for one service are not sent to another that has replaced it: the user is asked. */
import assert from "node:assert/strict";
import {
  type FakePlatform,
  FakeStorage,
  kindOf,
  startChat,
  type StartedChat,
} from "./fake_platform.ts";

/** Joins the room on a service. */
async function enterRoom(
  { chat, world }: StartedChat,
  service: string,
  user = "u1",
): Promise<void> {
  chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello({ service, user });
  await world.socket.sendJoined("lobby");
}

/** Reconnects after a lost connection, and receives a service's hello. */
async function reconnectTo(world: FakePlatform, service: string, user = "u1"): Promise<void> {
  await world.advance(20_000);
  await world.socket.open();
  await world.socket.sendHello({ service, user });
  await world.socket.sendJoined("lobby");
}

const textsSent = ({ world }: StartedChat) => world.socket.sentOf("say").map(({ text }) => text);

Deno.test("Outbox sends waiting messages if the service is still the same", async () => {
  const begun = startChat({ storage: new FakeStorage() });
  await enterRoom(begun, "one");
  await begun.world.socket.serverCloses();
  begun.chat.join("lobby").say("hello");
  await reconnectTo(begun.world, "one");
  assert.deepEqual(textsSent(begun), ["hello"]);
  begun.chat.close();
});

for (const reloads of [false, true]) {
  Deno.test(`Outbox asks about messages for another service${reloads ? ", after a reload" : ""}`, async () => {
    const storage = new FakeStorage();
    let begun = startChat({ storage });
    await enterRoom(begun, "one");
    await begun.world.socket.serverCloses();
    const room = begun.chat.join("lobby");
    for (const text of ["keep", "drop"]) room.say(text);
    room.react("e:1", "👍");
    if (reloads) {
      begun.chat.close();
      begun = startChat({ storage });
      await enterRoom(begun, "two", "u9");
    } else await reconnectTo(begun.world, "two", "u9");
    const { chat, world } = begun;
    chat.join("lobby").say("new");
    const { value } = chat.outbox;
    assert.deepEqual(value.map(({ state }) => state.value).slice(0, 2), [
      { kind: "unsure", reason: "other_service" },
      { kind: "unsure", reason: "other_service" },
    ]);
    const reaction = value[2]?.state.value;
    assert.equal(reaction?.kind === "failed" && reaction.error.code, "gone");
    assert.deepEqual(textsSent(begun), ["new"], "new messages are for the new service");
    assert.deepEqual(world.socket.sentOf("react"), []);

    await world.socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
    const [keep, drop] = value;
    keep?.sendAgain();
    drop?.discard();
    assert.deepEqual(textsSent(begun), ["new", "keep"]);
    // The user is not asked again.
    await world.socket.serverCloses();
    await reconnectTo(world, "two", "u9");
    assert.deepEqual(textsSent(begun), ["keep"]);
    chat.close();
  });
}

Deno.test("Outbox sends messages from before the service was known to the first that reports its id", async () => {
  const storage = new FakeStorage();
  const first = startChat({ storage });
  first.chat.join("attic").say("hello");
  await enterRoom(first, "one");
  first.chat.close();
  const second = startChat({ storage });
  second.chat.join("attic");
  await second.world.socket.open();
  await second.world.socket.sendHello({ service: "two", user: "u9" });
  await second.world.socket.sendJoined("attic");
  const [delivery] = second.chat.outbox.value;
  assert.equal(delivery && kindOf(delivery.state), "unsure");
  assert.deepEqual(textsSent(second), []);
  second.chat.close();
});

Deno.test("Outbox holds waiting messages until a service that does not know its id yet has reported it", async () => {
  for (const [service, sent] of [["one", ["hello"]], ["two", []]] as const) {
    const begun = startChat({ storage: new FakeStorage() });
    const { chat, world } = begun;
    await enterRoom(begun, "one");
    await world.socket.serverCloses();
    const delivery = chat.join("lobby").say("hello");
    await world.advance(20_000);
    await world.socket.open();
    await world.socket.sendHello({ resume: undefined });
    await world.socket.sendJoined("lobby");
    assert.deepEqual([textsSent(begun), kindOf(delivery.state)], [[], "waiting"]);
    assert.equal(chat.server.value?.id, undefined);
    await world.socket.serverSends({ type: "token", resume: "t2", server: { id: service } });
    assert.deepEqual(chat.server.value, { name: "parley", version: "0.1.0", id: service });
    assert.deepEqual(textsSent(begun), sent);
    chat.close();
  }
});

Deno.test("Outbox asks nothing if a service has no id, as in earlier versions", async () => {
  const begun = startChat({ storage: new FakeStorage() });
  await enterRoom(begun, "one");
  await begun.world.socket.serverCloses();
  begun.chat.join("lobby").say("hello");
  await reconnectTo(begun.world, "");
  assert.deepEqual(textsSent(begun), ["hello"]);
  begun.chat.close();
});
