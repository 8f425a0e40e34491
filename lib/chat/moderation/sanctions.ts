/**
 * Which mutes and bans apply to a user: those of a room, and those of the whole service, which are in the state of `_audit`.
 * Every worker follows that room.
 * @module
 */
import { type Authority, outranks, rankOf } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { RoomEvent, Sanction } from "../../core/log/room_event.ts";
import { addressInRoom, type CurrentSanction, RoomState } from "../../core/log/room_state.ts";
import { addressUser } from "../../core/rooms/address_user.ts";
import { AUDIT_ROOM } from "../../core/rooms/service_rooms.ts";
import type { Clock } from "../ports/clock.ts";

/** A user, as mutes and bans see one. */
export interface Subject {
  /** The user. */
  readonly user: UserId;
  /** The key of the connection's address; undefined if it is not known. */
  readonly address: string | undefined;
  /** What the user may do. */
  readonly authority: Authority;
}

/** A room as far as its rules go. */
export interface RuledRoom {
  /** The room's name. */
  readonly id: RoomId;
  /** Its settings, members, mutes and bans. */
  readonly state: RoomState;
}

/** Keeps rooms open. */
export interface RoomFollower {
  /** Opens a room, and calls back after each change of its rules; the event is undefined if several may have been missed. */
  follow(room: RoomId, onChange: (event: RoomEvent | undefined) => void): RuledRoom;
}

/** The mutes and bans that one worker knows of. */
export class Sanctions {
  readonly #clock: Pick<Clock, "date">;
  #audit: Pick<RuledRoom, "state"> = { state: new RoomState() };

  /** Knows of none before {@linkcode follow}. */
  constructor(clock: Pick<Clock, "date">) {
    this.#clock = clock;
  }

  /** Follows `_audit`. @param onChange Called after each change of the service's rules. */
  follow(hub: RoomFollower, onChange: (event: RoomEvent | undefined) => void): void {
    this.#audit = hub.follow(AUDIT_ROOM, onChange);
  }

  /** Whether guests can neither join nor send. */
  get isLockedDown(): boolean {
    return this.#audit.state.isLockedDown;
  }

  /** All mutes and bans of the service, and those of addresses in rooms. */
  all(): readonly CurrentSanction[] {
    return this.#audit.state.sanctions(this.#clock.date());
  }

  /** The mute or ban of a user in the whole service. Those who rank as high as whoever imposed it are exempt. */
  inService(kind: Sanction["kind"], subject: Subject): Sanction | undefined {
    const { state } = this.#audit;
    if (state.isEmpty) return undefined;
    const address = addressOf(subject);
    return this.#applying(state, kind, subject.user, subject) ??
      (address && this.#applying(state, kind, address, subject));
  }

  /** The mute or ban of a user in a room, be it there or in the whole service. */
  inRoom(
    kind: Sanction["kind"],
    subject: Subject,
    { id, state }: RuledRoom,
  ): Sanction | undefined {
    const own = state.isEmpty ? undefined : this.#applying(state, kind, subject.user, subject, id);
    return own ?? this.inService(kind, subject) ?? this.#ofAddressIn(kind, subject, id);
  }

  #ofAddressIn(kind: Sanction["kind"], subject: Subject, room: string): Sanction | undefined {
    const { state } = this.#audit;
    const address = state.isEmpty ? undefined : addressOf(subject);
    return address && this.#applying(state, kind, addressInRoom(address, room), subject, room);
  }

  #applying(
    state: RoomState,
    kind: Sanction["kind"],
    target: string,
    { authority }: Subject,
    room?: string,
  ): Sanction | undefined {
    const sanction = state.sanction(kind, target, this.#clock.date());
    return sanction && outranks(sanction.rank, rankOf(authority, room)) ? sanction : undefined;
  }
}

/** The id that stands for a guest's address; undefined for others, whom an address does not tell apart. */
export function addressOf(
  { user, address }: Pick<Subject, "user" | "address">,
): UserId | undefined {
  return address === undefined || userKind(user) !== "guest" ? undefined : addressUser(address);
}
