/** The admin listener, its token, and what is public without them. */
import assert from "node:assert/strict";
import { PROMETHEUS_CONTENT_TYPE } from "../../../lib/core/metrics/prometheus.ts";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { parseConfig } from "../../../lib/core/config/config.ts";
import { AdminPortUnavailable, openAdminListener } from "../../../lib/io/http/admin_listener.ts";
import { loadEngine } from "../../../lib/io/serving/load_engine.ts";
import { ENGINE } from "../../support/engine.ts";
import { startTestService } from "../../support/service.ts";

const TOKEN = "a token of some length";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Status and text of a response. */
async function ask(url: string, init: RequestInit = {}): Promise<[number, string]> {
  const answer = await fetch(url, init);
  return [answer.status, await answer.text()];
}

Deno.test("The admin listener serves metrics, connections and readiness", async () => {
  await using service = await startTestService();
  const metrics = await fetch(`${service.adminUrl}/metrics`);
  assert.equal(metrics.headers.get("content-type"), PROMETHEUS_CONTENT_TYPE);
  assert.match(await metrics.text(), /^parley_connections\{state="open"\} 0$/m);
  const { statuses } = await loadEngine(ENGINE);
  const connections = Object.fromEntries(statuses.map((status) => [status, 0]));
  const health = await (await fetch(`${service.adminUrl}/healthz`)).json();
  assert.deepEqual(health, { status: "ok", engine: ENGINE, connections });
  const ready = await fetch(`${service.adminUrl}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { status: "ready" }]);
});

Deno.test("Only the admin listener reports why the service is not ready, and where its Redis is", async () => {
  await using service = await startTestService({ REDIS_URL: "redis://127.0.0.1:1" });
  assert.deepEqual(await ask(`${service.url}/readyz`), [503, '{"status":"not ready"}']);
  const [status, text] = await ask(`${service.adminUrl}/readyz`);
  assert.equal(status, 503);
  assert.match(JSON.parse(text).reason, /Redis/);
});

Deno.test("The main listener serves no /metrics without ADMIN_TOKEN, and names the listener that does", async () => {
  await using service = await startTestService();
  const [status, text] = await ask(`${service.url}/metrics`, { headers: bearer(TOKEN) });
  assert.equal(status, 404);
  assert.match(text, /ADMIN_PORT.*ADMIN_TOKEN/);
});

Deno.test("ADMIN_TOKEN opens everything on the main listener to clients that send it, and is required on the admin listener", async () => {
  await using service = await startTestService({ ADMIN_TOKEN: TOKEN });
  for (const url of [service.url, service.adminUrl]) {
    const [status, text] = await ask(`${url}/metrics`, { headers: bearer(TOKEN) });
    assert.equal(status, 200);
    assert.match(text, /^parley_connections/m);
    const health = await ask(`${url}/healthz`, { headers: bearer(TOKEN) });
    assert.match(health[1], /"connections":\{/);
    for (const headers of [{}, bearer("another token, no more"), bearer("")]) {
      const answer = await fetch(`${url}/metrics`, { headers });
      assert.deepEqual([answer.status, answer.headers.get("www-authenticate")], [401, "Bearer"]);
      assert.doesNotMatch(await answer.text(), /chat_/);
    }
  }
  for (const url of [service.url, service.adminUrl]) {
    assert.deepEqual(await ask(`${url}/healthz`), [200, '{"status":"ok"}']);
    assert.deepEqual(await ask(`${url}/readyz`), [200, '{"status":"ready"}']);
  }
});

Deno.test("The admin listener with ADMIN_TOKEN tells clients without it only that the service is not ready", async () => {
  const env = { ADMIN_TOKEN: TOKEN, REDIS_URL: "redis://127.0.0.1:1" };
  await using service = await startTestService(env);
  assert.deepEqual(await ask(`${service.adminUrl}/readyz`), [503, '{"status":"not ready"}']);
  const [, text] = await ask(`${service.adminUrl}/readyz`, { headers: bearer(TOKEN) });
  assert.match(JSON.parse(text).reason, /Redis/);
});

Deno.test("The admin listener serves nothing else, is read-only, and checks the host like the main one", async () => {
  await using service = await startTestService();
  for (const path of ["/", "/ws", "/metrics/", "/client.js"]) {
    assert.equal((await ask(service.adminUrl + path))[0], 404, path);
  }
  const written = await fetch(`${service.adminUrl}/metrics`, { method: "POST", body: "x" });
  assert.deepEqual([written.status, written.headers.get("allow")], [405, "GET, HEAD"]);
  await written.body?.cancel();
});

Deno.test("ADMIN_PORT=off opens no admin listener", async () => {
  await using service = await startTestService({ ADMIN_PORT: "off" });
  assert.equal(service.adminPort, undefined);
});

Deno.test("An ADMIN_PORT that is taken stops the start and names the remedy", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await assert.rejects(startTestService({ ADMIN_PORT: String(port) }), (error) => {
    assert.ok(error instanceof AdminPortUnavailable);
    assert.match(
      error.message,
      new RegExp(`127\\.0\\.0\\.1:${port}: the port is taken.*ADMIN_PORT`),
    );
    return true;
  });
});

Deno.test("Without ADMIN_PORT the admin listener is on 9464, or not opened when that is taken", async () => {
  await using first = await startTestService({ ADMIN_PORT: "" });
  await using second = await startTestService({ ADMIN_PORT: "" });
  // Another process of this machine may already use it.
  assert.ok(first.adminPort === 9464 || first.adminPort === undefined);
  assert.equal(second.adminPort, undefined);
  assert.equal((await ask(`${second.url}/healthz`))[0], 200);
});

Deno.test("Without ADMIN_PORT, a service on 9464 opens no admin listener in the way of its own", async () => {
  const read = parseConfig((name) => ({ PORT: "9464" })[name]);
  assert.ok(read.kind === "good");
  const nothing = { connectionCounts: never, readiness: never, metrics: never };
  const services = { health: nothing, api: new Map() };
  // Whatever opens a port would call this.
  const engine = { ...await loadEngine(ENGINE), open: never };
  assert.equal(await openAdminListener(read.config, services, systemClock, engine), undefined);
});

function never(): never {
  assert.fail("called");
}
