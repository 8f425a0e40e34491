/**
 * A member's time in a room, from the wish to join to the leaving. What joining needs is dropped when the member is in:
 * there are many members, and they stay for long.
 * @module
 */
import type { UserId } from "../core/entries.ts";
import { join } from "./joining.ts";
import type { JoinWish, Member } from "./member.ts";
import type { Ending } from "./patience.ts";
import type { Room, RoomContext } from "./room.ts";

/** One stay. */
export class Stay implements Ending, EventListenerObject {
  /** The room. */
  readonly room: Room;
  readonly #member: Member;
  readonly #user: UserId;
  readonly #left: (room: Room) => void;
  #joining: Promise<void> | undefined;
  #isLeaving = false;
  #end: AbortController | undefined;

  /** Joins at once. @param left Told of the room when the member is out. */
  constructor(
    room: Room,
    member: Member,
    wish: JoinWish,
    context: RoomContext,
    left: (room: Room) => void,
  ) {
    this.room = room;
    this.#member = member;
    this.#user = wish.user;
    this.#left = left;
    this.#joining = this.#join(wish, context);
  }

  /** Whether the joining is given up. */
  get aborted(): boolean {
    return this.#isLeaving || this.room.signal.aborted;
  }

  /** The same, for who must wait: `AbortSignal.any()` would stay with the room's signal for ever (Deno 2.9.6). */
  get signal(): AbortSignal {
    if (this.#end === undefined) {
      this.#end = new AbortController();
      if (this.aborted) this.#end.abort();
      else this.room.signal.addEventListener("abort", this);
    }
    return this.#end.signal;
  }

  /** The room is closed. */
  handleEvent(): void {
    this.#end?.abort();
  }

  /** Leaves. @param comesBack Whether the user is likely to come back soon. */
  async leave(comesBack: boolean): Promise<void> {
    this.#isLeaving = true;
    this.#end?.abort();
    await this.#joining;
    await this.room.remove(this.#member, this.#user, comesBack);
    this.#left(this.room);
  }

  async #join(wish: JoinWish, context: RoomContext): Promise<void> {
    await join(this.room, this.#member, wish, context, this);
    this.#joining = undefined;
    if (this.#end === undefined) return;
    this.room.signal.removeEventListener("abort", this);
    this.#end = undefined;
  }
}
