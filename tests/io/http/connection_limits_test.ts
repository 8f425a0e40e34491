/** The limits of connections and requests per address. Loopback is exempt, so a trusted proxy names other addresses. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import {
  closeCode,
  handshake,
  type RawResponse,
  RawSocket,
  sendRequest,
} from "../../support/clients/raw_socket.ts";
import { startTestService, type TestService } from "../../support/service.ts";

const PROXIED = { TRUST_PROXY: "127.0.0.1/32" };
const from = (address: string) => ({ "X-Forwarded-For": address });

/** Performs one handshake for an address and closes. */
function openHandshake({ port }: TestService, address: string): Promise<RawResponse> {
  return sendRequest(port, handshake(port, "/s", from(address)));
}

Deno.test("An address may hold 256 connections, and other addresses are not affected", async () => {
  await using service = await startTestService({ ...PROXIED, HANDSHAKES_PER_SECOND: "0" });
  using held = new DisposableStack();
  const open = (address: string) => RawSocket.open(service.port, "/s", from(address));
  for (let count = 0; count < 256; count++) held.use(await open("203.0.113.7"));
  const refused = await openHandshake(service, "203.0.113.7");
  assert.equal(refused.status, 503);
  assert.match(refused.body, /CONNECTIONS_PER_ADDRESS/);
  assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
  held.use(await open("203.0.113.8"));
  held.use(await RawSocket.open(service.port, "/s"));
});

Deno.test("All addresses of one /64 count as one", async () => {
  await using service = await startTestService({ ...PROXIED, CONNECTIONS_PER_ADDRESS: "1" });
  using _one = await RawSocket.open(service.port, "/s", from("2001:db8::1"));
  assert.equal((await openHandshake(service, "2001:db8::ffff:2")).status, 503);
  assert.equal((await openHandshake(service, "2001:db8:0:1::1")).status, 101);
});

Deno.test("An address may make ten seconds' worth of handshakes at once, then receives 429 with Retry-After", async () => {
  await using service = await startTestService({ ...PROXIED, HANDSHAKES_PER_SECOND: "1" });
  const statuses: number[] = [];
  for (let count = 0; count < 10; count++) {
    statuses.push((await openHandshake(service, "203.0.113.7")).status);
  }
  assert.deepEqual(statuses, Array.from({ length: 10 }, () => 101));
  let refused = await openHandshake(service, "203.0.113.7");
  // A slow machine may have gained some meanwhile.
  while (refused.status === 101) refused = await openHandshake(service, "203.0.113.7");
  assert.equal(refused.status, 429);
  assert.match(refused.body, /HANDSHAKES_PER_SECOND/);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal((await openHandshake(service, "203.0.113.8")).status, 101);
});

Deno.test("An address may make ten times as many requests of any kind, then receives 429", async () => {
  await using service = await startTestService({ ...PROXIED, HANDSHAKES_PER_SECOND: "1" });
  const ask = async (address: string) => {
    const answer = await fetch(`${service.url}/healthz`, { headers: from(address) });
    await answer.body?.cancel();
    return answer;
  };
  let granted = 0;
  let last = await ask("203.0.113.7");
  while (last.ok) {
    granted += 1;
    last = await ask("203.0.113.7");
  }
  assert.ok(granted >= 100, `${granted} were granted`);
  assert.deepEqual([last.status, last.headers.get("retry-after")], [429, "1"]);
  assert.equal((await ask("203.0.113.8")).status, 200);
});

Deno.test("Loopback is exempt from the limits per address", async () => {
  const env = { CONNECTIONS_PER_ADDRESS: "1", HANDSHAKES_PER_SECOND: "1" };
  await using service = await startTestService(env);
  using held = new DisposableStack();
  for (let count = 0; count < 30; count++) held.use(await RawSocket.open(service.port, "/s"));
});

Deno.test("chat.v1.json without a hello is closed with 4011 after ten seconds; echo and plain text stay open", async () => {
  await using service = await startTestService();
  await using echo = await TestClient.open(`${service.url}/s`);
  await using plain = await TestClient.open(`${service.url}/ws`);
  const headers = { "Sec-WebSocket-Protocol": "chat.v1.json" };
  const from = performance.now();
  using silent = await RawSocket.open(service.port, "/ws", headers);
  assert.equal(closeCode(await silent.next()), 4011);
  assert.ok(performance.now() - from >= 10_000);
  for (const client of [echo, plain]) client.send("here");
  assert.equal(await echo.next(), "here");
  assert.match(String(await plain.next()), /: here$/);
});
