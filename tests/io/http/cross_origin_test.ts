/** What the service allows pages of other sites: to import its library, to frame its pages, and to learn why they are refused. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { handshake, sendRequest } from "../../support/clients/raw_socket.ts";
import { startTestService } from "../../support/service.ts";

const BLOG = "https://blog.example";
const LIBRARY = ["/client.js", "/client/chat.js", "/client.d.ts"];

/** The headers of a response. */
async function headersOf(url: string, headers: HeadersInit): Promise<Headers> {
  const answer = await fetch(url, { headers });
  await answer.body?.cancel();
  return answer.headers;
}

for (const path of LIBRARY) {
  Deno.test(`${path} can be imported only by pages in ALLOWED_ORIGINS, even with a 304`, async () => {
    await using service = await startTestService({ ALLOWED_ORIGINS: BLOG });
    for (const extra of [{ accept: "*/*" }, { "if-none-match": "*" }]) {
      const blog = await headersOf(service.url + path, [
        ["origin", BLOG],
        ...Object.entries(extra),
      ]);
      assert.equal(blog.get("access-control-allow-origin"), BLOG);
      assert.equal(blog.get("cross-origin-resource-policy"), "cross-origin");
      assert.equal(blog.get("vary"), "accept-encoding, origin");
      const other = await headersOf(service.url + path, [
        ["origin", "https://b.example"],
        ...Object.entries(extra),
      ]);
      assert.equal(other.get("access-control-allow-origin"), null);
      assert.equal(other.get("vary"), "accept-encoding, origin");
    }
  });
}

Deno.test("By default, other sites can read no file except the library", async () => {
  await using closed = await startTestService();
  await using open = await startTestService({ ALLOWED_ORIGINS: "*" });
  const asked = [
    ...LIBRARY.map((path) => closed.url + path),
    ...["/", "/page/main.js", "/sw.js", "/healthz", "/icon.svg"].map((path) => open.url + path),
  ];
  for (const url of asked) {
    const headers = await headersOf(url, { origin: BLOG });
    assert.equal(headers.get("access-control-allow-origin"), null, url);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", url);
  }
});

for (
  const [setting, ancestors, options] of [
    [undefined, "'none'", "DENY"],
    ["same", "'self'", "SAMEORIGIN"],
    ["*", "*", null],
    [`${BLOG}, http://b.example:8000`, `${BLOG} http://b.example:8000`, null],
  ] as const
) {
  Deno.test(`With ALLOWED_FRAMERS=${setting} pages may be framed by ${ancestors}`, async () => {
    await using service = await startTestService(setting ? { ALLOWED_FRAMERS: setting } : {});
    for (const path of ["/", "/echo.html"]) {
      const headers = await headersOf(service.url + path, {});
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, new RegExp(`; frame-ancestors ${RegExp.escape(ancestors)}$`));
      assert.equal(headers.get("x-frame-options"), options);
    }
  });
}

/** The service's answer to a client that asks why it was refused. */
async function whyRefused(
  service: { readonly url: string },
  headers: Record<string, string>,
): Promise<Record<string, unknown>> {
  const accept = { accept: "application/json" };
  const answer = await fetch(`${service.url}/ws`, {
    method: "POST",
    headers: { ...accept, ...headers },
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  assert.equal(answer.headers.get("cross-origin-resource-policy"), "cross-origin");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  return await answer.json();
}

Deno.test("A POST to /ws reports only to a refused origin that it is refused", async () => {
  await using service = await startTestService({ ALLOWED_ORIGINS: "https://chat.example" });
  const refused = await whyRefused(service, { origin: BLOG });
  assert.deepEqual(refused, {
    admitted: false,
    code: "origin_refused",
    message: `Origin ${BLOG} is not allowed here (ALLOWED_ORIGINS)`,
  });
  const allowed = await whyRefused(service, { origin: "https://chat.example" });
  assert.deepEqual(allowed, { admitted: true });
});

Deno.test("A POST to /ws reports a host that is not allowed, and too many connections", async () => {
  await using service = await startTestService({ MAX_CONNECTIONS: "1" });
  const headers = { Host: "chat.example", Accept: "application/json", "Content-Length": "0" };
  const none = { Connection: undefined, Upgrade: undefined };
  const asked = handshake(service.port, "/ws", { ...none, ...headers }, "POST");
  const { body } = await sendRequest(service.port, asked);
  assert.equal(JSON.parse(body).code, "host_refused");
  // The slot of a client that asked is free again.
  for (let i = 0; i < 3; i++) assert.equal((await whyRefused(service, {})).admitted, true);
  await using _held = await TestClient.open(`${service.url}/ws`);
  const { code, afterMs } = await whyRefused(service, {});
  assert.deepEqual([code, afterMs], ["too_many_connections", 5_000]);
});

Deno.test("A POST to /ws without Accept: application/json is refused as before, and unreadable to other sites", async () => {
  await using service = await startTestService({ ALLOWED_ORIGINS: "*" });
  const answer = await fetch(`${service.url}/ws`, { method: "POST", headers: { origin: BLOG } });
  await answer.body?.cancel();
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
});
