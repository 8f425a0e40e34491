/**
 * Users whom a proxy states in a header, with whole services. The test is the proxy; `tests/e2e/clients/sign_in_test.ts` has a
 * real one.
 * @module
 */
import assert from "node:assert/strict";
import { JSON_SUBPROTOCOL } from "../../../lib/core/protocol/json_protocol.ts";
import {
  handshake,
  type Headers,
  OPCODE,
  RawSocket,
  sendRequest,
} from "../../support/clients/raw_socket.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { WORKER_COUNTS } from "../../support/engine.ts";
import { startTestService, type TestService } from "../../support/service.ts";

const TRUSTED = { AUTH_PROXY_HEADER: "Remote-User", TRUST_PROXY: "127.0.0.1/32" };

/** The name under which a new plain-text client speaks that asks for the name Guest. */
async function nameOf({ port }: TestService, headers: Headers): Promise<string | undefined> {
  using client = await RawSocket.open(port, "/ws?name=Guest", headers);
  await client.send(OPCODE.text, "hi");
  return (await client.nextText())?.split(": hi")[0];
}

for (const workers of WORKER_COUNTS) {
  Deno.test(`A trusted proxy's header says who the user is, with WORKERS=${workers}`, async () => {
    await using service = await startTestService({ ...TRUSTED, WORKERS: workers });
    assert.equal(await nameOf(service, { "Remote-User": "ann" }), "ann");
    assert.equal(await nameOf(service, {}), "Guest");
  });
}

Deno.test("The header's name is the same in capitals and in small letters", async () => {
  await using service = await startTestService({ ...TRUSTED, AUTH_PROXY_HEADER: "rEMOTE-user" });
  for (const name of ["Remote-User", "remote-user", "REMOTE-USER"]) {
    assert.equal(await nameOf(service, { [name]: "ann" }), "ann");
  }
  for (const name of ["Remote_User", "Remote-Users", "X-Remote-User"]) {
    assert.equal(await nameOf(service, { [name]: "ann" }), "Guest");
  }
});

Deno.test("The header's value is UTF-8", async () => {
  await using service = await startTestService(TRUSTED);
  assert.equal(await nameOf(service, { "Remote-User": " José 王 " }), "José 王");
});

Deno.test("The header counts only from a proxy that is trusted", async () => {
  const headers = { "Remote-User": "ann", "X-Forwarded-For": "127.0.0.2" };
  for (const TRUST_PROXY of ["127.0.0.2/32", "10.0.0.0/8,::1/128"]) {
    await using service = await startTestService({ ...TRUSTED, TRUST_PROXY });
    assert.equal(await nameOf(service, headers), "Guest");
  }
  await using service = await startTestService({ TRUST_PROXY: "127.0.0.1/32" });
  assert.equal(await nameOf(service, headers), "Guest");
});

for (
  const [what, headers] of [
    ["two headers", { "Remote-User": "mallory", "remote-user": "ann" }],
    ["two users in one header", { "Remote-User": "mallory, ann" }],
    ["more than 255 characters", { "Remote-User": "x".repeat(256) }],
  ] as const
) {
  Deno.test(`A trusted proxy that states ${what} is answered with 400`, async () => {
    await using service = await startTestService(TRUSTED);
    const { status, body } = await sendRequest(
      service.port,
      handshake(service.port, "/ws", headers),
    );
    assert.equal(status, 400);
    assert.match(body, /AUTH_PROXY_HEADER/);
  });
}

Deno.test("A proxy's user is the same on every connection, and needs no token with AUTH=required", async () => {
  await using service = await startTestService({ ...TRUSTED, AUTH: "required" });
  const helloTo = async (headers: Record<string, string>) => {
    const init = { protocols: [JSON_SUBPROTOCOL], headers };
    await using client = await TestClient.open(`${service.url}/ws`, init);
    client.send(JSON.stringify({ type: "hello" }));
    return JSON.parse(String(await client.next()));
  };
  const { you, resume } = await helloTo({ "remote-user": "ann" });
  assert.deepEqual([you.name, you.kind, resume], ["ann", "app", undefined]);
  assert.deepEqual((await helloTo({ "remote-user": "ann" })).you, you);
  assert.notEqual((await helloTo({ "remote-user": "Ann" })).you.user, you.user);
  assert.equal((await helloTo({})).code, "token_required");
});

Deno.test("A page of another site cannot connect as a visitor whom the proxy has signed in", async () => {
  await using service = await startTestService(TRUSTED);
  const ann = { "Remote-User": "ann" };
  assert.equal(await nameOf(service, { ...ann, Origin: service.url }), "ann");
  for (const origin of ["https://evil.example", "null"]) {
    const text = handshake(service.port, "/ws", { ...ann, Origin: origin });
    assert.equal((await sendRequest(service.port, text)).status, 403);
  }
});
