/**
 * Which fields of a room's state no longer have an effect. Nothing depends on when they are removed: the posting rules ignore a
 * mute that has ended. The sweep removes them, so that they do not count towards `MAX_STATE_FIELDS`, and so that a room whose
 * last mute has ended can expire. `io/redis/lua/sweep.lua` implements this a second time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const fields = new Map([["mute:ann_12345", "5000 {}"], ["mute:bob_12345", "6001 {}"], ["topic", '"Tea"']]);
 * assert.deepEqual(endedFields(fields, 6_000), ["mute:ann_12345"]);
 * ```
 * @module
 */
import { MAX_SLOW_SECONDS } from "./room_event.ts";
import type { StateFields } from "./room_state.ts";
import { endOf } from "./sanction_fields.ts";

/**
 * The mutes and bans that have ended, and the last messages that slow mode no longer counts: all if it is off, and otherwise those
 * older than its longest interval.
 *
 * @param date Milliseconds since 1970.
 */
export function endedFields(fields: StateFields, date: number): readonly string[] {
  const isSlow = fields.has("slow");
  return [...fields].filter(([field, text]) => {
    const [kind] = field.split(":", 1);
    if (kind === "mute" || kind === "ban") return endOf(text) <= date;
    const counts = isSlow && Number(text) + 1_000 * MAX_SLOW_SECONDS > date;
    return kind === "sent" && !counts;
  }).map(([field]) => field);
}
