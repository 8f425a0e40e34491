/**
 * What the HTTP API answers when something is wrong with a request, or with the service: the status, the headers, and problem
 * details.
 * @module
 */
import assert from "node:assert/strict";
import { api, type ApiAnswer, follow } from "../../../support/api.ts";
import { type RawResponse, RawSocket, sendRequest } from "../../../support/clients/raw_socket.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { SECRET, signToken } from "../../../support/app.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import { ENGINE } from "../../../support/engine.ts";
import { withinDeadline } from "../../../support/provision.ts";
import { startTestService, type TestService } from "../../../support/service.ts";

const MESSAGES = "/rooms/den/messages";
const BLOG = "https://blog.example";
const ADMIN = "an admin token that is long enough";

function assertProblem({ status, headers, body }: ApiAnswer, expected: number, code?: string) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.equal(headers.get("content-type"), "application/problem+json");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(body.type, "about:blank");
  assert.equal(body.status, expected);
  assert.equal(typeof body.title, "string");
  assert.equal(typeof body.detail, "string");
  assert.equal(body.code, code);
}

/** Sends the head of a request and perhaps the beginning of its body, which does not go on. */
async function sendHead(
  { port }: TestService,
  path: string,
  headers: readonly string[],
  start = "",
): Promise<RawResponse> {
  const lines = [`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers];
  using peer = await RawSocket.connect(port);
  await peer.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${start}`));
  const response = await peer.response();
  // The engine deno waits until the client closes the connection.
  if (ENGINE === "node") await withinDeadline("the end of the connection", peer.next());
  return response;
}

Deno.test("A path that nothing is at is answered with 404 and problem details", async () => {
  await using service = await startTestService();
  for (
    const path of ["", "/", "/nothing", "/rooms/", "/rooms//messages", "/rooms/a/b/c", "/me/"]
  ) {
    assertProblem(await api(service, path), 404);
  }
  for (const broken of ["/rooms/%/messages", "/rooms/%ff/messages"]) {
    assertProblem(await api(service, broken), 404);
  }
});

Deno.test("A URL that is too long is answered with 414, also at a hook", async () => {
  await using service = await startTestService();
  assertProblem(await api(service, `/me?${"a".repeat(8_192)}`), 414);
  const hook = await fetch(`${service.url}/hooks/${"a".repeat(8_192)}`, { method: "POST" });
  assert.equal(hook.headers.get("content-type"), "application/problem+json");
  assert.equal((await hook.json()).status, 414);
});

Deno.test("A method that a path does not take is answered with 405 and those that it takes", async () => {
  await using service = await startTestService();
  for (
    const [method, path, allow] of [
      ["PUT", MESSAGES, "GET, POST, HEAD, OPTIONS"],
      ["POST", "/me", "GET, PATCH, HEAD, OPTIONS"],
      ["GET", "/rooms/den/read", "PUT, OPTIONS"],
      ["POST", "/rooms/den/events", "GET, OPTIONS"],
      ["HEAD", "/events", "GET, OPTIONS"],
      ["GET", "/tickets", "POST, OPTIONS"],
    ] as const
  ) {
    const answer = await api(service, path, { method });
    if (method !== "HEAD") assertProblem(answer, 405);
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allow], path);
  }
});

Deno.test("A HEAD has the head of a GET, and no body", async () => {
  await using service = await startTestService();
  await api(service, MESSAGES, { text: "hello" });
  const get = await api(service, MESSAGES);
  const head = await api(service, MESSAGES, { method: "HEAD" });
  assert.deepEqual([head.status, head.body], [200, {}]);
  for (const name of ["content-type", "content-length", "etag", "cache-control"]) {
    assert.equal(head.headers.get(name), get.headers.get(name), name);
  }
});

Deno.test("Whoever meant to sign in is answered with 401, and does not post as a guest", async () => {
  await using service = await startTestService();
  const key = `parley_${"A".repeat(43)}`;
  for (const authorization of ["Bearer", "Bearer ", "bearer", "Bearer nonsense", key]) {
    const answer = await api(service, MESSAGES, { text: "hi", headers: { authorization } });
    assertProblem(answer, 401, "bad_token");
    assert.equal(answer.headers.get("www-authenticate"), 'Bearer error="invalid_token"');
    const events = await api(service, "/rooms/den/events", { headers: { authorization } });
    assertProblem(events, 401, "bad_token");
  }
  // A proxy may have checked the credentials of another scheme.
  const headers = { authorization: "Basic YW5uOnNlY3JldA==" };
  assert.equal((await api(service, MESSAGES, { text: "hi", headers })).status, 201);
});

