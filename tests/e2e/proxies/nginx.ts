/**
 * A real nginx with the shipped nginx.conf. Tests replace only parts of it, and fail if a replacement finds nothing, so that
 * they cannot drift from the file.
 * @module
 */
import assert from "node:assert/strict";
import { onFreePort, type Program, Running } from "../../support/provision.ts";
import { exists } from "./proxied.ts";
import type { Started } from "./proxy_contract.ts";

/** The program. */
export const NGINX = { names: ["nginx"], install: "the Debian package nginx" };
/** Path of the shipped configuration. */
export const SHIPPED: string = new URL("../../../deploy/nginx.conf", import.meta.url).pathname;

/** A text of the shipped configuration, and what is there in a test. */
export type Change = readonly [shipped: string, here: string];

/** Runs the shipped configuration in its own folder. @param ports The ports of the two instances. */
export async function startNginx(
  program: Program,
  ports: readonly [number, number],
  ...more: readonly Change[]
): Promise<Started> {
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
