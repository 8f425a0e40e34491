/**
 * The shipped nginx.conf in a real nginx, in front of two instances.
 * @module
 */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { whenInstanceReady } from "../../support/parley.ts";
import { type Program, programTest } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";
import { startTestService, type TestService } from "../../support/service.ts";
import { type Change, NGINX, SHIPPED, startNginx } from "./nginx.ts";
import { joined, statusOf, untilReceived, UPGRADE } from "./proxied.ts";
import { type ProxiedService, proxyContract } from "./proxy_contract.ts";

const ANSWER = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-accept": "2T9o4TGeL7V6QJ/PnOsqmx4nEBk=",
};

interface TwoInstances extends ProxiedService {
  readonly instances: readonly [TestService, TestService];
}

/** Starts nginx in front of two instances. */
async function startService(
  program: Program,
  env: Record<string, string> = {},
): Promise<TwoInstances> {
  await using started = new AsyncDisposableStack();
  const settings = { TRUST_PROXY: "127.0.0.1/32", ...env };
  const one = started.use(await startTestService(settings));
  const other = started.use(await startTestService(settings));
  for (const { url } of [one, other]) await whenInstanceReady(url);
  const nginx = started.use(await startNginx(program, [one.port, other.port]));
  const all = started.move();
  return {
    url: nginx.url,
    instances: [one, other],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Writes the head of a request or response. */
async function say(connection: Deno.Conn, lines: readonly string[]): Promise<void> {
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
}

function fields(headers: Record<string, string>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

proxyContract({
  name: "nginx",
  required: NGINX,
  metricsStatus: 404,
  checkArguments: (_program, folder) => ["-t", "-p", folder, "-e", "stderr", "-c", SHIPPED],
  start: (program, upstream) => startNginx(program, [upstream, upstream]),
  startService,
});

programTest(NGINX, "nginx makes one chat out of two instances on one Redis", async (program) => {
  await using redis = await startRedis();
  await using front = await startService(program, { REDIS_URL: redis.url });
  await using clients = new AsyncDisposableStack();
  const join = async (url: string, name: string) => clients.use(await joined(`${url}/ws`, name));
  const through: TestClient[] = [];
  for (const name of ["ann", "ben", "cem", "dee"]) through.push(await join(front.url, name));
  for (const { adminUrl } of front.instances) {
    const { connections } = await (await fetch(`${adminUrl}/healthz`)).json();
    assert.equal(connections.open, 2, "each instance holds half of them");
  }
  const [one, other] = front.instances;
  const everyone = [...through, await join(one.url, "eve"), await join(other.url, "fay")];
  for (const [index, speaker] of everyone.entries()) {
    speaker.send(`word ${index}`);
    await Promise.all(everyone.map((client) => untilReceived(client, `word ${index}`)));
  }
});

programTest(NGINX, "nginx keeps using instances that refuse connections", async (program) => {
  await using front = await startService(program, { MAX_CONNECTIONS: "1" });
  await using _one = await TestClient.open(`${front.url}/s`);
  await using _two = await TestClient.open(`${front.url}/s`);
  for (let tries = 0; tries < 5; tries++) {
    assert.equal(await statusOf(`${front.url}/s`, UPGRADE), 503, "both instances are full");
  }
  assert.equal(await statusOf(front.url), 200);
});

programTest(NGINX, "nginx skips an instance that is down", async (program) => {
  await using front = await startService(program);
  await front.instances[0].stop();
  for (let tries = 0; tries < 4; tries++) {
    await using client = await TestClient.open(`${front.url}/s`);
    client.send("still here");
    assert.equal(await client.next(), "still here");
  }
});

programTest(NGINX, "nginx reads the response for a client that has given up", async (program) => {
  using instance = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = instance.addr;
  // One worker processes events in order: after passing a second request it has seen the first client leave.
  const oneWorker: Change = ["worker_processes     auto", "worker_processes 1"];
  await using nginx = await startNginx(program, [port, port], oneWorker);
  const { hostname, port: front, host } = new URL(nginx.url);
  const client = await Deno.connect({ hostname, port: Number(front) });
  await say(client, ["GET /ws HTTP/1.1", ...fields({ host, ...UPGRADE })]);
  using upstream = await instance.accept();
  await upstream.read(new Uint8Array(4096));
  client.close();
  const end = upstream.read(new Uint8Array(4096));
  const second = statusOf(`${nginx.url}/healthz`);
  using answering = await instance.accept();
  await say(answering, ["HTTP/1.1 204 No Content"]);
  assert.equal(await second, 204);
  assert.equal(await Promise.race([end, Promise.resolve("still open")]), "still open");
  await say(upstream, ["HTTP/1.1 101 Switching Protocols", ...fields(ANSWER)]);
  assert.equal(await end, null);
});
