/**
 * The shipped httpd.conf in a real Apache httpd, in front of an instance. The file is used unchanged; differences
 * between machines are names that the command line defines.
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { TestClient } from "../../support/clients/test_client.ts";
import { OPENSSL, TestAuthority } from "../../support/identity/certificates.ts";
import {
  findProgram,
  onFreePort,
  type Program,
  programTest,
  Running,
  until,
} from "../../support/provision.ts";
import { startTestService, type TestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { BEARER, exists, joined, untilReceived } from "./proxied.ts";
import { type ProxiedService, proxyContract, type Started } from "./proxy_contract.ts";

const HTTPD = { names: ["apache2", "httpd"], install: "the Debian package apache2" };
const SHIPPED = new URL("../../../deploy/httpd.conf", import.meta.url).pathname;

/** Starts httpd in front of an instance. */
async function startService(
  program: Program,
  env: Record<string, string> = {},
): Promise<ProxiedService> {
  await using started = new AsyncDisposableStack();
  const instance = started.use(await startTestService({ TRUST_PROXY: "127.0.0.1/32", ...env }));
  const httpd = started.use(await startHttpd(program, instance.port));
  // A tunnel that is closing while httpd stops can delay the stop by ten seconds (httpd 2.4.71).
  started.defer(() => until("all tunnels to end", () => untilEmpty(instance)));
  const all = started.move();
  return { url: httpd.url, instances: [instance], [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/**
 * Runs the shipped configuration in its own folder.
 * @param upstream The port behind the proxy.
 * @param hasPath Whether to use the lines for a service under a path.
 * @param more More names to define.
 */
async function startHttpd(
  program: Program,
  upstream: number,
  hasPath = false,
  more: Readonly<Record<string, string>> = {},
): Promise<Started> {
  await using started = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "parley-httpd-" });
  started.defer(() => Deno.remove(folder, { recursive: true }));
  const port = await onFreePort(async (port) => {
    const names = { LISTEN: `127.0.0.1:${port}`, PARLEY: `127.0.0.1:${upstream}`, ...more };
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
  const scheme = "CERT" in more ? "https" : "http";
  return { url: `${scheme}://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function untilEmpty({ adminUrl }: TestService): Promise<boolean> {
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

/** The modules folder, relative to the program's: /usr/sbin, /usr/lib/apache2/modules. */
async function modulesOf(program: string): Promise<string> {
  const prefix = dirname(dirname(await Deno.realPath(program)));
  const folders = ["lib/apache2/modules", "lib64/httpd/modules", "lib/httpd/modules", "modules"];
  for (const folder of folders) {
    if (await exists(join(prefix, folder, "mod_proxy.so"))) return join(prefix, folder);
  }
  throw new Error(`Cannot find the modules of ${program}: none of ${folders} is in ${prefix}`);
}

/** The options that define a certificate for the shipped configuration. */
async function certificate(folder: string) {
  const openssl = await findProgram(OPENSSL.names);
  if (openssl === undefined) return undefined;
  const authority = await TestAuthority.create({ path: openssl, env: {} }, folder);
  const { certFile, keyFile } = await authority.certify("chat");
  return { CERT: certFile, KEY: keyFile, authority: authority.pem };
}

proxyContract({
  name: "httpd",
  required: HTTPD,
  metricsStatus: 403,
  checkArguments: async (program, folder) => ["-t", ...await httpdArguments(program, folder, {})],
  start: startHttpd,
  startService,
});

programTest(HTTPD, "httpd passes /ws/ and /ws to the chat", async (program) => {
  await using front = await startService(program);
  await using direct = await joined(`${front.instances[0].url}/ws`, "ann");
  await using slash = await joined(`${front.url}/ws/`, "ben");
  await using bare = await joined(`${front.url}/ws`, "cem");
  const everyone = [direct, slash, bare];
  for (const [index, speaker] of everyone.entries()) {
    speaker.send(`word ${index}`);
    await Promise.all(everyone.map((client) => untilReceived(client, `word ${index}`)));
  }
});

programTest(HTTPD, "httpd serves Parley under a path with the lines for it", async (program) => {
  await using instance = await startTestService({ TRUST_PROXY: "127.0.0.1/32" });
  await using httpd = await startHttpd(program, instance.port, true);
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
    await untilReceived(ann, "hello");
  }
  await until("all tunnels to end", () => untilEmpty(instance));
});

programTest(HTTPD, "httpd with a certificate serves Parley over HTTPS and wss", async (program) => {
  await using folder = new TemporaryFolder();
  const files = await certificate(folder.path);
  if (files === undefined) return;
  const { authority, ...defines } = files;
  await using instance = await startTestService({ TRUST_PROXY: "127.0.0.1/32" });
  await using httpd = await startHttpd(program, instance.port, false, defines);
  using client = Deno.createHttpClient({ caCerts: [authority] });
  const response = await fetch(`${httpd.url}/`, { client });
  assert.match(await response.text(), /<!doctype html>/i);
  {
    await using ann = await TestClient.open(`${httpd.url}/ws?name=ann`, { client });
    await using ben = await joined(`${instance.url}/ws`, "ben");
    ben.send("hello");
    await untilReceived(ann, "hello");
  }
  await until("all tunnels to end", () => untilEmpty(instance));
});
