/**
 * The HTTP API with whole services: what a script and curl do in a room.
 * @module
 */
import assert from "node:assert/strict";
import { api } from "../../../support/api.ts";
import { SECRET, signToken, ticketFor } from "../../../support/app.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { WORKER_COUNTS } from "../../../support/engine.ts";
import { startTestService } from "../../../support/service.ts";

const SIGNED = { JWT_SECRET: SECRET };
const MESSAGES = "/rooms/den/messages";

async function join(service: { readonly url: string }, room = "den"): Promise<JsonClient> {
  const client = await JsonClient.open(service);
  client.send({ type: "hello", name: "Bob" }, { type: "join", room });
  await client.next("joined");
  return client;
}

for (const workers of WORKER_COUNTS) {
  Deno.test(`A script sends, reads, edits and deletes a message, with WORKERS=${workers}`, async () => {
    await using service = await startTestService({ ...SIGNED, WORKERS: workers });
    const token = await signToken();
    await using bob = await join(service);
    const sent = await api(service, MESSAGES, { token, text: "hello" });
    assert.equal(sent.status, 201);
    const { position } = sent.body;
    const said = await bob.next("said");
    assert.deepEqual([said.name, said.text, said.position], ["Ann", "hello", position]);
    const path = `${MESSAGES}/${position}`;
    assert.equal(
      (await api(service, path, { method: "PATCH", token, json: { text: "hi" } })).status,
      200,
    );
    assert.equal((await bob.next("edited")).text, "hi");
    assert.equal(
      (await api(service, `${path}/reactions/👍`, { method: "PUT", token })).status,
      200,
    );
    assert.equal((await bob.next("reacted")).emoji, "👍");
    const read = await api(service, MESSAGES, { token });
    const [message] = messagesOf(read.body);
    assert.deepEqual([message?.text, Object.keys(Object(message?.reactions))], ["hi", ["👍"]]);
    const removed = `${path}/reactions/${encodeURIComponent("👍")}`;
    assert.equal((await api(service, removed, { method: "DELETE", token })).status, 200);
    assert.equal((await bob.next("reacted")).on, false);
    assert.equal((await api(service, path, { method: "DELETE", token })).status, 200);
    assert.equal((await bob.next("deleted")).of, position);
    assert.equal((await api(service, path, { method: "DELETE", token })).status, 410);
  });
}

function messagesOf(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  assert.ok(Array.isArray(body.messages));
  return body.messages;
}

Deno.test("A script sends and reads mentions and metadata", async () => {
  await using service = await startTestService({ ...SIGNED, WORKERS: "1" });
  const token = await signToken();
  await using bob = await join(service);
  const metadata = JSON.parse('{"__proto__":{"a":1},"constructor":null,"run":[42]}');
  const json = { text: "passed", mentions: ["user_bob"], metadata };
  assert.equal((await api(service, MESSAGES, { token, json })).status, 201);
  const said = await bob.next("said");
  const [message] = messagesOf((await api(service, MESSAGES, { token })).body);
  for (const it of [said, message]) {
    assert.deepEqual(it?.mentions, json.mentions);
    assert.equal(JSON.stringify(it?.metadata), JSON.stringify(metadata));
  }
  const large = { text: "failed", metadata: { log: "x".repeat(2_048) } };
  const refused = await api(service, MESSAGES, { token, json: large });
  assert.deepEqual([refused.status, refused.body.code], [400, "bad_frame"]);
  assert.match(String(refused.body.detail), /^metadata: /);
});

Deno.test("A message that is sent again with its Idempotency-Key is answered with the first position", async () => {
  await using service = await startTestService(SIGNED);
  const headers = { "idempotency-key": "build-42" };
  for (const token of [await signToken(), undefined]) {
    const more = { headers, ...(token !== undefined && { token }) };
    const first = await api(service, `${MESSAGES}?name=ci`, { text: "passed", ...more });
    const again = await api(service, `${MESSAGES}?name=ci`, { text: "passed", ...more });
    assert.deepEqual([again.status, again.body], [201, first.body]);
    const other = await api(service, `${MESSAGES}?name=ci`, { text: "failed", ...more });
    assert.deepEqual([other.status, other.body.code], [409, "id_reused"]);
  }
  const { messages } = (await api(service, MESSAGES)).body;
  assert.ok(Array.isArray(messages));
  assert.equal(messages.length, 2);
});

Deno.test("Who sees the id of a guest's message cannot act as that guest with it", async () => {
  await using service = await startTestService();
  const headers = { "idempotency-key": "secret-key" };
  const { position } = (await api(service, `${MESSAGES}?name=ci`, { text: "hi", headers })).body;
  const [message] = messagesOf((await api(service, MESSAGES)).body);
  assert.equal(JSON.stringify(message).includes("secret-key"), false);
  const stolen = { "idempotency-key": String(message?.id) };
  const path = `${MESSAGES}/${position}?name=ci`;
  const edit = { method: "PATCH", text: "changed" };
  assert.equal((await api(service, path, { ...edit, headers: stolen })).body.code, "not_yours");
});

Deno.test("A guest without credentials has a name by the URL, or a guest's name", async () => {
  await using service = await startTestService({ GUEST_NAME: "Visitor" });
  await api(service, `${MESSAGES}?name=Cron`, { text: "1" });
  await api(service, MESSAGES, { text: "2" });
  const names = messagesOf((await api(service, MESSAGES)).body).map(({ name }) => String(name));
  assert.equal(names[0], "Cron");
  assert.match(String(names[1]), /^Visitor/);
});

