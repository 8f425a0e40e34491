/**
 * A subscriber of a room, and what it exchanges with the room when it joins.
 * @module
 */
import type { FrameEncoder } from "../../core/protocol/encoder.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import type { Name, RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import type { ShownRole } from "../../core/log/role.ts";
import type { LossReason } from "../../core/log/epochs.ts";
import type { HistoryPage } from "../../core/log/reading/log_reading.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { RoomState } from "../../core/log/room_state.ts";
import type { ReadState } from "../ports/bus.ts";
import type { People } from "../presence/member_list.ts";
import type { LogReader } from "../log_reader.ts";

/**
 * Why a room was not joined: the name belongs to another user; the room has no entries, and had to have some; or its rules do
 * not admit the user.
 */
export type JoinRefusal = "name_taken" | "no_room" | "not_allowed";

/**
 * Receives a room's frames. All methods must return at once and not throw; the subscriber may leave the room meanwhile.
 */
export interface Subscriber {
  /** Encodes frames in the subscriber's protocol. */
  readonly encoder: FrameEncoder;
  /** The connection's user. */
  readonly user: UserId;
  /** Called once, when it has joined. What follows arrives through {@linkcode deliver}. */
  onJoined(result: JoinResult): void;
  /** The room was not joined. Called instead of {@linkcode onJoined}. */
  onRefused(why: JoinRefusal): void;
  /** Sends encoded messages. @param last Position of the newest entry in them. */
  deliver(messages: readonly string[], last: Position): void;
  /** Sends missed messages at the peer's pace. Messages delivered meanwhile are sent after them. */
  replay(messages: readonly string[], last: Position): void;
  /**
   * The user has read up to a position on some connection. May be called repeatedly, late, or before {@linkcode
   * onJoined}.
   */
  onReadMarker(read: Position): void;
  /** The rules of the room have changed, perhaps for this user. @param event Undefined if several may have been missed. */
  onRulesChanged(event: RoomEvent | undefined): void;
  /** The number of the entry after which the user can read, by the rules of the room; 0 for everything. */
  readableAfter(): number;
  /** Whether the peer reads more slowly than messages are sent to it. */
  isBacklogged(): boolean;
}

/** Under which name to join a room. */
export interface JoinName {
  /** The requested name. */
  readonly name: Name;
  /** Picks another name if the requested one is taken; undefined if the user has chosen it. */
  readonly pickName: ((isTaken: (name: Name) => boolean) => Name) | undefined;
  /** Whether a picked name is temporary: the user gets the requested one when it becomes free. */
  readonly isTemporary?: boolean;
}

/** Who joins a room, under which conditions, and what to send first. */
export interface JoinRequest extends Author, JoinName {
  /** The role that lists of people show; only of users of an app. */
  readonly appRole?: ShownRole | undefined;
  /** Whether the room must have entries: others notice nothing of a join that is refused with `no_room`. Default: false. */
  readonly mustExist?: boolean;
  /**
   * Whether the user is present in the room: in its list of people, under a name that no other user can have. Default: true.
   */
  readonly isPresent?: boolean;
  /** Whether the rules of the room admit the user; by default they do. */
  readonly isAdmitted?: (room: { readonly id: RoomId; readonly state: RoomState }) => boolean;
  /** The name under which the rules of the room let the user in; undefined for the requested one, which is the default. */
  readonly ruledName?: (
    room: { readonly id: RoomId; readonly state: RoomState },
  ) => JoinName | undefined;
  /** Resolves when {@linkcode isAdmitted} and {@linkcode ruledName} can be asked; undefined for now. */
  readonly whenRulesKnown?: Promise<void> | undefined;
  /**
   * The newest position of the log when the store has said that the user is a member. The room here may not have reached it: it
   * then knows less of the user's membership.
   */
  readonly memberAt?: Position | undefined;
  /** Position of the last entry that the client has. */
  readonly since: Position | undefined;
  /** Maximum number of newest messages to send if there is no `since`, or it cannot be resumed from. */
  readonly limit: number;
  /** False if the member list and the user's read marker are not needed. */
  readonly wantsDetails?: boolean;
  /** Limits and paces the subscriber's reads; undefined for no limits. */
  readonly reader?: LogReader | undefined;
}

/** What {@linkcode Subscriber.onJoined} receives. */
export interface JoinResult {
  /** The claimed name. A rename may be under way. */
  readonly name: Name;
  /** The people in the room, including the user. */
  readonly people: People;
  /** The client has everything up to here. What is sent next follows it. */
  readonly position: Position;
  /** The top of the log: entries up to here are replayed now. */
  readonly top: Position;
  /** Whether all missed entries are replayed; undefined without `since`. */
  readonly recovered: boolean | undefined;
  /** Why they are not; undefined if they are, or without `since`. */
  readonly reason: LossReason | "too_many" | undefined;
  /** The newest messages; undefined if the missed entries are replayed. */
  readonly page: HistoryPage | undefined;
  /** How far the user has read; undefined if not requested. */
  readonly readState: ReadState | undefined;
}
