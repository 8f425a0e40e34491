/**
 * The state of one room on this worker, and whether it still is that of the log. It is read when the room is opened, and changed
 * by the events that the room delivers. A log that has lost entries has another state, so it is then read again.
 * @module
 */
import type { Entry } from "../../core/log/entry.ts";
import type { Position } from "../../core/log/position.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { StateAt } from "../../core/log/reading/log_reading.ts";
import { RoomState } from "../../core/log/room_state.ts";
import { stateChanges } from "../../core/log/state_changes.ts";

/** Told when an event may have changed who may do what in a room; undefined if several may have been missed. */
export type RulesListener = (event: RoomEvent | undefined) => void;

/** Follows the state of one room. */
export class RoomStateTracker {
  #state = new RoomState();
  // The position of the newest entry that the state reflects, or a later one; undefined before the first read.
  #top: Position | undefined;

  /** The room's settings, members, mutes and bans; those of a new room before the first read. */
  get state(): RoomState {
    return this.#state;
  }

  /** Replaces the state by one that was read. */
  learn({ fields, top }: StateAt): void {
    this.#state = new RoomState(fields);
    this.#top = top;
  }

  /** Applies a delivered entry. Returns its event, if it has one. */
  apply({ action, user, room, position, at }: Entry): RoomEvent | undefined {
    const event = action.kind === "said" ? action.event : undefined;
    if (event === undefined) return undefined;
    // An entry of another epoch is reflected already, or the log that was read has lost it.
    const isNew = position.epoch === this.#top?.epoch && position.seq > this.#top.seq;
    if (!isNew) return event;
    this.#top = position;
    this.#state.apply(stateChanges(event, { user, room }, position.seq), at);
    return event;
  }

  /**
   * Whether the log may have lost something that the state reflects. It is then missing in the log, but nothing that the room has
   * delivered is, so the room does not notice.
   *
   * @param top The newest position, read from the log.
   */
  isOutdated(top: Position): boolean {
    const known = this.#top;
    return known !== undefined && (top.epoch !== known.epoch || top.seq < known.seq);
  }
}
