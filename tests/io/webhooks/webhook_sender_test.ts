/** One attempt, against receivers that fail in every way. */
import assert from "node:assert/strict";
import type { AttemptOutcome } from "../../../lib/core/webhooks/delivery_rules.ts";
import { HttpWebhookSender, type SenderOptions } from "../../../lib/io/webhooks/webhook_sender.ts";
import { signedHeaders } from "../../../lib/io/webhooks/webhook_signature.ts";
import { fails, MESSAGE, SECRET, send } from "./attempts.ts";
import { type Behavior, HostileReceiver, readRequest, writeText } from "./hostile_receiver.ts";

/** For attempts that end because of it. All others must not depend on it. */
const SHORT_MS = 50;

async function sendTo(
  receiver: HostileReceiver,
  options: Partial<SenderOptions> = {},
): Promise<AttemptOutcome> {
  return await send(`http://127.0.0.1:${receiver.port}/hook?key=1`, options);
}

Deno.test("A message is a signed POST with the type, the time and the frame as JSON", async () => {
  await using receiver = HostileReceiver.answering("HTTP/1.1 204 No Content\r\n\r\n");
  const outcome = await sendTo(receiver);
  assert.deepEqual(outcome, { kind: "answered", status: 204, retryAfterMs: undefined });
  const [request = ""] = receiver.requests;
  const [head = "", body = ""] = request.split("\r\n\r\n");
  assert.match(head, /^POST \/hook\?key=1 HTTP\/1\.1\r\n/);
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(head)?.[1]?.trim() ?? "";
  assert.equal(field("host"), `127.0.0.1:${receiver.port}`);
  assert.equal(field("content-type"), "application/json");
  const { type, data } = MESSAGE;
  assert.deepEqual(JSON.parse(body), { type, timestamp: "2026-01-01T00:00:00.000Z", data });
  const [id, seconds] = [field("webhook-id"), Number(field("webhook-timestamp"))];
  const expected = signedHeaders(SECRET, { id, seconds, body })["webhook-signature"];
  assert.equal(field("webhook-signature"), expected);
});

Deno.test("Every attempt has the same id and a signature of its own time", async () => {
  await using receiver = HostileReceiver.answering("HTTP/1.1 500 Oops\r\n\r\n");
  await sendTo(receiver);
  await sendTo(receiver);
  const ids = receiver.requests.map((it) => /^webhook-id: (.*)$/m.exec(it)?.[1]);
  assert.equal(ids.length, 2);
  assert.equal(ids[0], ids[1]);
});

for (const status of [200, 302, 410, 500]) {
  Deno.test(`A receiver's ${status} is the outcome`, async () => {
    await using other = HostileReceiver.answering("HTTP/1.1 200 OK\r\n\r\n");
    const location = `location: http://127.0.0.1:${other.port}/`;
    await using receiver = HostileReceiver.answering(`HTTP/1.1 ${status} X\r\n${location}\r\n\r\n`);
    const outcome = await sendTo(receiver);
    assert.equal(outcome.kind === "answered" && outcome.status, status);
    assert.equal(other.accepted, 0, "no redirect is followed");
  });
}

for (
  const [what, value, expected] of [
    ["seconds", "120", 120_000],
    ["nonsense", "soon", undefined],
    ["no integer", "1.5e9", undefined],
  ] as const
) {
  Deno.test(`Retry-After with ${what} asks for ${expected}`, async () => {
    const text = `HTTP/1.1 429 X\r\nRetry-After: ${value}\r\n\r\n`;
    await using receiver = HostileReceiver.answering(text);
    const outcome = await sendTo(receiver);
    assert.deepEqual(outcome, { kind: "answered", status: 429, retryAfterMs: expected });
  });
}

Deno.test("Retry-After with a date asks for the time until then", async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const text = `HTTP/1.1 503 X\r\nRetry-After: ${date}\r\n\r\n`;
  await using receiver = HostileReceiver.answering(text);
  const outcome = await sendTo(receiver);
  const { retryAfterMs = 0 } = outcome.kind === "answered" ? outcome : assert.fail();
  assert.ok(retryAfterMs > 3_000_000 && retryAfterMs <= 3_600_000);
});

Deno.test("Interim answers are skipped", async () => {
  await using receiver = HostileReceiver.answering(
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n",
  );
  const outcome = await sendTo(receiver);
  assert.equal(outcome.kind === "answered" && outcome.status, 202);
});

Deno.test("An answer without end is read up to its head", async () => {
  let sent = 0;
  await using receiver = HostileReceiver.plain(async (connection) => {
    await readRequest(connection);
    await writeText(connection, "HTTP/1.1 200 OK\r\n\r\n");
    // Until the sender closes the connection.
    for (;; sent++) await writeText(connection, "x".repeat(65_536));
  });
  const outcome = await sendTo(receiver);
  assert.equal(outcome.kind === "answered" && outcome.status, 200);
});

for (
  const [what, why, behavior] of [
    ["closes the connection at once", "protocol", (it) => Promise.resolve(it.close())],
    ["closes it after the request", "protocol", async (it) => {
      await readRequest(it);
      it.close();
    }],
    ["closes it within the head", "protocol", async (it) => {
      await readRequest(it);
      await writeText(it, "HTTP/1.1 200 OK\r\n");
      it.close();
    }],
    ["speaks another protocol", "protocol", (it) => writeText(it, "SSH-2.0-x\r\n\r\n")],
    ["sends a head without end", "protocol", async (it) => {
      await writeText(it, "HTTP/1.1 200 OK\r\n");
      for (;;) await writeText(it, "x: y\r\n".repeat(100));
    }],
  ] as const satisfies readonly (readonly [string, string, Behavior])[]
) {
  Deno.test(`A receiver that ${what} fails the attempt with ${why}`, async () => {
    await using receiver = HostileReceiver.plain(behavior);
    assert.deepEqual(await sendTo(receiver), fails(why));
  });
}

