import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import {
  handshake,
  type Headers,
  KNOWN_KEYS,
  RawSocket,
  sendRequest,
} from "../../support/clients/raw_socket.ts";
import { startTestService } from "../../support/service.ts";

for (const [key, accept] of KNOWN_KEYS) {
  Deno.test(`Service answers the key ${key} with ${accept}`, async () => {
    await using service = await startTestService();
    for (const path of ["/s", "/s/", "/ws", "/ws/", "/"]) {
      const answer = await sendRequest(
        service.port,
        handshake(service.port, path, { "Sec-WebSocket-Key": key }),
      );
      assert.equal(answer.status, 101, path);
      assert.equal(answer.headers.get("sec-websocket-accept"), accept);
      assert.equal(answer.headers.get("sec-websocket-protocol"), undefined);
    }
  });
}

const refusals: [
  what: string,
  headers: Headers,
  status: number,
  names: RegExp,
  also?: [string, string],
][] = [
  ["no Upgrade", { Upgrade: undefined }, 426, /^Upgrade /, ["upgrade", "websocket"]],
  ["no Connection", { Connection: "keep-alive" }, 426, /^Connection /, ["upgrade", "websocket"]],
  ["version 8", { "Sec-WebSocket-Version": "8" }, 426, /^Sec-WebSocket-Version /, [
    "sec-websocket-version",
    "13",
  ]],
  ["no key", { "Sec-WebSocket-Key": undefined }, 400, /^Sec-WebSocket-Key /],
  ["a short key", { "Sec-WebSocket-Key": "c2hvcnQ=" }, 400, /^Sec-WebSocket-Key /],
  ["a bad Host", { Host: "a/b" }, 400, /^Host /],
  ["a foreign Origin", { Origin: "https://evil.example" }, 403, /^Origin /],
  ["the Origin null", { Origin: "null" }, 403, /^Origin /],
];
for (const [what, headers, status, names, also] of refusals) {
  Deno.test(`Service refuses ${what} with ${status} and one line that names the header`, async () => {
    await using service = await startTestService();
    for (const path of ["/s", "/ws/"]) {
      const answer = await sendRequest(service.port, handshake(service.port, path, headers));
      assert.equal(answer.status, status);
      assert.match(answer.body, names);
      assert.match(answer.body, /^[^\n]+\n$/);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
      if (also) assert.equal(answer.headers.get(also[0]), also[1]);
    }
  });
}

Deno.test("Service refuses a missing Host with 400", async () => {
  await using service = await startTestService();
  const text = handshake(service.port, "/s", { Host: undefined });
  assert.equal((await sendRequest(service.port, text)).status, 400);
});

Deno.test("Service refuses other methods than GET with 405 and Allow", async () => {
  await using service = await startTestService();
  for (const path of ["/s", "/ws"]) {
    const answer = await sendRequest(service.port, handshake(service.port, path, {}, "POST"));
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET"]);
  }
});

Deno.test("Service answers an upgrade of an unknown path with 404", async () => {
  await using service = await startTestService();
  for (const path of ["/x", "/ws/x", "/S"]) {
    assert.equal((await sendRequest(service.port, handshake(service.port, path))).status, 404);
  }
});

Deno.test("Service admits a page of its own host and port under any name", async () => {
  await using service = await startTestService({ ALLOWED_HOSTS: "chat.example" });
  const { port } = service;
  for (
    const [host, origin, status] of [
      [`localhost:${port}`, `http://localhost:${port}`, 101],
      ["chat.example", "https://chat.example", 101],
      ["chat.example", "http://chat.example:8080", 403],
    ] as const
  ) {
    const text = handshake(port, "/ws", { Host: host, Origin: origin });
    assert.equal((await sendRequest(port, text)).status, status, origin);
  }
});

Deno.test("Service answers no unknown subprotocol, and keeps the connection open", async () => {
  await using service = await startTestService();
  const headers = { "Sec-WebSocket-Protocol": "chat,superchat" };
  const answer = await sendRequest(service.port, handshake(service.port, "/s", headers));
  assert.equal(answer.status, 101);
  assert.equal(answer.headers.has("sec-websocket-protocol"), false);
});

for (const offer of ["chat.v1.json", "other, chat.v1.json", "other,chat.v1.json"]) {
  Deno.test(`Service selects the subprotocol that it knows from "${offer}"`, async () => {
    await using service = await startTestService();
    const headers = { "Sec-WebSocket-Protocol": offer };
    const answer = await sendRequest(service.port, handshake(service.port, "/ws", headers));
    assert.equal(answer.status, 101);
    assert.equal(answer.headers.get("sec-websocket-protocol"), "chat.v1.json");
  });
}

Deno.test("Service trusts X-Forwarded-Host and -For only from a trusted proxy", async () => {
  const forwarded = { "X-Forwarded-Host": "chat.example", Origin: "https://chat.example" };
  for (const [trusted, status] of [["127.0.0.0/8", 101], ["10.0.0.0/8", 403]] as const) {
    const env = { TRUST_PROXY: trusted, PUBLIC_URL: "https://chat.example" };
    await using service = await startTestService(env);
    const answer = await sendRequest(service.port, handshake(service.port, "/ws", forwarded));
    assert.equal(answer.status, status);
  }
});

Deno.test("Service refuses more than MAX_CONNECTIONS with 503 and Retry-After, and accepts the next when one closes", async () => {
  await using service = await startTestService({ MAX_CONNECTIONS: "2" });
  const first = await TestClient.open(`${service.url}/s`);
  await using _second = await TestClient.open(`${service.url}/ws`);
  const answer = await sendRequest(service.port, handshake(service.port, "/s"));
  assert.equal(answer.status, 503);
  assert.match(answer.body, /MAX_CONNECTIONS/);
  assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
  await first[Symbol.asyncDispose]();
  await using _third = await openWhenFree(`${service.url}/s`);
});

Deno.test("Service counts CONNECTIONS_PER_ADDRESS by the client that a trusted proxy names", async () => {
  await using service = await startTestService({
    CONNECTIONS_PER_ADDRESS: "1",
    TRUST_PROXY: "127.0.0.1",
  });
  const from = (address: string) => ({ "X-Forwarded-For": address });
  using _one = await RawSocket.open(service.port, "/s", from("192.0.2.1"));
  using _two = await RawSocket.open(service.port, "/s", from("192.0.2.2"));
  const text = handshake(service.port, "/s", from("192.0.2.1"));
  const answer = await sendRequest(service.port, text);
  assert.equal(answer.status, 503);
  assert.match(answer.body, /CONNECTIONS_PER_ADDRESS/);
});

/** The server learns of a close slightly later than the client. */
async function openWhenFree(url: string): Promise<TestClient> {
  for (;;) {
    const client = await TestClient.open(url).catch(() => undefined);
    if (client) return client;
  }
}