Deno.test("An operator's HEAD has the head of a GET, and no body", async () => {
  await using service = await startTestService({ ADMIN_TOKEN: ADMIN });
  for (const path of ["/keys", "/webhooks", "/audit", "/invites"]) {
    const get = await api(service, path, { token: ADMIN });
    const head = await api(service, path, { token: ADMIN, method: "HEAD" });
    assert.deepEqual([get.status, head.status, head.body], [200, 200, {}], path);
    assert.equal(head.headers.get("content-length"), get.headers.get("content-length"));
  }
});

Deno.test("A body of another type is answered with 415", async () => {
  await using service = await startTestService();
  for (const type of ["text/html", "application/x-www-form-urlencoded", "application/jsonp"]) {
    const headers = { "content-type": type };
    const sent = await fetch(`${service.url}/api/v1${MESSAGES}`, {
      ...{ method: "POST", headers, body: '{"text":"hi"}' },
    });
    assert.equal(sent.status, 415, type);
    assert.match((await sent.json()).detail, /application\/json or text\/plain/);
  }
  assertProblem(await api(service, "/rooms", { text: "listed" }), 415);
  const { messages } = (await api(service, MESSAGES)).body;
  assert.deepEqual(messages, []);
});

Deno.test("A body that is no JSON object, no UTF-8 or lacks a field is answered with 400", async () => {
  await using service = await startTestService();
  const url = `${service.url}/api/v1${MESSAGES}`;
  const headers = { "content-type": "application/json; charset=utf-8" };
  for (const body of ["", "[]", "null", '"hi"', "{", '{"text":1}', '{"text":"a","reply":"b"}']) {
    const sent = await fetch(url, { method: "POST", headers, body });
    assert.deepEqual([sent.status, (await sent.json()).code], [400, "bad_frame"], body);
  }
  const latin = await fetch(url, { method: "POST", headers, body: new Uint8Array([34, 233, 34]) });
  assert.deepEqual([latin.status, (await latin.json()).code], [400, "bad_frame"]);
  for (const key of ["a b", "x".repeat(65), "é"]) {
    const answer = await api(service, MESSAGES, {
      ...{ text: "hi", headers: { "idempotency-key": encodeURIComponent(key) } },
    });
    const isSent = /^[\x21-\x7e]{1,64}$/.test(encodeURIComponent(key));
    assert.equal(answer.status, isSent ? 201 : 400, key);
  }
});

Deno.test("A field that is wrong is named, as the request names it, with what is expected", async () => {
  await using service = await startTestService({ ADMIN_TOKEN: ADMIN });
  const idRule = /^user: .*a user id has 8 to 40 characters/;
  for (
    const [path, request, detail] of [
      [MESSAGES, { json: { text: "a", mentions: ["u1"] } }, /^mentions\.0: a user id has 8/],
      [MESSAGES, { json: {} }, /^text: the field is missing$/],
      [`${MESSAGES}?limit=many`, {}, /^limit: .*"many"$/],
      [`${MESSAGES}/12`, { method: "DELETE" }, /^position: Expected a position: epoch:seq/],
      [`${MESSAGES}/a:1/reactions/no`, { method: "PUT" }, /^emoji: Expected one emoji$/],
      ["/direct/u1", { method: "PUT" }, idRule],
      ["/users", { json: { user: "u1", role: "owner" }, token: ADMIN }, idRule],
      [
        "/keys",
        { json: { name: "ci", rooms: ["a"], allow: ["fly"] }, token: ADMIN },
        /^allow\.0: /,
      ],
      ["/audit?limit=0", { token: ADMIN }, /^limit: Expected a number from 1 to/],
      ["/audit?before=1", { token: ADMIN }, /^before: Expected a position/],
    ] as const
  ) {
    const answer = await api(service, path, request);
    assertProblem(answer, 400, "bad_frame");
    assert.match(String(answer.body.detail), detail);
  }
});