for (
  const [what, behavior] of [
    ["never answers", async (it) => void await readRequest(it)],
    ["never reads", () => Promise.resolve()],
    ["answers byte by byte", async (it) => {
      await readRequest(it);
      for (;;) {
        await writeText(it, "H");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }],
  ] as const satisfies readonly (readonly [string, Behavior])[]
) {
  Deno.test(`A receiver that ${what} fails the attempt when its time is over`, async () => {
    await using receiver = HostileReceiver.plain(behavior);
    assert.deepEqual(await sendTo(receiver, { attemptMs: SHORT_MS }), fails("timeout"));
  });
}

Deno.test("A name that is never resolved fails the attempt when its time is over", async () => {
  const resolve = () => new Promise<never>(() => {});
  const outcome = await send("http://hook.example/", { resolve, attemptMs: SHORT_MS });
  assert.deepEqual(outcome, fails("timeout"));
});

Deno.test("An attempt ends when the service stops", async () => {
  const life = new AbortController();
  await using receiver = HostileReceiver.plain(async (connection) => {
    await readRequest(connection);
    life.abort();
  });
  const sender = new HttpWebhookSender({ allowed: "any" });
  const webhook = { id: "wh_1", url: `http://127.0.0.1:${receiver.port}/`, secret: SECRET };
  assert.deepEqual(await sender.send(webhook, MESSAGE, life.signal), fails("stopped"));
  assert.deepEqual(await sender.send(webhook, MESSAGE, life.signal), fails("stopped"));
});

Deno.test("A port where nothing listens fails the attempt with connect", async () => {
  const receiver = HostileReceiver.answering("");
  const { port } = receiver;
  await receiver[Symbol.asyncDispose]();
  assert.deepEqual(await send(`http://127.0.0.1:${port}/`), fails("connect"));
});

Deno.test("If the first address of a name refuses, the next one is used", async () => {
  await using receiver = HostileReceiver.answering("HTTP/1.1 200 OK\r\n\r\n");
  // Nothing listens on the second loopback address.
  const resolve = () => Promise.resolve(["127.0.0.2", "127.0.0.1"]);
  const outcome = await send(`http://hook.example:${receiver.port}/`, { resolve });
  assert.equal(outcome.kind === "answered" && outcome.status, 200);
});

for (
  const [what, addresses] of [
    ["a private address", ["10.0.0.1"]],
    ["this machine", ["127.0.0.1"]],
    ["a metadata service", ["169.254.169.254"]],
    ["a public and a private address", ["93.184.215.14", "192.168.1.1"]],
    ["a private address within IPv6", ["64:ff9b::a9fe:a9fe"]],
  ] as const
) {
  Deno.test(`A name that leads to ${what} is not connected to`, async () => {
    const resolve = () => Promise.resolve(addresses);
    const outcome = await send("https://hook.example/", { allowed: "public", resolve });
    assert.deepEqual(outcome, fails("address"));
  });
}

Deno.test("A private receiver gets nothing from a sender for public addresses", async () => {
  await using receiver = HostileReceiver.answering("HTTP/1.1 200 OK\r\n\r\n");
  for (const scheme of ["http", "https"]) {
    const url = `${scheme}://127.0.0.1:${receiver.port}/`;
    assert.deepEqual(await send(url, { allowed: "public" }), fails("address"));
  }
  const resolve = () => Promise.resolve(["127.0.0.1"]);
  const named = `https://hook.example:${receiver.port}/`;
  assert.deepEqual(await send(named, { allowed: "public", resolve }), fails("address"));
  assert.equal(receiver.accepted, 0);
});

Deno.test("A name without an address fails the attempt with dns", async () => {
  const resolve = () => Promise.reject(new Error("ENOTFOUND"));
  assert.deepEqual(await send("https://hook.example/", { resolve }), fails("dns"));
  const empty = () => Promise.resolve([]);
  assert.deepEqual(await send("https://hook.example/", { resolve: empty }), fails("dns"));
});

Deno.test("A name that may not be resolved fails the attempt with permission", async () => {
  const error = Object.assign(new Error("getaddrinfo EPERM"), { code: "EPERM" });
  const outcome = await send("https://hook.example/", { resolve: () => Promise.reject(error) });
  assert.deepEqual(outcome, fails("permission"));
});

Deno.test("A receiver that is silent in the TLS handshake fails the attempt when its time is over", async () => {
  await using receiver = HostileReceiver.plain(() => Promise.resolve());
  const url = `https://127.0.0.1:${receiver.port}/`;
  assert.deepEqual(await send(url, { attemptMs: SHORT_MS }), fails("timeout"));
});

Deno.test("A receiver without TLS fails an attempt with https", async () => {
  await using receiver = HostileReceiver.plain((it) => writeText(it, "HTTP/1.1 200 OK\r\n\r\n"));
  assert.deepEqual(await send(`https://127.0.0.1:${receiver.port}/`), fails("tls"));
});
