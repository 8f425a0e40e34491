/**
 * API keys with whole services: an operator adds one, a program uses it, the operator removes it.
 * @module
 */
import assert from "node:assert/strict";
import { api, follow } from "../../../support/api.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { WORKER_COUNTS } from "../../../support/engine.ts";
import { startTestService } from "../../../support/service.ts";

const ADMIN = "an admin token that is long enough";
const SETTINGS = { AUTH: "required", ADMIN_TOKEN: ADMIN };

async function addKey(
  service: { readonly url: string },
  json: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly secret: string; readonly id: string }> {
  const terms = { name: "ci", rooms: ["deploys"], allow: ["read", "send"], ...json };
  const { status, body } = await api(service, "/keys", { token: ADMIN, json: terms });
  assert.equal(status, 201);
  return { secret: String(body.secret), id: String(Object(body.key).key) };
}

for (const workers of WORKER_COUNTS) {
  Deno.test(`A key posts under its name in its rooms, and nowhere else, with WORKERS=${workers}`, async () => {
    await using service = await startTestService({ ...SETTINGS, WORKERS: workers });
    const { secret: token } = await addKey(service);
    const sent = await api(service, "/rooms/deploys/messages", { token, text: "v1.2 is out" });
    assert.equal(sent.status, 201);
    const { messages } = (await api(service, "/rooms/deploys/messages", { token })).body;
    assert.ok(Array.isArray(messages));
    assert.equal(messages[0].name, "ci");
    const elsewhere = await api(service, "/rooms/lobby/messages", { token, text: "hi" });
    assert.deepEqual([elsewhere.status, elsewhere.body.code], [403, "not_allowed"]);
    const react = `/rooms/deploys/messages/${sent.body.position}/reactions/👍`;
    assert.equal((await api(service, react, { method: "PUT", token })).status, 403);
  });
}

Deno.test("A key that may only send reads nothing", async () => {
  await using service = await startTestService(SETTINGS);
  const { secret: token } = await addKey(service, { allow: ["send"] });
  const path = "/rooms/deploys/messages";
  assert.equal((await api(service, path, { token, text: "v1.2 is out" })).status, 201);
  for (const read of [path, "/rooms/deploys/members"]) {
    assert.equal((await api(service, read, { token })).status, 403);
  }
  await using events = await follow(service, "/rooms/deploys/events", {
    authorization: `Bearer ${token}`,
  });
  assert.equal(events.response.status, 403);
});

Deno.test("A key that may only moderate deletes messages, and one that may only send configures its room", async () => {
  await using service = await startTestService(SETTINGS);
  const { secret: sender } = await addKey(service, { allow: ["send"] });
  const { secret: moderator } = await addKey(service, { allow: ["moderate"] });
  const path = "/rooms/deploys/messages";
  const create = { kind: "open", room: "deploys" };
  assert.equal((await api(service, "/rooms", { token: sender, json: create })).status, 201);
  const { position } = (await api(service, path, { token: sender, text: "v1.2 is out" })).body;
  const method = "DELETE";
  const deleted = await api(service, `${path}/${position}`, { method, token: moderator });
  assert.equal(deleted.status, 200);
  for (const token of [sender, moderator]) {
    const json = { topic: `of ${token.length}` };
    const configured = await api(service, "/rooms/deploys", { method: "PATCH", token, json });
    assert.equal(configured.status, 200);
    assert.equal((await api(service, path, { token })).status, 403);
  }
  assert.equal((await api(service, path, { token: moderator, text: "hi" })).status, 403);
});

Deno.test("A key that is removed is refused, and what it has open ends", async () => {
  await using service = await startTestService(SETTINGS);
  const { secret: token, id } = await addKey(service);
  const authorization = `Bearer ${token}`;
  await using events = await follow(service, "/rooms/deploys/events", { authorization });
  await using client = await JsonClient.open(service);
  client.send({ type: "hello", token });
  await client.next("hello");
  const removed = await api(service, "/keys", { token: ADMIN, json: { remove: id } });
  assert.equal(removed.status, 200);
  assert.equal((await events.next("closed")).data.code, 4508);
  assert.equal((await client.connection.closed).code, 4508);
  const refused = await api(service, "/rooms/deploys/messages", { token, text: "?" });
  assert.deepEqual([refused.status, refused.body.code], [401, "bad_token"]);
});

Deno.test("Keys are listed without their secrets, and only for operators", async () => {
  await using service = await startTestService(SETTINGS);
  const { secret, id } = await addKey(service);
  await api(service, "/rooms/deploys/messages", { token: secret, text: "hi" });
  const { body } = await api(service, "/keys", { token: ADMIN });
  assert.ok(Array.isArray(body.keys));
  const [{ key, name, rooms, allow, usedAt }] = body.keys;
  assert.deepEqual({ key, name, rooms, allow }, {
    key: id,
    name: "ci",
    rooms: ["deploys"],
    allow: ["read", "send"],
  });
  assert.ok(Date.parse(usedAt) > 0);
  assert.equal(JSON.stringify(body).includes(secret), false);
  for (const token of [secret, "another token"]) {
    assert.equal((await api(service, "/keys", { token })).status, 401);
  }
});

Deno.test("A key with terms that mean nothing is not added", async () => {
  await using service = await startTestService(SETTINGS);
  const good = { name: "ci", rooms: ["deploys"], allow: ["send"] };
  for (
    const bad of [{ name: "* x" }, { rooms: [] }, { rooms: ["a*b"] }, { allow: [] }, { second: 5 }]
  ) {
    const { status } = await api(service, "/keys", { token: ADMIN, json: { ...good, ...bad } });
    assert.equal(status, 400, JSON.stringify(bad));
  }
});
