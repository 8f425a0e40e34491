/** The client library's connection: when it comes back and when it does not, and how it notices that nobody is there. */
import assert from "node:assert/strict";
import * as farewells from "../../lib/core/farewells.ts";
import type { Chat } from "../../static/client.js";
import { begin, beginInRoom, beginOnline, heard, kindOf, said } from "./client_fakes.ts";

Deno.test("Link offers chat.v1.json, and says hello and joins before it waits for anything", async () => {
  const { chat, world } = begin();
  chat.join("lobby", { limit: 7 });
  await world.socket.open();
  assert.equal(world.socket.url, "ws://test/ws");
  const [hello, join, ...rest] = world.socket.sent;
  assert.deepEqual([hello?.type, hello?.["name"], rest], ["hello", "Ann", []]);
  assert.deepEqual(join, { type: "join", room: "lobby", limit: 7, id: join?.id });
  assert.equal(kindOf(chat.state), "connecting");
  chat.close();
});

const WAITS = [
  [0, [500, 500, 500]],
  [0.5, [750, 1_250, 2_250, 4_250, 8_250, 10_250, 10_250]],
  [0.999999, [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]],
] as const;

for (const [drawn, waits] of WAITS) {
  Deno.test(`Link comes back after ${waits.join(", ")} ms where ${drawn} is drawn`, async () => {
    const { chat, world } = begin();
    for (const ms of waits) {
      world.draws.push(drawn);
      const before = world.sockets.length;
      await world.socket.drop();
      const { value } = chat.state;
      assert.equal(value.kind === "waiting" && value.retryAt - world.now(), ms);
      await world.advance(ms - 1);
      assert.equal(world.sockets.length, before);
      await world.advance(1);
      assert.equal(world.sockets.length, before + 1);
      assert.equal(kindOf(chat.state), "connecting");
    }
    chat.close();
  });
}

for (
  const [onlineMs, waitMs] of [[9_000, 2_000], [11_000, 1_000]] as const
) {
  Deno.test(`Link waits ${waitMs} ms at most after its second connection lasted ${onlineMs} ms`, async () => {
    const { chat, world } = begin();
    world.draws.push(0, 0.999999);
    await world.socket.drop();
    await world.advance(500);
    await world.socket.open();
    await world.socket.greet();
    await world.advance(onlineMs);
    await world.socket.drop();
    const { value } = chat.state;
    assert.equal(value.kind === "waiting" && value.retryAt - world.now(), waitMs);
    chat.close();
  });
}

Deno.test("Link stays away for as long as the server's retry asks, once", async () => {
  const { chat, world } = await beginOnline();
  await world.socket.tell({ type: "retry", afterMs: 7_000 });
  world.draws.push(0.5);
  await world.socket.drop(1012, "the service restarts");
  const waiting = { kind: "waiting", code: 1012, reason: "the service restarts" };
  assert.deepEqual(chat.state.value, { ...waiting, retryAt: world.now() + 7_250 });
  await world.advance(7_249);
  assert.equal(world.sockets.length, 1);
  await world.advance(1);
  assert.equal(world.sockets.length, 2);
  await world.socket.drop();
  await world.advance(500);
  assert.equal(world.sockets.length, 3);
  chat.close();
});

Deno.test("Link comes back at once when it is woken while it waits, and only once", async () => {
  const { chat, world } = await beginOnline();
  await world.socket.drop();
  await world.wake();
  assert.equal(world.sockets.length, 2);
  assert.equal(kindOf(chat.state), "connecting");
  await world.advance(19_000);
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Link lets a handshake go that has hung for 5 s when it is woken, and a younger one be", async () => {
  const { chat, world } = begin();
  await world.advance(5_000);
  await world.wake();
  assert.equal(world.sockets.length, 1);
  await world.advance(1);
  await world.wake();
  assert.deepEqual(world.sockets.map(({ closedWith }) => closedWith), [1000, undefined]);
  chat.close();
});

