/** How the client library handles a server that spells a room differently. */
import assert from "node:assert/strict";
import {
  dropAndReconnect,
  FakeStorage,
  kindOf,
  startChat,
  startInRoom,
  startOnline,
} from "../fake_platform.ts";

Deno.test("Chat requests rooms in every script by their normalized names", async () => {
  const { chat, world } = await startOnline();
  const room = chat.join("CAFE\u0301");
  assert.equal(room.name, "café");
  assert.equal(chat.join("Café"), room);
  await world.socket.sendJoined("café");
  assert.equal(kindOf(room.state), "joined");
  assert.throws(() => chat.join("no spaces"), /^TypeError: Cannot join: a room name has 1 to 64/);
  chat.close();
});

Deno.test("Chat adopts the server's name of a room, and sends the waiting messages there", async () => {
  const storage = new FakeStorage();
  const { chat, world } = await startOnline({ storage });
  const { socket } = world;
  const room = chat.join("Lobby");
  const delivery = room.say("hi");
  const names: string[][] = [];
  chat.rooms.subscribe((all) => names.push(all.map(({ name }) => name)));
  const { id } = socket.lastOf("join", "Lobby");
  const joined = { type: "joined", id, name: "Ann", position: "e:0", top: "e:0", count: 0 };
  await socket.serverSends({ ...joined, room: "lobby", members: [], unread: 0 });
  assert.deepEqual([room.name, kindOf(room.state)], ["lobby", "joined"]);
  assert.deepEqual(names, [["Lobby"], ["lobby"]]);
  assert.equal(chat.join("lobby"), room);
  const said = socket.lastOf("say");
  assert.deepEqual([said.room, said["text"], delivery.room], ["lobby", "hi", "lobby"]);
  const entry = { ...said, type: "said", user: "u1", name: "Ann", position: "e:1", at: 1 };
  await socket.serverSends(entry);
  assert.equal(kindOf(delivery.state), "sent");
  assert.deepEqual([room.last.value?.text, storage.actionKeys], ["hi", []]);
  const again = await dropAndReconnect(world);
  assert.equal(again.lastOf("join", "lobby")["since"], "e:1");
  room.leave();
  assert.deepEqual(chat.rooms.value, []);
  chat.close();
});

Deno.test("Chat keeps a room's capitals if the server does", async () => {
  const { chat, world } = await startOnline();
  const room = chat.join("Lobby");
  await world.socket.sendJoined("Lobby");
  assert.deepEqual([room.name, kindOf(room.state)], ["Lobby", "joined"]);
  assert.notEqual(chat.join("lobby"), room);
  chat.close();
});

Deno.test("Chat refuses a room that it has joined under another spelling, and stays in that one", async () => {
  const { chat, room, socket } = await startInRoom();
  const other = chat.join("Lobby");
  const delivery = other.say("hi");
  const { id } = socket.lastOf("join", "Lobby");
  await socket.serverSends({
    type: "fault",
    id,
    code: "in_room",
    message: "you are already in this room",
  });
  const { value } = other.state;
  assert.equal(value.kind === "refused" && value.error.code, "in_room");
  assert.deepEqual([delivery.room, socket.lastOf("say").room], ["lobby", "lobby"]);
  other.leave();
  assert.deepEqual([chat.rooms.value, socket.sentOf("leave")], [[room], []]);
  chat.close();
});

Deno.test("Chat leaves a room whose spelling is not known yet", async () => {
  const { chat, world } = startChat();
  const room = chat.join("Lobby");
  await world.socket.open();
  await world.socket.sendHello();
  const { id } = world.socket.lastOf("join", "Lobby");
  room.leave();
  assert.equal(world.socket.lastOf("leave").room, "Lobby");
  await world.socket.serverSends({ type: "fault", id, code: "not_in_room", message: "left" });
  assert.deepEqual(chat.rooms.value, []);
  chat.close();
});
