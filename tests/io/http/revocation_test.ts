/** Users who are signed out of whole services: their connections end, and nobody else's. */
import assert from "node:assert/strict";
import { type Frame, JsonClient } from "../../support/clients/json_client.ts";
import {
  answers,
  enter,
  REVOCATION_SETTINGS as SETTINGS,
  revoke,
} from "../../support/identity/revocations.ts";
import { signToken as sign } from "../../support/app.ts";
import { WORKER_COUNTS } from "../../support/engine.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

for (const workers of WORKER_COUNTS) {
  for (const listener of ["url", "adminUrl"] as const) {
    Deno.test(`Signing a user out at the ${listener} closes that user's connections with 4508, with WORKERS=${workers}`, async () => {
      await using service = await startTestService({ ...SETTINGS, WORKERS: workers });
      const iat = Math.floor(Date.now() / 1_000) - 10;
      const token = await sign({ sub: "42", iat });
      const { client: phone } = await enter(service, { token });
      const { client: laptop } = await enter(service, { token: await sign({ sub: "42" }) });
      await using bea = (await enter(service, { token: await sign({ sub: "43", iat }) })).client;
      await using guest = (await enter(service, { name: "Guy" })).client;
      await revoke(service[listener], { subject: "42" });
      const closed = { code: 4508, reason: "signed out" };
      assert.deepEqual(await phone.connection.closed, closed);
      assert.deepEqual(await laptop.connection.closed, closed);
      await answers(bea);
      await answers(guest);
      await using again = await JsonClient.open(service);
      again.send({ type: "hello", token });
      const { code, message } = await again.next("fault");
      assert.deepEqual([code, message], ["bad_token", "the token has been revoked"]);
      again.send({ type: "hello", token: await sign({ sub: "42", iat: iat + 30 }) });
      await again.next("hello");
    });
  }

  Deno.test(`Signing everybody out closes guests too, who come back as new users, with WORKERS=${workers}`, async () => {
    await using service = await startTestService({ ...SETTINGS, WORKERS: workers });
    const first = await enter(service, { name: "Guy" });
    const { resume } = first.hello;
    const second = await enter(service, { resume });
    assert.deepEqual(second.hello.you, first.hello.you);
    await revoke(service.url, { all: true, before: new Date(Date.now() + 1_000).toISOString() });
    for (const { client } of [first, second]) {
      assert.equal((await client.connection.closed).code, 4508);
    }
    for (const { hello } of [first, second]) {
      const { client, hello: { you } } = await enter(service, { resume: hello.resume });
      await client[Symbol.asyncDispose]();
      assert.notEqual(Object(you).user, Object(first.hello.you).user);
    }
  });
}

Deno.test("Revoking one token closes the connections that have it, and no other of its user", async () => {
  await using service = await startTestService(SETTINGS);
  const { client: phone } = await enter(service, { token: await sign({ sub: "42", jti: "t1" }) });
  await using laptop =
    (await enter(service, { token: await sign({ sub: "42", jti: "t2" }) })).client;
  await revoke(service.url, { token: "t1" });
  assert.equal((await phone.connection.closed).code, 4508);
  await answers(laptop);
});

Deno.test("Without ADMIN_TOKEN, neither listener signs anybody out", async () => {
  await using service = await startTestService({ ...SETTINGS, ADMIN_TOKEN: "" });
  for (const url of [service.url, service.adminUrl]) {
    const body = '{"all":true}';
    const response = await fetch(`${url}/api/v1/revocations`, { method: "POST", body });
    assert.equal(response.status, 403);
    assert.match((await response.json()).detail, /^Set ADMIN_TOKEN/);
  }
});

Deno.test("What was revoked stays revoked after a restart on the same folder", async () => {
  await using folder = new TemporaryFolder();
  const settings = { ...SETTINGS, DATA_DIR: folder.path };
  const token = await sign({ sub: "42", iat: Math.floor(Date.now() / 1_000) - 10 });
  let guest: Frame;
  {
    await using service = await startTestService(settings);
    guest = (await enter(service, { name: "Guy" })).hello;
    await revoke(service.url, { subject: "42" });
    await revoke(service.url, { user: Object(guest.you).user });
  }
  await using service = await startTestService(settings);
  await using ann = await JsonClient.open(service);
  ann.send({ type: "hello", token });
  assert.equal((await ann.next("fault")).code, "bad_token");
  await using again = await JsonClient.open(service);
  again.send({ type: "hello", resume: guest.resume });
  assert.notEqual(Object((await again.next("hello")).you).user, Object(guest.you).user);
});
