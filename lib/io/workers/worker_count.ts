/**
 * Decides the number of workers. Hosting platforms give the service one thread and expect it to listen there, so it
 * starts no workers on them.
 * @module
 */
import type { Config } from "../../core/config/config.ts";
import { defaultWorkerCount } from "../../core/health/worker_health.ts";

/**
 * `WORKERS` if set; 0 on a hosting platform or where ports cannot be shared; else the number of cores minus 1, at least
 * 1.
 */
export function workerCount({ workers }: Pick<Config, "workers">): number {
  if (workers !== null) return workers;
  if (isHosted()) return 0;
  return defaultWorkerCount(Deno.build.os, navigator.hardwareConcurrency);
}

// Deno Deploy sets the first two. The last overrides where `Deno.serve` listens.
const SET_BY_HOSTS = ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID", "DENO_SERVE_ADDRESS"];

/** Whether a hosting platform runs the process: Deno Deploy, or one that decides where it listens. */
export function isHosted(): boolean {
  try {
    return SET_BY_HOSTS.some((name) => Deno.env.has(name));
  } catch {
    // No permission to read the environment: the process runs on the operator's own machine.
    return false;
  }
}