Deno.test("A body that is too long is answered with 413 before it is sent", async () => {
  await using service = await startTestService({ ADMIN_TOKEN: ADMIN });
  const head = ["Content-Type: application/json", "Content-Length: 10000000"];
  const sent = await sendHead(service, `/api/v1${MESSAGES}`, head);
  assert.deepEqual([sent.status, JSON.parse(sent.body).code], [413, "too_long"]);
  const bearer = `Authorization: Bearer ${ADMIN}`;
  const byOperator = await sendHead(service, "/api/v1/keys", [...head, bearer]);
  assert.equal(byOperator.status, 413);
});

Deno.test("A body without a length is answered with 413 once it is too long", async () => {
  await using service = await startTestService({ MAX_MESSAGE_BYTES: "1000" });
  const head = ["Content-Type: text/plain", "Transfer-Encoding: chunked"];
  const chunk = `186a0\r\n${"x".repeat(100_000)}\r\n`;
  const sent = await sendHead(service, `/api/v1${MESSAGES}`, head, chunk);
  assert.deepEqual([sent.status, JSON.parse(sent.body).code], [413, "too_long"]);
});

/** Timers of these times expire at once while it is not disposed. */
function withoutWaiting(...times: readonly number[]): Disposable {
  const { setTimeout } = globalThis;
  globalThis.setTimeout =
    ((run: () => void, ms?: number) =>
      setTimeout(run, times.includes(ms ?? 0) ? 0 : ms)) as typeof setTimeout;
  return { [Symbol.dispose]: () => void (globalThis.setTimeout = setTimeout) };
}

Deno.test("A body that does not arrive within ten seconds is answered with 408", async () => {
  await using service = await startTestService({ ADMIN_TOKEN: ADMIN });
  using _ = withoutWaiting(10_000);
  const head = ["Content-Type: application/json", "Content-Length: 100"];
  const sent = await sendHead(service, `/api/v1${MESSAGES}`, head);
  assert.equal(sent.status, 408, sent.body);
  assert.equal(sent.headers.get("content-type"), "application/problem+json");
  assert.equal(sent.headers.get("connection"), "close");
  const bearer = `Authorization: Bearer ${ADMIN}`;
  const byOperator = await sendHead(service, "/api/v1/keys", [...head, bearer]);
  assert.equal(byOperator.status, 408, byOperator.body);
});

Deno.test("A store that is away is answered with 503, and when to try again", async () => {
  await using service = await startTestService({
    ...{ REDIS_URL: "redis://127.0.0.1:1", ADMIN_TOKEN: ADMIN },
  });
  for (
    const [path, request] of [
      [MESSAGES, { text: "hi" }],
      [MESSAGES, {}],
      ["/rooms", {}],
      ["/keys", { token: ADMIN }],
      ["/invites", { token: ADMIN, json: {} }],
      ["/audit", { token: ADMIN }],
      ["/revocations", { token: ADMIN }],
      ["/me", { token: `parley_${"A".repeat(43)}` }],
    ] as const
  ) {
    const answer = await api(service, path, request);
    assertProblem(answer, 503, "unavailable");
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/, path);
  }
});

Deno.test("Who sends too much is answered with 429, and when to try again", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "1" });
  const seen: ApiAnswer[] = [];
  while (seen.length < 500 && seen.at(-1)?.status !== 429) {
    seen.push(await api(service, `${MESSAGES}?name=ci`, { text: `${seen.length}` }));
  }
  const last = seen.at(-1);
  assert.ok(last);
  assertProblem(last, 429, "slow_down");
  assert.match(last.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  assert.match(last.headers.get("ratelimit") ?? "", /^"messages";r=0;t=[1-9]\d*$/);
  assert.equal(last.headers.get("ratelimit-policy"), '"messages";q=1;w=1');
  assert.ok(Number(last.body.afterMs) > 0);
});

Deno.test("A page of another origin can send nothing, whatever its request carries", async () => {
  await using service = await startTestService();
  for (const path of [MESSAGES, "/rooms/den/events", "/me", "/events?rooms=den"]) {
    for (const method of ["GET", "POST"]) {
      const headers = { origin: BLOG, "content-type": "text/plain" };
      const answer = await api(service, path, {
        ...{ method, headers },
        ...(method === "POST" && { text: "hi" }),
      });
      assertProblem(answer, 403, "origin_refused");
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
    }
  }
  assert.deepEqual((await api(service, MESSAGES)).body.messages, []);
});

