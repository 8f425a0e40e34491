/**
 * Imposes the mutes and bans of guests on their addresses too. Only the worker that has a guest's connection, or had it, knows
 * the address, so it adds an event to `_audit`, which all workers follow.
 * @module
 */
import { RecentMap } from "../../core/limits/recent_map.ts";
import { eventText, type RoomEvent, type Sanction } from "../../core/log/room_event.ts";
import { MAX_STATE_FIELDS, RoomState } from "../../core/log/room_state.ts";
import { isAddressUser, type UserId } from "../../core/log/user_id.ts";
import type { RoomId } from "../../core/names/names.ts";
import { AUDIT_ROOM, SERVICE_AUTHOR } from "../../core/rooms/service_rooms.ts";
import { BusUnavailable, type WorkerBus } from "../ports/bus.ts";
import type { GuestPace } from "./guest_pace.ts";
import type { RuledRoom, Sanctions, Subject } from "./sanctions.ts";

/** What {@linkcode AddressSanctions} needs from its worker. */
export interface AddressSanctionsContext {
  /** Publishes the events, and tells other workers when guests send something in slow mode. */
  readonly bus: Pick<WorkerBus, "publish" | "signal">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
  /** Says what is imposed already, so that it is not imposed again. */
  readonly sanctions: Pick<Sanctions, "imposed" | "onAccountOf" | "isExempt" | "addressesOf">;
  /** When guests last sent something in slow mode, here or elsewhere. */
  readonly pace: GuestPace;
}

/**
 * Maximum number of addresses that are muted or banned on account of one guest, wherever. A guest who owns many networks could
 * otherwise fill `_audit`, so that no more users could be muted, and what moderators have done would not be visible.
 */
export const MAX_ADDRESSES_OF_GUEST = 20;
/**
 * Maximum number of mutes and bans of addresses on account of all guests: half of what the state can hold, so that the rest is left
 * for moderators.
 */
export const MAX_ADDRESSES: number = MAX_STATE_FIELDS / 2;

/** Minimum number of guests whose addresses a worker remembers: the latest ones. */
export const KEPT_ADDRESSES = 10_000;

/** What is being imposed on an address. */
interface Imposition {
  readonly guest: UserId;
  readonly address: UserId;
  /** The latest of the guest that was asked for meanwhile. */
  next: Sanction | undefined;
}

/** Imposes mutes and bans on addresses. */
export class AddressSanctions {
  readonly #context: AddressSanctionsContext;
  // The latest last. A call of the HTTP API is over before a moderator has read what it has
  // sent, and its guest does not come back.
  readonly #addresses = new RecentMap<UserId, UserId>(KEPT_ADDRESSES);
  // A guest can have several connections here, and each of them asks until `_audit` says so.
  readonly #underWay = new Map<string, Imposition>();

  /** Starts with nothing under way. */
  constructor(context: AddressSanctionsContext) {
    this.#context = context;
  }

