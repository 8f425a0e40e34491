import assert from "node:assert/strict";
import { EarlySocket } from "../../static/page/early_socket.js";

const PROTOCOL = "chat.v1.json";

/** A server that lets everybody in. */
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

Deno.test("EarlySocket gives the socket that is there, once, and tells that it is open", async () => {
  await using server = serve();
  const first = new WebSocket(server.url, PROTOCOL);
  await event(first, "open");
  const early = new EarlySocket(first);
  const { surroundings } = early;
  const taken = surroundings.open(server.url, PROTOCOL);
  assert.equal(taken, first);
  let opened = 0;
  taken.onopen = () => opened++;
  early.catchUp();
  early.catchUp();
  assert.equal(opened, 1);
  const second = surroundings.open(server.url, PROTOCOL);
  assert.ok(second instanceof WebSocket && second !== first);
  await event(second, "open");
  await end(first, second);
});

Deno.test("EarlySocket leaves it to a socket that is not open yet to tell of it", async () => {
  await using server = serve();
  const first = new WebSocket(server.url, PROTOCOL);
  const early = new EarlySocket(first);
  const taken = early.surroundings.open(server.url, PROTOCOL);
  let opened = 0;
  taken.onopen = () => opened++;
  early.catchUp();
  assert.equal(opened, 0);
  await event(first, "open");
  assert.deepEqual([taken === first, opened], [true, 1]);
  await end(first);
});

Deno.test("EarlySocket takes no socket that is over, none of another address, and nothing else", async () => {
  await using server = serve();
  const over = new WebSocket(server.url, PROTOCOL);
  await event(over, "open");
  await end(over);
  const elsewhere = new WebSocket(`${server.url}/elsewhere`, PROTOCOL);
  await event(elsewhere, "open");
  for (const found of [over, elsewhere, undefined, { url: server.url, readyState: 1 }]) {
    const early = new EarlySocket(found);
    const socket = early.surroundings.open(server.url, PROTOCOL);
    assert.ok(socket instanceof WebSocket && socket !== found);
    early.catchUp();
    await event(socket, "open");
    await end(socket);
  }
  await end(elsewhere);
});
