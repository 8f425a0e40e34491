// @ts-check
/**
 * Serializes the submissions of a form whose answer is slow: the value submitted last is applied last.
 * @module
 */

/**
 * Runs an action for one value at a time. Of the values that arrive while it runs, only the last one is next; the others are
 * skipped, as is the value it is already running for.
 * @template T
 * @param {(value: T, isLast: () => boolean) => Promise<void>} fn Must not reject. `isLast`: whether no other value is waiting.
 * @returns {(value: T) => void}
 */
export function lastWins(fn) {
  /** @type {{ value: T } | null} */
  let running = null;
  /** @type {{ value: T } | null} */
  let next = null;
  const run = async () => {
    while (next !== null) {
      running = next;
      next = null;
      await fn(running.value, () => next === null);
    }
    running = null;
  };
  return (value) => {
    next = running?.value === value ? null : { value };
    if (running === null) void run();
  };
}
