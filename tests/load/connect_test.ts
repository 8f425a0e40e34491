/** Connections that fail, that are idle, and that open and close repeatedly. */
import assert from "node:assert/strict";
import {
  ConnectFailed,
  fetchServerLimits,
  holdIdle,
  jsonClientProtocol,
  runConnectStorm,
  textClientProtocol,
} from "../../lib/load/mod.ts";
import { startTestService } from "../support/service.ts";

const ws = (url: string) => url.replace(/^http/, "ws");

/** Opens some connections and closes them. */
async function idle(url: string, count: number, protocol = textClientProtocol()) {
  const life = new AbortController();
  const phase = (phase: string) => void (phase === "connected" && life.abort());
  return await holdIdle(url, protocol, count, 5, { onPhase: phase }, life.signal);
}

/** A server that sends this on each connection and then closes it. */
function serveRaw(words: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(words));
      connection.close();
    }
  })();
  return {
    url: `ws://127.0.0.1:${listener.addr.port}/`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

Deno.test("openIdle() holds the connections until the signal aborts", async () => {
  await using service = await startTestService();
  const life = new AbortController();
  const counts: number[] = [];
  const health = async () =>
    (await (await fetch(`${service.adminUrl}/healthz`)).json()).connections.open;
  const report = await holdIdle(`${ws(service.url)}/ws`, jsonClientProtocol("attic"), 30, 10, {
    async onPhase(phase) {
      counts.push(await health());
      if (phase === "connected") life.abort();
    },
  }, life.signal);
  assert.deepEqual(counts, [0, 30, 30]);
  assert.equal(report.connections, 30);
  assert.deepEqual(report.disconnected, { count: 0, codes: {} });
});

Deno.test("stormConnects() connects and closes the given number of times, and leaves nothing behind", async () => {
  await using service = await startTestService();
  const { cycles, failures, connectMs } = await runConnectStorm(`${ws(service.url)}/s`, 50, 10);
  assert.deepEqual({ cycles, failures }, { cycles: 50, failures: {} });
  assert.ok(connectMs.p50 > 0 && connectMs.p50 <= connectMs.max);
});

Deno.test("stormConnects() counts refusals by reason", async () => {
  await using service = await startTestService();
  const { cycles, failures } = await runConnectStorm(`${ws(service.url)}/nowhere`, 5, 2);
  assert.deepEqual({ cycles, failures }, {
    cycles: 0,
    failures: { "The handshake was refused: 404 Nothing is at /nowhere": 5 },
  });
});

Deno.test("askLimits() returns the limits in the server's hello", async () => {
  await using service = await startTestService({
    MESSAGES_PER_SECOND: "7",
    MAX_MESSAGE_BYTES: "100",
  });
  const limits = await fetchServerLimits(`${ws(service.url)}/ws`);
  assert.deepEqual(limits, {
    messagesPerSecond: 7,
    bytesPerSecond: 32_768,
    maxTextBytes: 100,
    maxRooms: 32,
  });
});

Deno.test("Connecting too many members reports the server's reason and the first one refused", async () => {
  await using service = await startTestService({ MAX_CONNECTIONS: "10" });
  await assert.rejects(idle(`${ws(service.url)}/ws`, 15), (error) => {
    assert.ok(error instanceof ConnectFailed);
    assert.match(error.message, /refused: 503 Too many connections \(MAX_CONNECTIONS\)/);
    assert.match(error.message, /\(connection 1[1-5] of 15\)$/);
    return true;
  });
});

Deno.test("Members that are refused in the room report the code and the message", async () => {
  await using service = await startTestService();
  const refused = idle(`${ws(service.url)}/ws?room=a%20b`, 1, {
    ...textClientProtocol(),
    isReady: () => false,
  });
  await assert.rejects(refused, {
    name: "ConnectFailed",
    message: /^The server closed a connection with \d{4}: ! /,
  });
});

Deno.test("A port without a server is reported", async () => {
  await assert.rejects(idle("ws://127.0.0.1:1/", 3), {
    message: "Nothing listens on 127.0.0.1:1",
  });
});

for (
  const [what, words, message] of [
    ["that closes immediately", "", /closed the connection during the handshake/],
    ["that is not a web server", "220 smtp.example\r\n\r\n", /does not speak HTTP/],
    [
      "that refuses in one line",
      "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nnot here\n",
      /^The handshake was refused: 403 not here$/,
    ],
    [
      "that refuses with a page",
      "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html>\n",
      /^The handshake was refused: 502$/,
    ],
    [
      "that answers another key",
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: 2T9o4TGeL7V6QJ/PnOsqmx4nEBk=\r\n\r\n",
      /Sec-WebSocket-Accept does not match/,
    ],
  ] as const
) {
  Deno.test(`A server ${what} is reported in words`, async () => {
    await using server = serveRaw(words);
    await assert.rejects(idle(server.url, 1), { name: "ConnectFailed", message });
  });
}

Deno.test("A server that does not support the subprotocol is reported before the run begins", async () => {
  await using service = await startTestService();
  await assert.rejects(idle(`${ws(service.url)}/s`, 1, jsonClientProtocol("attic")), {
    message: "The server speaks no subprotocol, not chat.v1.json",
  });
});
