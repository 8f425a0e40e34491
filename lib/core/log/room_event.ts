/**
 * Events of a room: changes of its settings, and what moderators do. An event is part of a message, so it is numbered, stored,
 * delivered and shown in history like every other message. Its text says the same in words, for clients that do not know
 * events.
 *
 * The room `_audit` has an event for everything that moderators do. There, `room` names the room that the event is about; an
 * event without it is about the whole service.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isUserId } from "./user_id.ts";
 * import { parseName } from "../names/names.ts";
 * const [user, name] = ["bob_12345", parseName("Bob")];
 * assert.ok(isUserId(user) && name);
 * assert.equal(eventText({ kind: "kick", user, name, reason: "noise", rank: "owner" }), "removed Bob: noise");
 * assert.equal(eventText({ kind: "member", user, name, on: false }, { author: user }), "left for good");
 * assert.equal(eventText({ kind: "room", readOnly: true, slowSeconds: 0 }), "made the room read-only; turned off slow mode");
 * ```
 * @module
 */
import type { Role } from "./role.ts";
import { isAddressUser, type UserId } from "./user_id.ts";
import type { Name, RoomId } from "../names/names.ts";
import { shownName } from "../names/shown_name.ts";

/**
 * Who sees a room: all users see `open` rooms, `listed` ones are in the list of rooms too, `private` ones only their
 * members see, and `direct` ones are private rooms of two users.
 */
export const ROOM_KINDS = ["open", "listed", "private", "direct"] as const;

/** One of {@linkcode ROOM_KINDS}. */
export type RoomKind = typeof ROOM_KINDS[number];

/** What the members of a private room can read: `joined` hides what came before they were added. */
export const HISTORY_ACCESS = ["all", "joined"] as const;

/** One of {@linkcode HISTORY_ACCESS}. */
export type HistoryAccess = typeof HISTORY_ACCESS[number];

/** Settings of a room. Those that are undefined do not change. */
export interface RoomSettings {
  /** Who sees the room; see {@linkcode ROOM_KINDS}. */
  readonly access?: RoomKind | undefined;
  /** A name for people, at most {@linkcode MAX_TITLE} characters; empty for none. */
  readonly title?: string | undefined;
  /** What the room is about, at most {@linkcode MAX_TOPIC} characters; empty for none. */
  readonly topic?: string | undefined;
  /** Whether only moderators and the creator may send messages. */
  readonly readOnly?: boolean | undefined;
  /** Seconds between two messages of one user, at most {@linkcode MAX_SLOW_SECONDS}; 0 for slow mode off. */
  readonly slowSeconds?: number | undefined;
  /** Days for which messages are kept, at most {@linkcode MAX_KEEP_DAYS}; 0 for as long as the service keeps them. */
  readonly keepDays?: number | undefined;
  /** Only in private rooms: what members can read, everything or only what came after they were added. */
  readonly history?: HistoryAccess | undefined;
  /** Whether the room is read-only and no longer listed. */
  readonly archived?: boolean | undefined;
}

/** Maximum length of a title, in UTF-16 code units. */
export const MAX_TITLE = 80;
/** Maximum length of a topic, in UTF-16 code units. */
export const MAX_TOPIC = 500;
/** Longest interval of slow mode: six hours. */
export const MAX_SLOW_SECONDS = 21_600;
/** Longest time for which a room can be set to keep messages: ten years. */
export const MAX_KEEP_DAYS = 3_650;
/** The end of a mute or a ban that has none, in milliseconds since 1970: the year 9999. */
export const FOREVER = 253_402_300_799_999;

/** Whom an event is about. */
export interface Target {
  /** The user's id. In mutes, bans and their ends, it can stand for an address: see `isAddressUser()`. */
  readonly user: UserId;
  /** The user's name at the time; of an address, the name of its guest. */
  readonly name: Name;
}

/** The rank of the user who imposes something: it has no effect on users of the same or a higher rank. */
export const RANKS = ["operator", "owner", "moderator"] as const;

