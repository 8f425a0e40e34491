/**
 * How often the presence of one room is sent. A frame costs as much as the room has people, so after each one the room waits
 * for a time that grows with their number. What changes meanwhile is sent together. After a quiet time, a change is sent at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pace = new PresencePace();
 * assert.ok(pace.isDue(0));
 * pace.onSent(0, 50);
 * assert.equal(pace.isDue(3_999), false);
 * assert.ok(pace.isDue(4_000));
 * ```
 * @module
 */

/** Time between two frames, for each person who receives them: so a room of up to 100 sends at most 12.5 frames a second. */
const MS_PER_PERSON = 80;
/** Longest time between two frames. */
const MAX_WAIT_MS = 8_000;

/** The pace of one room. */
export class PresencePace {
  #nextAt = -Infinity;

  /** Whether changes can be sent now. @param now In milliseconds, on a scale that does not decrease. */
  isDue(now: number): boolean {
    return now >= this.#nextAt;
  }

  /** Records that changes were sent. @param people Number of people in the room. */
  onSent(now: number, people: number): void {
    this.#nextAt = now + Math.min(MAX_WAIT_MS, MS_PER_PERSON * people);
  }
}
