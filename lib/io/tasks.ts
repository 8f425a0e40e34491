/**
 * Helpers for tasks that run until they are stopped. A task that fails before that fails the whole service.
 * @module
 */
import { logger } from "./logger.ts";
import { withTimeout } from "./timeout.ts";

const END_MS = 400;

/** Resolves to the error of the first task that fails; never resolves if none does. */
export function firstFailure(tasks: readonly Promise<unknown>[]): Promise<Error> {
  return new Promise((resolve) => {
    for (const task of tasks) {
      task.catch((thrown) => resolve(thrown instanceof Error ? thrown : new Error(String(thrown))));
    }
  });
}

/** Waits up to 400 ms for all tasks to end; logs a warning otherwise. @param what Names the tasks in the warning. */
export async function waitForEnd(what: string, tasks: readonly Promise<void>[]): Promise<void> {
  try {
    await withTimeout(END_MS, `${what} did not stop`, Promise.all(tasks));
  } catch (error) {
    logger.warn("service.stop_timed_out", { error: String(error) });
  }
}
