/**
 * Waiting for the end of a task.
 * @module
 */

/** Resolves when the signal aborts. Use it once per task: a listener stays until then. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
