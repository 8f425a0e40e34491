// @ts-check
/**
 * The frames of `chat.v1.json` as a client sees them: their types, and a parser for WebSocket messages. Unknown fields and
 * types are ignored, so that newer servers remain compatible.
 * @module
 */

/**
 * `member`: joined by an invite. `app`: known by a token that an app has signed, or signed in by a proxy. `guest`: anyone else.
 * @typedef {"guest" | "member" | "app"} UserKind
 */
/** @typedef {import("./member_types.js").Role} Role */
/** A user in a frame. @typedef {{ readonly user: string, readonly name: string, readonly role?: Role }} Person */
/**
 * A user: a member of a room, or the user of a chat. In lists, only owners and moderators who are members of the service have a
 * role.
 * @typedef {Person & { readonly kind: UserKind, readonly role?: Role }} Member
 */
/** The user of a chat. Members have a role, and so do users whose app or provider states one. @typedef {Member} Me */

/** A user who deleted the message of another one. `reason`: why, for people. @typedef {Person & { readonly reason?: string }} Deleter */

/**
 * The settings of a room.
 * @typedef {object} RoomSettings
 * @property {"open" | "listed" | "private" | "direct"} access Who sees the room: all users, also in the list of rooms, or only members.
 * @property {string} title A name for people; empty for none.
 * @property {string} topic What the room is about; empty for none.
 * @property {boolean} readOnly Whether only moderators and the creator may send messages.
 * @property {number} slowSeconds Seconds between two messages of one user; 0 for no slow mode.
 * @property {number} keepDays Days for which messages are kept; 0 for as long as the service keeps them.
 * @property {"all" | "joined"} history Only of private rooms: `joined` hides from members what was said before they were added.
 * @property {boolean} archived Whether the room is read-only and in no list.
 * @property {string} [createdBy] The id of the user who has created the room; missing if it was created by a join.
 */
/**
 * Changes of a room's settings. What is missing stays as it is.
 * @typedef {object} SettingsChange
 * @property {string} [title] At most 80 characters; empty for none.
 * @property {string} [topic] At most 500 characters; empty for none.
 * @property {boolean} [listed] Whether the room is in the public list.
 * @property {boolean} [readOnly]
 * @property {number} [slowSeconds] 0 to 21,600.
 * @property {number} [keepDays] 0 to 3,650.
 * @property {"all" | "joined"} [history] Only of private rooms.
 * @property {boolean} [archived]
 */
/** What a user may do in a room; `configure` is to change its settings. @typedef {"send" | "react" | "moderate" | "configure"} RoomRight */
/** That the user is muted. `until`: when it ends, in milliseconds since 1970; missing for never. `reason`: why, for people. @typedef {{ readonly until?: number, readonly reason?: string }} Mute */
/**
 * What a message does to its room: a change of settings (`room`), or something that moderators did.
 * @typedef {object} EventFields
 * @property {"room" | "mute" | "ban" | "unmute" | "unban" | "kick" | "member" | "clear" | "lockdown" | "role" | "held" | "delete" | "release"} kind
 * @property {string} [room] Only in `_audit`: where it happened; missing for the whole service.
 * @property {string} [user] Whom it is about.
 * @property {string} [name] The name of that user at the time.
 * @property {number} [until] When a mute or a ban ends, in milliseconds since 1970; missing for never.
 * @property {string} [reason] Why, for people.
 * @property {"operator" | "owner" | "moderator"} [rank] It has no effect on those who rank as high.
 * @property {string} [guest] Only with an address: the guest who was connected from it.
 * @property {true} [created] Whether it created the room.
 * @property {Person[]} [members] With `created`: the first members of a private or direct room.
 * @property {boolean} [on] With `member` and `lockdown`.
 * @property {Role} [role] With `role`: the new one.
 * @property {string} [reply] With `held`: the position in `room` of the message that it replies to.
 * @property {string} [of] With `delete` and `release`: the position in `room` of the message.
 */
/** @typedef {Readonly<EventFields & Partial<Omit<RoomSettings, "createdBy">>>} EventOfRoom */

/** A JSON object for programs. @typedef {{ readonly [key: string]: unknown }} Metadata */

