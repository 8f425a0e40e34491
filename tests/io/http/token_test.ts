/**
 * Users whose tokens an app has signed, with whole services: on the upgrade and in the hello, as JSON and as plain text, with
 * secrets, files and published keys, in one thread and in a worker.
 * @module
 */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair } from "jose";
import { SECRET, signToken as sign } from "../../support/app.ts";
import { type Frame, JsonClient } from "../../support/clients/json_client.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { WORKER_COUNTS } from "../../support/engine.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const API_KEY = `parley_${"A".repeat(43)}`;

for (const workers of WORKER_COUNTS) {
  Deno.test(`A token in the hello or in the handshake says who the user is, with WORKERS=${workers}`, async () => {
    await using service = await startTestService({ JWT_SECRET: SECRET, WORKERS: workers });
    const token = await sign();
    await using first = await JsonClient.open(service);
    first.send({ type: "hello", token }, { type: "join", room: "den" });
    const { you } = await first.next("hello");
    assert.equal(Object(you).kind, "app");
    assert.equal((await first.next("joined")).name, "Ann");
    await using second = await JsonClient.open(service, {
      headers: { authorization: `Bearer ${token}` },
    });
    second.send({ type: "hello" });
    assert.deepEqual((await second.next("hello")).you, you);
  });
}

Deno.test("A program follows a room in plain text with a token, and one without is told why it cannot", async () => {
  await using service = await startTestService({ JWT_SECRET: SECRET, AUTH: "required" });
  const url = `${service.url}/ws?room=den`;
  const headers = { authorization: `Bearer ${await sign()}` };
  await using ann = await TestClient.open(url, { headers });
  ann.send("hi");
  assert.equal(await ann.next(), "Ann: hi");
  for (
    const [authorization, code] of [
      ["", 4506],
      ["Basic YTpi", 4506],
      ["Bearer", 4505],
      [API_KEY, 4505],
      ["Bearer forged", 4505],
      [`Bearer ${await sign({ exp: 1_000_000_000 })}`, 4504],
      [`Bearer ${await sign({ parley: { rooms: [] } })}`, 4507],
    ] as const
  ) {
    const refused = await TestClient.open(url, { headers: { authorization } });
    assert.match(String(await refused.next()), /^! /);
    assert.equal((await refused.closed).code, code, authorization);
  }
});

Deno.test("Refused tokens are counted", async () => {
  await using service = await startTestService({ JWT_SECRET: SECRET });
  await using client = await JsonClient.open(service);
  for (let count = 0; count < 3; count++) {
    client.send({ type: "hello", token: "forged" });
    await client.next("fault");
  }
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  assert.match(metrics, /^parley_tokens_refused_total 3$/m);
});

Deno.test("A token that expires soon is renewed on the same connection, with the rights of the new one", async () => {
  await using service = await startTestService({ JWT_SECRET: SECRET, PING_SECONDS: "1" });
  await using client = await JsonClient.open(service);
  const exp = Math.ceil(Date.now() / 1_000) + 30;
  client.send({ type: "hello", token: await sign({ exp }) }, { type: "join", room: "den" });
  const { inMs } = await client.next("expiring");
  assert.ok(Number(inMs) <= 31_000, String(inMs));
  const rooms = [{ match: "den", allow: ["read"] }];
  client.send({ type: "auth", id: "1", token: await sign({ parley: { rooms } }) });
  assert.equal((await client.next("ack")).id, "1");
  client.send({ type: "say", id: "2", room: "den", text: "hi" });
  assert.equal((await client.next("fault")).code, "not_allowed");
});

for (const alg of ["RS256", "EdDSA"]) {
  Deno.test(`JWT_PUBLIC_KEY_FILE verifies ${alg}`, async () => {
    await using folder = new TemporaryFolder();
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const der = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
    const path = `${folder.path}/app.pem`;
    const pem = `-----BEGIN PUBLIC KEY-----\n${der.toBase64()}\n-----END PUBLIC KEY-----\n`;
    await Deno.writeTextFile(path, pem);
    await using service = await startTestService({ JWT_PUBLIC_KEY_FILE: path });
    await using client = await JsonClient.open(service);
    client.send({ type: "hello", token: await sign() });
    assert.equal((await client.next("fault")).code, "bad_token");
    client.send({ type: "hello", token: await sign({}, alg, privateKey) });
    assert.equal(Object((await client.next("hello")).you).name, "Ann");
  });
}

/** An identity provider on this machine that publishes keys. */
function startProvider() {
  const keys: Frame[] = [];
  let requests = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    requests += 1;
    return Response.json({ keys });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/keys`,
    get requests() {
      return requests;
    },
    async publish(kid: string) {
      const { publicKey, privateKey } = await generateKeyPair("ES256");
      keys.push({ ...await exportJWK(publicKey), kid });
      return (payload: Frame) => sign(payload, "ES256", privateKey, kid);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

for (const workers of WORKER_COUNTS) {
  Deno.test(`JWKS_URL is read for the first token, and once for all tokens, with WORKERS=${workers}`, async () => {
    await using provider = startProvider();
    const signAtProvider = await provider.publish("one");
    await using service = await startTestService({
      JWKS_URL: provider.url,
      JWT_ISSUER: "https://id.example",
      JWT_AUDIENCE: "chat",
      WORKERS: workers,
    });
    assert.equal(provider.requests, 0);
    const payload = { iss: "https://id.example", aud: "chat" };
    for (let count = 0; count < 3; count++) {
      await using client = await JsonClient.open(service);
      client.send({ type: "hello", token: await signAtProvider(payload) });
      assert.equal(Object((await client.next("hello")).you).name, "Ann");
    }
    for (const wrong of [{ iss: "https://other.example" }, { aud: "mail" }, { aud: undefined }]) {
      await using client = await JsonClient.open(service);
      client.send({ type: "hello", token: await signAtProvider({ ...payload, ...wrong }) });
      assert.equal((await client.next("fault")).code, "bad_token");
    }
    assert.equal(provider.requests, 1);
  });
}

Deno.test("A service whose key URL cannot be read closes with 4010, and takes no token on trust", async () => {
  const provider = startProvider();
  const signAtProvider = await provider.publish("one");
  await provider[Symbol.asyncDispose]();
  await using service = await startTestService({
    JWKS_URL: provider.url,
    JWT_ISSUER: "https://id.example",
    JWT_AUDIENCE: "chat",
  });
  const client = await JsonClient.open(service);
  const token = await signAtProvider({ iss: "https://id.example", aud: "chat" });
  client.send({ type: "hello", token });
  assert.equal((await client.connection.closed).code, 4010);
});