Deno.test("Bearer tokens, tickets and session tokens say who calls", async () => {
  await using service = await startTestService(SIGNED);
  const token = await signToken();
  const me = async (path: string, token?: string) =>
    Object((await api(service, path, token === undefined ? {} : { token })).body.you);
  assert.equal((await me("/me", token)).name, "Ann");
  const ticket = await ticketFor(service, token);
  assert.equal((await me(`/me?ticket=${ticket}`)).name, "Ann");
  assert.equal((await api(service, `/me?ticket=${ticket}`)).status, 401);
  await using bob = await JsonClient.open(service);
  bob.send({ type: "hello", name: "Bob" });
  const hello = await bob.next("hello");
  assert.equal((await me("/me", String(hello.resume))).user, Object(hello.you).user);
});

Deno.test("Pages of messages go on before and after a position, around one, and from a time", async () => {
  await using service = await startTestService();
  const positions: string[] = [];
  for (const text of ["1", "2", "3", "4", "5"]) {
    positions.push(String((await api(service, MESSAGES, { text })).body.position));
  }
  const page = async (query: string) => {
    const { body } = await api(service, `${MESSAGES}?${query}`);
    const texts = messagesOf(body).map(({ text }) => text).join("");
    return [texts, body.more, body.newer, ...(body.reason ? [body.reason] : [])];
  };
  assert.deepEqual(await page("limit=2"), ["45", true, undefined]);
  assert.deepEqual(await page(`before=${positions[3]}&limit=2`), ["23", true, undefined]);
  assert.deepEqual(await page(`after=${positions[1]}&limit=2`), ["34", true, true]);
  assert.deepEqual(await page(`around=${positions[2]}&limit=3`), ["234", true, true]);
  assert.deepEqual(await page("at=1970-01-02T00:00:00Z&limit=4"), ["12", false, true]);
  assert.deepEqual(await page("limit=0"), ["", true, undefined]);
  assert.deepEqual(await page(`before=${positions[0]}&limit=0`), ["", false, undefined]);
  const unknown = "unknown_epoch";
  assert.deepEqual(await page("before=other:1&limit=2"), ["45", true, undefined, unknown]);
  assert.deepEqual(await page("after=other:2&limit=9"), ["12345", false, false, unknown]);
  assert.equal(
    (await api(service, `${MESSAGES}?before=${positions[1]}&after=${positions[1]}`)).status,
    400,
  );
});

Deno.test("An unchanged page of messages is not sent again", async () => {
  await using service = await startTestService();
  await api(service, MESSAGES, { text: "1" });
  const first = await api(service, MESSAGES);
  const etag = first.headers.get("etag") ?? "";
  const headers = { "if-none-match": etag };
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await api(service, MESSAGES, { headers: { "if-none-match": known } });
    assert.deepEqual([again.status, again.body], [304, {}], known);
  }
  await api(service, MESSAGES, { text: "2" });
  const changed = await api(service, MESSAGES, { headers });
  assert.deepEqual([changed.status, messagesOf(changed.body).length], [200, 2]);
});

Deno.test("Somebody who reads by the API has read everywhere", async () => {
  await using service = await startTestService(SIGNED);
  const token = await signToken();
  await using ann = await JsonClient.open(service);
  ann.send({ type: "hello", token }, { type: "join", room: "den" });
  await ann.next("joined");
  const { position } = (await api(service, MESSAGES, { text: "1" })).body;
  await ann.next("said");
  const read = await api(service, "/rooms/den/read", { method: "PUT", token, json: { position } });
  assert.equal(read.status, 200);
  assert.equal((await ann.next("read")).position, position);
});

Deno.test("Rooms are created, listed, changed and archived", async () => {
  await using service = await startTestService(SIGNED);
  const token = await signToken({ parley: { role: "moderator" } });
  const created = await api(service, "/rooms", {
    token,
    json: { kind: "listed", room: "news", title: "News" },
  });
  assert.deepEqual([created.status, created.body.title], [201, "News"]);
  const titles = async () => {
    const { rooms } = (await api(service, "/rooms", { token })).body;
    assert.ok(Array.isArray(rooms));
    return rooms.map((it) => it.title);
  };
  assert.deepEqual(await titles(), ["News"]);
  const changed = await api(service, "/rooms/news", {
    method: "PATCH",
    token,
    json: { title: "Old news" },
  });
  assert.equal(changed.status, 200);
  assert.deepEqual(await titles(), ["Old news"]);
  await api(service, "/rooms/news/messages", { token, text: "old" });
  assert.equal((await api(service, "/rooms/news", { method: "DELETE", token })).status, 200);
  assert.deepEqual(await titles(), []);
  const { messages } = (await api(service, "/rooms/news/messages", { token })).body;
  assert.ok(Array.isArray(messages));
  assert.deepEqual(messages.map(({ text }) => text), ["deleted the room"]);
  assert.equal(
    (await api(service, "/rooms/news/messages", { token: await signToken(), text: "?" })).body.code,
    "read_only",
  );
});

Deno.test("A moderator bans by the API, and whoever is banned is told why", async () => {
  await using service = await startTestService(SIGNED);
  const moderator = await signToken({ sub: "1", name: "Mia", parley: { role: "moderator" } });
  const token = await signToken();
  const { you } = (await api(service, "/me", { token })).body;
  const order = { action: "ban", user: Object(you).user, reason: "spam", seconds: 60 };
  assert.equal((await api(service, "/rooms/den/moderation", { token, json: order })).status, 403);
  assert.equal(
    (await api(service, "/rooms/den/moderation", { token: moderator, json: order })).status,
    200,
  );
  const { status, body } = await api(service, MESSAGES, { token, text: "again" });
  assert.deepEqual([status, body.code, body.reason], [403, "banned", "spam"]);
});
