// @ts-check
/**
 * The frames of `chat.v1.json` as a client sees them: their shapes, and how a WebSocket message is taken apart. A field or a
 * type that is not known here is passed over, so that a newer server can be talked to.
 * @module
 */

/**
 * A person in a room.
 * @typedef {{ readonly user: string, readonly name: string }} Member
 */

/**
 * A message with all that was done to it since. Treat it as immutable.
 * @typedef {object} Message
 * @property {string} position Its name for ever, `epoch:seq`.
 * @property {number} at When it was said, in milliseconds since 1970.
 * @property {string} user Who said it.
 * @property {string} name Under which name.
 * @property {string} id The id that its author gave it.
 * @property {string} text The latest.
 * @property {string} [reply] The position of what it answers.
 * @property {number} [edited] When it was edited last.
 * @property {true} [deleted] It was taken back.
 * @property {Readonly<Record<string, readonly string[]>>} [reactions] Users by emoji, in the order of coming.
 */

/**
 * What can be done in a room so that everybody is told and the log keeps it.
 * @typedef {{ readonly type: "say", readonly text: string, readonly reply?: string }
 *   | { readonly type: "edit", readonly of: string, readonly text: string }
 *   | { readonly type: "delete", readonly of: string }
 *   | { readonly type: "react", readonly of: string, readonly emoji: string, readonly on: boolean }} Deed
 */

/** What every entry has: where it stands, when and by whom it was done, under which name, and the id its author gave it. @typedef {{ room: string, position: string, at: number, user: string, name: string, id: string }} EntryBase */
/** Somebody has said something. @typedef {EntryBase & { type: "said", text: string, reply?: string, edited?: number, deleted?: true }} Said */
/** The text of a message is another one now. @typedef {EntryBase & { type: "edited", of: string, text: string, deleted?: true }} Edited */
/** A message was taken back. @typedef {EntryBase & { type: "deleted", of: string }} Deleted */
/** An emoji was put to a message, or taken back. @typedef {EntryBase & { type: "reacted", of: string, emoji: string, on: boolean }} Reacted */
/** Somebody has another name. @typedef {EntryBase & { type: "renamed", from: string }} Renamed */
/**
 * What a room's log holds; they come in the order of their positions, each once.
 * @typedef {Said | Edited | Deleted | Reacted | Renamed} Entry
 */

/**
 * What the server tells in its hello.
 * @typedef {object} Limits
 * @property {number} maxTextBytes Of UTF-8, in one text.
 * @property {number} maxMessageBytes Of UTF-8, in one WebSocket message.
 * @property {number} maxRooms At a time.
 * @property {number} messagesPerSecond 0 for no limit.
 * @property {number} [bytesPerSecond] Of UTF-8; 0 for no limit.
 * @property {number} recoverLimit Entries that are replayed at most.
 */

/** @typedef {{ type: "hello", id?: string, server?: { id?: string }, limits: Limits, heartbeat: { seconds: number }, you: Member, resume?: string }} Hello */
/**
 * @typedef {object} Joined
 * @property {"joined"} type
 * @property {string} [id]
 * @property {string} room
 * @property {string} name
 * @property {string} position
 * @property {string} top
 * @property {boolean} [recovered]
 * @property {string} [reason]
 * @property {readonly Message[]} [messages]
 * @property {boolean} [more]
 * @property {number} count
 * @property {readonly Member[]} members
 * @property {string} [read]
 * @property {number} unread
 */
/** @typedef {{ type: "fault", id?: string, code: string, message: string, retry?: boolean, afterMs?: number }} Fault */
/** @typedef {{ type: "ack", id?: string, room?: string, position?: string, at?: number }} Ack */
/** @typedef {{ type: "history", id?: string, room: string, messages: readonly Message[], more: boolean, position: string }} History */
/** @typedef {{ type: "members", id?: string, room: string, count: number, members: readonly Member[] }} Members */
/** @typedef {{ type: "presence", room: string, count: number, joined: readonly Member[], left: readonly Member[], sampled?: boolean }} Presence */
/** @typedef {{ type: "typing", room: string, user: string, name: string, on: boolean, ms: number }} Typing */
/** What stands after one position and up to another can not be given any more. @typedef {{ type: "lost", room: string, after: string, until: string, reason: string }} Lost */
/**
 * All that the server may send.
 * @typedef {Hello | Joined | Fault | Ack | History | Members | Presence | Typing | Lost | Entry
 *   | { type: "left", id?: string, room: string } | { type: "token", resume: string, server?: { id: string } } | { type: "ping" }
 *   | { type: "pong", id?: string } | { type: "retry", afterMs: number }} Frame
 */

/**
 * What is sent: any request of the protocol.
 * @typedef {{ readonly type: string, readonly id?: string, readonly [field: string]: unknown }} Request
 */

/**
 * Takes a WebSocket message apart. What is no frame is left out: the connection is worth more than a line.
 * @param {string} message
 * @returns {Frame[]}
 */
export function framesOf(message) {
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
 * Reads `epoch:seq`; null for anything else.
 * @param {string | undefined} position
 * @returns {Position | null}
 */
export function parsePosition(position) {
  const [, epoch, seq] = /^([0-9a-z]{1,32}):(\d{1,16})$/.exec(position ?? "") ?? [];
  return epoch === undefined ? null : { epoch, seq: Number(seq) };
}

/**
 * Whether a position is another's or an earlier one, as far as can be told: of two epochs it cannot.
 * @param {string | undefined} position
 * @param {string | undefined} other
 * @returns {boolean}
 */
export function isUpTo(position, other) {
  const [one, two] = [parsePosition(position), parsePosition(other)];
  return one !== null && two !== null && one.epoch === two.epoch && one.seq <= two.seq;
}