/** One of {@linkcode RANKS}. */
export type Rank = typeof RANKS[number];

/** A mute or a ban. */
export interface Sanction extends Target {
  /** A muted user cannot send; a banned one cannot be in the room, or use the service, either. */
  readonly kind: "mute" | "ban";
  /** When it ends, in milliseconds since 1970; {@linkcode FOREVER} for never. */
  readonly until: number;
  /** Why, for people. */
  readonly reason?: string | undefined;
  /** The rank of the user who imposed it. */
  readonly rank: Rank;
  /** Only if `user` stands for an address: the guest who was connected from it. */
  readonly guest?: UserId | undefined;
}

/** All values of the field `kind` of a {@linkcode RoomEvent}, each once. */
export const EVENT_KINDS = [
  "room",
  "mute",
  "ban",
  "unmute",
  "unban",
  "kick",
  "member",
  "clear",
  "lockdown",
  "role",
  "held",
  "delete",
  "release",
] as const satisfies readonly EventAction["kind"][];

/** What an event says that creates a room; nothing in others. */
export interface RoomCreation {
  /** Whether the event creates the room: it is refused if the room has entries. */
  readonly created?: true | undefined;
  /** The first members of a private or direct room. */
  readonly members?: readonly Target[] | undefined;
}

/** What an event does. */
export type EventAction =
  | ({ readonly kind: "room" } & RoomCreation & RoomSettings)
  | Sanction
  | ({
    readonly kind: "unmute" | "unban";
    /**
     * Only if `user` stands for an address: until when its guests who are muted or banned now do not count for it, in milliseconds
     * since 1970. Undefined if there are none.
     */
    readonly until?: number | undefined;
    /** Only with `until`: guests whom a higher rank has muted or banned do count. */
    readonly rank?: Rank | undefined;
  } & Target)
  | ({ readonly kind: "kick"; readonly reason?: string | undefined; readonly rank: Rank } & Target)
  /** Adds a member to a private room, or removes one. */
  | ({
    readonly kind: "member";
    readonly on: boolean;
    /**
     * Only with `on`: the number of the newest entry that the user who adds the member has read. The state has that of the
     * entry before this event instead.
     */
    readonly from?: number | undefined;
  } & Target)
  /** Removes all earlier messages of the room, and with `archived` the room itself: see `deletionChanges()` in state_changes.ts. */
  | {
    readonly kind: "clear";
    readonly archived?: true | undefined;
    readonly reason?: string | undefined;
  }
  /** While it is on, guests can neither join nor send. */
  | { readonly kind: "lockdown"; readonly on: boolean; readonly reason?: string | undefined }
  /** Gives a member another role in the service. The directory of members has it already. */
  | ({ readonly kind: "role"; readonly role: Role } & Target)
  /**
   * Only in `_reports`: the message waits for a moderator. Its text is what the author wants to say in `room`, and `reply` the
   * position there of the message that it replies to, as epoch:seq.
   */
  | { readonly kind: "held"; readonly reply?: string | undefined }
  /** Only in `_audit`: a moderator has deleted a message of this user. `of` is its position in `room`, as epoch:seq. */
  | (
    & { readonly kind: "delete"; readonly of: string; readonly reason?: string | undefined }
    & Target
  )
  /** Only in `_audit`: a moderator has sent a message of this user that was held. `of` is its position in `room`. */
  | ({ readonly kind: "release"; readonly of: string } & Target);

/** What happened, and in the rooms of the service itself also where. */
export type RoomEvent = EventAction & {
  /** Only in `_audit` and `_reports`: the room in which it happened; undefined for the whole service. */
  readonly room?: RoomId | undefined;
};

const ABOVE_QUOTAS: ReadonlySet<RoomEvent["kind"]> = new Set(
  [
    ...["mute", "ban", "unmute", "unban", "kick"] as const,
    ...["clear", "lockdown", "role", "delete", "release"] as const,
  ],
);

