// @ts-check
/**
 * The subscription to one room, across reconnects: joins, delivers the room's entries in order and each once, and resumes
 * at the last position. It keeps one position and no messages. The caller's view of it is room.js.
 * @module
 */

import { retryDelayMs } from "../connection/reconnect.js";
import { RefusedError } from "../errors.js";
import { ReadMarker } from "./read_marker.js";
import { EMPTY_ROSTER, rosterOf, withName, withPresence } from "./roster.js";
import { LogCursor } from "./log_cursor.js";
import { RoomRules } from "./room_rules.js";
import { amend, isClearing, toMessage } from "../timeline/amendments.js";
import { TypingUsers } from "./typing.js";
import { Feed, Value } from "../observable.js";

/** @typedef {import("../frames.js").Frame} Frame */
/** @typedef {import("../frames.js").Joined} Joined */
/** @typedef {import("../frames.js").Entry} Entry */
/** @typedef {import("../frames.js").Message} Message */
/** @typedef {import("../events.js").RoomEvent} RoomEvent */
/** @typedef {import("../events.js").RoomState} RoomState */

/**
 * What a room needs from its chat.
 * @typedef {object} RoomHost
 * @property {import("../connection/platform.js").Platform} platform
 * @property {import("../identity.js").Identity} identity
 * @property {import("../outbox/outbox.js").Outbox} outbox
 * @property {() => string} user The user's id.
 * @property {() => string | undefined} role The user's role in the service.
 * @property {() => string | null | undefined} service The id of the service; null if it has none, undefined until it is known.
 * @property {import("../connection/requests.js").Requests} requests
 * @property {import("../connection/send_queue.js").SendQueue} sendQueue
 * @property {() => void} reconnect Replaces the connection.
 */

// One object, so that setting it again notifies no listener.
const JOINING = /** @type {RoomState} */ (Object.freeze({ kind: "joining" }));

/** Refusals after which nothing waits for the room. */
const FINAL_REFUSALS = new Set(["not_allowed", "kicked", "banned"]);

/** The subscription to one room. */
export class RoomSubscription {
  /** @type {Value<RoomState>} */
  state = new Value(JOINING);
  /** @type {Value<string | null>} */
  me = new Value(/** @type {string | null} */ (null));
  wanted = new Value(/** @type {string | null} */ (null));
  members = new Value(EMPTY_ROSTER);
  /** @type {Value<Message | null>} */
  last = new Value(/** @type {Message | null} */ (null));
  /** @type {Feed<RoomEvent>} */
  events = new Feed();
  cursor = new LogCursor();
  typingUsers;
  readMarker;
  rules;
  /** Whether this connection has joined the room. */
  isJoined = false;
  /** Whether a moderator has removed the user from the room. Only the user decides whether to come back. */
  isExpelled = false;
  #historyLimit;
  #host;
  /** Whether the missed entries have arrived, so that actions may be sent. */
  #isOpen = false;
  /** Identifies the current or latest join attempt. @type {symbol | null} */
  #joinAttempt = null;
  #stopRetry = () => {};

  /** @param {string} name @param {number} limit Number of messages to load on joining. @param {RoomHost} host */
  constructor(name, limit, host) {
    /** The room's name; joining may change it to the server's spelling. */
    this.name = name;
    this.#historyLimit = limit;
    this.#host = host;
    this.typingUsers = new TypingUsers(host.platform);
    this.rules = new RoomRules(host.platform, () => ({ user: host.user(), role: host.role() }));
    this.readMarker = new ReadMarker(host.platform, (position) => {
      if (this.isJoined) host.sendQueue.send({ type: "read", room: this.name, position });
      return this.isJoined;
    });
  }

  /** Whether a join was requested on this connection. */
  get isJoinRequested() {
    return this.#joinAttempt !== null;
  }

  /** The unsettled actions of this room. */
  get outbox() {
    return this.#host.outbox.forRoom(this.name);
  }

  /** Leaves the room for good. */
  leave() {
    this.readMarker.flush();
    if (this.isJoinRequested) this.#host.sendQueue.send({ type: "leave", room: this.name });
    this.#stop();
    this.#host.outbox.leaveRoom(this.name);
    this.state.set({ kind: "left" });
    this.end();
  }

