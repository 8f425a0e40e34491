/**
 * Loads the engine that the settings name. The packages of the second one are loaded only when it is used.
 * @module
 */
import type { EngineName } from "../../core/config/settings_table.ts";
import type { WebSocketEngine } from "../http/engine.ts";

/** The oldest release of Deno whose `node:http` goes on accepting connections: 2.6 accepts none. */
const OLDEST_FOR_NODE = [2, 7] as const;

/**
 * Loads an engine. Rejects with an error that says what to do if the runtime is too old for it.
 *
 * @param deno The version of the runtime.
 */
export async function loadEngine(
  name: EngineName,
  deno: string = Deno.version.deno,
): Promise<WebSocketEngine> {
  if (name === "deno") return new (await import("../http/deno/engine.ts")).DenoEngine();
  const [major = 0, minor = 0] = deno.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_FOR_NODE;
  if (major < oldestMajor || major === oldestMajor && minor < oldestMinor) {
    throw new Error(
      `Cannot use WEBSOCKET_ENGINE=node with Deno ${deno}, which accepts no connections then: use Deno ${
        OLDEST_FOR_NODE.join(".")
      } or later, or WEBSOCKET_ENGINE=deno`,
    );
  }
  return new (await import("../http/node/engine.ts")).NodeEngine();
}