Deno.test("Link asks when it is woken online, and stays where there is an answer", async () => {
  const { chat, world } = await beginOnline();
  await world.wake();
  assert.equal(world.socket.sentOf("ping").length, 1);
  await world.advance(1);
  await world.socket.tell({ type: "pong" });
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Link lets a server go that does not answer within 5 s after a wake", async () => {
  const { chat, world } = await beginOnline();
  const { socket } = world;
  await world.wake();
  await world.advance(4_999);
  assert.equal(kindOf(chat.state), "online");
  await world.advance(1);
  const { value } = chat.state;
  assert.equal(value.kind === "waiting" && value.code, 1006);
  assert.equal(socket.closedWith, 1000);
  chat.close();
});

Deno.test("Link asks a server that was silent for its heartbeat and 10 s, and then lets it go", async () => {
  const { chat, world } = await beginOnline();
  await world.advance(34_999);
  assert.equal(world.socket.sentOf("ping").length, 0);
  await world.advance(1);
  assert.equal(world.socket.sentOf("ping").length, 1);
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Link takes any word for a sign of life, and answers the server's ping", async () => {
  const { chat, world } = await beginOnline();
  for (let beat = 0; beat < 20; beat++) {
    await world.advance(25_000);
    await world.socket.tell({ type: "ping" });
  }
  assert.deepEqual(world.socket.sent.slice(1), Array(20).fill({ type: "pong" }));
  await world.advance(34_000);
  await world.socket.tell({ type: "news", from: "a later version" });
  await world.advance(34_000);
  assert.equal(world.socket.sentOf("ping").length, 0);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Link notices a silence also after the clock was put back", async () => {
  const { chat, world } = await beginOnline();
  world.setClock(-3_600_000);
  await world.advance(35_000 + 35_000 + 5_000);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

for (const [stage, openFirst] of [["handshake", false], ["greeting", true]] as const) {
  Deno.test(`Link lets a server go whose ${stage} has not come in 20 s`, async () => {
    const { chat, world } = begin();
    if (openFirst) await world.socket.open();
    await world.advance(19_999);
    assert.equal(kindOf(chat.state), "connecting");
    await world.advance(1);
    assert.equal(kindOf(chat.state), "waiting");
    assert.equal(world.socket.closedWith, 1000);
    chat.close();
  });
}

const CODES = [1000, 1001, 1005, 1006, 1011, 1012, 1015, 3000, 4000, 4242, 4499].map((it) =>
  [it, true] as const
);
const FINAL = [1003, 1008, 1009, 4500, 4501, 4999].map((it) => [it, false] as const);

for (const [code, comesBack] of [...CODES, ...FINAL]) {
  Deno.test(`Link ${comesBack ? "comes back" : "ends"} after ${code}`, async () => {
    const { chat, world } = await beginOnline();
    await world.socket.drop(code, "why");
    assert.equal(kindOf(chat.state), comesBack ? "waiting" : "closed");
    await world.advance(60_000);
    assert.equal(world.sockets.length > 1, comesBack);
    const { value } = chat.state;
    if (value.kind === "closed") {
      assert.match(String(value.error), new RegExp(`^ClosedError: .*${code} why$`));
      assert.equal(value.error && "closeCode" in value.error && value.error.closeCode, code);
    }
    chat.close();
  });
}

Deno.test("Link takes the server's own farewells as docs/protocol.md says", async () => {
  const back: number[] = [];
  for (const { code, reason } of Object.values(farewells)) {
    const { chat, world } = await beginOnline();
    await world.socket.drop(code, reason);
    if (chat.state.value.kind === "waiting") back.push(code);
    chat.close();
  }
  assert.deepEqual(back.sort(), [1011, 1012, 4008, 4009, 4010, 4011, 4012]);
});

Deno.test("Link ends where the server does not answer the subprotocol", async () => {
  const { chat, world } = begin();
  await world.socket.open("");
  const { value } = chat.state;
  assert.match(String(value.kind === "closed" && value.error), /does not speak chat\.v1\.json/);
  assert.deepEqual([world.socket.sent, world.socket.closedWith], [[], 1000]);
  assert.equal(world.timers, 0);
});

Deno.test("Link never again hears a socket that it let go", async () => {
  const { chat, world, room, socket } = await beginInRoom();
  const events = heard(room.events);
  await world.wake();
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "waiting");
  await socket.tell(said(1, "too late"), { type: "retry", afterMs: 60_000 });
  await socket.drop(4501);
  await world.advance(500);
  await socket.open();
  await socket.tell(said(1, "too late"));
  assert.equal(kindOf(chat.state), "connecting");
  assert.deepEqual(events, []);
  chat.close();
});

Deno.test("Link hears nothing of a message after the frame that has ended it", async () => {
  const { chat, room, socket } = await beginInRoom();
  const events = heard(room.events);
  room.events.subscribe(() => chat.close());
  await socket.tell(said(1, "one"), said(2, "two"));
  assert.deepEqual(events.map((it) => it.type === "said" && it.text), ["one"]);
});

Deno.test("Link passes over what is no frame and what it does not know", async () => {
  const { chat, room, socket } = await beginInRoom();
  const events = heard(room.events);
  const lines = ["", " ", "no json", "[]", "null", "7", '{"type":7}', '{"type":"dance"}'];
  socket.onmessage?.({ data: [...lines, JSON.stringify(said(1, "hi")), ""].join("\n") });
  await socket.tell({ type: "said" }, { type: "joined", room: "elsewhere" });
  assert.deepEqual(events.map(({ type }) => type), ["said"]);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Link leaves no timer, no listener and no socket behind", async () => {
  for (const ms of [0, 500, 36_000]) {
    const { chat, world, room, socket } = await beginInRoom();
    room.say("hello");
    room.type();
    await socket.tell({ ...said(1, ""), type: "typing", on: true, ms: 6_000 });
    if (ms > 0) await socket.drop();
    await world.advance(ms);
    chat.close();
    chat.close();
    assert.deepEqual([world.timers, world.sleepers], [0, 0]);
    assert.ok(world.sockets.slice(1).every(({ closedWith }) => closedWith === 1000));
  }
});

Deno.test("Link finds a dead connection out though it is woken again and again", async () => {
  const { chat, world } = await beginOnline();
  for (let i = 0; i < 3; i += 1) {
    await world.wake();
    await world.advance(2_000);
  }
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Link takes the other frames of a message with one that lacks what it must have", async () => {
  const { chat, room, socket } = await beginInRoom();
  const uncaught = Promise.withResolvers<unknown>();
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.resolve(event.error);
  };
  addEventListener("error", report);
  await socket.tell({ type: "presence", room: "lobby" }, said(1, "hello"));
  assert.ok(await uncaught.promise instanceof TypeError);
  removeEventListener("error", report);
  assert.equal(room.last.value?.text, "hello");
  chat.close();
});