  /** Ends all observables. */
  end() {
    this.typingUsers.clear();
    this.readMarker.stop();
    const { events, state, me, wanted, members, last, typingUsers, readMarker } = this;
    const observables = [
      events,
      state,
      me,
      wanted,
      members,
      last,
      typingUsers.users,
      readMarker.read,
      readMarker.unread,
      readMarker.mentions,
    ];
    for (const feed of observables) feed.end();
    this.rules.end();
  }

  /**
   * Joins over the current connection.
   * @param {(frame: import("../frames.js").Request) => Promise<unknown>} [request] Resolves with the answer; rejects with a ChatError.
   */
  async join(request = (frame) => this.#host.requests.send(frame)) {
    // A listener that was just notified may have left the room.
    if (this.state.value.kind === "left") return;
    const { name: room } = this;
    const joinAttempt = this.#joinAttempt = Symbol(room);
    this.state.set(JOINING);
    try {
      const since = this.cursor.position ?? undefined;
      // Until the user's old connection is dropped, repeat the join instead of taking a temporary name.
      const temporaryName = !this.#host.identity.hasGhost;
      await request({ type: "join", room, since, limit: this.#historyLimit, temporaryName });
    } catch (error) {
      // Ignore results that belong to an earlier connection.
      if (joinAttempt !== this.#joinAttempt || !(error instanceof RefusedError)) return;
      if (!this.#canRetry(error)) {
        // The join of `Lobby` may have been refused because `lobby` is joined: leaving must not leave that one.
        this.#joinAttempt = null;
        return this.#refuse(error);
      }
      this.#stopRetry = this.#host.platform.after(() => void this.join(), retryDelayMs(error));
    }
  }

  /** Whether joining may succeed later. @param {RefusedError} error */
  #canRetry({ code, retry }) {
    return retry || code === "token_expired" ||
      code === "name_taken" && this.#host.identity.hasGhost;
  }

  /** @param {RefusedError} error */
  #refuse(error) {
    this.state.set({ kind: "refused", error });
    if (FINAL_REFUSALS.has(error.code)) this.outbox.refuse(error);
  }

  /** The user has changed their name: requests refused for the old name are repeated. */
  onRenamed() {
    this.wanted.set(null);
    const { value } = this.state;
    if (value.kind === "refused" && value.error.code === "name_taken") void this.join();
  }

  /** The connection is lost. */
  onDisconnected() {
    this.#stop();
    if (this.state.value.kind === "joined") this.state.set(JOINING);
  }

  #stop() {
    this.outbox.pause();
    this.#reset();
  }

