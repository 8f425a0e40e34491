// @ts-check
/**
 * The public view of one room: its events and the actions in it. Actions are kept and resent until the room's log has
 * them, even across reconnects: do not retry them. A room does not keep messages: see
 * timeline.js.
 * @module
 */

import { parsePosition } from "../frames.js";
import { newId } from "../ids.js";
import { memberOf } from "../user_kind.js";
import { rosterOf } from "./roster.js";

/** @typedef {import("../outbox/delivery.js").Delivery} Delivery */
/** @typedef {import("../frames.js").Action} Action */
/** @typedef {import("../frames.js").Message} Message */
/** @typedef {import("../frames.js").Metadata} Metadata */
/** @typedef {import("../moderation_types.js").ModerationTerms} ModerationTerms */
/** @typedef {import("../moderation_types.js").RoomModeration} RoomModeration */
/** @typedef {import("../room_types.js").Membership} Membership */
/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {import("./room_subscription.js").RoomHost} RoomHost */
/** @typedef {import("./room_subscription.js").RoomSubscription} RoomSubscription */

/** A joined room. Created by `Chat.join()`. */
export class Room {
  #subscription;
  #host;
  #requests;
  #leave;

  /** @internal @param {RoomSubscription} subscription @param {RoomHost} host @param {(room: Room) => void} leave */
  constructor(subscription, host, leave) {
    this.#subscription = subscription;
    this.#host = host;
    this.#requests = host.requests;
    this.#leave = leave;
    /** The state of the subscription. @readonly */
    this.state = subscription.state;
    /** The user's name in this room; null before joining. @readonly */
    this.me = subscription.me;
    /** The wanted name, while another user here has it and `me` is a temporary name; otherwise null. @readonly */
    this.wanted = subscription.wanted;
    /** The members of this room. @readonly */
    this.members = subscription.members;
    /** The users who are typing, without this one. @readonly */
    this.typing = subscription.typingUsers.users;
    /** The number of unread messages. @readonly */
    this.unread = subscription.readMarker.unread;
    /** The number of unread messages that mention the user. @readonly */
    this.mentions = subscription.readMarker.mentions;
    /** The position up to which the user has read. @readonly */
    this.read = subscription.readMarker.read;
    /** The settings of the room. @readonly */
    this.settings = subscription.rules.settings;
    /** What the user may do here by role or token; null before joining. Settings and mutes come on top. @readonly */
    this.may = subscription.rules.may;
    /** That the user is muted, here or everywhere; null if not. @readonly */
    this.muted = subscription.rules.muted;
    /** Whether the user is a guest, and the service is closed to guests. @readonly */
    this.isLockedDown = subscription.rules.isLockedDown;
    /** When slow mode lets the user send the next message, in milliseconds since 1970; in the past if now. @readonly */
    this.slowUntil = subscription.rules.slowUntil;
    /** The newest message, for a preview. @readonly */
    this.last = subscription.last;
    /** The room's events, in order and each once. @readonly */
    this.events = subscription.events;
  }

  /**
   * The room's name, normalized and in lower case. ASCII capitals remain until the server has answered, and for good in rooms
   * created before names were in lower case; `chat.rooms` reports the change.
   */
  get name() {
    return this.#subscription.name;
  }

  /** The position of the last delivered entry; null before the first join. */
  get position() {
    return this.#subscription.cursor.position;
  }

  /**
   * Sends a message. It is kept and resent until the room's log has it.
   * @param {string} text
   * @param {{ reply?: string, mentions?: readonly string[], metadata?: Metadata }} [options] `reply`: the position of the message it
   *   replies to. `mentions`: the ids of at most 20 users. `metadata`: at most 2,048 bytes as JSON, and 8 levels; it is copied.
   * @returns {Delivery} Fails with `bad_frame` if mentions or metadata exceed these limits.
   */
  say(text, { reply, mentions, metadata } = {}) {
    this.#subscription.typingUsers.stopOwn();
    // As they are stored and sent, even if the caller changes them meanwhile; without those that are undefined.
    const options = JSON.parse(JSON.stringify({ reply, mentions, metadata }));
    return this.#enqueue({ type: "say", text, ...options });
  }

  /** Replaces the text of one of the user's own messages. @param {string} of Its position. @param {string} text */
  edit(of, text) {
    return this.#enqueue({ type: "edit", of, text });
  }

