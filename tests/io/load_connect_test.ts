/** What becomes of connections that cannot be had, that do nothing, and that come and go. */
import assert from "node:assert/strict";
import {
  askLimits,
  chatDialogue,
  ConnectFailed,
  openIdle,
  stormConnects,
  textDialogue,
} from "../../lib/io/load/load.ts";
import { startService } from "../service.ts";

const ws = (url: string) => url.replace(/^http/, "ws");

/** Opens some connections and lets them go. */
async function idle(url: string, count: number, dialogue = textDialogue()) {
  const life = new AbortController();
  const phase = (phase: string) => void (phase === "connected" && life.abort());
  return await openIdle(url, dialogue, count, 5, { phase }, life.signal);
}

/** A server that says this to whoever connects, and then closes. */
function mouth(words: string) {
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

Deno.test("openIdle() holds so many connections until the signal aborts", async () => {
  await using service = await startService();
  const life = new AbortController();
  const counts: number[] = [];
  const health = async () =>
    (await (await fetch(`${service.adminUrl}/healthz`)).json()).connections.open;
  const report = await openIdle(`${ws(service.url)}/ws`, chatDialogue("attic"), 30, 10, {
    async phase(phase) {
      counts.push(await health());
      if (phase === "connected") life.abort();
    },
  }, life.signal);
  assert.deepEqual(counts, [0, 30, 30]);
  assert.equal(report.connections, 30);
  assert.deepEqual(report.disconnected, { count: 0, codes: {} });
});

Deno.test("stormConnects() connects and closes so often, and leaves nothing behind", async () => {
  await using service = await startService();
  const { cycles, failures, connectMs } = await stormConnects(`${ws(service.url)}/s`, 50, 10);
  assert.deepEqual({ cycles, failures }, { cycles: 50, failures: {} });
  assert.ok(connectMs.p50 > 0 && connectMs.p50 <= connectMs.max);
});

Deno.test("stormConnects() counts what was refused by its reason", async () => {
  await using service = await startService();
  const { cycles, failures } = await stormConnects(`${ws(service.url)}/nowhere`, 5, 2);
  assert.deepEqual({ cycles, failures }, {
    cycles: 0,
    failures: { "The handshake was refused: 404 Nothing is at /nowhere": 5 },
  });
});

Deno.test("askLimits() brings what the server's hello says", async () => {
  await using service = await startService({ MESSAGES_PER_SECOND: "7", MAX_MESSAGE_BYTES: "100" });
  const limits = await askLimits(`${ws(service.url)}/ws`);
  assert.deepEqual(limits, { messagesPerSecond: 7, bytesPerSecond: 32_768, maxTextBytes: 100 });
});

Deno.test("A crowd that is too large is told the server's reason and which one was refused", async () => {
  await using service = await startService({ MAX_CONNECTIONS: "10" });
  await assert.rejects(idle(`${ws(service.url)}/ws`, 15), (error) => {
    assert.ok(error instanceof ConnectFailed);
    assert.match(error.message, /refused: 503 Too many connections \(MAX_CONNECTIONS\)/);
    assert.match(error.message, /\(connection 1[1-5] of 15\)$/);
    return true;
  });
});

Deno.test("A crowd that is turned away in the room is told with which code and words", async () => {
  await using service = await startService();
  const refused = idle(`${ws(service.url)}/ws?room=a%20b`, 1, {
    ...textDialogue(),
    isReady: () => false,
  });
  await assert.rejects(refused, {
    name: "ConnectFailed",
    message: /^The server closed a connection with \d{4}: ! /,
  });
});

Deno.test("Nobody listening is said so", async () => {
  await assert.rejects(idle("ws://127.0.0.1:1/", 3), {
    message: "Nobody listens on 127.0.0.1:1",
  });
});

for (
  const [what, words, told] of [
    ["that closes at once", "", /closed in the midst of the handshake/],
    ["that is no web server", "220 smtp.example\r\n\r\n", /does not speak HTTP/],
    [
      "that refuses in a line",
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
      /Sec-WebSocket-Accept does not fit/,
    ],
  ] as const
) {
  Deno.test(`A server ${what} is told in words`, async () => {
    await using server = mouth(words);
    await assert.rejects(idle(server.url, 1), { name: "ConnectFailed", message: told });
  });
}

Deno.test("A server that does not speak the subprotocol is told before anybody waits for it", async () => {
  await using service = await startService();
  await assert.rejects(idle(`${ws(service.url)}/s`, 1, chatDialogue("attic")), {
    message: "The server speaks no subprotocol there, not chat.v1.json",
  });
});
