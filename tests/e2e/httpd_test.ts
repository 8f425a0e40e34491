/**
 * The shipped httpd.conf, run: an instance behind a real Apache httpd. The very file is used; what differs from one
 * machine to another are the names that it lets the command line define.
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { TestClient } from "../client.ts";
import { type Parley, startParley } from "../parley.ts";
import { onFreePort, type Program, programTest, Running, until } from "../provision.ts";
import {
  BEARER,
  exists,
  hears,
  joined,
  keepsMetricsToItself,
  letsInOnlyItsOwnPages,
  startEcho,
  statusOf,
  tellsEachAddress,
  TOKEN,
} from "./proxied.ts";

const HTTPD = { names: ["apache2", "httpd"], install: "the Debian package apache2" };
const SHIPPED = new URL("../../deploy/httpd.conf", import.meta.url).pathname;

/** An httpd in front of an instance. */
interface Front extends AsyncDisposable {
  readonly url: string;
  readonly instance: Parley;
}

async function openFront(program: Program, env: Record<string, string> = {}): Promise<Front> {
  await using started = new AsyncDisposableStack();
  const instance = started.use(await startParley({ TRUST_PROXY: "127.0.0.1/32", ...env }));
  const httpd = started.use(await openHttpd(program, instance.port));
  // A tunnel that is about to end when httpd is told to stop sometimes holds it up for ten seconds (httpd 2.4.71).
  started.defer(() => until("all tunnels to end", () => isDeserted(instance)));
  const all = started.move();
  return { url: httpd.url, instance, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/**
 * Runs the shipped configuration in a folder of its own.
 * @param upstream The port of what is behind it.
 * @param hasPath Whether the lines for a service under a path are in use, for what is behind it.
 */
async function openHttpd(
  program: Program,
  upstream: number,
  hasPath = false,
): Promise<AsyncDisposable & { readonly url: string }> {
  await using started = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "parley-httpd-" });
  started.defer(() => Deno.remove(folder, { recursive: true }));
  const port = await onFreePort(async (port) => {
    const names = { LISTEN: `127.0.0.1:${port}`, PARLEY: `127.0.0.1:${upstream}` };
    const shipped = await Deno.readTextFile(SHIPPED);
    const used = shipped.replace(/^#\|/gm, "").replace("127.0.0.1:8091", `127.0.0.1:${upstream}`);
    if (hasPath) assert.notEqual(used, shipped);
    const file = hasPath ? `${folder}/httpd.conf` : SHIPPED;
    if (hasPath) await Deno.writeTextFile(file, used);
    const args = [...await httpdArguments(program, folder, names, file), "-D", "FOREGROUND"];
    // Written when the port is open.
    const isUp = () => exists(`${folder}/httpd.pid`);
    started.use(await Running.start(program, args, folder, isUp));
    return port;
  });
  const all = started.move();
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function isDeserted({ adminUrl }: Parley): Promise<boolean> {
  const { connections } = await (await fetch(`${adminUrl}/healthz`, { headers: BEARER })).json();
  return Object.values(connections).every((count) => count === 0);
}

async function httpdArguments(
  { path }: Program,
  folder: string,
  names: Record<string, string>,
  file = SHIPPED,
): Promise<string[]> {
  const all = { MODULES: await modulesOf(path), ...names };
  const defines = Object.entries(all).flatMap(([name, value]) => ["-C", `Define ${name} ${value}`]);
  return ["-d", folder, "-f", file, ...defines];
}

/** The folder of the modules, which lies beside that of the program: /usr/sbin, /usr/lib/apache2/modules. */
async function modulesOf(program: string): Promise<string> {
  const prefix = dirname(dirname(await Deno.realPath(program)));
  const folders = ["lib/apache2/modules", "lib64/httpd/modules", "lib/httpd/modules", "modules"];
  for (const folder of folders) {
    if (await exists(join(prefix, folder, "mod_proxy.so"))) return join(prefix, folder);
  }
  throw new Error(`Cannot find the modules of ${program}: none of ${folders} is in ${prefix}`);
}

programTest(HTTPD, "httpd accepts deploy/httpd.conf as it is", async (program) => {
  const folder = await Deno.makeTempDir({ prefix: "parley-httpd-" });
  const args = ["-t", ...await httpdArguments(program, folder, {})];
  const { success, stderr } = await new Deno.Command(program.path, { args }).output();
  await Deno.remove(folder, { recursive: true });
  assert.ok(success, new TextDecoder().decode(stderr));
});

programTest(HTTPD, "httpd hands /s/, /s and an upgrade on / to the echo", async (program) => {
  await using front = await openFront(program);
  for (const path of ["/s/", "/s", "/"]) {
    await using client = await TestClient.open(front.url + path);
    client.send("grüß Gott");
    assert.equal(await client.next(), "grüß Gott");
    const bytes = Uint8Array.from({ length: 65_535 }, (_, index) => index % 251);
    client.send(bytes);
    assert.deepEqual(await client.next(), bytes);
  }
});

programTest(HTTPD, "httpd hands /ws/ and /ws to the chat", async (program) => {
  await using front = await openFront(program);
  await using direct = await joined(`${front.instance.url}/ws`, "ann");
  await using slash = await joined(`${front.url}/ws/`, "ben");
  await using bare = await joined(`${front.url}/ws`, "cem");
  const everyone = [direct, slash, bare];
  for (const [index, speaker] of everyone.entries()) {
    speaker.send(`word ${index}`);
    await Promise.all(everyone.map((client) => hears(client, `word ${index}`)));
  }
});

programTest(HTTPD, "httpd hands on the page, and a plain GET of a socket path", async (program) => {
  await using front = await openFront(program);
  const [direct, through] = await Promise.all(
    [front.instance.url, front.url].map(async (url) => await (await fetch(url)).text()),
  );
  assert.match(through ?? "", /<html/);
  assert.equal(through, direct);
  for (const path of ["/s", "/s/", "/ws", "/ws/"]) {
    assert.equal(await statusOf(front.url + path), 426, path);
  }
});

programTest(HTTPD, "httpd lets a page of its own address in, and no other", async (program) => {
  // Told by Host alone to one that does not believe the proxy, and by X-Forwarded-Host to one that does.
  for (const TRUST_PROXY of ["", "127.0.0.1/32"]) {
    await using front = await openFront(program, { TRUST_PROXY });
    await letsInOnlyItsOwnPages(front.url);
  }
});

programTest(HTTPD, "httpd tells Parley each client's own address", async (program) => {
  await using upstream = startEcho();
  await using httpd = await openHttpd(program, upstream.addr.port);
  await tellsEachAddress(httpd.url);
});

programTest(HTTPD, "httpd hands on no /metrics", async (program) => {
  await using front = await openFront(program, { ADMIN_TOKEN: TOKEN });
  await keepsMetricsToItself(front.url, 403);
});

programTest(HTTPD, "httpd has a service under a path, by the lines for it", async (program) => {
  await using instance = await startParley({ TRUST_PROXY: "127.0.0.1/32" });
  await using httpd = await openHttpd(program, instance.port, true);
  const { url, redirected, body } = await fetch(`${httpd.url}/team-a`);
  await body?.cancel();
  assert.deepEqual([url, redirected], [`${httpd.url}/team-a/`, true]);
  for (const file of ["", "page/main.js", "manifest.webmanifest"]) {
    const [direct, through] = await Promise.all(
      [`${instance.url}/`, `${httpd.url}/team-a/`].map(async (at) =>
        await (await fetch(at + file)).text()
      ),
    );
    assert.equal(through, direct, file);
  }
  {
    await using ann = await joined(`${httpd.url}/team-a/ws`, "ann");
    await using ben = await joined(`${instance.url}/ws`, "ben");
    ben.send("hello");
    await hears(ann, "hello");
  }
  await until("all tunnels to end", () => isDeserted(instance));
});
