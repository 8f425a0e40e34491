/**
 * Raises the cost of messages in a room whose members cannot keep up. Budgets estimate what can be delivered; this adds
 * what is observed. The cost doubles with every second in which most members are behind, and halves with every other
 * second, so one slow reader has no effect. The factor is bounded: many slow readers cannot silence a room.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const strain = new RoomStrain();
 * strain.record(0.6, 0);
 * strain.record(0.9, 1_000);
 * assert.equal(strain.chargedPeople(100), 400);
 * strain.record(0.5, 2_000);
 * assert.equal(strain.chargedPeople(100), 200);
 * ```
 * @module
 */
import { PEOPLE_PER_BYTE } from "./budgets.ts";

/** Interval at which members are checked. */
const CHECK_INTERVAL_MS = 1_000;
const MAX_FACTOR = 64;

/** Records how many members of one room are behind, and raises the cost of its messages. */
export class RoomStrain {
  #factor = 1;
  #recordedAt: number | undefined;

  /** Whether the members must be checked again. @param now Milliseconds; must not decrease. */
  isDue(now: number): boolean {
    return this.#recordedAt === undefined || now - this.#recordedAt >= CHECK_INTERVAL_MS;
  }

  /** Records the share of members that are behind. @param now Milliseconds; must not decrease. */
  record(share: number, now: number): void {
    const intervals = this.#recordedAt === undefined
      ? 1
      : (now - this.#recordedAt) / CHECK_INTERVAL_MS;
    this.#recordedAt = now;
    // No checks in between means no messages were sent, so there was no strain.
    this.#factor = share > 0.5
      ? Math.min(MAX_FACTOR, this.#factor * 2)
      : Math.max(1, this.#factor / 2 ** intervals);
  }

  /** The number of people for which a message is charged. @param people Number of people in the room. */
  chargedPeople(people: number): number {
    return this.#factor === 1 ? people : Math.max(people, PEOPLE_PER_BYTE) * this.#factor;
  }
}