/**
 * Whether an event counts even if no space or no room is left: a user who fills the store must not be safe from moderators.
 * These events are short, and only moderators cause them.
 */
export function isAboveQuotas({ kind }: Pick<RoomEvent, "kind">): boolean {
  return ABOVE_QUOTAS.has(kind);
}

/** What the words for an event depend on, apart from the event. */
export interface EventContext {
  /** Who does it; only events of members need it. */
  readonly author?: UserId;
  /** How long a mute or a ban lasts; undefined for ever. */
  readonly seconds?: number | undefined;
}

/** The event in words, as the text after its author's name. */
export function eventText(event: RoomEvent, context: EventContext = {}): string {
  const where = event.room === undefined ? "" : ` (#${event.room})`;
  return `${textOf(event, context)}${where}`;
}

function textOf(event: RoomEvent, { author, seconds }: EventContext): string {
  switch (event.kind) {
    case "room":
      return settingsText(event);
    case "mute":
    case "ban": {
      const verb = event.kind === "mute" ? "muted" : "banned";
      return withReason(`${verb} ${whoseName(event)}${durationText(seconds)}`, event.reason);
    }
    case "unmute":
      return `unmuted ${whoseName(event)}`;
    case "unban":
      return `unbanned ${whoseName(event)}`;
    case "kick":
      return withReason(`removed ${shownName(event.name)}`, event.reason);
    case "member":
      if (event.user === author) return event.on ? "came back" : "left for good";
      return event.on
        ? `added ${shownName(event.name)}`
        : `removed ${shownName(event.name)} from the members`;
    case "clear":
      return withReason(
        event.archived ? "deleted the room" : "removed all earlier messages",
        event.reason,
      );
    case "lockdown":
      return withReason(
        event.on ? "locked the service to guests" : "opened the service to guests",
        event.reason,
      );
    case "role":
      return `made ${shownName(event.name)} ${event.role === "owner" ? "an" : "a"} ${event.role}`;
    case "held":
      return "wrote a message that is waiting for a moderator";
    case "delete":
      return withReason(`deleted a message of ${shownName(event.name)}`, event.reason);
    case "release":
      return `released a message of ${shownName(event.name)}`;
  }
}

function settingsText(settings: RoomSettings & RoomCreation): string {
  const { created, access, title, topic, readOnly, slowSeconds, keepDays, history, archived } =
    settings;
  const parts = [
    created && (access === undefined ? "created the room" : `created the ${access} room`),
    access !== undefined && !created && `made the room ${access}`,
    title !== undefined && (title === "" ? "removed the title" : `set the title: ${title}`),
    topic !== undefined && (topic === "" ? "removed the topic" : `set the topic: ${topic}`),
    readOnly !== undefined && (readOnly ? "made the room read-only" : "let everyone send again"),
    slowSeconds !== undefined &&
    (slowSeconds === 0
      ? "turned off slow mode"
      : `turned on slow mode: one message every ${slowSeconds} s`),
    keepDays !== undefined &&
    (keepDays === 0
      ? "set how long messages are kept: as in other rooms"
      : `set how long messages are kept: ${keepDays} ${keepDays === 1 ? "day" : "days"}`),
    history !== undefined &&
    (history === "all"
      ? "let members read everything"
      : "hid from members what was said before they were added"),
    archived !== undefined && (archived ? "archived the room" : "unarchived the room"),
  ];
  return parts.filter(Boolean).join("; ") || "changed nothing";
}

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;

/** Rounded to the largest unit of which it is a multiple. */
function durationText(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  const [unit, length] = UNITS.find(([, length]) => seconds % length === 0) ?? ["second", 1];
  const count = seconds / length;
  return ` for ${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Whom a mute or a ban is about. An address has the name of its guest. */
function whoseName({ user, name }: Target): string {
  return isAddressUser(user) ? `the address of ${shownName(name)}` : shownName(name);
}

function withReason(text: string, reason: string | undefined): string {
  return reason ? `${text}: ${reason}` : text;
}
