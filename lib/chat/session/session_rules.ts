/**
 * What the rules of rooms and of the service mean for the user of one session: mutes, bans, lockdown, and who may be in a room.
 * @module
 */
import { joinedRights, outranks, rankOf } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { FOREVER, type RoomEvent, type Sanction } from "../../core/log/room_event.ts";
import type { UserId } from "../../core/log/user_id.ts";
import type { FrameOf } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import type { RoomId } from "../../core/names/names.ts";
import { addressUser } from "../../core/rooms/address_user.ts";
import type { JoinedRoomRequest, ModerationRequest } from "../../core/protocol/requests.ts";
import { admitsUser, closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import type { AddressSanctions } from "../moderation/address_sanctions.ts";
import { type RuledRoom, type Sanctions, type Subject } from "../moderation/sanctions.ts";
import type { Clock } from "../ports/clock.ts";
import { SLOW_MODE, waitOf } from "../requests/answers.ts";
import type { SignIn } from "../sign_in/sign_in.ts";

/** What the rules need. */
export interface RulesContext {
  /** For the time that is left of a mute or a ban. */
  readonly clock: Pick<Clock, "date">;
  /** The mutes and bans that this worker knows of. */
  readonly sanctions: Sanctions;
  /** Imposes those of guests, and slow mode, on their addresses. */
  readonly addressSanctions: Pick<
    AddressSanctions,
    "extend" | "remember" | "waitMs" | "startSending" | "onSent"
  >;
}

/** Why a user has to leave a room; the fields of the frame `left`. */
export type Expulsion = Pick<FrameOf<"left">, "reason" | "message" | "until">;

/** Requests that muted users cannot make. */
const SPEAKING: ReadonlySet<JoinedRoomRequest["type"]> = new Set([
  "say",
  "edit",
  "react",
  "typing",
]);

/** Applies the rules of rooms and of the service to the user of one session. */
export class SessionRules {
  readonly #signIn: Pick<SignIn, "me" | "authority" | "since">;
  readonly #address: UserId | undefined;
  readonly #context: RulesContext;
  /** Whether the user has ever been muted while connected. */
  #wasMuted = false;

  /** For the user of a sign-in. @param address The key of the connection's address. */
  constructor(
    signIn: Pick<SignIn, "me" | "authority" | "since">,
    address: string | undefined,
    context: RulesContext,
  ) {
    this.#signIn = signIn;
    this.#address = address === undefined ? undefined : addressUser(address);
    this.#context = context;
  }

  /** The user as mutes and bans see it; undefined before the `hello`. */
  get subject(): Subject | undefined {
    const { me, authority } = this.#signIn;
    if (me === undefined) return undefined;
    const { user } = me;
    return { user, address: userKind(user) === "guest" ? this.#address : undefined, authority };
  }

  /**
   * Whether an event may concern the user, in the log that it is in.
   *
   * @param event Undefined if several may have been missed.
   * @param room Undefined for `_audit`.
   */
  isConcernedBy(event: RoomEvent | undefined, room?: RoomId): boolean {
    if (event === undefined) return true;
    if ("user" in event) {
      const address = this.#address;
      if (event.user === this.#signIn.me?.user || event.user === address) return true;
      if (address === undefined) return false;
      // What counts for that guest counts for the address. If it has ended, `_audit` does not say any more that it did.
      return event.kind === "unmute" || event.kind === "unban"
        ? this.#wasMuted
        : this.#context.sanctions.isOnAccountOf(event.user, address, room ?? event.room);
    }
    // In `_audit`, what happens in a room is only for the record.
    return event.room === undefined && event.kind !== "clear";
  }

  /** Whether the user is a guest and the service is closed to guests. */
  get isLockedOut(): boolean {
    const { me } = this.#signIn;
    return me !== undefined && userKind(me.user) === "guest" &&
      this.#context.sanctions.isLockedDown;
  }

  /** The ban of the user from the whole service. */
  serviceBan(): Sanction | undefined {
    const ban = this.subject && this.#context.sanctions.inService("ban", this.subject);
    if (ban) this.#extend(ban, undefined);
    return ban;
  }

  /** The mute of the user in a room, or in the whole service. */
  muteIn(room: RuledRoom | undefined): Sanction | undefined {
    const { subject } = this;
    const { sanctions } = this.#context;
    if (subject === undefined) return undefined;
    const mute = room
      ? sanctions.inRoom("mute", subject, room)
      : sanctions.inService("mute", subject);
    if (mute === undefined) return undefined;
    this.#wasMuted = true;
    this.#extend(mute, room);
    return mute;
  }

  /** Imposes the user's mute in a room, if there is one, on the address: the user may come back as another guest. */
  extendMute(room: RuledRoom): void {
    this.muteIn(room);
  }

  /** A mute or a ban of the user, who has done something, may follow when the user has gone: it counts for the address. */
  rememberAddress(): void {
    if (this.subject) this.#context.addressSanctions.remember(this.subject);
  }

  /** What `joined` says about the rules of a room: its settings, the user's mute, and what the user may do there. */
  fieldsOfJoined(room: RuledRoom): Pick<FrameOf<"joined">, "settings" | "muted" | "may"> {
    const { state } = room;
    const { creator, settings } = state;
    const shown = { ...settings, ...(creator && { createdBy: creator }) };
    return { ...(!state.isEmpty && { settings: shown }), ...this.#ownRules(room) };
  }

  /** What has changed for the user in a room without an event there. */
  frameFor(room: RuledRoom): FrameOf<"rules"> {
    const lockedDown = this.isLockedOut && { lockedDown: true as const };
    const { role } = this.#signIn.authority;
    const own = { ...lockedDown, ...(role && { role }), ...this.#ownRules(room) };
    return { type: "rules", room: room.id, ...own };
  }

  #ownRules(room: RuledRoom): Pick<FrameOf<"rules">, "muted" | "may"> {
    const { me, authority } = this.#signIn;
    const mute = this.muteIn(room);
    const muted = mute && { ...untilOf(mute.until), ...reasonOf(mute) };
    const isCreator = me !== undefined && room.state.creator === me.user;
    return { ...(muted && { muted }), may: joinedRights(authority, room.id, isCreator) };
  }

  /**
   * The rules that no event of a room states, as a text to compare: the mutes of the service and of the user's address, lockdown,
   * and the user's rights.
   *
   * @param rooms Those of the session.
   */
  signature(rooms: readonly RuledRoom[]): string {
    const mute = this.muteIn(undefined);
    const ofAddress = this.#mutesOfAddress(rooms);
    const { isLockedOut } = this;
    const { role, rights } = this.#signIn.authority;
    const isMuted = mute !== undefined || ofAddress.length > 0;
    // Most users; there are many sessions.
    if (!isMuted && !isLockedOut && role === undefined && rights === null) return "";
    return JSON.stringify([mute?.until, mute?.reason, ofAddress, isLockedOut, role, rights]);
  }

  /** The rooms in which the user's address is muted, and until when. */
  #mutesOfAddress(rooms: readonly RuledRoom[]): readonly (string | number)[] {
    const address = this.subject?.address;
    if (address === undefined) return [];
    return rooms.flatMap((room) => {
      const mute = this.#context.sanctions.ofAddress("mute", address, room);
      return mute ? [room.id, mute.until] : [];
    });
  }

  /**
   * Why the user may do nothing that others see, such as creating rooms; undefined for who may.
   *
   * @param rooms Those in which it is seen; none for the whole service.
   */
  faultOutside(
    id: string | undefined,
    rooms: readonly RuledRoom[] = [],
  ): FrameOf<"fault"> | undefined {
    if (this.isLockedOut) return faultFrame(id, "locked_down");
    for (const room of [undefined, ...rooms]) {
      const mute = this.muteIn(room);
      if (mute) return this.sanctionFault(id, mute);
    }
    return undefined;
  }

  /**
   * Why the user may not moderate or change settings: users who are banned from the room may not, and muted users may not show
   * a text to others.
   *
   * @param room Undefined for the whole service.
   */
  faultOfModerator(
    request: ModerationRequest,
    room: RuledRoom | undefined,
  ): FrameOf<"fault"> | undefined {
    const { id } = request;
    if (room && !this.admits(room)) return faultFrame(id, "not_allowed");
    const hasText = request.type === "room" || hasReason(request);
    return hasText ? this.faultOutside(id, room ? [room] : []) : undefined;
  }

  /** Why a request in a room is refused; undefined if it is not. */
  faultFor(
    request: JoinedRoomRequest,
    room: RuledRoom,
  ): FrameOf<"fault"> | undefined {
    const { id, type } = request;
    if (isClosed(room.id) && !this.admits(room)) return faultFrame(id, "not_allowed");
    const { me } = this.#signIn;
    const after = me ? room.state.readableAfter(me.user) : 0;
    if ("of" in request && request.of.seq <= after) return faultFrame(id, "gone");
    // Muted users can delete messages, but not give a reason, which everyone sees.
    if (!SPEAKING.has(type) && !(type === "delete" && hasReason(request))) return undefined;
    if (this.isLockedOut) return faultFrame(id, "locked_down");
    if (closedKind(room.id) === "direct" && room.state.members.size < 2) {
      return faultFrame(id, "not_allowed", "the other user has left this conversation");
    }
    const mute = this.muteIn(room);
    if (mute) return this.sanctionFault(id, mute);
    const waitMs = type === "say" ? this.#guestWaitMs(room) : 0;
    return waitMs > 0 ? slowDownFault(id, waitMs, undefined, SLOW_MODE) : undefined;
  }

  /** How long slow mode lets a guest wait who may have been another one before; 0 if the guest can send now. */
  #guestWaitMs(room: RuledRoom): number {
    const slowMs = slowMsOf(room);
    const address = slowMs > 0 ? this.#pacedAddress(room) : undefined;
    if (address === undefined) return 0;
    const { clock, addressSanctions } = this.#context;
    const { since } = this.#signIn;
    return addressSanctions.waitMs(address, room.id, { since, slowMs, now: clock.date() });
  }

  /** The user is sending a message, until the result is disposed: in slow mode, others from the address wait if they are newer. */
  startSending(room: RuledRoom): Disposable | undefined {
    const address = slowMsOf(room) > 0 ? this.#pacedAddress(room) : undefined;
    const { clock, addressSanctions } = this.#context;
    return address && addressSanctions.startSending(address, room.id, clock.date());
  }

  /** The user has sent a message: others still wait. @param at By the clock of the log, in milliseconds since 1970. */
  onSent(room: RuledRoom, at: number = Infinity): void {
    const address = slowMsOf(room) > 0 ? this.#pacedAddress(room) : undefined;
    if (address === undefined) return;
    const { clock, addressSanctions } = this.#context;
    // Guests are new by the clock of this worker. One that is behind would take them for earlier than the message.
    addressSanctions.onSent(address, room.id, Math.min(at, clock.date()));
  }

  /** The address of a guest whom slow mode concerns. */
  #pacedAddress({ state }: RuledRoom): UserId | undefined {
    const { subject } = this;
    return subject && state.creator !== subject.user ? subject.address : undefined;
  }

  /** Why the user was not let into a room. A private room says nothing, as if it did not exist. */
  joinFault(id: string | undefined, room: RuledRoom): FrameOf<"fault"> {
    if (this.isLockedOut) return faultFrame(id, "locked_down");
    const { subject } = this;
    if (subject === undefined || isClosed(room.id)) return faultFrame(id, "not_allowed");
    const ban = this.#context.sanctions.inRoom("ban", subject, room);
    return ban
      ? this.sanctionFault(id, ban, "you are banned from this room")
      : faultFrame(id, "not_allowed");
  }

  /** The fault for a mute or a ban: what it is, why, and how long it lasts. */
  sanctionFault(
    id: string | undefined,
    sanction: Sanction,
    what = sanction.kind === "mute" ? "you are muted" : "you are banned",
  ): FrameOf<"fault"> {
    const { kind, until, reason } = sanction;
    const code = kind === "mute" ? "muted" : "banned";
    const why = reason === undefined ? "" : `: ${reason}`;
    const waitMs = until === FOREVER ? undefined : Math.max(0, until - this.#context.clock.date());
    return { ...faultFrame(id, code, `${what}${why}`), ...waitOf(waitMs), ...reasonOf(sanction) };
  }

  /** Whether the rules of a room let the user in. */
  admits(room: RuledRoom): boolean {
    return this.expulsion(room, undefined) === undefined;
  }

  /** Why the user may not stay in a room; undefined for who may. @param event What has just changed. */
  expulsion(room: RuledRoom, event: RoomEvent | undefined): Expulsion | undefined {
    const { subject } = this;
    if (subject === undefined) return undefined;
    const { user, authority } = subject;
    const rank = rankOf(authority, room.id);
    if (event?.kind === "kick" && event.user === user && outranks(event.rank, rank)) {
      return { reason: "kicked", ...(event.reason && { message: event.reason }) };
    }
    const ban = this.#context.sanctions.inRoom("ban", subject, room);
    if (ban) {
      this.#extend(ban, room);
      const { until, reason } = ban;
      return { reason: "banned", ...(reason && { message: reason }), ...untilOf(until) };
    }
    return admitsUser(room, user) ? undefined : { reason: "not_allowed" };
  }

  /** A guest's mute or ban counts for the guest's address too. */
  #extend(sanction: Sanction, room: RuledRoom | undefined): void {
    const { subject } = this;
    if (subject === undefined || sanction.user !== subject.user) return;
    const isOfRoom = room?.state.sanction(sanction.kind, subject.user, this.#context.clock.date());
    void this.#context.addressSanctions.extend(sanction, subject, isOfRoom ? room : undefined);
  }
}

/** The time between two messages of one user, in milliseconds; 0 for any. */
function slowMsOf({ state }: RuledRoom): number {
  return 1_000 * Number(state.field("slow") ?? 0);
}

function hasReason({ reason }: { readonly reason?: string | undefined }): boolean {
  return (reason ?? "").trim() !== "";
}

function reasonOf({ reason }: Sanction): { readonly reason?: string } {
  return reason ? { reason } : {};
}

/** The end of a mute or a ban as frames have it; no field for never. */
export function untilOf(until: number): { readonly until?: number } {
  return until === FOREVER ? {} : { until };
}
