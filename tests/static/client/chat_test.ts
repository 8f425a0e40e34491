/** The chat as a whole: start, end, errors, and the user's identity. */
import assert from "node:assert/strict";
import { ChatError, ClosedError, connect, RefusedError } from "../../../static/client.js";
import {
  codeOf,
  collect,
  dropAndReconnect,
  FakePlatform,
  type InRoom,
  kindOf,
  said,
  startChat,
  startInRoom,
  startOnline,
} from "./fake_platform.ts";

for (
  const [address, url] of [
    ["ws://test/ws", "ws://test/ws"],
    ["wss://test/ws?a=b#c", "wss://test/ws?a=b"],
    ["http://test:8080/ws", "ws://test:8080/ws"],
    ["https://test/ws", "wss://test/ws"],
    [new URL("HTTPS://TEST/ws"), "wss://test/ws"],
  ] as const
) {
  Deno.test(`connect() understands ${address}`, () => {
    const platform = new FakePlatform();
    using _chat = connect(address, { platform });
    assert.equal(platform.socket.url, url);
  });
}

for (const address of ["", "/ws", "test", "ftp://test/ws", "file:///ws", "mailto:ann@test"]) {
  Deno.test(`connect() throws for ${JSON.stringify(address)}`, () => {
    const platform = new FakePlatform();
    assert.throws(() => connect(address, { platform }), TypeError);
    assert.deepEqual([platform.sockets, platform.lifecycleListeners], [[], 0]);
  });
}

for (const name of ["", " ", "a b", "世 界", "a/b", "x".repeat(65)]) {
  Deno.test(`Chat.join() throws for ${JSON.stringify(name)}`, () => {
    const { chat } = startChat();
    assert.throws(() => chat.join(name), TypeError);
    assert.deepEqual(chat.rooms.value, []);
    chat.close();
  });
}

Deno.test("Chat reports its user and the server's limits", async () => {
  const { chat } = startChat();
  assert.deepEqual([chat.me.value, chat.limits.value], [null, null]);
  chat.close();
  const online = await startOnline();
  assert.deepEqual(online.chat.me.value, { user: "u1", name: "Ann", kind: "guest" });
  assert.equal(online.chat.limits.value?.maxTextBytes, 65_535);
  online.chat.close();
});

Deno.test("Chat lists its rooms in the order of joining", async () => {
  const { chat, room } = await startInRoom();
  const names = collect(chat.rooms);
  const attic = chat.join("attic");
  assert.equal(chat.join("lobby"), room);
  room.leave();
  chat.join("lobby");
  const lists = names.map((rooms) => rooms.map(({ name }) => name).join());
  assert.deepEqual(lists, ["lobby", "lobby,attic", "attic", "attic,lobby"]);
  assert.equal(chat.join("attic"), attic);
  chat.close();
});

Deno.test("Chat reconnects to all its rooms with its token and its positions", async () => {
  const { chat, world, socket } = await startInRoom();
  chat.join("attic", { limit: 0 });
  await socket.sendJoined("attic", { position: "a:7" });
  await socket.serverSends(said(1, "one"));
  const again = await dropAndReconnect(world);
  assert.equal(again.lastOf("hello")["resume"], "token");
  const joins = again.sentOf("join").map(({ room, since, limit }) => [room, since, limit]);
  assert.deepEqual(joins, [["lobby", "e:1", 50], ["attic", "a:7", 0]]);
  chat.close();
});

Deno.test("Chat ends when its block does", async () => {
  const world = new FakePlatform();
  {
    using chat = connect("ws://test/ws", { platform: world });
    chat.join("lobby");
    await world.socket.open();
  }
  assert.equal(world.socket.closedWith, 1000);
  assert.deepEqual([world.timers, world.lifecycleListeners], [0, 0]);
});

