/**
 * Logs uncaught errors. They are bugs, but must not end the process and disconnect all users.
 * @module
 */
import { logger } from "./logger.ts";

/** Logs uncaught errors and unhandled rejections of this thread or worker, and keeps it running. Cannot be undone. */
export function logUncaughtErrors(): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    logger.error("service.uncaught_error", { error: event.error?.stack ?? event.message });
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    logger.error("service.unhandled_rejection", {
      error: event.reason?.stack ?? String(event.reason),
    });
  });
}
