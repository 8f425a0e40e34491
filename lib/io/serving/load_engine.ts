/**
 * Loads the engine that the settings name. The packages of the second one are loaded only when it is used.
 * @module
 */
import type { EngineName } from "../../core/config/settings_table.ts";
import type { WebSocketEngine } from "../http/engine.ts";

/** Loads an engine. */
export async function loadEngine(name: EngineName): Promise<WebSocketEngine> {
  if (name === "deno") return new (await import("../http/deno/engine.ts")).DenoEngine();
  return new (await import("../http/node/engine.ts")).NodeEngine();
}
