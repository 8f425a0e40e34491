/**
 * The answers that requests have in common.
 * @module
 */
import type { Frame } from "../../core/protocol/frames.ts";
import { formatPosition } from "../../core/log/position.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import type { PublishResult, SlowDownRejection } from "../ports/bus.ts";

/** Whatever ends later than in 1,000 years has no end. */
const MAX_STATED_MS = 1_000 * 365 * 24 * 3_600_000;
/** Fault message for slow mode. */
export const SLOW_MODE = "slow down: the room is in slow mode";
/** Fault messages for limits other than the connection's own. */
const SLOW_DOWN_MESSAGES: Readonly<Record<SlowDownRejection["limit"], string>> = {
  user: "slow down: you send too much over all your connections",
  room: "slow down: the room receives more than it can deliver",
};

/** The response to a publish result. */
export function ackOrFault(
  id: string | undefined,
  room: string,
  result: PublishResult,
): Frame | undefined {
  if (result.kind === "entered") {
    const { position, at } = result;
    return acknowledge(id, { room, position: formatPosition(position), at });
  }
  switch (result.why) {
    case "slow_down":
      return slowDownFault(id, result.afterMs, result.limit, SLOW_DOWN_MESSAGES[result.limit]);
    case "slow_mode":
      return slowDownFault(id, result.afterMs ?? 0, undefined, SLOW_MODE);
    case "muted":
      return { ...faultFrame(id, "muted"), ...waitOf(result.afterMs) };
    default:
      return faultFrame(id, result.why);
  }
}

/** The field of a fault that says when a mute or a ban ends; none if it does not. */
export function waitOf(afterMs: number = Infinity): { readonly afterMs?: number } {
  return afterMs > MAX_STATED_MS ? {} : { afterMs };
}

/** The acknowledgement; undefined if the request has no id. */
export function acknowledge(
  id: string | undefined,
  fields: { readonly room?: string; readonly position?: string; readonly at?: number } = {},
): Frame | undefined {
  return id === undefined ? undefined : { type: "ack", id, ...fields };
}
