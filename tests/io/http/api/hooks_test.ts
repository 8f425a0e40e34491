/**
 * Incoming webhooks with a whole service.
 * @module
 */
import assert from "node:assert/strict";
import { api } from "../../../support/api.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { startTestService, type TestService } from "../../../support/service.ts";

const ADMIN = "an admin token that is long enough";
const SETTINGS = { AUTH: "required", ADMIN_TOKEN: ADMIN };

async function addHook(
  service: TestService,
  terms: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const json = { name: "Alerts", rooms: ["alerts"], allow: ["read", "send"], ...terms };
  return String((await api(service, "/keys", { token: ADMIN, json })).body.secret);
}

async function post(
  { url }: TestService,
  secret: string,
  body: string,
  type = "application/json",
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { "content-type": type };
  const response = await fetch(`${url}/hooks/${secret}`, { method: "POST", body, headers });
  return { status: response.status, text: await response.text() };
}

async function lastMessage(service: TestService, token: string) {
  const { messages } = (await api(service, "/rooms/alerts/messages", { token })).body;
  assert.ok(Array.isArray(messages));
  const { name, text } = messages.at(-1);
  return [name, text];
}

Deno.test("A hook posts under the name that the sender states, or under that of its key", async () => {
  await using service = await startTestService(SETTINGS);
  const secret = await addHook(service);
  const form = new URLSearchParams({ payload: JSON.stringify({ text: "by a form" }) });
  assert.deepEqual(await post(service, secret, JSON.stringify({ text: "disk full" })), {
    status: 200,
    text: "ok",
  });
  assert.deepEqual(await lastMessage(service, secret), ["Alerts", "disk full"]);
  const named = JSON.stringify({ text: "disk full", username: "Grafana" });
  assert.equal((await post(service, secret, named)).status, 200);
  assert.deepEqual(await lastMessage(service, secret), ["Grafana", "disk full"]);
  await post(service, secret, String(form), "application/x-www-form-urlencoded");
  assert.deepEqual(await lastMessage(service, secret), ["Alerts", "by a form"]);
  const type = "application/x-www-form-urlencoded; charset=utf-8";
  await post(service, secret, `token=1&payload=${encodeURIComponent('{"text":"second"}')}`, type);
  assert.deepEqual(await lastMessage(service, secret), ["Alerts", "second"]);
  // As curl -d sends it.
  await post(service, secret, '{"text":"a&payload=b"}', type);
  assert.deepEqual(await lastMessage(service, secret), ["Alerts", "a&payload=b"]);
});

Deno.test("A hook whose sender states a name like a member's posts under the name of its key", async () => {
  await using service = await startTestService(SETTINGS);
  const secret = await addHook(service);
  const invite = await api(service, "/invites", { token: ADMIN, json: { role: "member" } });
  await using member = await JsonClient.open(service);
  member.send({ type: "hello", name: "Mia", invite: invite.body.secret });
  await member.next("hello");
  for (const username of ["Mia", "mia", "M\u0456a"]) {
    await post(service, secret, JSON.stringify({ text: `by ${username}`, username }));
    assert.deepEqual(await lastMessage(service, secret), ["Alerts", `by ${username}`]);
  }
});

Deno.test("A hook cannot speak under the name of somebody who is in the room", async () => {
  await using service = await startTestService(SETTINGS);
  const secret = await addHook(service);
  const ann = await addHook(service, { name: "Ann" });
  await using client = await JsonClient.open(service);
  client.send({ type: "hello", token: ann }, { type: "join", room: "alerts" });
  await client.next("joined");
  for (const username of ["Ann", "ann", "* Ann", ""]) {
    await post(service, secret, JSON.stringify({ text: "hi", username }));
    assert.deepEqual(await lastMessage(service, secret), ["Alerts", "hi"]);
  }
});

Deno.test("A hook cuts a text that is too long", async () => {
  await using service = await startTestService({ ...SETTINGS, MAX_MESSAGE_BYTES: "1000" });
  const secret = await addHook(service);
  assert.equal(
    (await post(service, secret, JSON.stringify({ text: "é😀".repeat(300) }))).status,
    200,
  );
  const [, text] = await lastMessage(service, secret);
  const bytes = new TextEncoder().encode(text).length;
  assert.ok(bytes <= 1_000 && bytes > 990, String(bytes));
  assert.match(text, /[é😀]…$/u);
});

Deno.test("What is no hook, or no message, is refused", async () => {
  await using service = await startTestService(SETTINGS);
  const secret = await addHook(service);
  const wide = await addHook(service, { rooms: ["alerts", "deploys"] });
  const silent = await addHook(service, { allow: ["read"] });
  const good = JSON.stringify({ text: "hi" });
  for (
    const [what, status, key, body] of [
      ["an unknown secret", 404, `parley_${"A".repeat(43)}`, good],
      ["no secret", 404, "", good],
      ["a key of several rooms", 403, wide, good],
      ["a key that may not send", 403, silent, good],
      ["no JSON", 400, secret, "hi"],
      ["no text", 400, secret, "{}"],
      ["too much", 413, secret, "x".repeat(500_000)],
    ] as const
  ) {
    assert.equal((await post(service, key, body)).status, status, what);
  }
  const read = await fetch(`${service.url}/hooks/${secret}`);
  await read.body?.cancel();
  assert.equal(read.status, 405);
});
