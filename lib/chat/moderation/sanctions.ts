/**
 * Which mutes and bans apply to a user: those of a room, and those of the whole service, which are in the state of `_audit`.
 * Every worker follows that room.
 * @module
 */
import { type Authority, outranks, rankOf } from "../../core/auth/rights.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Rank, RoomEvent, Sanction } from "../../core/log/room_event.ts";
import { type Exemption, RoomState } from "../../core/log/room_state.ts";
import { isAddressUser } from "../../core/log/user_id.ts";
import type { CurrentSanction, SanctionTarget } from "../../core/log/sanction_fields.ts";
import { AUDIT_ROOM } from "../../core/rooms/service_rooms.ts";
import type { Clock } from "../ports/clock.ts";

/** A user, as mutes and bans see one. */
export interface Subject {
  /** The id that the user's mutes and bans name. */
  readonly user: UserId;
  /** The id that stands for a guest's address; undefined for others, whom an address does not tell apart. */
  readonly address: UserId | undefined;
  /** The user's role and rights. Only what a higher rank has imposed has an effect. */
  readonly authority: Authority;
}

/** A room as far as its rules go. */
export interface RuledRoom {
  /** The room's name. */
  readonly id: RoomId;
  /** Its settings, members, mutes and bans. */
  readonly state: RoomState;
}

/** A room that is kept open. */
export interface FollowedRoom extends RuledRoom {
  /** Whether its state has been read. */
  readonly isOpen: boolean;
  /** Resolves when it has been. */
  readonly whenOpen: Promise<void>;
}

/** Keeps rooms open. */
export interface RoomFollower {
  /** Opens a room, and calls back after each change of its rules; the event is undefined if several may have been missed. */
  follow(room: RoomId, onChange: (event: RoomEvent | undefined) => void): FollowedRoom;
}

type AuditRoom = Pick<FollowedRoom, "state" | "isOpen" | "whenOpen">;

/** The mutes and bans that one worker knows of. */
export class Sanctions {
  readonly #clock: Pick<Clock, "date">;
  #audit: AuditRoom = { state: new RoomState(), isOpen: true, whenOpen: Promise.resolve() };

  /** Knows of none before {@linkcode follow}. */
  constructor(clock: Pick<Clock, "date">) {
    this.#clock = clock;
  }

  /** Follows `_audit`. @param onChange Called after each change of the service's rules. */
  follow(hub: RoomFollower, onChange: (event: RoomEvent | undefined) => void): void {
    this.#audit = hub.follow(AUDIT_ROOM, onChange);
  }

  /** Resolves when they are known; undefined if they are. Until then, no user can be admitted. */
  get whenKnown(): Promise<void> | undefined {
    return this.#audit.isOpen ? undefined : this.#audit.whenOpen;
  }

  /** Whether guests can neither join nor send. */
  get isLockedDown(): boolean {
    return this.#audit.state.isLockedDown;
  }

  /**
   * What is imposed on a user or an address. Of what is imposed on an address, on account of guests too, that of the highest rank.
   *
   * @param room Where; undefined for the whole service.
   */
  imposed(
    kind: Sanction["kind"],
    target: UserId,
    room: RuledRoom | undefined,
  ): Sanction | undefined {
    const { state } = this.#audit;
    const date = this.#clock.date();
    const ofUsers = room?.state ?? state;
    if (!isAddressUser(target)) return ofUsers.sanction(kind, target, date);
    // What concerns an address is in `_audit` only.
    let highest: Sanction | undefined;
    for (const it of state.addressSanctions(kind, target, room?.id)) {
      const current = inEffect(it, ofUsers, date);
      const isHigher = current && (highest === undefined || outranks(current.rank, highest.rank));
      if (isHigher) highest = current;
    }
    return highest;
  }

  /** The mute or ban of a user in the whole service. Users who rank as high as the user who imposed it are exempt. */
  inService(kind: Sanction["kind"], subject: Subject): Sanction | undefined {
    const { state } = this.#audit;
    if (state.isEmpty) return undefined;
    return this.#applying(state, kind, subject.user, subject) ??
      this.#ofAddressOf(kind, subject, undefined);
  }

  /** The mute or ban of a user in a room, be it there or in the whole service. */
  inRoom(
    kind: Sanction["kind"],
    subject: Subject,
    { id, state }: RuledRoom,
  ): Sanction | undefined {
    const own = state.isEmpty ? undefined : this.#applying(state, kind, subject.user, subject, id);
    return own ?? this.inService(kind, subject) ?? this.#ofAddressOf(kind, subject, { id, state });
  }

