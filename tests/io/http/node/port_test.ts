/** What a port of the engine `node` does with its TCP connections. */
import assert from "node:assert/strict";
import { tcpLimits } from "../../../../lib/core/limits/connection_limits.ts";
import { NodePort } from "../../../../lib/io/http/node/port.ts";
import { RawSocket } from "../../../support/clients/raw_socket.ts";
import { FakeClock } from "../../../support/fakes.ts";
import { until, withinDeadline } from "../../../support/provision.ts";

/** Runs a function with a port on a clock that only it advances, and a client that is connected to it. */
async function serving(fn: (peer: RawSocket, clock: FakeClock) => Promise<void>): Promise<void> {
  const clock = new FakeClock();
  const limits = tcpLimits({ maxConnections: 10, connectionsPerAddress: 0, trustProxy: [] });
  const context = { handler: () => new Response("icon"), clock, tcpLimits: limits };
  const address = { host: "127.0.0.1", port: 0, isShared: false, keyPair: undefined };
  const port = await NodePort.open(context, address, new WeakMap());
  try {
    using peer = await RawSocket.connect(port.port);
    await fn(peer, clock);
  } finally {
    await port.shutdown();
  }
}

/** Requests something that the handler answers without reading the body. */
async function request(peer: RawSocket, method: string, length: number): Promise<void> {
  const head =
    `${method} /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n`;
  await peer.write(new TextEncoder().encode(head));
  assert.equal((await peer.response()).body, "icon");
}

Deno.test("A connection stays open for further requests after one without a body", () =>
  serving(async (peer, clock) => {
    for (let count = 0; count < 3; count++) {
      await request(peer, "GET", 0);
      // A client with an unfinished body would be disconnected by now.
      await clock.advance(2_000);
    }
  }));

for (const method of ["GET", "POST"]) {
  Deno.test(`A client that sends more than 8 MB after the response to ${method} is disconnected at once`, () =>
    serving(async (peer) => {
      await request(peer, method, 1_000_000_000);
      // It may be cut while it writes.
      const sending = peer.write(new Uint8Array(16_000_000)).catch(() => {});
      await withinDeadline("the end of the connection", peer.next());
      await sending;
    }));

  Deno.test(`A client that has not sent all of its body two seconds after the response to ${method} is disconnected`, () =>
    serving(async (peer, clock) => {
      await request(peer, method, 1_000_000_000);
      let isEnded = false;
      peer.next().then(() => isEnded = true);
      await until("the end of the connection", async () => {
        if (clock.now() < 2_000) await clock.advance(100);
        return isEnded;
      });
    }));
}
