/**
 * The rooms of one isolate: who is in which, under which name, and how what the bus announces gets to them. A message is
 * encoded once, however many hear it. The hub never hears of a message but from the bus.
 * @module
 */
import type { Name, RoomId } from "../core/names.ts";
import { said } from "../core/text_mode.ts";
import type { Announcement, Bus } from "./bus.ts";

/** Whoever hears a room. */
export interface Member {
  /** Hands over one encoded message. Must return at once and not throw; it may leave the room. */
  deliver(frame: string): void;
}

/** A place in a room; disposing it gives the place and the name back. */
export interface Membership extends Disposable {
  /** Resolves when everything said from now on will be delivered; waits while the bus is away. */
  readonly joined: Promise<void>;
}

/** Knows the rooms of this isolate. */
export class Hub {
  readonly #rooms = new Map<RoomId, Map<Name, Member>>();
  readonly #bus: Pick<Bus, "follow" | "unfollow">;

  /** A hub without rooms. @param bus Told which rooms have members. */
  constructor(bus: Pick<Bus, "follow" | "unfollow">) {
    this.#bus = bus;
  }

  /** Whether somebody in the room has this name. */
  isTaken(room: RoomId, name: Name): boolean {
    return this.#rooms.get(room)?.has(name) ?? false;
  }

  /** Joins under a name; undefined if the name is taken. */
  join(room: RoomId, name: Name, member: Member): Membership | undefined {
    if (this.isTaken(room, name)) return undefined;
    const members = this.#rooms.get(room) ?? new Map<Name, Member>();
    this.#rooms.set(room, members.set(name, member));
    return {
      // Asked for each member, although one would do for the room: the bus may be away just now.
      joined: this.#bus.follow(room),
      [Symbol.dispose]: () => {
        // By member and not by name alone: disposed twice, it must not put out whoever has the name now.
        if (members.get(name) !== member) return;
        members.delete(name);
        if (members.size === 0) this.#rooms.delete(room);
        this.#bus.unfollow(room);
      },
    };
  }

  /** Delivers what the bus announced, in its order. */
  receive(announcements: readonly Announcement[]): void {
    for (const { room, author, text } of announcements) {
      const members = this.#rooms.get(room);
      if (members === undefined) continue;
      const frame = said(author, text);
      for (const member of members.values()) member.deliver(frame);
    }
  }
}