Deno.test("Chat ends when its signal is aborted, and does not start with an aborted signal", async () => {
  const stop = new AbortController();
  const { chat, world } = await startOnline({ signal: stop.signal });
  stop.abort();
  assert.deepEqual(chat.state.value, { kind: "closed", error: null });
  assert.equal(world.socket.closedWith, 1000);
  const late = startChat({ signal: stop.signal });
  assert.equal(kindOf(late.chat.state), "closed");
  assert.deepEqual([late.world.sockets, late.world.timers, late.world.lifecycleListeners], [
    [],
    0,
    0,
  ]);
});

Deno.test("Chat ends every loop when it is closed", async () => {
  const { chat, room, socket } = await startInRoom();
  const delivery = room.say("one");
  const feeds = [
    ...[chat.state, chat.me, chat.limits, chat.rooms, chat.outbox, chat.isKept, delivery.state],
    ...[room.events, room.state, room.me, room.members, room.typing, room.unread, room.read],
    room.last,
  ];
  const loops = feeds.map(async (feed) => {
    for await (const _ of feed) {
      // Until it ends.
    }
  });
  await socket.serverSends(said(1, "hello"));
  chat.close();
  await Promise.all(loops);
});

Deno.test("A closed Chat rejects every action", async () => {
  const { chat, room } = await startInRoom();
  chat.close();
  assert.throws(() => chat.join("attic"), ClosedError);
  await assert.rejects(chat.rename("Bob"), ClosedError);
  await assert.rejects(room.history(), ClosedError);
  await assert.rejects(room.say("hello").sent, ClosedError);
  assert.equal(chat.join("lobby"), room);
  chat.retryNow();
  room.leave();
});

Deno.test("Chat ends with the reason when its hello is refused for good", async () => {
  const { chat, world } = startChat();
  await world.socket.open();
  const fault = { type: "fault", code: "bad_name", message: "this is no name", retry: false };
  await world.socket.serverAnswers("hello", fault);
  const { value } = chat.state;
  const error = value.kind === "closed" ? value.error : null;
  assert.ok(error instanceof RefusedError && error instanceof ChatError && error instanceof Error);
  assert.deepEqual([error.name, error.code, error.message, error.retry], [
    "RefusedError",
    "bad_name",
    "this is no name",
    false,
  ]);
});

Deno.test("Chat reconnects when its hello is refused temporarily", async () => {
  const { chat, world } = startChat();
  await world.socket.open();
  const fault = { type: "fault", code: "unavailable", message: "away", retry: true };
  await world.socket.serverAnswers("hello", fault);
  assert.equal(kindOf(chat.state), "waiting");
  await world.advance(500);
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Chat matches answers to requests, in whatever order they arrive", async () => {
  const { chat, room, socket } = await startInRoom();
  const [one, two, three] = [room.history({ limit: 1 }), room.history({ limit: 2 }), room.who()];
  const [first, second] = socket.sentOf("history");
  const page = { type: "history", room: "lobby", more: false, messages: [] };
  await socket.serverAnswers("who", { type: "members", room: "lobby", count: 1, members: [] });
  await socket.serverSends({ ...page, id: second?.id, position: "e:2" });
  await socket.serverSends(said(1, "one", { id: first?.id }));
  await socket.serverSends({ ...page, id: first?.id, position: "e:1" });
  await socket.serverSends({ ...page, id: first?.id, position: "e:9" });
  assert.deepEqual([(await one).position, (await two).position], ["e:1", "e:2"]);
  assert.equal((await three).count, 1);
  chat.close();
});

Deno.test("Chat.settled() waits for pending deliveries, but not for those that need a decision", async () => {
  const { chat, room, socket } = await startInRoom();
  await chat.settled();
  const [one, two] = [room.say("one"), room.say("two")];
  let isSettled = false;
  const settled = chat.settled().then(() => isSettled = true);
  await socket.serverAnswers("say", { type: "ack", room: "lobby", position: "e:1", at: 1 });
  assert.deepEqual([kindOf(one.state), kindOf(two.state), isSettled], ["sent", "sending", false]);
  await socket.serverAnswers("say", { type: "fault", code: "empty", message: "", retry: false });
  await settled;
  assert.equal(kindOf(two.state), "failed");
  chat.close();
  await chat.settled();
});