  #reset() {
    this.isJoined = this.#isOpen = false;
    this.#joinAttempt = null;
    this.#stopRetry();
    this.typingUsers.clear();
    this.readMarker.stop();
  }

  /** Handles a frame about this room. @param {Frame} frame */
  onFrame(frame) {
    if (frame.type === "joined") return this.#onJoined(frame);
    if (!this.isJoined) return;
    switch (frame.type) {
      case "said":
      case "edited":
      case "deleted":
      case "reacted":
      case "renamed":
      case "hidden":
        return this.#onEntry(frame);
      case "presence":
        return this.#onPresence(frame);
      case "typing":
        return frame.user === this.#host.user() ? undefined : this.typingUsers.onTyping(frame);
      case "read":
        return this.readMarker.onMarkedElsewhere(frame.position);
      case "lost":
        return this.#onLost(frame);
      case "rules":
        return this.rules.onRules(frame);
      case "left":
        return frame.reason && this.#onExpelled(frame.reason, frame);
    }
  }

  /** @param {Joined} frame */
  #onJoined(frame) {
    const { messages = [], more = false, position, reason = null, read = null, unread } = frame;
    const isResumed = this.cursor.onJoined(frame);
    this.isJoined = true;
    this.me.set(frame.name);
    this.wanted.set(frame.wanted ?? null);
    if (frame.wanted === undefined) this.#host.identity.onJoinedAs(frame.name);
    this.members.set(rosterOf(frame));
    this.rules.onJoined(frame);
    this.readMarker.onJoined(frame, isResumed);
    if (!isResumed) {
      this.last.set(messages.at(-1) ?? null);
      this.outbox.onGap(reason);
      for (const it of messages) this.outbox.onEntry(it, this.#host.user());
    }
    // A listener may have left the room.
    if (!this.isJoined) return;
    this.state.set({ kind: "joined" });
    this.events.emit(
      isResumed
        ? { type: "resumed" }
        : { type: "opened", messages, more, position, reason, read, unread },
    );
    this.resumeOutbox();
  }

  /** @param {Entry | import("../frames.js").Hidden} entry */
  #onEntry(entry) {
    const wasMissed = !this.cursor.hasCaughtUp;
    const outcome = this.cursor.accept(entry.position);
    if (outcome === "gap") return this.#host.reconnect();
    if (outcome === "duplicate") return;
    if (entry.type === "hidden") return void (wasMissed && this.resumeOutbox());
    const isOwn = entry.user === this.#host.user();
    this.typingUsers.remove(entry.user);
    this.outbox.onEntry(entry, this.#host.user());
    if (entry.type === "said") {
      // `joined` has stated the result of what was missed.
      if (!wasMissed) this.#applyRules(entry);
      this.last.set(toMessage(entry));
      if (isClearing(entry)) this.readMarker.onCleared();
      const isMention = entry.mentions?.includes(this.#host.user() ?? "") ?? false;
      this.readMarker.onMessage(entry.position, isOwn, wasMissed, isMention);
    } else if (entry.type === "renamed") {
      if (!wasMissed) this.members.set(withName(this.members.value, entry));
      if (!wasMissed && isOwn) this.#setName(entry.name);
    } else if (this.last.value?.position === entry.of) {
      this.last.set(amend(this.last.value, entry));
    }
    this.events.emit({ ...entry, replayed: wasMissed });
    if (wasMissed) this.resumeOutbox();
  }

  /** @param {import("../frames.js").Said} entry */
  #applyRules(entry) {
    const { slowSeconds } = this.rules.settings.value;
    this.rules.onMessage(entry);
    if (this.rules.settings.value.slowSeconds < slowSeconds) this.outbox.retryNow();
  }

  /** @param {import("../frames.js").Presence} frame */
  #onPresence(frame) {
    this.members.set(withPresence(this.members.value, frame));
    // In a room without messages, a wanted name is restored by a presence frame; so is one that an old entry has undone.
    const own = frame.joined.find(({ user }) => user === this.#host.user());
    if (own && own.name !== this.me.value) this.#setName(own.name);
  }

  /** @param {string} name */
  #setName(name) {
    this.me.set(name);
    this.wanted.set(this.#host.identity.onRenamed(name));
  }

  /** @param {import("../frames.js").Lost} frame */
  #onLost(frame) {
    this.cursor.skip(frame.until);
    this.outbox.onGap(frame.reason);
    this.events.emit(frame);
    this.resumeOutbox();
  }

  /** The server has removed the user from the room. @param {string} code @param {import("../frames.js").Left} frame */
  #onExpelled(code, { message: reason, until }) {
    this.#reset();
    this.isExpelled = code !== "not_allowed";
    const message = code === "banned" ? "banned from the room" : "removed from the room";
    this.#refuse(new RefusedError({ type: "fault", code, message, reason, until }));
  }

  /** Starts sending actions, unless missed entries are still arriving: those may already contain them. */
  resumeOutbox() {
    const service = this.#host.service();
    if (!this.isJoined || !this.cursor.hasCaughtUp || this.#isOpen || service === undefined) return;
    this.#isOpen = true;
    this.outbox.resume({
      service,
      user: this.#host.user(),
      position: () => this.cursor.position,
      isPast: (position) => this.cursor.isPast(position),
      isTooLong: (frame) => this.#host.sendQueue.isTooLong(frame),
      send: (frame, beforeSend) => this.#host.sendQueue.send(frame, beforeSend),
      history: (before, limit) =>
        this.#host.requests.sendWithRetry({ type: "history", room: this.name, before, limit }),
    });
  }
}
