/** What a port of the engine `node` does with its TCP connections. */
import assert from "node:assert/strict";
import { tcpLimits } from "../../../../lib/core/limits/connection_limits.ts";
import { NodePort } from "../../../../lib/io/http/node/port.ts";
import { RawSocket } from "../../../support/clients/raw_socket.ts";
import { FakeClock } from "../../../support/fakes.ts";

const REQUEST = new TextEncoder().encode("GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

Deno.test("A connection stays open for further requests after one without a body", async () => {
  const clock = new FakeClock();
  const limits = tcpLimits({ maxConnections: 10, connectionsPerAddress: 0, trustProxy: [] });
  const context = { handler: () => new Response("icon"), clock, tcpLimits: limits };
  const address = { host: "127.0.0.1", port: 0, isShared: false, keyPair: undefined };
  const port = await NodePort.open(context, address, new WeakMap());
  {
    using peer = await RawSocket.connect(port.port);
    for (let count = 0; count < 3; count++) {
      await peer.write(REQUEST);
      assert.equal((await peer.response()).body, "icon");
      // A client that goes on with a body would be disconnected by now.
      await clock.advance(2_000);
    }
  }
  await port.shutdown();
});