/**
 * A message with all later edits, reactions and deletion applied. Treat it as immutable.
 * @typedef {object} Message
 * @property {string} position Its permanent position, `epoch:seq`.
 * @property {number} at When it was sent, in milliseconds since 1970.
 * @property {string} user The author's user id.
 * @property {string} name The author's name at that time.
 * @property {string} id The id that the author's client assigned.
 * @property {string} text The latest text.
 * @property {readonly string[]} [mentions] The ids of the users whom it mentions. Any of them may be unknown.
 * @property {Metadata} [metadata] For programs. Treat it as input of a stranger.
 * @property {string} [reply] The position of the message it replies to.
 * @property {EventOfRoom} [event] What the message does to the room. Its text says the same in English.
 * @property {number} [edited] When it was last edited.
 * @property {true} [deleted] Set if it was deleted.
 * @property {Deleter} [deletedBy] Who deleted it, if that was not the author.
 * @property {Readonly<Record<string, readonly string[]>>} [reactions] User ids by emoji, in the order of reacting.
 */

/**
 * An action in a room that is published to all members and stored in the log.
 * @typedef {{ readonly type: "say", readonly text: string, readonly reply?: string, readonly mentions?: readonly string[], readonly metadata?: Metadata }
 *   | { readonly type: "edit", readonly of: string, readonly text: string }
 *   | { readonly type: "delete", readonly of: string, readonly reason?: string }
 *   | { readonly type: "react", readonly of: string, readonly emoji: string, readonly on: boolean }} Action
 */

/** The common fields of all entries: position, time, author, the author's name at that time, and the id that the author's client assigned. @typedef {{ room: string, position: string, at: number, user: string, name: string, id: string }} EntryBase */
/** A message was sent. @typedef {EntryBase & { type: "said", text: string, mentions?: string[], metadata?: Metadata, reply?: string, event?: EventOfRoom, edited?: number, deleted?: true }} Said */
/** The text of a message was replaced. @typedef {EntryBase & { type: "edited", of: string, text: string, deleted?: true }} Edited */
/** A message was deleted, perhaps that of another user. @typedef {EntryBase & { type: "deleted", of: string, reason?: string }} Deleted */
/** A reaction was added to a message, or removed. @typedef {EntryBase & { type: "reacted", of: string, emoji: string, on: boolean }} Reacted */
/** A user changed their name. @typedef {EntryBase & { type: "renamed", from: string }} Renamed */
/**
 * An entry of a room's log. Entries arrive in the order of their positions, each once.
 * @typedef {Said | Edited | Deleted | Reacted | Renamed} Entry
 */

/**
 * The limits that the server states in its hello.
 * @typedef {object} Limits
 * @property {number} maxTextBytes UTF-8 bytes of one text.
 * @property {number} maxMessageBytes UTF-8 bytes of one WebSocket message.
 * @property {number} maxRooms Rooms joined at the same time.
 * @property {number} messagesPerSecond 0 for no limit.
 * @property {number} [bytesPerSecond] UTF-8 bytes; 0 for no limit.
 * @property {number} recoverLimit Maximum number of entries replayed after a reconnect.
 */

/**
 * The server's description of itself.
 * @typedef {object} Server
 * @property {string} name `parley`.
 * @property {string} version
 * @property {string} [page] The version of the chat page it serves.
 * @property {string} [id] The id of the deployment.
 * @property {boolean} [moderated] Whether there may be moderators to read reports. As of the hello, like `locked`.
 * @property {boolean} [locked] Whether guests can neither join nor send.
 */

/** @typedef {{ type: "hello", id?: string, server?: Server, limits: Limits, heartbeat: { seconds: number }, you: Person, rooms?: readonly string[], resume?: string }} Hello */
/**
 * @typedef {object} Joined
 * @property {"joined"} type
 * @property {string} [id]
 * @property {string} room
 * @property {string} name
 * @property {string} [wanted]
 * @property {string} position
 * @property {string} top
 * @property {boolean} [recovered]
 * @property {string} [reason]
 * @property {readonly Message[]} [messages]
 * @property {boolean} [more]
 * @property {number} count
 * @property {readonly Person[]} members
 * @property {string} [read]
 * @property {number} unread
 * @property {number} [mentions]
 * @property {RoomSettings} [settings]
 * @property {Mute} [muted]
 * @property {readonly RoomRight[]} [may]
 */
