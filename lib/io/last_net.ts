/**
 * The last net: whatever gets here is a bug of ours, and no reason to cut everybody off.
 * @module
 */
import { log } from "./log.ts";

/** Errors that nobody caught are told in the log, and end nothing. For one isolate, and as long as it lives. */
export function keepErrorsFromEnding(): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    log.error("service.uncaught", { error: event.error?.stack ?? event.message });
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("service.unhandled", { error: event.reason?.stack ?? String(event.reason) });
  });
}
