/** Requests for a host name that is not allowed, on every path of both listeners. */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { text } from "node:stream/consumers";
import { ENGINE } from "../../support/engine.ts";
import { handshake, sendRequest } from "../../support/clients/raw_socket.ts";
import { startTestService, type TestService } from "../../support/service.ts";

/** The status of a request for a path on a host. */
async function statusOf(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  return (await sendRequest(port, handshake(port, path, headers))).status;
}

const SOCKETS = ["/ws", "/ws/", "/s", "/"];
const PAGES = ["/echo.html", "/client.js", "/healthz", "/readyz", "/metrics", "/nowhere"];

/** A page of a site whose name was rebound to this machine: Origin and Host are the same. */
const rebound = (port: number) => ({
  Host: `rebound.example:${port}`,
  Origin: `http://rebound.example:${port}`,
});

Deno.test("A page whose name was rebound to this machine is refused with 421 on every path", async () => {
  await using service = await startTestService();
  for (const path of [...SOCKETS, ...PAGES]) {
    assert.equal(await statusOf(service.port, path, rebound(service.port)), 421, path);
  }
  const admin = Number(service.adminPort);
  for (const path of ["/metrics", "/healthz", "/readyz"]) {
    assert.equal(await statusOf(admin, path, rebound(admin)), 421, path);
  }
});

for (
  const [env, host, status] of [
    [{}, "localhost", 101],
    [{}, "chat.example", 421],
    [{ PUBLIC_URL: "https://chat.example/team-a" }, "chat.example", 101],
    [{ ALLOWED_HOSTS: "chat.lan, Chat.Example" }, "chat.example:8080", 101],
    [{ ALLOWED_HOSTS: "*" }, "rebound.example", 101],
    [{ TRUST_PROXY: "127.0.0.1", ALLOWED_HOSTS: "chat.example" }, "upstream", 421],
  ] as const
) {
  Deno.test(`A handshake for ${host} is answered with ${status} under ${JSON.stringify(env)}`, async () => {
    await using service = await startTestService(env);
    assert.equal(await statusOf(service.port, "/ws", { Host: host }), status);
  });
}

async function viaProxy(service: TestService, forwarded: string): Promise<number> {
  const headers = { Host: "upstream", "X-Forwarded-Host": forwarded };
  return await statusOf(service.port, "/ws", headers);
}

Deno.test("The forwarded host counts only from a trusted proxy", async () => {
  const env = { ALLOWED_HOSTS: "chat.example" };
  await using trusting = await startTestService({ ...env, TRUST_PROXY: "127.0.0.1" });
  assert.equal(await viaProxy(trusting, "chat.example"), 101);
  assert.equal(await viaProxy(trusting, "chat.example, rebound.example"), 421);
  await using doubting = await startTestService(env);
  assert.equal(await viaProxy(doubting, "chat.example"), 421);
});

for (
  const [env, host, status] of [
    [{}, "chat.deno.dev", 101],
    [{ ALLOWED_HOSTS: "chat.example" }, "chat.deno.dev", 421],
    [{ ALLOWED_HOSTS: "chat.example" }, "chat.example", 101],
  ] as const
) {
  Deno.test(`On a hosting platform a handshake for ${host} is answered with ${status} under ${JSON.stringify(env)}`, async () => {
    Deno.env.set("DENO_DEPLOY", "1");
    using _platform = { [Symbol.dispose]: () => Deno.env.delete("DENO_DEPLOY") };
    await using service = await startTestService(env);
    assert.equal(await statusOf(service.port, "/ws", { Host: host }), status);
  });
}

if (ENGINE === "deno") {
  Deno.test("The authority of an HTTP/2 request counts, although it is not in a header", async () => {
    await using service = await startTestService();
    const statuses = async (port: number, host: string) => {
      const client = http2.connect(`http://127.0.0.1:${port}`);
      const request = client.request({ ":path": "/readyz", ":authority": `${host}:${port}` });
      const [headers] = await once(request, "response");
      request.close();
      client.destroy();
      return headers[":status"];
    };
    for (const port of [service.port, Number(service.adminPort)]) {
      assert.equal(await statuses(port, "rebound.example"), 421);
      assert.equal(await statuses(port, "localhost"), 200);
    }
  });
}

if (ENGINE === "deno") {
  Deno.test("A request in HTTP/2 is told whether its handshake would be accepted", async () => {
    await using service = await startTestService();
    const client = http2.connect(service.url);
    const ask = async (origin: string) => {
      const request = client.request({
        ":method": "POST",
        ":path": "/ws",
        accept: "application/json",
        origin,
      });
      request.end();
      return JSON.parse(await text(request));
    };
    assert.deepEqual(await ask(service.url), { admitted: true });
    assert.equal((await ask("https://evil.example")).code, "origin_refused");
    client.destroy();
  });
}

if (ENGINE === "node") {
  Deno.test("HTTP/2 is refused with 400", async () => {
    await using service = await startTestService();
    const { status } = await sendRequest(service.port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert.equal(status, 400);
  });
}

Deno.test("A request in HTTP/1.0 without Host is served", async () => {
  await using service = await startTestService();
  const { status } = await sendRequest(service.port, "GET /readyz HTTP/1.0\r\n\r\n");
  assert.equal(status, 200);
});
