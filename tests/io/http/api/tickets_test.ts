/**
 * Tickets, with whole services: a client exchanges its access token for one, and connects with it in the URL.
 * @module
 */
import assert from "node:assert/strict";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { requestTicket, SECRET, signToken, ticketFor } from "../../../support/app.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { TestClient } from "../../../support/clients/test_client.ts";
import { WORKER_COUNTS } from "../../../support/engine.ts";
import { startTestService } from "../../../support/service.ts";

const SIGNED = { JWT_SECRET: SECRET };
const BLOG = "https://blog.example";

for (const workers of WORKER_COUNTS) {
  Deno.test(`A ticket in the URL signs in as the token's user, once, with WORKERS=${workers}`, async () => {
    await using service = await startTestService({ ...SIGNED, AUTH: "required", WORKERS: workers });
    const response = await requestTicket(service, await signToken());
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("content-type"), "application/json");
    const { ticket, ...rest } = response.body;
    assert.match(String(ticket), /^[\w-]{22}$/);
    assert.deepEqual(rest, { expiresInMs: 30_000 });
    const path = `/ws?ticket=${ticket}`;
    await using first = await JsonClient.open(service, { path });
    await using second = await JsonClient.open(service, { path });
    for (const client of [first, second]) client.send({ type: "hello", id: "1" });
    const answers = [await first.next("hello", "fault"), await second.next("hello", "fault")];
    const hello = answers.find(({ type }) => type === "hello");
    const fault = answers.find(({ type }) => type === "fault");
    assert.deepEqual(Object(hello?.you).name, "Ann");
    assert.equal(Object(hello?.you).kind, "app");
    assert.equal(fault?.code, "bad_token");
    assert.match(String(fault?.message), /a ticket works once, within 30 s/);
  });
}

Deno.test("A plain-text client connects with a ticket; with a used or invented one it is closed with 4505", async () => {
  await using service = await startTestService(SIGNED);
  const ticket = await ticketFor(service, await signToken());
  const url = (ticket: string) => `${service.url}/ws?room=den&ticket=${ticket}`;
  await using ann = await TestClient.open(url(ticket));
  ann.send("hi");
  assert.equal(await ann.next(), "Ann: hi");
  for (const bad of [ticket, "AAAAAAAAAAAAAAAAAAAAAA", "", "x".repeat(5_000)]) {
    const refused = await TestClient.open(url(bad));
    assert.match(String(await refused.next()), /^! the ticket is not valid/);
    assert.equal((await refused.closed).code, 4505);
  }
});

Deno.test("A ticket has the rights of its token, and their end", async () => {
  await using service = await startTestService({ ...SIGNED, PING_SECONDS: "1" });
  const exp = Math.ceil(Date.now() / 1_000) + 30;
  const parley = { rooms: [{ match: "den", allow: ["read"] }] };
  const ticket = await ticketFor(service, await signToken({ exp, parley }));
  await using client = await JsonClient.open(service, { path: `/ws?ticket=${ticket}` });
  client.send({ type: "hello" }, { type: "join", room: "den" });
  const { inMs } = await client.next("expiring");
  assert.ok(Number(inMs) <= 31_000, String(inMs));
  client.send({ type: "say", id: "2", room: "den", text: "hi" });
  assert.equal((await client.next("fault")).code, "not_allowed");
});

Deno.test("A request without a valid token is told why, as problem details", async () => {
  await using service = await startTestService(SIGNED);
  await using closed = await startTestService();
  const expired = await signToken({ exp: 1_000_000_000 });
  for (
    const [token, code, challenge, at = service] of [
      [undefined, "token_required", "Bearer"],
      ["forged", "bad_token", 'Bearer error="invalid_token"'],
      [expired, "token_expired", 'Bearer error="invalid_token"'],
      [await signToken(), "bad_token", 'Bearer error="invalid_token"', closed],
    ] as const
  ) {
    const response = await requestTicket(at, token);
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), challenge);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("cache-control"), "no-store");
    const { detail, ...problem } = response.body;
    assert.deepEqual(problem, { type: "about:blank", title: "Unauthorized", status: 401, code });
    assert.equal(typeof detail, "string");
  }
});

Deno.test("Only POST issues tickets", async () => {
  await using service = await startTestService(SIGNED);
  const headers = { authorization: `Bearer ${await signToken()}` };
  for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
    const response = await fetch(`${service.url}/api/v1/tickets`, { method, headers });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), "POST, OPTIONS");
    await response.body?.cancel();
  }
  for (const path of ["/api/v1/tickets/", "/api/v1", "/api/v1/ticket"]) {
    const response = await fetch(service.url + path, { method: "POST", headers });
    assert.equal(response.status, 404);
    await response.body?.cancel();
  }
});

for (
  const [setting, origin, allowed] of [
    [BLOG, BLOG, BLOG],
    [`https://a.example, ${BLOG}`, BLOG, BLOG],
    ["*", BLOG, "*"],
    ["same", "the service's own", null],
  ] as const
) {
  Deno.test(`With ALLOWED_ORIGINS=${setting}, a page of ${origin} can request a ticket`, async () => {
    await using service = await startTestService({ ...SIGNED, ALLOWED_ORIGINS: setting });
    const headers = { origin: setting === "same" ? service.url : origin };
    const preflight = await fetch(`${service.url}/api/v1/tickets`, {
      method: "OPTIONS",
      headers: {
        ...headers,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), allowed);
    assert.equal(preflight.headers.get("access-control-allow-methods"), "POST");
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /authorization/);
    for (const token of [await signToken(), "forged", undefined]) {
      const response = await requestTicket(service, token, headers);
      assert.equal(response.headers.get("access-control-allow-origin"), allowed);
    }
  });
}

