/**
 * Whether the settings call for the other engine: a service that strangers can reach should limit what each client can
 * make it buffer, which the runtime's own engine cannot.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const local = { websocketEngine: "deno", host: "127.0.0.1", publicUrl: null, trustProxy: [] } as const;
 * assert.equal(shouldChangeEngine(local), false);
 * assert.equal(shouldChangeEngine({ ...local, publicUrl: "https://chat.example" }), true);
 * ```
 * @module
 */
import { isLoopbackHost } from "../http/ip_address.ts";
import type { Config } from "./settings_table.ts";

/** Whether clients of other machines can reach the service, directly or through a proxy, and the engine is `deno`. */
export function shouldChangeEngine(
  { websocketEngine, host, publicUrl, trustProxy }: Pick<
    Config,
    "websocketEngine" | "host" | "publicUrl" | "trustProxy"
  >,
): boolean {
  if (websocketEngine !== "deno") return false;
  const hosts = publicUrl === null ? [host] : [host, new URL(publicUrl).hostname];
  return !hosts.every(isLoopbackHost) || trustProxy.length > 0;
}
