/** Requests to upgrade that only the second engine hands over as they are. */
import assert from "node:assert/strict";
import { handshake, RawSocket, sendRequest } from "../../../support/clients/raw_socket.ts";
import { startTestService } from "../../../support/service.ts";

const NODE = { WEBSOCKET_ENGINE: "node" };

for (
  const [what, request, status] of [
    ["TRACE", (port: number) => handshake(port, "/ws", {}, "TRACE"), 400],
    ["HEAD", (port: number) => handshake(port, "/ws", {}, "HEAD"), 405],
    ["a target without a path", (port: number) => handshake(port, "*", {}, "OPTIONS"), 400],
    ["a host that is none", (port: number) => handshake(port, "/ws", { Host: "a/b" }), 400],
    ["an absolute target", (port: number) => handshake(port, `http://127.0.0.1:${port}/ws`), 101],
    [
      "a further protocol in Upgrade",
      (port: number) => handshake(port, "/ws", { Upgrade: "h2c, websocket" }),
      101,
    ],
  ] as const
) {
  Deno.test(`An upgrade with ${what} is answered with ${status}`, async () => {
    await using service = await startTestService(NODE);
    const answer = await sendRequest(service.port, request(service.port));
    assert.equal(answer.status, status);
    if (status !== 101) assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  });
}

Deno.test("A client that sends many requests without reading is disconnected, and others are served", async () => {
  await using service = await startTestService(NODE);
  using hasty = await RawSocket.connect(service.port);
  const request = `GET /page/main.js HTTP/1.1\r\nHost: 127.0.0.1:${service.port}\r\n\r\n`;
  await hasty.write(new TextEncoder().encode(request.repeat(1_000)));
  let responses = 0;
  for (;;) {
    const response = await hasty.response().catch(() => undefined);
    if (response === undefined) break;
    responses += 1;
  }
  assert.ok(responses <= 4, String(responses));
  const { status } = await sendRequest(
    service.port,
    `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${service.port}\r\n\r\n`,
  );
  assert.equal(status, 200);
});