  /**
   * Deletes one of the user's own messages. Owners, moderators, and users whose token grants `moderate` here can delete those of
   * others too.
   * @param {string} of Its position.
   * @param {{ reason?: string }} [options] `reason`: why, for everyone in the room; at most 200 UTF-16 units.
   * @returns {Delivery} Fails with `not_yours` if it is another user's and the user may not delete it.
   */
  delete(of, { reason } = {}) {
    return this.#enqueue(
      reason === undefined ? { type: "delete", of } : { type: "delete", of, reason },
    );
  }

  /**
   * Reports a message to the moderators.
   * @param {string} of Its position.
   * @param {{ reason?: string }} [options] `reason`: why, in at most 200 UTF-16 units.
   * @returns {Promise<void>} Rejects with a ChatError: `gone`, `too_long`, `store_full`, `rooms_full`, `unavailable`, `disconnected`, and
   *   `unknown_outcome`, after which it may have been reported.
   */
  async report(of, { reason } = {}) {
    if (!this.#subscription.isJoined) throw this.#requests.connectionError;
    const why = reason === undefined ? {} : { reason };
    // The server remembers it for longer than this connection lasts, and for all pages of the user.
    const id = newId();
    await this.#requests.sendWithRetry({ type: "report", id, room: this.name, of, ...why });
  }

  /**
   * Does what only moderators may do: see {@linkcode RoomModeration}. Users who rank as high are exempt, although the request
   * succeeds. The user need not be in the room.
   * @param {RoomModeration} action
   * @param {ModerationTerms} [terms]
   * @returns {Promise<void>} Rejects with a ChatError: `not_allowed`, `bad_frame` (terms out of range), `blocked_words` (the reason),
   *   `room_full`, `store_full`, `unavailable`, `disconnected`, and `unknown_outcome`, after which it may have been done.
   */
  async moderate(action, terms = {}) {
    const request = { ...terms, type: "moderate", id: newId(), action, room: this.name };
    await this.#requests.sendWithRetry(request);
  }

  /**
   * Changes settings of the room, for those whose `may` has `configure`.
   * @param {import("../frames.js").SettingsChange} changes
   * @returns {Promise<void>} Rejects with a ChatError: `not_allowed`, `bad_frame` (a value out of range), `blocked_words`,
   *   `rooms_full`, `store_full`, `unavailable`, `disconnected`, and `unknown_outcome`, after which it may have been done.
   */
  async configure(changes) {
    if (!this.#subscription.isJoined) throw this.#requests.connectionError;
    await this.#requests.sendWithRetry({ ...changes, type: "room", id: newId(), room: this.name });
  }

  /** Adds a reaction to a message, or removes it. @param {string} of Its position. @param {string} emoji @param {boolean} [on] */
  react(of, emoji, on = true) {
    return this.#enqueue({ type: "react", of, emoji, on });
  }

  /** Reports that the user is typing, or has stopped. Call it on every keystroke: it limits its own rate. @param {boolean} [isTyping] */
  type(isTyping = true) {
    if (!this.#subscription.isJoined) return;
    if (isTyping && this.#subscription.typingUsers.claimOwn()) {
      this.#host.sendQueue.sendNow({ type: "typing", room: this.name });
    }
    if (!isTyping && this.#subscription.typingUsers.stopOwn()) {
      this.#host.sendQueue.sendNow({ type: "typing", room: this.name, on: false });
    }
  }

  /**
   * Marks all messages up to this one as read, on all devices; no more than those that have arrived.
   * @param {string} position
   */
  markRead(position) {
    if (parsePosition(position) === null) {
      throw new TypeError(`Cannot mark as read: not a position: received ${position}`);
    }
    const { cursor, readMarker } = this.#subscription;
    readMarker.mark(cursor.isPast(position) ? position : cursor.position ?? position);
  }

  /**
   * Loads older messages in their current state, oldest first. With a `reason`, the server does not know `before`, and these are
   * the newest messages.
   * @param {{ before?: string, limit?: number }} [options] `before`: a position; default: the end of the log. `limit`: 0 to 200; default: 50.
   * @returns {Promise<{ messages: readonly Message[], more: boolean, position: string, reason?: string }>} Rejects with a {@linkcode ChatError}.
   */
  history({ before, limit = 50 } = {}) {
    if (!this.#subscription.isJoined) return Promise.reject(this.#requests.connectionError);
    return this.#requests.sendWithRetry({ type: "history", room: this.name, before, limit });
  }

  /** Requests the member list; it names at most 200 users. @returns {Promise<Roster>} Rejects with a {@linkcode ChatError}. */
  async who() {
    if (!this.#subscription.isJoined) throw this.#requests.connectionError;
    const answer = await this.#requests.sendWithRetry({ type: "who", room: this.name });
    this.members.set(rosterOf(answer));
    return this.members.value;
  }

  /**
   * The members of this private or direct room, whether they are there or not; {@linkcode members} are those who are.
   * @returns {Promise<Membership>} Rejects with a ChatError: `not_allowed`, `unavailable`, `disconnected`.
   */
  async membership() {
    const { creator, members } = await this.#requests.sendWithRetry({
      ...{ type: "members", room: this.name },
    });
    return { ...(creator && { creator }), members: members.map(memberOf) };
  }

  /**
   * Adds a user to this private room. Every member may do that who is no guest.
   * @param {string} user The user's id.
   * @param {string} [name] The user's name, for the record.
   * @returns {Promise<void>} Rejects with a ChatError: `not_allowed`, `room_full`, `too_many_rooms` (of that user), `store_full`,
   *   `unavailable`, `disconnected`, and `unknown_outcome`.
   */
  async addMember(user, name) {
    await this.#setMember({ user, ...(name && { name }) });
  }

  /**
   * Removes a member from this private room, or this user from a private or direct room for good. The creator of the room may
   * remove others, and so may moderators in it. When the last member leaves, the messages are removed.
   * @param {string} [user] The user's id. Default: this user.
   * @returns {Promise<void>} Rejects with a ChatError: `not_allowed`, `store_full`, `unavailable`, `disconnected`, and `unknown_outcome`.
   */
  async removeMember(user) {
    await this.#setMember({ ...(user && { user }), on: false });
  }

  /** Leaves the room. Unsent messages are kept, and sent after joining again. */
  leave() {
    this.#leave(this);
  }

  /** @param {{ user?: string, name?: string, on?: boolean }} terms */
  async #setMember(terms) {
    await this.#requests.sendWithRetry({ ...terms, type: "member", id: newId(), room: this.name });
  }

  /** @param {Action} action */
  #enqueue(action) {
    return this.#host.outbox.enqueue(this.name, action);
  }
}
