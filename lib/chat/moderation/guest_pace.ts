/**
 * Slow mode for guests who return as other guests. The log counts the messages of each user, and a guest without a token
 * is a new user at any time. So a guest who is newer than the last message of a guest from the same address waits as if that
 * message was the guest's own. Workers where the room is open tell each other by signals, which can be lost. Guests who were here
 * before do not wait for others.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRoom } from "../../core/names/names.ts";
 * import { addressUser } from "../../core/rooms/address_user.ts";
 * const [den, address] = [parseRoom("den"), addressUser("192.0.2.1")];
 * if (!den || !address) throw new Error("unreachable");
 * const pace = new GuestPace();
 * pace.onSent(address, den, 1_000);
 * assert.equal(pace.nextAt(address, den, { since: 2_000, slowMs: 30_000 }), 31_000);
 * assert.equal(pace.nextAt(address, den, { since: 500, slowMs: 30_000 }), 0);
 * ```
 * @module
 */
import { RecentMap } from "../../core/limits/recent_map.ts";
import type { UserId } from "../../core/log/user_id.ts";
import type { RoomId } from "../../core/names/names.ts";

/** Minimum number of addresses and rooms that are remembered: the latest ones. */
const KEPT_TIMES = 10_000;

/** When guests last sent something in rooms in slow mode, by address. Times are milliseconds since 1970. */
export class GuestPace {
  readonly #sentAt = new RecentMap<string, number>(KEPT_TIMES);
  /** What is on its way to the log here: since when, and how much. */
  readonly #sending = new Map<string, { readonly since: number; count: number }>();

  /**
   * When a guest may send something, as far as others from the address count.
   *
   * @param guest `since`: when the guest was new; `slowMs`: time between two messages.
   */
  nextAt(
    address: UserId,
    room: RoomId,
    { since, slowMs }: { readonly since: number; readonly slowMs: number },
  ): number {
    const key = keyOf(address, room);
    const times = [this.#sentAt.get(key), this.#sending.get(key)?.since];
    const counting = times.filter((at) => at !== undefined && since > at);
    return counting.reduce((last: number, at = 0) => Math.max(last, at + slowMs), 0);
  }

  /** Records that a guest has sent something. Returns false if it was not the latest. @param at Milliseconds since 1970. */
  onSent(address: UserId, room: RoomId, at: number): boolean {
    const key = keyOf(address, room);
    if (at <= (this.#sentAt.get(key) ?? -Infinity)) return false;
    this.#sentAt.set(key, at);
    return true;
  }

  /** A guest is sending something, until the result is disposed. The log may refuse it. @param now Milliseconds since 1970. */
  startSending(address: UserId, room: RoomId, now: number): Disposable {
    const key = keyOf(address, room);
    const sending = this.#sending.get(key) ?? { since: now, count: 0 };
    this.#sending.set(key, sending);
    sending.count += 1;
    return {
      [Symbol.dispose]: () => {
        sending.count -= 1;
        if (sending.count === 0) this.#sending.delete(key);
      },
    };
  }
}

function keyOf(address: UserId, room: RoomId): string {
  return `${address} ${room}`;
}
