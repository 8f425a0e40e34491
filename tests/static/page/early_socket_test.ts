import assert from "node:assert/strict";
import { EarlySocket } from "../../../static/page/early_socket.js";

const PROTOCOL = "chat.v1.json";

/** A server that accepts every connection. */
function serve(): { readonly url: string } & AsyncDisposable {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: PROTOCOL });
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  const url = `ws://127.0.0.1:${server.addr.port}/ws`;
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

const event = (socket: WebSocket, name: "open" | "close") =>
  new Promise<void>((resolve) => socket.addEventListener(name, () => resolve(), { once: true }));

async function end(...sockets: readonly WebSocket[]): Promise<void> {
  const closed = sockets.map((socket) => event(socket, "close"));
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
}

Deno.test("EarlySocket hands out the existing socket once, and replays its open event", async () => {
  await using server = serve();
  const first = new WebSocket(server.url, PROTOCOL);
  await event(first, "open");
  const early = new EarlySocket(first);
  const { platform } = early;
  const taken = platform.open(server.url, PROTOCOL);
  assert.equal(taken, first);
  let opened = 0;
  taken.onopen = () => opened++;
  early.replayOpen();
  early.replayOpen();
  assert.equal(opened, 1);
  const second = platform.open(server.url, PROTOCOL);
  assert.ok(second instanceof WebSocket && second !== first);
  await event(second, "open");
  await end(first, second);
});

Deno.test("EarlySocket replays no open event for a socket that is still connecting", async () => {
  await using server = serve();
  const first = new WebSocket(server.url, PROTOCOL);
  const early = new EarlySocket(first);
  const taken = early.platform.open(server.url, PROTOCOL);
  let opened = 0;
  taken.onopen = () => opened++;
  early.replayOpen();
  assert.equal(opened, 0);
  await event(first, "open");
  assert.deepEqual([taken === first, opened], [true, 1]);
  await end(first);
});

Deno.test("EarlySocket ignores a closed socket, one for another URL, and any other value", async () => {
  await using server = serve();
  const over = new WebSocket(server.url, PROTOCOL);
  await event(over, "open");
  await end(over);
  const elsewhere = new WebSocket(`${server.url}/elsewhere`, PROTOCOL);
  await event(elsewhere, "open");
  for (const found of [over, elsewhere, undefined, { url: server.url, readyState: 1 }]) {
    const early = new EarlySocket(found);
    const socket = early.platform.open(server.url, PROTOCOL);
    assert.ok(socket instanceof WebSocket && socket !== found);
    early.replayOpen();
    await event(socket, "open");
    await end(socket);
  }
  await end(elsewhere);
});
