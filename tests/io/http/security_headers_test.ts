/** Headers that every response has. */
import assert from "node:assert/strict";
import { handshake, sendRequest } from "../../support/clients/raw_socket.ts";
import { startTestService } from "../../support/service.ts";

const EVERYWHERE = {
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

function assertSecured(headers: { get(name: string): string | null | undefined }, what: string) {
  for (const [name, value] of Object.entries(EVERYWHERE)) {
    assert.equal(headers.get(name), value, `${name} of ${what}`);
  }
  assert.match(headers.get("permissions-policy") ?? "", /camera=\(\).*microphone=\(\)/, what);
}

const ANSWERS = [
  ["GET", "/", {}, 200],
  ["HEAD", "/echo.html", {}, 200],
  ["GET", "/docs/api", {}, 200],
  ["GET", "/client.js", { "if-none-match": "*" }, 304],
  ["GET", "/websocket.html", {}, 301],
  ["GET", "/healthz", {}, 200],
  ["GET", "/readyz", {}, 200],
  ["GET", "/metrics", {}, 404],
  ["GET", "/nowhere", {}, 404],
  ["POST", "/", {}, 405],
  ["GET", "/ws", {}, 426],
] as const;

Deno.test("Every response except a 101 has the security headers, on both listeners", async () => {
  await using service = await startTestService();
  for (const [method, path, headers, status] of ANSWERS) {
    const answer = await fetch(service.url + path, { method, headers, redirect: "manual" });
    await answer.body?.cancel();
    assert.equal(answer.status, status, path);
    assertSecured(answer.headers, `${method} ${path}`);
  }
  for (const path of ["/metrics", "/nowhere"]) {
    const answer = await fetch(service.adminUrl + path);
    await answer.body?.cancel();
    assertSecured(answer.headers, `the admin's ${path}`);
  }
  for (
    const [headers, status] of [[{ Host: "a/b" }, 400], [{ Host: "rebound.example" }, 421]] as const
  ) {
    const answer = await sendRequest(service.port, handshake(service.port, "/ws", headers));
    assert.equal(answer.status, status);
    assertSecured(answer.headers, String(status));
  }
});

Deno.test("A 101 is short enough for a client with a buffer of 1 KB", async () => {
  await using service = await startTestService();
  const headers = { "Sec-WebSocket-Protocol": "chat.v1.json" };
  const answer = await sendRequest(service.port, handshake(service.port, "/ws", headers));
  assert.equal(answer.status, 101);
  const bytes = [...answer.headers].reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    0,
  );
  assert.ok(bytes < 512, `${bytes} bytes`);
});
