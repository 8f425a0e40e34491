/**
 * The shipped nginx.conf, run: two whole instances behind a real nginx. Only ports and addresses are changed in the
 * copy that runs, and a change that finds nothing to change fails, so that the test cannot drift from the file.
 * @module
 */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { isReady, type Parley, startParley } from "../parley.ts";
import { onFreePort, type Program, programTest, Running } from "../provision.ts";
import { startRedis } from "../redis_server.ts";
import {
  exists,
  hears,
  joined,
  keepsMetricsToItself,
  letsInOnlyItsOwnPages,
  startEcho,
  statusOf,
  tellsEachAddress,
  TOKEN,
  UPGRADE,
} from "./proxied.ts";

const NGINX = { names: ["nginx"], install: "the Debian package nginx" };
const SHIPPED = new URL("../../deploy/nginx.conf", import.meta.url).pathname;
const ANSWER = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-accept": "2T9o4TGeL7V6QJ/PnOsqmx4nEBk=",
};

/** An nginx in front of two instances. */
interface Front extends AsyncDisposable {
  readonly url: string;
  readonly instances: readonly [Parley, Parley];
}

async function openFront(program: Program, env: Record<string, string> = {}): Promise<Front> {
  await using started = new AsyncDisposableStack();
  const settings = { TRUST_PROXY: "127.0.0.1/32", ...env };
  const one = started.use(await startParley(settings));
  const other = started.use(await startParley(settings));
  for (const { url } of [one, other]) await isReady(url);
  const nginx = started.use(await openNginx(program, [one.port, other.port]));
  const all = started.move();
  return {
    url: nginx.url,
    instances: [one, other],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

type Change = readonly [shipped: string, here: string];

/** Runs the shipped configuration in a folder of its own. @param ports Where the two instances are. */
async function openNginx(
  program: Program,
  ports: readonly [number, number],
  ...more: readonly Change[]
): Promise<AsyncDisposable & { readonly url: string }> {
  await using started = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "parley-nginx-" });
  started.defer(() => Deno.remove(folder, { recursive: true }));
  const args = ["-p", folder, "-e", "stderr", "-c", "nginx.conf", "-g", "daemon off;"];
  const port = await onFreePort(async (port) => {
    await Deno.writeTextFile(`${folder}/nginx.conf`, await configuration(port, ports, more));
    // Written when the port is open.
    const isUp = () => exists(`${folder}/nginx.pid`);
    started.use(await Running.start(program, args, folder, isUp));
    return port;
  });
  const all = started.move();
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function configuration(
  port: number,
  [one, other]: readonly [number, number],
  more: readonly Change[],
): Promise<string> {
  const changes: readonly Change[] = [
    ["listen 8080 ", `listen 127.0.0.1:${port} `],
    ["127.0.0.1:8081", `127.0.0.1:${one}`],
    ["127.0.0.1:8082", `127.0.0.1:${other}`],
    ...more,
  ];
  let text = await Deno.readTextFile(SHIPPED);
  for (const [shipped, here] of changes) {
    assert.ok(text.includes(shipped), `deploy/nginx.conf has no "${shipped}"`);
    text = text.replaceAll(shipped, here);
  }
  return text;
}

/** Writes the head of a request or an answer. */
async function say(connection: Deno.Conn, lines: readonly string[]): Promise<void> {
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
}

function fields(headers: Record<string, string>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

programTest(NGINX, "nginx accepts deploy/nginx.conf as it is", async ({ path }) => {
  const folder = await Deno.makeTempDir({ prefix: "parley-nginx-" });
  const args = ["-t", "-p", folder, "-e", "stderr", "-c", SHIPPED];
  const { success, stderr } = await new Deno.Command(path, { args }).output();
  await Deno.remove(folder, { recursive: true });
  assert.ok(success, new TextDecoder().decode(stderr));
});

programTest(NGINX, "nginx makes one chat of two instances on one Redis", async (program) => {
  await using redis = await startRedis();
  await using front = await openFront(program, { REDIS_URL: redis.url });
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
    await Promise.all(everyone.map((client) => hears(client, `word ${index}`)));
  }
});

programTest(NGINX, "nginx hands /s, /s/ and an upgrade on / to the echo", async (program) => {
  await using front = await openFront(program);
  for (const path of ["/s", "/s/", "/"]) {
    await using client = await TestClient.open(front.url + path);
    client.send("grüß Gott");
    assert.equal(await client.next(), "grüß Gott");
    const bytes = Uint8Array.from({ length: 65_535 }, (_, index) => index % 251);
    client.send(bytes);
    assert.deepEqual(await client.next(), bytes);
    client.send("x".repeat(65_535));
    assert.equal(await client.next(), "x".repeat(65_535));
  }
});

programTest(NGINX, "nginx hands on the page and the health of the service", async (program) => {
  await using front = await openFront(program);
  const [direct, through] = await Promise.all(
    [front.instances[0].url, front.url].map(async (url) => await (await fetch(url)).text()),
  );
  assert.match(through ?? "", /<html/);
  assert.equal(through, direct);
  assert.equal(await statusOf(`${front.url}/healthz`), 200);
});

programTest(NGINX, "nginx lets a page of its own address in, and no other", async (program) => {
  // Told by Host alone to one that does not believe the proxy, and by X-Forwarded-Host to one that does.
  for (const TRUST_PROXY of ["", "127.0.0.1/32"]) {
    await using front = await openFront(program, { TRUST_PROXY });
    await letsInOnlyItsOwnPages(front.url);
  }
});

programTest(NGINX, "nginx tells Parley each client's own address", async (program) => {
  await using upstream = startEcho();
  const { port } = upstream.addr;
  await using nginx = await openNginx(program, [port, port]);
  await tellsEachAddress(nginx.url);
});

programTest(NGINX, "nginx counts no instance out for refusing connections", async (program) => {
  await using front = await openFront(program, { MAX_CONNECTIONS: "1" });
  await using _one = await TestClient.open(`${front.url}/s`);
  await using _two = await TestClient.open(`${front.url}/s`);
  for (let tries = 0; tries < 5; tries++) {
    assert.equal(await statusOf(`${front.url}/s`, UPGRADE), 503, "both instances are full");
  }
  assert.equal(await statusOf(front.url), 200);
});

programTest(NGINX, "nginx passes over an instance that is gone", async (program) => {
  await using front = await openFront(program);
  await front.instances[0].stop();
  for (let tries = 0; tries < 4; tries++) {
    await using client = await TestClient.open(`${front.url}/s`);
    client.send("still here");
    assert.equal(await client.next(), "still here");
  }
});

programTest(NGINX, "nginx takes the answer for a client that has given up", async (program) => {
  using instance = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = instance.addr;
  // One worker does one thing after the other: once it has handed on a second request, it has seen the first client go.
  const oneWorker: Change = ["worker_processes     auto", "worker_processes 1"];
  await using nginx = await openNginx(program, [port, port], oneWorker);
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

programTest(NGINX, "nginx hands on no /metrics", async (program) => {
  await using front = await openFront(program, { ADMIN_TOKEN: TOKEN });
  await keepsMetricsToItself(front.url, 404);
});
