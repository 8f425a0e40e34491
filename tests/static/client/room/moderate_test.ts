/** Requests of moderators, and the roles that lists name. */
import assert from "node:assert/strict";
import { RefusedError } from "../../../../static/client.js";
import { dropAndReconnect, startInRoom } from "../fake_platform.ts";

const TERMS = { user: "u_guy0000", name: "Guy", seconds: 600, reason: "spam" };
const ACK = { type: "ack", room: "lobby" };

Deno.test("Room.moderate() and Chat.moderate() send what is to be done, and where", async () => {
  const { chat, room, socket } = await startInRoom();
  const [here, there, everywhere, locked] = [
    room.moderate("mute", TERMS),
    chat.moderate("ban", { ...TERMS, room: "den" }),
    chat.moderate("mute", TERMS),
    chat.moderate("lockdown"),
  ];
  const sent = socket.sentOf("moderate").map(({ id: _, type: __, ...rest }) => rest);
  assert.deepEqual(sent, [
    { action: "mute", ...TERMS, room: "lobby" },
    { action: "ban", ...TERMS, room: "den" },
    { action: "mute", ...TERMS },
    { action: "lockdown" },
  ]);
  for (const { id } of socket.sentOf("moderate")) await socket.serverSends({ ...ACK, id });
  await Promise.all([here, there, everywhere, locked]);
  chat.close();
});

Deno.test("Chat.release() sends a message that waits, and rejects if it does not wait any more", async () => {
  const { chat, socket } = await startInRoom();
  const released = chat.release("k3j9f2:40");
  await socket.serverAnswers("release", { ...ACK, position: "k3j9f2:140", at: 1 });
  await released;
  const late = chat.release("k3j9f2:40");
  await socket.serverAnswers("release", {
    ...{ type: "fault", code: "gone", message: "gone", retry: false },
  });
  await assert.rejects(late, { code: "gone" });
  assert.deepEqual(socket.sentOf("release").map(({ of }) => of), ["k3j9f2:40", "k3j9f2:40"]);
  chat.close();
});

Deno.test("A request of a moderator has an id of its own on every connection, and keeps it when repeated", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const first = room.moderate("kick", { user: "u_guy0000" });
  await socket.serverAnswers("moderate", {
    ...{ type: "fault", code: "slow_down", message: "wait", retry: true, afterMs: 1_000 },
  });
  await world.advance(5_000);
  await socket.serverAnswers("moderate", ACK);
  await first;
  const ids = socket.sentOf("moderate").map(({ id }) => id);
  assert.deepEqual(ids, [ids[0], ids[0]]);
  const again = await dropAndReconnect(world);
  await again.sendJoined("lobby", { recovered: true });
  const second = chat.moderate("mute", { user: "u_guy0000" });
  await again.serverAnswers("moderate", { type: "ack" });
  await second;
  // The server applies each id once: with a counter of the connection, the second request would do nothing.
  for (const id of [...ids, again.lastOf("moderate").id]) assert.match(String(id), /^\w{16,}$/);
  assert.notEqual(again.lastOf("moderate").id, ids[0]);
  chat.close();
});

Deno.test("Room.moderate() rejects with the server's refusal, and without a connection", async () => {
  const { chat, room, socket } = await startInRoom();
  const refused = room.moderate("ban", TERMS);
  await Promise.all([
    assert.rejects(
      refused,
      (error) => error instanceof RefusedError && error.code === "not_allowed",
    ),
    socket.serverAnswers("moderate", {
      ...{ type: "fault", code: "not_allowed", message: "no", retry: false },
    }),
  ]);
  await socket.serverCloses();
  await assert.rejects(room.moderate("ban", TERMS), { code: "disconnected" });
  chat.close();
});

Deno.test("Room.members has the roles that the server states", async () => {
  const { chat, room, socket } = await startInRoom();
  const bea = { user: "m_bea00000", name: "Bea", role: "owner" } as const;
  const joined = [bea, { user: "u_guy00000", name: "Guy" }];
  await socket.serverSends({ type: "presence", room: "lobby", count: 3, joined, left: [] });
  const roles = room.members.value.members.map(({ name, kind, role }) => [name, kind, role]);
  assert.deepEqual(roles.slice(-2), [["Bea", "member", "owner"], ["Guy", "guest", undefined]]);
  chat.close();
});

Deno.test("Chat.me has the role that the server states when it changes", async () => {
  const { chat, socket } = await startInRoom();
  const rules = { type: "rules", room: "lobby", may: ["send", "react", "moderate"] };
  await socket.serverSends({ ...rules, role: "moderator" });
  const { user, name } = chat.me.value ?? {};
  assert.deepEqual(chat.me.value, { user, name, kind: "guest", role: "moderator" });
  await socket.serverSends({ ...rules, may: ["send", "react"] });
  assert.deepEqual(chat.me.value, { user, name, kind: "guest" });
  chat.close();
});