Deno.test("Link rests where the server has closed for want of a room, until there is one", async () => {
  const { chat, world } = await beginOnline();
  await world.socket.drop(4012, "no room joined");
  assert.deepEqual(chat.state.value, {
    ...{ kind: "waiting", code: 4012, reason: "no room joined", retryAt: Infinity },
  });
  await world.wake();
  await world.advance(3_600_000);
  assert.deepEqual([world.sockets.length, world.timers], [1, 0]);
  chat.join("lobby");
  await world.socket.open();
  await world.socket.greet();
  assert.deepEqual(world.socket.sentOf("join").map(({ room }) => room), ["lobby"]);
  chat.close();
});

for (
  const [what, rouse] of [
    ["a name that is chosen", (chat: Chat) => void chat.rename("Bea").catch(() => {})],
    ["a person who wants it", (chat: Chat) => chat.retryNow()],
  ] as const
) {
  Deno.test(`Link that rests connects again for ${what}`, async () => {
    const { chat, world } = await beginOnline();
    await world.socket.drop(4012);
    rouse(chat);
    await world.socket.open();
    await world.socket.greet();
    assert.equal(kindOf(chat.state), "online");
    assert.equal(world.socket.sentOf("name").length, what.includes("name") ? 1 : 0);
    chat.close();
  });
}

Deno.test("Link comes back after 4012 where there is a room to join", async () => {
  const { chat, world } = await beginInRoom();
  await world.socket.drop(4012);
  await world.advance(1_000);
  assert.equal(world.sockets.length, 2);
  chat.close();
});