Deno.test("A page of another origin gets no ticket, and no preflight request succeeds", async () => {
  for (const setting of ["same", BLOG]) {
    await using service = await startTestService({ ...SIGNED, ALLOWED_ORIGINS: setting });
    const headers = {
      origin: "https://evil.example",
      authorization: `Bearer ${await signToken()}`,
    };
    for (const method of ["POST", "OPTIONS"]) {
      const response = await fetch(`${service.url}/api/v1/tickets`, { method, headers });
      assert.equal(response.status, 403);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      assert.equal((await response.json()).code, "origin_refused");
    }
  }
});

Deno.test("Refused tokens and refused tickets of an address count together", async () => {
  // One may be refused at once, and nothing is forgiven while the test runs.
  const env = { ...SIGNED, TRUST_PROXY: "127.0.0.1/32", MESSAGES_PER_SECOND: "1" };
  await using service = await startTestService(env);
  const from = (address: string) => ({ "x-forwarded-for": address });
  const BURST = 20;
  for (let count = 0; count < BURST / 2; count++) {
    assert.equal((await requestTicket(service, "forged", from("192.0.2.1"))).status, 401);
    const client = await JsonClient.open(service, {
      path: "/ws?ticket=invented",
      headers: from("192.0.2.1"),
    });
    client.send({ type: "hello" });
    assert.equal((await client.next("fault")).code, "bad_token");
    await client[Symbol.asyncDispose]();
  }
  let response = await requestTicket(service, "forged", from("192.0.2.1"));
  // A tenth of a token comes back each second.
  for (let count = 0; response.status === 401 && count < BURST; count++) {
    response = await requestTicket(service, "forged", from("192.0.2.1"));
  }
  assert.equal(response.status, 429);
  const { code, afterMs } = response.body;
  assert.equal(code, "slow_down");
  const seconds = Math.ceil(Number(afterMs) / 1_000);
  assert.equal(response.headers.get("retry-after"), String(seconds));
  assert.equal(response.headers.get("ratelimit"), `"requests";r=0;t=${seconds}`);
  assert.equal((await requestTicket(service, "forged", from("192.0.2.2"))).status, 401);
});

Deno.test("A user who requests many tickets has to wait, and others do not", async () => {
  await using service = await startTestService({ ...SIGNED, MESSAGES_PER_SECOND: "1" });
  const token = await signToken();
  let status = 201;
  for (let count = 0; status === 201 && count < 100; count++) {
    status = (await requestTicket(service, token)).status;
  }
  assert.equal(status, 429);
  assert.equal((await requestTicket(service, await signToken({ sub: "43" }))).status, 201);
});

for (
  const [framing, body] of [
    ["content-length: 37", "GET /api/v1/tickets HTTP/1.1\r\nhost: x"],
    ["transfer-encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"],
  ] as const
) {
  Deno.test(`The body of a request is not waited for, with ${framing}`, async () => {
    await using service = await startTestService(SIGNED);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: service.port });
    const head = [
      `host: 127.0.0.1:${service.port}`,
      `authorization: Bearer ${await signToken()}`,
    ].join("\r\n");
    const write = (text: string) => connection.write(new TextEncoder().encode(text));
    await write(`POST /api/v1/tickets HTTP/1.1\r\n${head}\r\n${framing}\r\n\r\n`);
    const first = new Uint8Array(4_096);
    const length = await connection.read(first) ?? 0;
    assert.match(new TextDecoder().decode(first.subarray(0, length)), /^HTTP\/1\.1 201 /);
    await write(body);
    await write(`GET /healthz HTTP/1.1\r\n${head}\r\nconnection: close\r\n\r\n`);
    const rest = await new Response(connection.readable).text();
    // An engine may close the connection instead, but never takes the body for a request.
    if (rest !== "") assert.match(rest, /^HTTP\/1\.1 200 /);
  });
}

Deno.test("No log record has a ticket or a token", async () => {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { record: (record) => void records.push(record) },
    loggers: [
      { category: "parley", sinks: ["record"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: [] },
    ],
  });
  const secrets: string[] = [];
  {
    await using service = await startTestService({ ...SIGNED, CONNECTIONS_PER_ADDRESS: "1" });
    const token = await signToken();
    const ticket = await ticketFor(service, token);
    secrets.push(token, ticket);
    const url = `${service.url}/ws?ticket=${ticket}`;
    for (const isKnown of [true, false]) {
      const client = await TestClient.open(url);
      if (isKnown) client.send("hi");
      await client.next();
      await client[Symbol.asyncDispose]();
    }
    for (const method of ["GET", "POST", "PUT"]) {
      await (await fetch(url, { method })).body?.cancel();
    }
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
    assert.ok(secrets.every((secret) => !metrics.includes(secret)));
  }
  await reset();
  assert.ok(records.length > 0);
  const logged = JSON.stringify(records);
  assert.ok(secrets.every((secret) => !logged.includes(secret)));
});
