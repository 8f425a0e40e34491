/**
 * Whether a room is sent more than its members read. The rates estimate what can be delivered; this is what is observed.
 * The cost of a message doubles with every second in which most members are behind, and halves with every other second.
 * So one slow reader changes nothing. The factor is bounded: a crowd of slow readers cannot silence a room.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const strain = new Strain();
 * strain.note(0.6, 0);
 * strain.note(0.9, 1_000);
 * assert.equal(strain.load(100), 400);
 * strain.note(0.5, 2_000);
 * assert.equal(strain.load(100), 200);
 * ```
 * @module
 */
import { PEOPLE_PER_BYTE } from "./budgets.ts";

/** Interval at which members are checked. */
const LOOK_MS = 1_000;
const MAX_FACTOR = 64;

/** The strain of one room. */
export class Strain {
  #factor = 1;
  #notedAt: number | undefined;

  /** Whether the members have to be checked again. @param now Milliseconds; must not decrease. */
  isDue(now: number): boolean {
    return this.#notedAt === undefined || now - this.#notedAt >= LOOK_MS;
  }

  /** Records the share of members that are behind. @param now Milliseconds; must not decrease. */
  note(share: number, now: number): void {
    const looks = this.#notedAt === undefined ? 1 : (now - this.#notedAt) / LOOK_MS;
    this.#notedAt = now;
    // Without checks in between there was no strain: no messages were sent.
    this.#factor = share > 0.5
      ? Math.min(MAX_FACTOR, this.#factor * 2)
      : Math.max(1, this.#factor / 2 ** looks);
  }

  /** The number of people for which a message is charged. @param people Number of people in the room. */
  load(people: number): number {
    return this.#factor === 1 ? people : Math.max(people, PEOPLE_PER_BYTE) * this.#factor;
  }
}
