/** The client library's connection: when it reconnects and when not, and how it detects a dead server. */
import assert from "node:assert/strict";
import * as closeStatuses from "../../../../lib/core/protocol/close_codes.ts";
import type { Chat } from "../../../../static/client.js";
import { flushMicrotasks } from "../../../support/fakes.ts";
import { collect, kindOf, said, startChat, startInRoom, startOnline } from "../fake_platform.ts";

Deno.test("Connection offers chat.v1.json, and sends hello and joins without waiting", async () => {
  const { chat, world } = startChat();
  chat.join("lobby", { limit: 7 });
  await world.socket.open();
  assert.equal(world.socket.url, "ws://test/ws");
  const [hello, join, ...rest] = world.socket.sent;
  assert.deepEqual([hello?.type, hello?.["name"], rest], ["hello", "Ann", []]);
  assert.deepEqual(join, {
    ...{ type: "join", room: "lobby", limit: 7, temporaryName: true },
    id: join?.id,
  });
  assert.equal(kindOf(chat.state), "connecting");
  chat.close();
});

const WAITS = [
  [0, [500, 500, 500]],
  [0.5, [750, 1_250, 2_250, 4_250, 8_250, 10_250, 10_250]],
  [0.999999, [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]],
] as const;

for (const [drawn, waits] of WAITS) {
  Deno.test(`Connection reconnects after ${waits.join(", ")} ms if the random number is ${drawn}`, async () => {
    const { chat, world } = startChat();
    for (const ms of waits) {
      world.randoms.push(drawn);
      const before = world.sockets.length;
      await world.socket.serverCloses();
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
  Deno.test(`Connection waits ${waitMs} ms at most after its second connection lasted ${onlineMs} ms`, async () => {
    const { chat, world } = startChat();
    world.randoms.push(0, 0.999999);
    await world.socket.serverCloses();
    await world.advance(500);
    await world.socket.open();
    await world.socket.sendHello();
    await world.advance(onlineMs);
    await world.socket.serverCloses();
    const { value } = chat.state;
    assert.equal(value.kind === "waiting" && value.retryAt - world.now(), waitMs);
    chat.close();
  });
}

Deno.test("Connection waits as long as the server's retry frame requests, once", async () => {
  const { chat, world } = await startOnline();
  await world.socket.serverSends({ type: "retry", afterMs: 7_000 });
  world.randoms.push(0.5);
  await world.socket.serverCloses(1012, "the service restarts");
  const waiting = { kind: "waiting", code: 1012, reason: "the service restarts" };
  assert.deepEqual(chat.state.value, { ...waiting, retryAt: world.now() + 7_250 });
  await world.advance(7_249);
  assert.equal(world.sockets.length, 1);
  await world.advance(1);
  assert.equal(world.sockets.length, 2);
  await world.socket.serverCloses();
  await world.advance(500);
  assert.equal(world.sockets.length, 3);
  chat.close();
});

Deno.test("Connection reconnects at once on a resume while it waits, and only once", async () => {
  const { chat, world } = await startOnline();
  await world.socket.serverCloses();
  await world.resume();
  assert.equal(world.sockets.length, 2);
  assert.equal(kindOf(chat.state), "connecting");
  await world.advance(19_000);
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Connection aborts a handshake that has hung for 5 s on a resume, but not a younger one", async () => {
  const { chat, world } = startChat();
  await world.advance(5_000);
  await world.resume();
  assert.equal(world.sockets.length, 1);
  await world.advance(1);
  await world.resume();
  assert.deepEqual(world.sockets.map(({ closedWith }) => closedWith), [1000, undefined]);
  chat.close();
});

Deno.test("Connection pings on a resume while online, and stays if it is answered", async () => {
  const { chat, world } = await startOnline();
  await world.resume();
  assert.equal(world.socket.sentOf("ping").length, 1);
  await world.advance(1);
  await world.socket.serverSends({ type: "pong" });
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Connection drops a server that does not answer within 5 s after a resume", async () => {
  const { chat, world } = await startOnline();
  const { socket } = world;
  await world.resume();
  await world.advance(4_999);
  assert.equal(kindOf(chat.state), "online");
  await world.advance(1);
  const { value } = chat.state;
  assert.equal(value.kind === "waiting" && value.code, 1006);
  assert.equal(socket.closedWith, 1000);
  chat.close();
});

Deno.test("Connection pings a server that was silent for its heartbeat and 10 s, and then drops it", async () => {
  const { chat, world } = await startOnline();
  await world.advance(34_999);
  assert.equal(world.socket.sentOf("ping").length, 0);
  await world.advance(1);
  assert.equal(world.socket.sentOf("ping").length, 1);
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

Deno.test("Connection treats any frame as a sign of life, and answers the server's ping", async () => {
  const { chat, world } = await startOnline();
  for (let beat = 0; beat < 20; beat++) {
    await world.advance(25_000);
    await world.socket.serverSends({ type: "ping" });
  }
  assert.deepEqual(world.socket.sent.slice(1), Array(20).fill({ type: "pong" }));
  await world.advance(34_000);
  await world.socket.serverSends({ type: "news", from: "a later version" });
  await world.advance(34_000);
  assert.equal(world.socket.sentOf("ping").length, 0);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Connection detects silence even after the clock was set back", async () => {
  const { chat, world } = await startOnline();
  world.setClock(-3_600_000);
  await world.advance(5_000 + 35_000 + 5_000);
  assert.equal(kindOf(chat.state), "waiting");
  chat.close();
});

for (const [stage, openFirst] of [["handshake", false], ["greeting", true]] as const) {
  Deno.test(`Connection drops a server whose ${stage} has not arrived in 20 s`, async () => {
    const { chat, world } = startChat();
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
  Deno.test(`Connection ${comesBack ? "reconnects" : "ends"} after ${code}`, async () => {
    const { chat, world } = await startOnline();
    await world.socket.serverCloses(code, "why");
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

Deno.test("Connection handles the server's close codes as in docs/reference/protocol.md", async () => {
  const back: number[] = [];
  for (const { code, reason } of Object.values(closeStatuses)) {
    const { chat, world } = await startOnline();
    await world.socket.serverCloses(code, reason);
    if (chat.state.value.kind === "waiting") back.push(code);
    chat.close();
  }
  assert.deepEqual(back.sort(), [1011, 1012, 4008, 4009, 4010, 4011, 4012]);
});

Deno.test("Connection ends if the server does not select the subprotocol", async () => {
  const { chat, world } = startChat();
  await world.socket.open("");
  const { value } = chat.state;
  assert.match(String(value.kind === "closed" && value.error), /does not speak chat\.v1\.json/);
  assert.deepEqual([world.socket.sent, world.socket.closedWith], [[], 1000]);
  assert.equal(world.timers, 0);
});

Deno.test("Connection ignores a socket that it has dropped", async () => {
  const { chat, world, room, socket } = await startInRoom();
  const events = collect(room.events);
  await world.resume();
  await world.advance(5_000);
  assert.equal(kindOf(chat.state), "waiting");
  await socket.serverSends(said(1, "too late"), { type: "retry", afterMs: 60_000 });
  await socket.serverCloses(4501);
  await world.advance(500);
  await socket.open();
  await socket.serverSends(said(1, "too late"));
  assert.equal(kindOf(chat.state), "connecting");
  assert.deepEqual(events, []);
  chat.close();
});

Deno.test("Connection ignores the rest of a message after a frame that ends the connection", async () => {
  const { chat, room, socket } = await startInRoom();
  const events = collect(room.events);
  room.events.subscribe(() => chat.close());
  await socket.serverSends(said(1, "one"), said(2, "two"));
  assert.deepEqual(events.map((it) => it.type === "said" && it.text), ["one"]);
});

Deno.test("Connection ignores invalid frames and unknown types", async () => {
  const { chat, room, socket } = await startInRoom();
  const events = collect(room.events);
  const lines = ["", " ", "no json", "[]", "null", "7", '{"type":7}', '{"type":"dance"}'];
  socket.onmessage?.({ data: [...lines, JSON.stringify(said(1, "hi")), ""].join("\n") });
  await socket.serverSends({ type: "said" }, { type: "joined", room: "elsewhere" });
  assert.deepEqual(events.map(({ type }) => type), ["said"]);
  assert.equal(kindOf(chat.state), "online");
  chat.close();
});

Deno.test("Connection leaves no timer, no listener and no socket behind", async () => {
  for (const ms of [0, 500, 36_000]) {
    const { chat, world, room, socket } = await startInRoom();
    room.say("hello");
    room.type();
    await socket.serverSends({ ...said(1, ""), type: "typing", on: true, ms: 6_000 });
    if (ms > 0) await socket.serverCloses();
    await world.advance(ms);
    chat.close();
    chat.close();
    assert.deepEqual([world.timers, world.lifecycleListeners], [0, 0]);
    assert.ok(world.sockets.slice(1).every(({ closedWith }) => closedWith === 1000));
  }
});

Deno.test("Connection detects a dead peer despite repeated resumes", async () => {
  const { chat, world } = await startOnline();
  for (let i = 0; i < 3; i += 1) {
    await world.resume();
    await world.advance(2_000);
  }
  assert.equal(world.sockets.length, 2);
  chat.close();
});

Deno.test("Connection accepts the other frames of a message with an incomplete one", async () => {
  const { chat, room, socket } = await startInRoom();
  const uncaught = Promise.withResolvers<unknown>();
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.resolve(event.error);
  };
  addEventListener("error", report);
  await socket.serverSends({ type: "presence", room: "lobby" }, said(1, "hello"));
  assert.ok(await uncaught.promise instanceof TypeError);
  removeEventListener("error", report);
  assert.equal(room.last.value?.text, "hello");
  chat.close();
});

Deno.test("Connection rests after the server has closed it for lack of a room, until one is joined", async () => {
  const { chat, world } = await startOnline();
  await world.socket.serverCloses(4012, "no room joined");
  assert.deepEqual(chat.state.value, {
    ...{ kind: "waiting", code: 4012, reason: "no room joined", retryAt: Infinity },
  });
  await world.resume();
  await world.advance(3_600_000);
  assert.deepEqual([world.sockets.length, world.timers], [1, 0]);
  chat.join("lobby");
  await world.socket.open();
  await world.socket.sendHello();
  assert.deepEqual(world.socket.sentOf("join").map(({ room }) => room), ["lobby"]);
  chat.close();
});

for (
  const [what, rouse] of [
    ["a new name", (chat: Chat) => void chat.rename("Bea").catch(() => {})],
    ["a retry by the user", (chat: Chat) => chat.retryNow()],
  ] as const
) {
  Deno.test(`A resting Connection reconnects for ${what}`, async () => {
    const { chat, world } = await startOnline();
    await world.socket.serverCloses(4012);
    rouse(chat);
    await world.socket.open();
    await world.socket.sendHello();
    assert.equal(kindOf(chat.state), "online");
    assert.equal(world.socket.sentOf("name").length, what.includes("name") ? 1 : 0);
    chat.close();
  });
}

Deno.test("Connection reconnects after 4012 if it has a room to join", async () => {
  const { chat, world } = await startInRoom();
  await world.socket.serverCloses(4012);
  await world.advance(1_000);
  assert.equal(world.sockets.length, 2);
  chat.close();
});

const REFUSALS = [
  [{ code: "origin_refused", message: "no" }, 300_000],
  [{ code: "host_refused", message: "no" }, 300_000],
  [{ code: "too_many_connections", message: "no", afterMs: 30_000 }, 30_000],
  [{ code: "unavailable", message: "no" }, 500],
] as const;

for (const [reason, waitMs] of REFUSALS) {
  Deno.test(`Connection requests the reason for a refusal, reports ${reason.code}, and waits ${waitMs} ms`, async () => {
    const { chat, world } = startChat();
    world.refusals.push(reason);
    await world.socket.serverCloses();
    const { value } = chat.state;
    assert.ok(value.kind === "waiting");
    assert.deepEqual([value.error?.code, value.error?.message], [
      reason.code,
      "Cannot connect: no",
    ]);
    assert.equal(value.retryAt - world.now(), waitMs);
    await world.advance(waitMs - 1);
    assert.equal(world.sockets.length, 1);
    await world.advance(1);
    assert.equal(world.sockets.length, 2);
    await world.socket.open();
    await world.socket.sendHello();
    await world.socket.serverCloses();
    assert.ok(chat.state.value.kind === "waiting" && chat.state.value.error === undefined);
    chat.close();
  });
}

Deno.test("Connection requests the reason for a refusal at most once a minute, and never after it was open", async () => {
  const { chat, world } = startChat();
  for (let i = 0; i < 10; i++) {
    await world.socket.serverCloses();
    await world.advance(500);
  }
  assert.equal(world.refusalFetches, 1);
  await world.advance(60_000);
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.serverCloses();
  assert.equal(world.refusalFetches, 1);
  await world.advance(500);
  await world.socket.serverCloses();
  assert.equal(world.refusalFetches, 2);
  chat.close();
});

Deno.test("Connection requests the reason again after the clock was set back", async () => {
  const { chat, world } = startChat();
  await world.socket.serverCloses();
  world.setClock(-3_600_000);
  await world.advance(500);
  await world.socket.serverCloses();
  assert.equal(world.refusalFetches, 2);
  chat.close();
});

Deno.test("Connection accepts a reason whose message is not a string, and limits its retry time", async () => {
  const { chat, world } = startChat();
  world.refusals.push({ code: "unavailable", message: { toString: 1 } });
  await world.socket.serverCloses();
  const { value } = chat.state;
  assert.equal(value.kind === "waiting" && value.error?.message, "Cannot connect: unavailable");
  await world.advance(500);
  await world.socket.open();
  await world.socket.sendHello();
  await world.socket.serverSends({ type: "retry", afterMs: 1e15 });
  await world.socket.serverCloses();
  const again = chat.state.value;
  assert.equal(again.kind === "waiting" && again.retryAt - world.now(), 600_000);
  chat.close();
});

for (const answer of [null, 7, "no", {}, { code: "closed" }, { code: 1 }, { admitted: true }]) {
  Deno.test(`Connection continues as before on the answer ${JSON.stringify(answer)}`, async () => {
    const { chat, world } = startChat();
    world.refusals.push(answer);
    await world.socket.serverCloses();
    const { value } = chat.state;
    assert.ok(value.kind === "waiting" && value.error === undefined);
    assert.equal(value.retryAt - world.now(), 500);
    chat.close();
  });
}

Deno.test("Connection ignores a reason that arrives after it has connected", async () => {
  const { chat, world } = startChat();
  const late = Promise.withResolvers<unknown>();
  world.refusals.push(late.promise);
  await world.socket.serverCloses();
  await world.advance(500);
  await world.socket.open();
  await world.socket.sendHello();
  late.resolve({ code: "origin_refused", message: "no" });
  await flushMicrotasks();
  assert.equal(kindOf(chat.state), "online");
  await world.socket.serverCloses();
  assert.ok(chat.state.value.kind === "waiting" && chat.state.value.error === undefined);
  chat.close();
});
