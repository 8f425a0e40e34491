/**
 * How many serving isolates there are to be. Where a host runs the service for us, the chat must be the first to listen,
 * in the one isolate that is given to it.
 * @module
 */
import type { Config } from "../../core/config.ts";
import { usualIsolates } from "../../core/supervision.ts";

/** As it is set; unless it is, one for each core but one, on Linux. */
export function isolateCount({ workers }: Pick<Config, "workers">): number {
  if (workers !== null) return workers;
  if (isHosted()) return 0;
  return usualIsolates(Deno.build.os, navigator.hardwareConcurrency);
}

// Deno Deploy sets the first two. The last makes `Deno.serve` listen elsewhere than the settings say.
const SET_BY_HOSTS = ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID", "DENO_SERVE_ADDRESS"];

/** Whether a hosting platform runs the process: Deno Deploy, or one that decides where it listens. */
export function isHosted(): boolean {
  try {
    return SET_BY_HOSTS.some((name) => Deno.env.has(name));
  } catch {
    // Not allowed to look: so it is a machine of one's own.
    return false;
  }
}
