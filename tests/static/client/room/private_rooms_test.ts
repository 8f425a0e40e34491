/** Rooms that are created, private and direct ones, their members, and the list of rooms. */
import assert from "node:assert/strict";
import { collect, startInRoom } from "../fake_platform.ts";

const DIRECT = {
  ...{ type: "room", room: "_direct.q3vz6u2t", kind: "direct", position: "e:1", unread: 0 },
  with: { user: "m_bob00000", name: "Bob" },
};

Deno.test("Chat.createRoom() and Chat.openDirect() send the terms, and resolve with the room", async () => {
  const { chat, socket } = await startInRoom();
  const created = chat.createRoom({ kind: "private", title: "Plans", history: "joined" });
  const { id: _, ...create } = socket.lastOf("create");
  assert.deepEqual(create, { type: "create", kind: "private", title: "Plans", history: "joined" });
  const room = { type: "room", room: "_private.k5xw3jq2", kind: "private", position: "e:1" };
  await socket.serverAnswers("create", room);
  assert.equal((await created).room, "_private.k5xw3jq2");
  const opened = chat.openDirect("m_bob00000", "Bob");
  assert.equal(socket.lastOf("open")["user"], "m_bob00000");
  await socket.serverAnswers("open", DIRECT);
  assert.deepEqual((await opened).with, { user: "m_bob00000", name: "Bob" });
  chat.close();
});

Deno.test("Chat.createRoom() waits and repeats what was refused with slow_down, and rejects with other refusals", async () => {
  const { chat, world, socket } = await startInRoom();
  const created = chat.createRoom({ kind: "listed", room: "attic" });
  const slow = { type: "fault", code: "slow_down", message: "wait", retry: true, afterMs: 1_000 };
  await socket.serverAnswers("create", slow);
  await world.advance(5_000);
  assert.equal(socket.sentOf("create").length, 2);
  await socket.serverAnswers("create", { ...slow, code: "room_exists", retry: false });
  await assert.rejects(created, { code: "room_exists" });
  chat.close();
});

Deno.test("Chat.listRooms() resolves with the rooms, and whether there are more", async () => {
  const { chat, socket } = await startInRoom();
  for (const more of [true, undefined]) {
    const asked = chat.listRooms();
    await socket.serverAnswers("rooms", {
      ...{ type: "rooms", rooms: [DIRECT] },
      ...(more && { more }),
    });
    assert.deepEqual(await asked, { rooms: [DIRECT], more: more ?? false });
  }
  chat.close();
});

Deno.test("A room adds and removes members, and lists them with their kinds", async () => {
  const { chat, room, socket } = await startInRoom();
  const acts = [room.addMember("m_bob00000", "Bob"), room.removeMember("m_bob00000")];
  acts.push(room.removeMember());
  const sent = socket.sentOf("member").map(({ id: _, ...rest }) => rest);
  const request = { type: "member", room: "lobby" };
  assert.deepEqual(sent, [
    { ...request, user: "m_bob00000", name: "Bob" },
    { ...request, user: "m_bob00000", on: false },
    { ...request, on: false },
  ]);
  for (const { id } of socket.sentOf("member")) await socket.serverSends({ type: "ack", id });
  await Promise.all(acts);
  const asked = room.membership();
  const members = [{ user: "m_bob00000", name: "Bob" }, { user: "u_guy00000", name: "Guy" }];
  const answer = { type: "membership", room: "lobby", creator: "m_bob00000", members };
  await socket.serverAnswers("members", answer);
  const { creator, members: listed } = await asked;
  assert.equal(creator, "m_bob00000");
  assert.deepEqual(listed.map(({ name, kind }) => [name, kind]), [
    ["Bob", "member"],
    ["Guy", "guest"],
  ]);
  chat.close();
});

Deno.test("Chat.memberships reports rooms into which the user gets, and ends with the chat", async () => {
  const { chat, socket } = await startInRoom();
  const changes = collect(chat.memberships);
  for (const on of [true, false]) {
    await socket.serverSends({ type: "member", room: "_private.k5xw3jq2", on });
  }
  assert.deepEqual(changes, [
    { room: "_private.k5xw3jq2", on: true },
    { room: "_private.k5xw3jq2", on: false },
  ]);
  const loop = (async () => {
    for await (const _ of chat.memberships) {
      // Until it ends.
    }
  })();
  chat.close();
  await loop;
});

Deno.test("A closed chat rejects requests about rooms", async () => {
  const { chat, room } = await startInRoom();
  chat.close();
  const asked = [chat.createRoom({ kind: "private" }), chat.openDirect("m_bob00000")];
  const others = [chat.listRooms(), room.membership(), room.addMember("m_bob00000")];
  for (const it of [...asked, ...others, room.removeMember()]) {
    await assert.rejects(it, { code: "closed" });
  }
});
