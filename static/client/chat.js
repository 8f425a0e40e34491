// @ts-check
/**
 * The conversation with one server: who one is, the rooms one is in, and what is on its way. It puts the parts together: the
 * connection (link.js), the stays (stay.js), the deeds (outbox.js).
 * @module
 */

import { Answers, askPatiently } from "./answers.js";
import { pauseMs } from "./comebacks.js";
import { ClosedError, DisconnectedError, RefusedError } from "./errors.js";
import { Identity } from "./identity.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { Room } from "./room.js";
import { settled } from "./settled.js";
import { Shelf } from "./shelf.js";
import { Stay } from "./stay.js";
import { realSurroundings } from "./surroundings.js";
import { Value } from "./values.js";

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").Limits} Limits */
/** @typedef {import("./frames.js").Member} Member */
/** @typedef {import("./frames.js").Request} Request */

/**
 * What `connect()` can be asked for.
 * @typedef {object} ChatOptions
 * @property {string} [name] What one would like to be called; without it one is a guest, or who one was.
 * @property {import("./shelf.js").StoragePort} [storage] Where what is not sent outlives this page, such as `localStorage`.
 * @property {string} [storageKey] What its keys begin with; `parley` without it.
 * @property {AbortSignal} [signal] Closes when it is aborted.
 * @property {import("./surroundings.js").Surroundings} [surroundings] For tests.
 */

const ROOM = /^[A-Za-z0-9_.-]{1,64}$/;

/** A conversation. Made by `connect()`. */
export class Chat {
  /** What the server allows; null before the first hello. @readonly @type {Value<Limits | null>} */
  limits = new Value(/** @type {Limits | null} */ (null));
  /** In the order of joining. @readonly @type {Value<readonly Room[]>} */
  rooms = new Value(/** @type {readonly Room[]} */ ([]));
  #link;
  #shelf;
  #outbox;
  /** @type {import("./stay.js").Host} */
  #host;
  #answers = new Answers();
  /** @type {Map<string, { room: Room, stay: Stay }>} */
  #stays = new Map();
  #identity;
  #stopListening = () => {};
  /** The service's id on this connection; null if it has none, undefined until it is known. @type {string | null | undefined} */
  #service;

