// @ts-check
/**
 * One's stay in a room, over as many connections as it takes: joins, takes what is told there in order and each once, and comes
 * back where one was. It keeps one position and no messages; what the caller sees of it is room.js.
 * @module
 */

import { pauseMs } from "./comebacks.js";
import { RefusedError } from "./errors.js";
import { Reading } from "./reading.js";
import { NOBODY, rosterOf, withName, withPresence } from "./roster.js";
import { Seat } from "./seat.js";
import { amend, toMessage } from "./timeline_amend.js";
import { Typists } from "./typists.js";
import { Feed, Value } from "./values.js";

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").Joined} Joined */
/** @typedef {import("./frames.js").Entry} Entry */
/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./room_events.js").RoomEvent} RoomEvent */
/** @typedef {import("./room_events.js").RoomState} RoomState */

/**
 * What a room needs of the conversation that it is part of.
 * @typedef {object} Host
 * @property {import("./surroundings.js").Surroundings} surroundings
 * @property {import("./outbox.js").Outbox} outbox
 * @property {() => string} user Who one is.
 * @property {() => string | null | undefined} service The id of the service; null if it has none, undefined until it is known.
 * @property {() => number} maxMessageBytes
 * @property {() => boolean} isOnline
 * @property {(frame: import("./frames.js").Request) => Promise<any>} ask Resolves with the answer; rejects with a ChatError.
 * @property {(frame: import("./frames.js").Request) => Promise<any>} askPatiently Like `ask`, but repeats the request after `slow_down`.
 * @property {(error: RefusedError) => boolean} mayPass Whether to join may succeed later.
 * @property {(name: string) => void} renamed One has another name, which was perhaps chosen on another page.
 * @property {import("./sender.js").Sender} sender
 * @property {() => void} comeBack Takes a new connection.
 */

// One object, so that who joins already is not told again.
const JOINING = /** @type {RoomState} */ (Object.freeze({ kind: "joining" }));

/** A stay. */
export class Stay {
  /** @type {Value<RoomState>} */
  state = new Value(JOINING);
  /** @type {Value<string | null>} */
  me = new Value(/** @type {string | null} */ (null));
  members = new Value(NOBODY);
  /** @type {Value<Message | null>} */
  last = new Value(/** @type {Message | null} */ (null));
  /** @type {Feed<RoomEvent>} */
  events = new Feed();
  seat = new Seat();
  typists;
  reading;
  /** Whether one has joined on this connection. */
  isHere = false;
  #limit;
  #host;
  /** Whether one has caught up there, so that deeds go out. */
  #isOpen = false;
  /** The joining that is under way, or was last. @type {symbol | null} */
  #joining = null;
  #stopRetry = () => {};

  /** @param {string} name @param {number} limit Messages wanted on joining. @param {Host} host */
  constructor(name, limit, host) {
    /** The room's name. @readonly */
    this.name = name;
    this.#limit = limit;
    this.#host = host;
    this.typists = new Typists(host.surroundings);
    this.reading = new Reading(host.surroundings, (position) => {
      if (this.isHere) host.sender.send({ type: "read", room: name, position });
      return this.isHere;
    });
  }

  /** Whether this connection has been asked to join. */
  get isAsked() {
    return this.#joining !== null;
  }

  /** This room's deeds on their way. */
  get outbox() {
    return this.#host.outbox.of(this.name);
  }

  /** Leaves, for good. */
  leave() {
    this.reading.rest();
    if (this.isAsked) this.#host.sender.send({ type: "leave", room: this.name });
    this.#stop();
    this.#host.outbox.leave(this.name);
    this.state.set({ kind: "left" });
    this.end();
  }

  /** Nothing is told any more. */
  end() {
    this.typists.clear();
    this.reading.end();
    const { events, state, me, members, last, typists, reading } = this;
    const told = [events, state, me, members, last, typists.value, reading.read, reading.unread];
    for (const feed of told) feed.end();
  }

