/**
 * Tasks that go on until they are told to stop: one that ends by itself with an error has failed all that stands on it.
 * @module
 */
import { log } from "./log.ts";
import { within } from "./within.ts";

const END_MS = 400;

/** Resolves with the error of the first task that fails; never, if none does. */
export function firstFailure(tasks: readonly Promise<unknown>[]): Promise<Error> {
  return new Promise((resolve) => {
    for (const task of tasks) {
      task.catch((thrown) => resolve(thrown instanceof Error ? thrown : new Error(String(thrown))));
    }
  });
}

/** Waits for all of them to end, but not for long. @param what They are, in words. */
export async function finish(what: string, tasks: readonly Promise<void>[]): Promise<void> {
  try {
    await within(END_MS, `${what} did not stop`, Promise.all(tasks));
  } catch (error) {
    log.warn("service.not_finished", { error: String(error) });
  }
}