Deno.test("Pages of ALLOWED_ORIGINS learn by a preflight what they may send, and read the answers", async () => {
  await using service = await startTestService({ ALLOWED_ORIGINS: BLOG });
  const origin = { origin: BLOG };
  const asked = {
    ...{ ...origin, "access-control-request-method": "POST" },
    "access-control-request-headers": "authorization,idempotency-key",
  };
  const preflight = await api(service, MESSAGES, { method: "OPTIONS", headers: asked });
  assert.equal(preflight.status, 204);
  const { headers } = preflight;
  assert.equal(headers.get("access-control-allow-origin"), BLOG);
  assert.equal(headers.get("access-control-allow-methods"), "GET, POST, HEAD");
  assert.match(headers.get("access-control-allow-headers") ?? "", /authorization.*idempotency-key/);
  assert.equal(headers.get("access-control-allow-credentials"), null);
  const sent = await api(service, MESSAGES, { text: "hi", headers: origin });
  assert.deepEqual([sent.status, sent.headers.get("access-control-allow-origin")], [201, BLOG]);
  assert.match(sent.headers.get("access-control-expose-headers") ?? "", /etag.*retry-after/);
  // Or a browser would show one user what it has kept of another.
  const read = await api(service, MESSAGES, { headers: origin });
  assert.match(read.headers.get("vary") ?? "", /authorization, cookie.*origin/);
  const refused = await api(service, `${MESSAGES}?before=x`, { headers: origin });
  assertProblem(refused, 400, "bad_frame");
  assert.equal(refused.headers.get("access-control-allow-origin"), BLOG);
  const other = { ...asked, origin: "https://b.example" };
  const refusedPreflight = await api(service, MESSAGES, { method: "OPTIONS", headers: other });
  assertProblem(refusedPreflight, 403, "origin_refused");
});

Deno.test("A request under an unknown host name is answered with problem details", async () => {
  await using service = await startTestService({ PUBLIC_URL: "https://chat.example" });
  const { port } = service;
  const answer = await sendRequest(
    port,
    `GET /api/v1/me HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
  );
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [421, "host_refused"]);
});

Deno.test("A request with a malformed Host is answered with problem details", async () => {
  await using service = await startTestService();
  for (const host of ["127.0.0.1:99999999", "[::zz]", "a b", "a/b"]) {
    for (const path of ["/api/v1/me", "/hooks/key"]) {
      const answer = await sendRequest(
        service.port,
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(answer.status, 400, host);
      assert.equal(answer.headers.get("content-type"), "application/problem+json", host);
    }
  }
});

Deno.test("A user's calls, streams and sockets share the user's limits, and nobody else's", async () => {
  await using folder = new TemporaryFolder();
  const settings = { JWT_SECRET: SECRET, DATA_DIR: folder.path };
  const ann = await signToken();
  const bob = await signToken({ sub: "43", name: "Bob" });
  const written: ApiAnswer[] = [];
  {
    const rates = { MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" };
    await using service = await startTestService({ ...settings, ...rates });
    const text = "a long message ".repeat(60);
    while (written.length < 40) {
      written.push(await api(service, MESSAGES, { token: ann, text }));
    }
  }
  // Reading all of it costs what comes back in a minute.
  await using service = await startTestService({ ...settings, BYTES_PER_SECOND: "64" });
  await using socket = await JsonClient.open(service);
  socket.send({ type: "hello", token: ann }, { type: "join", room: "den", limit: 0 });
  await socket.next("joined");
  const after = String(written[0]?.body.position);
  const authorization = `Bearer ${ann}`;
  await using stream = await follow(service, `/rooms/den/events?after=${after}`, { authorization });
  for (const { body } of written.slice(1)) {
    assert.equal((await stream.next("said")).id, body.position);
  }
  assertProblem(await api(service, MESSAGES, { token: ann }), 429, "slow_down");
  socket.send({ type: "history", room: "den" });
  assert.equal((await socket.next("history", "fault")).code, "slow_down");
  assert.equal((await api(service, MESSAGES, { token: bob })).status, 200);
});