Deno.test("Chat.settled() also waits for messages sent while it waits", async () => {
  const { chat, room, socket } = await startInRoom();
  const one = room.say("one");
  let isSettled = false;
  const settled = chat.settled().then(() => isSettled = true);
  const two = room.say("two");
  await socket.serverSends(said(1, "one", { user: "u1", id: one.id }));
  assert.equal(isSettled, false);
  await socket.serverSends(said(2, "two", { user: "u1", id: two.id }));
  await settled;
  chat.close();
});

Deno.test("Chat.settled() rejects when the chat is closed first", async () => {
  const { chat, room } = await startInRoom();
  room.say("one");
  const settled = chat.settled();
  chat.close();
  assert.equal(await codeOf(settled), "closed");
  assert.equal(await codeOf(chat.settled()), "closed");
});

Deno.test("Chat.rename() rejects when the connection is lost before the answer", async () => {
  const { chat, world } = await startOnline();
  const renamed = codeOf(chat.rename("Bob"));
  await world.socket.serverCloses();
  assert.equal(await renamed, "disconnected");
  assert.equal(chat.me.value?.name, "Ann");
  chat.close();
});

Deno.test("Chat stops listening to its signal when it is closed", async () => {
  const { signal } = new AbortController();
  const kept = new Set<unknown>();
  Object.assign(signal, {
    addEventListener: (_: string, listener: unknown) => kept.add(listener),
    removeEventListener: (_: string, listener: unknown) => kept.delete(listener),
  });
  const { chat } = await startOnline({ signal });
  assert.equal(kept.size, 1);
  chat.close();
  assert.equal(kept.size, 0);
});

/** Everything that needs an answer, apart from what a room asks. */
const REQUESTS: readonly (readonly [string, (begun: InRoom) => Promise<unknown>])[] = [
  ["Chat.listRooms()", ({ chat }) => chat.listRooms()],
  ["Chat.invites()", ({ chat }) => chat.invites()],
  ["Chat.moderate()", ({ chat }) => chat.moderate("lockdown")],
  ["Chat.rename()", ({ chat }) => chat.rename("Bea")],
  ["Room.history()", ({ room }) => room.history()],
  ["Room.who()", ({ room }) => room.who()],
  ["Room.report()", ({ room }) => room.report("e:1")],
  ["Room.configure()", ({ room }) => room.configure({ title: "Tea" })],
  ["Room.membership()", ({ room }) => room.membership()],
];

for (const [what, ask] of REQUESTS) {
  Deno.test(`${what} rejects with closed when the chat is closed, before it and meanwhile`, async () => {
    const begun = await startInRoom();
    const pending = codeOf(ask(begun));
    begun.chat.close();
    assert.equal(await pending, "closed");
    assert.equal(await codeOf(ask(begun)), "closed");
  });
}

Deno.test("A request that waits for the rate limits rejects at once when the chat is closed", async () => {
  const { chat, world, socket } = await startInRoom();
  const pending = codeOf(chat.listRooms());
  const slowDown = { type: "fault", code: "slow_down", message: "", retry: true, afterMs: 60_000 };
  await socket.serverAnswers("rooms", slowDown);
  chat.close();
  assert.equal(await pending, "closed");
  assert.equal(world.timers, 0);
});

Deno.test("A request rejects with closed when the server closes the chat for good", async () => {
  const { chat, room, socket } = await startInRoom();
  const pending = codeOf(room.history());
  await socket.serverCloses(4508);
  assert.equal(await pending, "closed");
  assert.equal(await codeOf(chat.listRooms()), "closed");
});