  /**
   * How long slow mode lets a guest wait who may have been another one before, in milliseconds; 0 if not at all.
   *
   * @param guest `since`: when the guest was new; `slowMs`: time between two messages; `now`: milliseconds since 1970.
   */
  waitMs(
    address: UserId,
    room: RoomId,
    { since, slowMs, now }: {
      readonly since: number;
      readonly slowMs: number;
      readonly now: number;
    },
  ): number {
    return Math.max(0, this.#context.pace.nextAt(address, room, { since, slowMs }) - now);
  }

  /** A guest has sent a message in slow mode, which has entered the log. @param at Milliseconds since 1970. */
  onSent(address: UserId, room: RoomId, at: number): void {
    const { pace, bus } = this.#context;
    if (pace.onSent(address, room, at)) bus.signal(room, { kind: "paced", address, at });
  }

  /** A guest is sending a message in slow mode, until the result is disposed. @param now Milliseconds since 1970. */
  startSending(address: UserId, room: RoomId, now: number): Disposable {
    return this.#context.pace.startSending(address, room, now);
  }

  /** Remembers the address of a guest who writes something, or about whom a moderator decides. */
  remember({ user, address }: Pick<Subject, "user" | "address">): void {
    if (address === undefined) return;
    this.#addresses.set(user, address);
  }

  /**
   * Imposes a new mute or ban on the address that is remembered of its guest.
   *
   * @param event What `_audit` says; undefined if several may have been missed.
   * @param find Returns a room whose state is known here.
   */
  onEvent(event: RoomEvent | undefined, find: (room: RoomId) => RuledRoom | undefined): void {
    if (event === undefined) this.#underWay.clear();
    if (event?.kind !== "mute" && event?.kind !== "ban") return;
    const { kind, user, room, guest } = event;
    const where = room && (find(room) ?? { id: room, state: new RoomState() });
    const own = this.#context.sanctions.imposed(kind, guest ?? user, where);
    if (guest !== undefined) {
      const key = keyOf(kind, user, guest, room);
      const ours = this.#underWay.get(key);
      this.#underWay.delete(key);
      // The guest's may have been replaced while this was under way; the state of the room may not be known here.
      const last = own ?? ours?.next;
      if (ours && last) void this.#impose(last, user, room);
      return;
    }
    const address = this.#addresses.get(user);
    if (address === undefined) return;
    // The state of the room may not be known here, or be older; after a gap, the event is. Whatever outlasts the guest's own is
    // without effect, and is replaced above.
    const last = own && own.until > event.until ? own : event;
    void this.#impose(last, address, room);
  }

  /**
   * Imposes a guest's mute or ban on the address of the guest's connection, unless it is already, or a moderator has ended that
   * since. Does nothing while the bus is unavailable: the next connection of the guest tries again.
   *
   * @param room Where; undefined for the whole service.
   */
  async extend(sanction: Sanction, subject: Subject, room: RuledRoom | undefined): Promise<void> {
    const { address } = subject;
    if (address === undefined || isAddressUser(sanction.user)) return;
    const { kind, user } = sanction;
    const { sanctions } = this.#context;
    const isNew = sanctions.onAccountOf(user, kind, address, room?.id) === undefined;
    if (isNew && sanctions.isExempt(sanction, address, room?.id)) return;
    await this.#impose(sanction, address, room?.id);
  }

  async #impose(sanction: Sanction, address: UserId, room: RoomId | undefined): Promise<void> {
    const { kind, name, until, reason, rank, user: guest } = sanction;
    const key = keyOf(kind, address, guest, room);
    const imposed = this.#context.sanctions.onAccountOf(guest, kind, address, room);
    const underWay = this.#underWay.get(key);
    if (underWay) underWay.next = sanction;
    if (underWay || imposed?.until === until) return;
    if (imposed === undefined && this.#isTooMany(guest, address)) return;
    this.#underWay.set(key, { guest, address, next: undefined });
    const event: RoomEvent = { kind, user: address, name, until, reason, rank, guest, room };
    const action = { kind: "said", text: eventText(event), event } as const;
    const { bus, newId } = this.#context;
    try {
      const draft = { ...SERVICE_AUTHOR, room: AUDIT_ROOM, id: newId(), action };
      const result = await bus.publish({ ...draft, isExempt: true });
      if (result.kind !== "entered") this.#underWay.delete(key);
    } catch (error) {
      this.#underWay.delete(key);
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }

  #isTooMany(guest: UserId, address: UserId): boolean {
    const { count, own } = this.#context.sanctions.addressesOf(guest);
    const addresses = new Set(own);
    for (const it of this.#underWay.values()) if (it.guest === guest) addresses.add(it.address);
    const isOneMore = !addresses.has(address) && addresses.size >= MAX_ADDRESSES_OF_GUEST;
    return isOneMore || count + this.#underWay.size >= MAX_ADDRESSES;
  }
}

function keyOf(
  kind: Sanction["kind"],
  address: UserId,
  guest: UserId,
  room: RoomId | undefined,
): string {
  return `${kind} ${address} ${guest} ${room ?? ""}`;
}
