/**
 * Server-sent events with whole services.
 * @module
 */
import assert from "node:assert/strict";
import { api, follow } from "../../../support/api.ts";
import { SECRET, signToken, ticketFor } from "../../../support/app.ts";
import { JsonClient } from "../../../support/clients/json_client.ts";
import { RawSocket } from "../../../support/clients/raw_socket.ts";
import { ENGINE } from "../../../support/engine.ts";
import { until, withinDeadline } from "../../../support/provision.ts";
import { startTestService, type TestService } from "../../../support/service.ts";

const EVENTS = "/rooms/den/events";
const MESSAGES = "/rooms/den/messages";

for (const workers of ["0", "1"]) {
  Deno.test(`A stream has what happens in the room, and resumes after its last id, with WORKERS=${workers}`, async () => {
    await using service = await startTestService({ WORKERS: workers });
    await using first = await follow(service, EVENTS);
    const { headers } = first.response;
    assert.equal(headers.get("content-type"), "text/event-stream");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-accel-buffering"), "no");
    const sent = await api(service, MESSAGES, { text: "1" });
    const said = await first.next();
    assert.deepEqual([said.type, said.data.text, said.id], ["said", "1", sent.body.position]);
    await first[Symbol.asyncDispose]();
    for (const text of ["2", "3"]) await api(service, MESSAGES, { text });
    await using second = await follow(service, EVENTS, { "last-event-id": said.id ?? "" });
    await using third = await follow(service, `${EVENTS}?after=${said.id}`);
    for (const stream of [second, third]) {
      assert.deepEqual([(await stream.next()).data.text, (await stream.next()).data.text], [
        "2",
        "3",
      ]);
    }
  });
}

Deno.test("A stream of several rooms resumes in all of them", async () => {
  await using service = await startTestService();
  const path = "/events?rooms=den,caf%C3%A9";
  await using first = await follow(service, path);
  await api(service, MESSAGES, { text: "1" });
  await first.next("said");
  const { lastId = "" } = first;
  await first[Symbol.asyncDispose]();
  await api(service, MESSAGES, { text: "2" });
  await api(service, "/rooms/café/messages", { text: "3" });
  await using second = await follow(service, path, { "last-event-id": lastId });
  const texts = [(await second.next("said")).data.text, (await second.next("said")).data.text];
  assert.deepEqual(texts.toSorted(), ["2", "3"]);
});

Deno.test("A stream resumes a room that its client spells in another normal form, or twice", async () => {
  await using service = await startTestService();
  const [composed, decomposed] = ["caf%C3%A9", "cafe%CC%81"];
  await using first = await follow(service, `/events?rooms=${decomposed}`);
  await api(service, `/rooms/${composed}/messages`, { text: "1" });
  await first.next("said");
  const { lastId = "" } = first;
  await first[Symbol.asyncDispose]();
  await api(service, `/rooms/${composed}/messages`, { text: "2" });
  const path = `/events?rooms=${decomposed},${composed},Den,den`;
  await using second = await follow(service, path, { "last-event-id": lastId });
  assert.equal(second.response.status, 200);
  assert.equal((await second.next("said")).data.text, "2");
  await api(service, MESSAGES, { text: "3" });
  assert.equal((await second.next()).data.text, "3");
});

