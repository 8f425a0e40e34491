/**
 * Forwards a user's read marks to the user's other connections. Marks are collected and sent at intervals, only the
 * newest per user and room, because scrolling sets many. Most users have one connection: a mark goes over the bus
 * only if the user is in the room through another node too.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { Position } from "../../core/log/position.ts";
import type { Bus } from "../ports/bus.ts";
import type { Room } from "./room.ts";

/** The read marks of all rooms of a hub that were not forwarded yet. */
export class ReadMarkRelay {
  readonly #bus: Pick<Bus, "signal">;
  readonly #pending = new Map<Room, Map<UserId, Position>>();

  /** Starts without marks. @param bus Reaches the other nodes. */
  constructor(bus: Pick<Bus, "signal">) {
    this.#bus = bus;
  }

  /** Adds a mark that advances the user's previous one. */
  add(room: Room, user: UserId, read: Position): void {
    const marks = this.#pending.get(room) ?? new Map<UserId, Position>();
    this.#pending.set(room, marks.set(user, read));
  }

  /** Forwards the marks added since the last call. */
  relay(): void {
    for (const [room, marks] of this.#pending) {
      for (const [user, read] of marks) {
        if (!room.presence.isElsewhere(user)) continue;
        // The bus sends it back to this node as well.
        marks.delete(user);
        this.#bus.signal(room.id, { kind: "read", user, read });
      }
      room.sendReadMarks(marks);
    }
    this.#pending.clear();
  }
}
