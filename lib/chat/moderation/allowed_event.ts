/**
 * Which words the texts of events may contain.
 * @module
 */
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { WordFilter } from "./word_filter.ts";

const TEXTS = ["title", "topic", "reason"] as const;

/** The event with its texts masked if necessary; undefined if one is refused. */
export function withAllowedText(
  event: RoomEvent,
  words: Pick<WordFilter, "check">,
): RoomEvent | undefined {
  let allowed = event;
  for (const field of TEXTS) {
    const text = (event as Readonly<Record<string, unknown>>)[field];
    if (typeof text !== "string") continue;
    const verdict = words.check(text);
    if (verdict.kind === "refused") return undefined;
    if (verdict.kind === "masked") allowed = { ...allowed, [field]: verdict.text };
  }
  return allowed;
}