Deno.test("A stream resumes over a restart", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const settings = { DATA_DIR: folder };
    const service = await startTestService(settings);
    const stream = await follow(service, EVENTS);
    const { position } = (await api(service, MESSAGES, { text: "1" })).body;
    await stream.next("said");
    const stopped = service.stop();
    assert.equal((await stream.next("closed")).data.code, 1012);
    await stream.ended();
    await stopped;
    await stream[Symbol.asyncDispose]();
    await using again = await startTestService(settings);
    await api(again, MESSAGES, { text: "2" });
    await using resumed = await follow(again, EVENTS, { "last-event-id": String(position) });
    assert.equal((await resumed.next()).data.text, "2");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What a browser's EventSource sends. */
const BROWSER = { accept: "text/event-stream" };

/** The time after which an answer lets a browser try again. */
async function retryMsOf(response: Response): Promise<number> {
  const text = await withinDeadline("the end of the stream", response.text());
  assert.deepEqual([response.status, response.headers.get("content-type")], [
    200,
    "text/event-stream",
  ]);
  const [, ms] = text.match(/^retry: (\d+)\n\n$/) ?? assert.fail(text);
  return Number(ms);
}

Deno.test("A browser that is refused for now is told by a stream when to try again, others by a status", async () => {
  await using service = await startTestService({ MAX_CONNECTIONS: "1" });
  await using _held = await follow(service, EVENTS);
  const url = `${service.url}/api/v1${EVENTS}`;
  const waitMs = await retryMsOf(await fetch(url, { headers: BROWSER }));
  assert.ok(waitMs >= 5_000 && waitMs <= 15_000, String(waitMs));
  const { status, headers, body } = await api(service, EVENTS);
  assert.deepEqual([status, headers.get("retry-after"), body.code], [
    503,
    "5",
    "too_many_connections",
  ]);
  const unreadable = await fetch(`${url}?after=x`, { headers: BROWSER });
  assert.equal(unreadable.status, 400);
  await unreadable.body?.cancel();
});

Deno.test("A browser comes back to a service that is stopping, and is told by a stream when to try again", async () => {
  const service = await startTestService();
  const url = `${service.url}/api/v1${EVENTS}`;
  const opened = await follow(service, EVENTS);
  // It does not answer the close frame, so the service waits.
  using _silent = await RawSocket.open(service.port, "/ws");
  const stopped = service.stop();
  await opened.next("closed");
  assert.ok(await retryMsOf(await fetch(url, { headers: BROWSER })) >= 5_000);
  const { status, body } = await api(service, EVENTS);
  assert.deepEqual([status, body.code], [503, "unavailable"]);
  await opened[Symbol.asyncDispose]();
  await stopped;
});

Deno.test("A browser whose address sends too many requests can read when to try again", async () => {
  const blog = "https://blog.example";
  await using service = await startTestService({
    ...{ TRUST_PROXY: "127.0.0.1", HANDSHAKES_PER_SECOND: "1", ALLOWED_ORIGINS: blog },
  });
  const source = { "x-forwarded-for": "203.0.113.9" };
  const headers = { ...BROWSER, ...source, origin: blog };
  // On a slow machine, the address may gain another request meanwhile.
  for (;;) {
    let last = await api(service, "/me", { headers: source });
    while (last.status !== 429) last = await api(service, "/me", { headers: source });
    assert.equal(last.body.code, "too_many_connections");
    const response = await fetch(`${service.url}/api/v1${EVENTS}`, { headers });
    if (response.headers.has("retry-after")) {
      assert.equal(response.headers.get("access-control-allow-origin"), blog);
      assert.ok(await retryMsOf(response) >= 5_000);
      break;
    }
    await response.body?.cancel();
  }
});

Deno.test("Who listens needs what a reader needs, by token or by ticket", async () => {
  await using service = await startTestService({ JWT_SECRET: SECRET, AUTH: "required" });
  const rooms = [{ match: "den", allow: ["read"] }];
  const token = await signToken({ parley: { rooms } });
  const authorization = `Bearer ${token}`;
  for (
    const [path, headers, status] of [
      [EVENTS, {}, 401],
      [EVENTS, { authorization: "Bearer nonsense" }, 401],
      ["/rooms/attic/events", { authorization }, 403],
      ["/events?rooms=den,attic", { authorization }, 403],
      [EVENTS, { authorization }, 200],
      [`${EVENTS}?ticket=${await ticketFor(service, token)}`, {}, 200],
      [`${EVENTS}?after=nowhere`, { authorization }, 400],
      ["/events", { authorization }, 400],
      [EVENTS, { authorization, origin: "https://evil.example" }, 403],
    ] as const
  ) {
    await using stream = await follow(service, path, headers);
    assert.equal(stream.response.status, status, path);
  }
});

Deno.test("Streams are connections: they count, and their number is limited", async () => {
  await using service = await startTestService({ MAX_CONNECTIONS: "2" });
  await using _first = await follow(service, EVENTS);
  const second = await follow(service, EVENTS);
  await using third = await follow(service, EVENTS);
  assert.equal(third.response.status, 503);
  await second[Symbol.asyncDispose]();
  // The runtime tells that a client has gone a moment later.
  await until("a free connection", async () => {
    await using next = await follow(service, EVENTS);
    return next.response.status === 200;
  });
});

/** The number of streams that hold a connection. */
async function openStreams(
  { adminUrl }: TestService,
  status: "open" | "closing" = "open",
): Promise<number> {
  const health = await (await fetch(`${adminUrl}/healthz`)).json();
  return health.connections[status];
}

/** A bare connection on which a stream has been requested some times. */
async function requestStreams({ port }: TestService, count: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ port });
  const request = `GET /api/v1${EVENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request.repeat(count)));
  return connection;
}

Deno.test("A client that has gone before its stream begins leaves no connection behind", async () => {
  // The worker has to ask the main thread before the stream can begin.
  await using service = await startTestService({ WORKERS: "1" });
  for (let time = 0; time < 5; time++) {
    using connection = await requestStreams(service, 1);
    await connection.closeWrite();
    while (await connection.read(new Uint8Array(4_096)) !== null);
  }
  await until("no connections", async () => await openStreams(service) === 0);
});

Deno.test("Streams that were requested at once on one connection end with it", async () => {
  await using service = await startTestService();
  const connection = await requestStreams(service, 3);
  await connection.read(new Uint8Array(4_096));
  connection.close();
  await until("no connections", async () => await openStreams(service) === 0);
});

Deno.test("Nobody sees a listener come and go", async () => {
  await using service = await startTestService();
  await using bob = await JsonClient.open(service);
  bob.send({ type: "hello", name: "Bob" }, { type: "join", room: "den" });
  await bob.next("joined");
  await using _stream = await follow(service, `${EVENTS}?name=Eve`);
  const { body } = await api(service, "/rooms/den/members");
  assert.deepEqual([body.count, body.members], [1, [{ ...Object(body.members)[0], name: "Bob" }]]);
});

Deno.test("A listener who reads nothing is dropped, and others are not held up", async () => {
  await using service = await startTestService({
    MAX_BUFFERED_BYTES: "100000",
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
  });
  const slow = await fetch(`${service.url}/api/v1${EVENTS}`);
  await using quick = await follow(service, EVENTS);
  const text = "x".repeat(60_000);
  const seen: string[] = [];
  const readOn = async (): Promise<void> => {
    const { data } = await quick.next("said");
    seen.push(String(data.text).split(" ", 1)[0] ?? "");
    if (seen.at(-1) !== "last") await readOn();
  };
  const reading = readOn();
  const sent: string[] = [];
  await until("the end of the slow one", async () => {
    for (let more = 0; more < 10; more++) {
      sent.push(String(sent.length));
      await api(service, MESSAGES, { text: `${sent.at(-1)} ${text}` });
    }
    return await openStreams(service) === 1;
  });
  await api(service, MESSAGES, { text: "last" });
  await reading;
  assert.deepEqual(seen, [...sent, "last"]);
  // Nothing but the client can end its connection, with this engine.
  assert.equal(await openStreams(service, "closing"), ENGINE === "deno" ? 1 : 0);
  await slow.body?.cancel().catch(() => {});
  await until(
    "the connection of the slow one",
    async () => await openStreams(service, "closing") === 0,
  );
});
