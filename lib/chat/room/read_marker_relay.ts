/**
 * Relays a user's read markers to the user's other connections. Markers are collected and sent at intervals, only the
 * newest per user and room, because scrolling sets many. Most users have one connection: a marker goes over the bus
 * only if the user is in the room through another node too.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { Position } from "../../core/log/position.ts";
import type { Bus } from "../ports/bus.ts";
import type { Room } from "./room.ts";

/** The read markers of all rooms of a hub that were not relayed yet. */
export class ReadMarkerRelay {
  readonly #bus: Pick<Bus, "signal">;
  readonly #pending = new Map<Room, Map<UserId, Position>>();

  /** Starts without markers. @param bus Reaches the other nodes. */
  constructor(bus: Pick<Bus, "signal">) {
    this.#bus = bus;
  }

  /** Adds a marker that advances the user's previous one. */
  add(room: Room, user: UserId, read: Position): void {
    const markers = this.#pending.get(room) ?? new Map<UserId, Position>();
    this.#pending.set(room, markers.set(user, read));
  }

  /** Relays the markers added since the last call. */
  relay(): void {
    for (const [room, markers] of this.#pending) {
      for (const [user, read] of markers) {
        if (!room.presence.isElsewhere(user)) continue;
        // The bus sends it back to this node as well.
        markers.delete(user);
        this.#bus.signal(room.id, { kind: "read", user, read });
      }
      room.sendReadMarkers(markers);
    }
    this.#pending.clear();
  }
}