/** `until`: added on arrival, from `afterMs`. @typedef {{ type: "fault", id?: string, code: string, message: string, retry?: boolean, afterMs?: number, scope?: string, missing?: boolean, reason?: string, until?: number }} Fault */
/** What the user may do has changed without an event of the room. @typedef {{ type: "rules", room: string, may: readonly RoomRight[], muted?: Mute, lockedDown?: boolean, role?: Role }} Rules */
/** @typedef {{ type: "ack", id?: string, room?: string, position?: string, at?: number }} Ack */
/** @typedef {{ type: "history", id?: string, room: string, messages: readonly Message[], more: boolean, position: string }} History */
/** @typedef {{ type: "members", id?: string, room: string, count: number, members: readonly Person[] }} Members */
/** @typedef {{ type: "presence", room: string, count: number, joined: readonly Person[], left: readonly Person[], changed?: readonly Person[], sampled?: boolean }} Presence */
/** @typedef {{ type: "typing", room: string, user: string, name: string, on: boolean, ms: number }} Typing */
/** The user has read up to this position on another connection. @typedef {{ type: "read", room: string, position: string }} Read */
/** The user has become a member of a private or direct room, or is no longer one. @typedef {{ type: "member", room: string, on: boolean, with?: { user: string, name: string } }} MemberNotice */
/** Without an id, the server has removed the user from the room. @typedef {{ type: "left", id?: string, room: string, reason?: string, message?: string, until?: number }} Left */
/** The user's token expires soon. @typedef {{ type: "expiring", inMs: number }} Expiring */
/** An entry changes a message from before the user could read the room. @typedef {{ type: "hidden", room: string, position: string }} Hidden */
/** The entries after one position and up to another are no longer available. @typedef {{ type: "lost", room: string, after: string, until: string, reason: string }} Lost */
/**
 * Any frame that the server sends.
 * @typedef {Hello | Joined | Fault | Ack | History | Members | Presence | Typing | Read | Lost | Hidden | Entry
 *   | Left | Rules | MemberNotice | Expiring | { type: "token", resume: string, server?: { id: string } } | { type: "ping" }
 *   | { type: "pong", id?: string } | { type: "retry", afterMs: number }
 *   | import("./member_types.js").NewInvite & { type: "invite", id?: string } | { type: "invites", id?: string, invites: readonly import("./member_types.js").Invite[] }
 *   | { type: "room" | "membership", id?: string, room: string } | { type: "rooms", id?: string }
 *   | { type: "devices", id?: string, devices: readonly import("./member_types.js").Device[] }} Frame
 */

/**
 * Any request that a client sends.
 * @typedef {{ readonly type: string, readonly id?: string, readonly [field: string]: unknown }} Request
 */

/**
 * Parses a WebSocket message. Lines that are not frames are skipped: one bad line must not end the connection.
 * @param {string} message
 * @returns {Frame[]}
 */
export function parseFrames(message) {
  return message.split("\n").flatMap((line) => {
    try {
      const frame = line.trim() === "" ? null : JSON.parse(line);
      return typeof frame?.type === "string" ? [frame] : [];
    } catch {
      return [];
    }
  });
}

/** @typedef {{ readonly epoch: string, readonly seq: number }} Position */

/**
 * Parses `epoch:seq`; null for anything else.
 * @param {string | undefined} position
 * @returns {Position | null}
 */
export function parsePosition(position) {
  const [, epoch, seq] = /^([0-9a-z]{1,32}):(\d{1,16})$/.exec(position ?? "") ?? [];
  return epoch === undefined ? null : { epoch, seq: Number(seq) };
}

/**
 * Whether a position is at or before another. False if they cannot be compared because their epochs differ.
 * @param {string | undefined} position
 * @param {string | undefined} other
 * @returns {boolean}
 */
export function isUpTo(position, other) {
  const [one, two] = [parsePosition(position), parsePosition(other)];
  return one !== null && two !== null && one.epoch === two.epoch && one.seq <= two.seq;
}