  /**
   * @internal @param {string} url
   * @param {ChatOptions} options
   */
  constructor(
    url,
    { name, storage, storageKey = "parley", signal, surroundings = realSurroundings },
  ) {
    this.#shelf = new Shelf(storage, storageKey, url);
    this.#identity = new Identity(name, this.#shelf, surroundings);
    this.#outbox = new Outbox(this.#shelf, surroundings);
    this.#link = new Link(url, surroundings, {
      opened: () => void this.#greet(),
      heard: (frame) => this.#hear(frame),
      ended: () => this.#disconnected(),
      isNeeded: () => this.#stays.size > 0,
    });
    this.#host = {
      ...{ surroundings, outbox: this.#outbox, sender: this.#link.sender },
      user: () => this.me.value?.user ?? "",
      service: () => this.#service,
      maxMessageBytes: () => this.limits.value?.maxMessageBytes ?? Infinity,
      isOnline: () => this.#isOnline,
      ask: (frame) => this.#ask(frame),
      askPatiently: (frame) => askPatiently(() => this.#ask(frame), surroundings),
      mayPass: ({ code, retry }) => retry || code === "name_taken" && this.#identity.hasGhost,
      renamed: (name) => this.#identity.renamed(name),
      comeBack: () => this.#link.comeBack(),
    };
    const stopWaking = surroundings.onWake(() => this.#link.wake(), () => this.#rest());
    const close = () => this.close();
    signal?.addEventListener("abort", close);
    // A signal may live far longer than what it would close.
    this.#stopListening = () => (stopWaking(), signal?.removeEventListener("abort", close));
    this.#link.state.subscribe(({ kind }) => kind === "closed" && this.#end());
    if (signal?.aborted) this.close();
    else this.#link.open();
  }

  /** Who one is; null before the first hello. */
  get me() {
    return this.#identity.me;
  }

  /** How the connection stands. */
  get state() {
    return this.#link.state;
  }

  /** Whether requests wait because of the server's rate limits. */
  get isSlowed() {
    return this.#link.sender.isSlowed;
  }

  /** All that is not settled, of all rooms, the oldest first. */
  get outbox() {
    return this.#outbox.deliveries;
  }

  /** Whether all that waits to be sent would outlive this page. */
  get isKept() {
    return this.#shelf.isKept;
  }

  /**
   * Joins a room, and again after each lost connection. The same room again is the same object; where it was refused, it is
   * asked for again.
   * @param {string} name 1 to 64 of `A-Z a-z 0-9 _ . -`.
   * @param {{ limit?: number }} [options] Messages that come with joining, 0 to 200; 50 without it.
   * @returns {Room}
   */
  join(name, { limit = 50 } = {}) {
    const known = this.#stays.get(name);
    if (known?.room.state.value.kind === "refused" && this.#isOnline) void known.stay.enter();
    if (known !== undefined) return known.room;
    if (!ROOM.test(name)) {
      throw new TypeError(`Cannot join: a room has 1 to 64 of A-Z a-z 0-9 _ . -: received ${name}`);
    }
    if (this.state.value.kind === "closed") {
      throw new ClosedError("Cannot join: the conversation is closed");
    }
    const stay = new Stay(name, limit, this.#host);
    const room = new Room(stay, this.#host, (it) => this.#leave(it));
    this.#stays.set(name, { room, stay });
    this.rooms.set([...this.rooms.value, room]);
    if (this.#isOnline) void stay.enter();
    // The server closed the connection because no room was joined.
    if (this.#link.isResting) this.#link.open();
    return room;
  }

  /**
   * Takes another name, in all rooms or in none.
   * @param {string} name
   * @returns {Promise<void>} Rejects with a ChatError: `bad_name`, `name_taken`, `disconnected`.
   */
  async rename(name) {
    if (this.#link.isResting) await this.#link.reopen();
    const renaming = this.#ask({ type: "name", name });
    this.#link.sender.charge(this.#stays.size);
    await renaming;
    this.#identity.renamed(name);
    // The next connection asks for all rooms.
    if (!this.#isOnline) return;
    for (const { stay } of this.#stays.values()) stay.renamed();
  }

  /** Tries at once instead of waiting. */
  retryNow() {
    this.#link.open();
    this.#link.wake();
  }

  /** Resolves when all that was said is in the log, was refused, or waits for a person. Rejects when closed before. */
  settled() {
    return settled(this);
  }

  /** Ends it. What was not sent is kept where there is a storage, and sent by the next one. */
  close() {
    this.#rest();
    this.#link.close(null);
  }

  /** For `using`. */
  [Symbol.dispose]() {
    this.close();
  }

  get #isOnline() {
    return this.state.value.kind === "online";
  }

  async #greet() {
    const write = (/** @type {Request} */ frame) => this.#link.write(frame);
    // Not more than these two at once: how many are allowed, the answer tells. Most have one room, and that is a round trip saved.
    const hello = this.#answers.ask(this.#identity.hello(), write);
    const stays = [...this.#stays.values()].map(({ stay }) => stay);
    void stays[0]?.enter((frame) => this.#answers.ask(frame, write));
    try {
      await hello;
    } catch (error) {
      if (!(error instanceof RefusedError)) this.#identity.unanswered();
      else if (error.retry) this.#link.comeBack();
      else this.#link.close(error);
    }
  }

  /** @param {import("./frames.js").Hello} frame */
  #welcome(frame) {
    const { connection } = this.#link;
    if (!this.#identity.greeted(frame)) return this.#link.again();
    const { limits, heartbeat, resume, server } = frame;
    // A server without a token does not know its secret yet; the id is derived from it and follows with the token.
    this.#service = resume === undefined ? undefined : null;
    this.#identify(server);
    this.limits.set(limits);
    // Whoever was told may have ended it.
    if (connection !== this.#link.connection) return;
    this.#link.greet(limits, heartbeat.seconds);
    // One has been asked for with the hello, or by who has just heard of it.
    for (const { stay } of [...this.#stays.values()]) if (!stay.isAsked) void stay.enter();
  }

  /** @param {Frame} frame */
  #hear(frame) {
    this.#answers.take(frame);
    if ("room" in frame && frame.room !== undefined) this.#stays.get(frame.room)?.stay.take(frame);
    switch (frame.type) {
      case "hello":
        return this.#welcome(frame);
      case "token":
        this.#identity.keep(frame.resume);
        this.#service ??= null;
        this.#identify(frame.server);
        for (const { stay } of [...this.#stays.values()]) stay.openOutbox();
        return;
      case "ack":
        return this.#outbox.acknowledged(frame);
      case "fault":
        if (frame.code === "slow_down") this.#link.sender.slow(pauseMs(frame));
        return this.#outbox.refused(frame.id ?? "", frame);
    }
  }

  /** @param {{ id?: string } | undefined} server */
  #identify(server) {
    if (typeof server?.id !== "string") return;
    this.#service = server.id;
    this.#outbox.identify(server.id);
  }

  /** @param {Request} frame */
  #ask(frame) {
    if (!this.#isOnline) return Promise.reject(new DisconnectedError());
    return this.#answers.ask(frame, (it) => this.#link.sender.send(it));
  }

  #rest() {
    for (const { stay } of this.#stays.values()) stay.reading.rest();
  }

  #disconnected() {
    this.#service = undefined;
    for (const { stay } of this.#stays.values()) stay.disconnected();
    // Last: whoever was told may have asked for something.
    this.#answers.drop();
  }

  /** @param {Room} room */
  #leave(room) {
    const known = this.#stays.get(room.name);
    if (known?.room !== room) return;
    // First, so that whoever hears of it can join again.
    this.#stays.delete(room.name);
    known.stay.leave();
    this.rooms.set(this.rooms.value.filter((it) => it !== room));
  }

  #end() {
    this.#stopListening();
    for (const { stay } of this.#stays.values()) stay.end();
    this.#outbox.end(new ClosedError("Cannot send: the conversation is closed"));
    for (const told of [this.me, this.limits, this.rooms, this.state, this.isKept, this.isSlowed]) {
      told.end();
    }
  }
}