  /**
   * The mute or ban of an address that ends last. One on account of a guest ends with the guest's own: a node may impose it when
   * that has just been ended.
   *
   * @param room Where; undefined for the whole service.
   */
  ofAddress(
    kind: Sanction["kind"],
    address: UserId,
    room: RuledRoom | undefined,
  ): CurrentSanction | undefined {
    const { state } = this.#audit;
    if (state.isEmpty) return undefined;
    const date = this.#clock.date();
    let last: CurrentSanction | undefined;
    for (const it of state.addressSanctions(kind, address, room?.id)) {
      // Those that follow end earlier.
      if (it.until <= (last?.until ?? date)) break;
      const current = inEffect(it, room?.state ?? state, date);
      if (current && current.until > (last?.until ?? date)) last = current;
    }
    return last;
  }

  /** Calls the function of the same name with the state of `_audit` and the current time. */
  exemptionFor(
    kind: Sanction["kind"],
    target: SanctionTarget,
    rank: Rank,
  ): Exemption | undefined {
    return exemptionFor({ kind, target, rank }, this.#audit.state, this.#clock.date());
  }

  /**
   * Whether a moderator has ended what was imposed on an address on account of its guests, so that this does not count for it.
   *
   * @param room Where; undefined for the whole service.
   */
  isExempt({ kind, rank }: Sanction, address: UserId, room: RoomId | undefined): boolean {
    const target = { user: address, room };
    const exemption = this.#audit.state.exemption(kind, target, this.#clock.date());
    return exemption !== undefined && !outranks(rank, exemption.rank);
  }

  /**
   * What `_audit` says of an address on account of one guest, also if it has ended.
   *
   * @param room Where; undefined for the whole service.
   */
  onAccountOf(
    guest: UserId,
    kind: Sanction["kind"],
    address: UserId,
    room: RoomId | undefined,
  ): CurrentSanction | undefined {
    return this.#audit.state.addressSanction(kind, { user: address, room, guest });
  }

  /** Whether an address is muted or banned on account of a guest. @param room Where; undefined for the whole service. */
  isOnAccountOf(guest: UserId, address: UserId, room: RoomId | undefined): boolean {
    return this.onAccountOf(guest, "mute", address, room) !== undefined ||
      this.onAccountOf(guest, "ban", address, room) !== undefined;
  }

  /** The number of mutes and bans of addresses on account of all guests, and the addresses of one guest that have one. */
  addressesOf(guest: UserId): ReturnType<RoomState["addressesOf"]> {
    return this.#audit.state.addressesOf(guest, this.#clock.date());
  }

  #ofAddressOf(
    kind: Sanction["kind"],
    subject: Subject,
    room: RuledRoom | undefined,
  ): Sanction | undefined {
    const { address } = subject;
    const sanction = address && this.ofAddress(kind, address, room);
    return sanction && outranks(sanction.rank, rankOf(subject.authority, room?.id))
      ? sanction
      : undefined;
  }

  #applying(
    state: RoomState,
    kind: Sanction["kind"],
    target: UserId,
    { authority }: Subject,
    room?: string,
  ): Sanction | undefined {
    const sanction = state.sanction(kind, target, this.#clock.date());
    return sanction && outranks(sanction.rank, rankOf(authority, room)) ? sanction : undefined;
  }
}

/**
 * A mute or a ban of an address, as it counts now: one on account of a guest lasts no longer than the guest's own, and has its rank.
 *
 * @param guests The state that has those of guests.
 * @param date Milliseconds since 1970.
 */
export function inEffect(
  sanction: CurrentSanction,
  guests: RoomState,
  date: number,
): CurrentSanction | undefined {
  const { kind, guest, isExempt } = sanction;
  if (isExempt || sanction.until <= date) return undefined;
  if (guest === undefined) return sanction;
  const own = guests.sanction(kind, guest, date);
  if (own === undefined) return undefined;
  const until = Math.min(sanction.until, own.until);
  return { ...sanction, until, reason: own.reason, rank: own.rank };
}

/**
 * What an address that is not muted or banned any more must be exempt from: what is imposed on account of guests until it ends, or
 * what it is exempt from already; undefined if there is neither.
 *
 * @param ended What was ended, and the rank of who did it.
 * @param audit The state of `_audit`.
 * @param date Milliseconds since 1970.
 */
export function exemptionFor(
  { kind, target, rank }: {
    readonly kind: Sanction["kind"];
    readonly target: SanctionTarget;
    readonly rank: Rank;
  },
  audit: RoomState,
  date: number,
): Exemption | undefined {
  const { user, room } = target;
  const before = audit.exemption(kind, target, date);
  const last = audit.addressSanctions(kind, user, room).find(({ guest }) => guest !== undefined);
  const until = Math.max(before?.until ?? 0, last?.until ?? 0);
  if (until <= date) return undefined;
  return { until, rank: before && outranks(before.rank, rank) ? before.rank : rank };
}