  /**
   * There is a connection: joins.
   * @param {Host["ask"]} [ask]
   */
  async enter(ask = this.#host.ask) {
    // By who has just heard of the room, or of the connection.
    if (this.state.value.kind === "left") return;
    const { name: room } = this;
    const joining = this.#joining = Symbol(room);
    this.state.set(JOINING);
    try {
      await ask({ type: "join", room, since: this.seat.position ?? undefined, limit: this.#limit });
    } catch (error) {
      // What came of an earlier connection is of no interest any more.
      if (joining !== this.#joining || !(error instanceof RefusedError)) return;
      if (!this.#host.mayPass(error)) return this.state.set({ kind: "refused", error });
      this.#stopRetry = this.#host.surroundings.after(() => void this.enter(), pauseMs(error));
    }
  }

  /** One has another name: what was refused because of the one before is asked for again. */
  renamed() {
    const { value } = this.state;
    if (value.kind === "refused" && value.error.code === "name_taken") void this.enter();
  }

  /** There is no connection any more. */
  disconnected() {
    this.#stop();
    if (this.state.value.kind === "joined") this.state.set(JOINING);
  }

  #stop() {
    this.isHere = this.#isOpen = false;
    this.#joining = null;
    this.#stopRetry();
    this.outbox.shut();
    this.typists.clear();
    this.reading.end();
  }

  /** A frame that is about this room. @param {Frame} frame */
  take(frame) {
    if (frame.type === "joined") return this.#join(frame);
    if (!this.isHere) return;
    switch (frame.type) {
      case "said":
      case "edited":
      case "deleted":
      case "reacted":
      case "renamed":
        return this.#enter(frame);
      case "presence":
        return this.members.set(withPresence(this.members.value, frame));
      case "typing":
        return frame.user === this.#host.user() ? undefined : this.typists.take(frame);
      case "lost":
        return this.#lose(frame);
    }
  }

  /** @param {Joined} frame */
  #join(frame) {
    const { messages = [], more = false, position, reason = null, read = null, unread } = frame;
    const goesOn = this.seat.join(frame);
    this.isHere = true;
    this.me.set(frame.name);
    this.members.set(rosterOf(frame));
    this.reading.begin(frame.read, unread, goesOn);
    if (!goesOn) {
      this.last.set(messages.at(-1) ?? null);
      this.outbox.miss(reason);
      for (const it of messages) this.outbox.entered(it, this.#host.user());
    }
    // Whoever was told may have left.
    if (!this.isHere) return;
    this.state.set({ kind: "joined" });
    this.events.tell(
      goesOn
        ? { type: "resumed" }
        : { type: "opened", messages, more, position, reason, read, unread },
    );
    this.openOutbox();
  }

  /** @param {Entry} entry */
  #enter(entry) {
    const wasMissed = !this.seat.hasCaughtUp;
    const verdict = this.seat.take(entry.position);
    if (verdict === "hole") return this.#host.comeBack();
    if (verdict === "old") return;
    const isOwn = entry.user === this.#host.user();
    this.typists.stop(entry.user);
    this.outbox.entered(entry, this.#host.user());
    if (entry.type === "said") {
      this.last.set(toMessage({ ...entry, replayed: wasMissed }));
      this.reading.said(entry.position, isOwn, wasMissed);
    } else if (entry.type === "renamed") {
      if (!wasMissed) this.members.set(withName(this.members.value, entry));
      if (!wasMissed && isOwn) this.#rename(entry.name);
    } else if (this.last.value?.position === entry.of) {
      this.last.set(amend(this.last.value, { ...entry, replayed: wasMissed }));
    }
    this.events.tell({ ...entry, replayed: wasMissed });
    if (wasMissed) this.openOutbox();
  }

  /** @param {string} name */
  #rename(name) {
    this.me.set(name);
    this.#host.renamed(name);
  }

  /** @param {import("./frames.js").Lost} frame */
  #lose(frame) {
    this.seat.skip(frame.until);
    this.outbox.miss(frame.reason);
    this.events.tell(frame);
    this.openOutbox();
  }

  /** Starts sending deeds, unless missed entries are still coming: those may already contain them. */
  openOutbox() {
    const service = this.#host.service();
    if (!this.isHere || !this.seat.hasCaughtUp || this.#isOpen || service === undefined) return;
    this.#isOpen = true;
    this.outbox.open({
      service,
      user: this.#host.user(),
      maxMessageBytes: this.#host.maxMessageBytes(),
      position: () => this.seat.position,
      isPast: (position) => this.seat.isPast(position),
      send: (frame, go) => this.#host.sender.send(frame, go),
      history: (before, limit) =>
        this.#host.askPatiently({ type: "history", room: this.name, before, limit }),
    });
  }
}
