/**
 * The engine of the services under test. The runner sets it: tests of sockets run once with each engine.
 * @module
 */
import type { EngineName } from "../../lib/core/config/settings_table.ts";

/** The engine of every service that a test starts without naming one. */
export const ENGINE: EngineName = Deno.env.get("TEST_ENGINE") === "node" ? "node" : "deno";

/** The reason in the close frame of a message that is too large. The package `ws` sends none. */
export const TOO_LARGE_REASON: string = ENGINE === "node" ? "" : "message too large";

/**
 * The numbers of workers with which a test runs that is not about sockets: what crosses from workers to the main thread is the
 * same with either engine, and once is enough.
 */
export const WORKER_COUNTS: readonly string[] = ENGINE === "node" ? ["0"] : ["0", "1"];

/**
 * Options of tests whose clients end at any moment, such as pages that are reloaded and programs that are killed. If a socket is
 * reset at the moment of the upgrade, Deno 2.9.6 never completes the upgrade, nor then the end of the service's listener.
 */
export const MAY_RESET_UPGRADES = { sanitizeOps: false };
