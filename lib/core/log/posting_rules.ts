/**
 * What a room's state says about who may add to its log. The store asks this in the step that numbers a draft; the scripts in
 * `io/redis/lua` implement it a second time.
 * @module
 */
import { isClosed } from "../names/closed_kind.ts";
import type { Action, Draft } from "./entry.ts";
import { userField } from "./state_changes.ts";
import { endOf } from "./sanction_fields.ts";

/** Why the state of a room refuses a draft. */
export type StateRefusal =
  | { readonly why: "not_allowed" | "read_only" }
  /** The mute ends after so many milliseconds. */
  | { readonly why: "muted"; readonly afterMs: number }
  /** Slow mode: the next message may come after so many milliseconds. */
  | { readonly why: "slow_mode"; readonly afterMs: number };

/**
 * Why a draft is refused; undefined if it is not. All users may delete their own messages. A new name is never refused here: it
 * has been claimed, and would stay unannounced.
 *
 * @param field Returns the text of a field of the state.
 * @param at The time of the draft, in milliseconds since 1970.
 */
export function stateRefusal(
  { room, user, action, isExempt }: Pick<Draft, "room" | "user" | "action" | "isExempt">,
  field: (name: string) => string | undefined,
  at: number,
): StateRefusal | undefined {
  const { kind } = action;
  if (kind === "deleted" || kind === "renamed") return undefined;
  const access = field("access");
  // The store has lost the state, and the author's worker does not know that yet: moderators would bring the room back.
  const isLost = access === undefined && isClosed(room) && !createsRoom(action);
  if (isLost) return { why: "not_allowed" };
  if (isExempt) return undefined;
  const isForMembers = access === "private" || access === "direct";
  const isStranger = isForMembers && field(userField("member", user)) === undefined;
  if (isStranger || endOf(field(userField("ban", user))) > at) return { why: "not_allowed" };
  const mutedMs = endOf(field(userField("mute", user))) - at;
  if (mutedMs > 0) return { why: "muted", afterMs: mutedMs };
  if (field("archived") !== undefined) return { why: "read_only" };
  if (kind === "reacted") return undefined;
  const isReadOnly = field("readOnly") !== undefined && field("creator") !== user;
  if (isReadOnly) return { why: "read_only" };
  const last = Number(field(userField("sent", user)) ?? -Infinity);
  const waitMs = last + 1_000 * Number(field("slow") ?? 0) - at;
  return kind === "said" && waitMs > 0 && last <= at
    ? { why: "slow_mode", afterMs: waitMs }
    : undefined;
}

/** Whether an action creates its room. */
export function createsRoom(action: Action): boolean {
  return action.kind === "said" && action.event?.kind === "room" && action.event.created === true;
}
