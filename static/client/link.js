// @ts-check
/**
 * One connection over as many sockets as it takes: opens, keeps the server's pace, notices a silence, and comes back. It knows
 * nothing of rooms and people. A socket that was given up is never listened to again, whatever it still has to tell.
 * @module
 */

import { mayComeBack, waitMs } from "./comebacks.js";
import { ClosedError } from "./errors.js";
import { framesOf } from "./frames.js";
import { Sender } from "./sender.js";
import { attempt, Value } from "./values.js";

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").Request} Request */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */
/** @typedef {import("./surroundings.js").Socket} Socket */
/** @typedef {import("./errors.js").ChatError} ChatError */

/**
 * How the connection stands. `retryAt` is in milliseconds since 1970; it is Infinity after the server closed because no room was
 * joined. `code` and `reason` are those of the WebSocket's close.
 * @typedef {{ readonly kind: "connecting" } | { readonly kind: "online" }
 *   | { readonly kind: "waiting", readonly code: number, readonly reason: string, readonly retryAt: number }
 *   | { readonly kind: "closed", readonly error: ChatError | null }} State
 */

/** @typedef {{ opened(): void, heard(frame: Frame): void, ended(): void, isNeeded(): boolean }} Listener */

const SUBPROTOCOL = "chat.v1.json";

const LOST = 1006;
const NO_ROOM = 4012;
// To open a socket, and to be greeted on it.
const GREETING_MS = 20_000;
// Beyond the heartbeat's own time, before a silent server is asked, and then until it has answered.
const SILENCE_MS = 10_000;
const PROBE_MS = 5_000;
// A server that lets in and throws out at once must not be tried at the shortest wait for ever.
const STEADY_MS = 10_000;

/** The connection. */
export class Link {
  /** @type {Value<State>} */
  state = new Value(/** @type {State} */ ({ kind: "connecting" }));
  #url;
  #surroundings;
  #listener;
  /** @type {Socket | null} */
  #socket = null;
  #stopTimer = () => {};
  #heartbeatMs = 0;
  #heardAt = 0;
  #heard = 0;
  #openedAt = 0;
  /** @type {number | null} */
  #greetedAt = null;
  #attempt = 0;
  #hintMs = 0;
  #isProbing = false;

  /**
   * @param {string} url
   * @param {Surroundings} surroundings
   * @param {Listener} listener
   */
  constructor(url, surroundings, listener) {
    this.#url = url;
    this.#surroundings = surroundings;
    this.#listener = listener;
    /** What goes out in its turn. @readonly */
    this.sender = new Sender((frame) => this.write(frame), surroundings);
  }

  /** Connects now, ending a wait. */
  open() {
    if (this.#socket !== null || this.state.value.kind === "closed") return;
    this.#stopTimer();
    this.#openedAt = this.#surroundings.now();
    this.#greetedAt = null;
    this.#isProbing = false;
    const socket = this.#socket = this.#surroundings.open(this.#url, SUBPROTOCOL);
    this.#stopTimer = this.#surroundings.after(() => this.#lose(LOST, "no answer"), GREETING_MS);
    let hasOpened = false;
    const ifCurrent = (/** @type {(event: any) => void} */ deed) => (/** @type {any} */ event) => {
      if (socket === this.#socket) deed(event);
    };
    socket.onopen = ifCurrent(() => {
      hasOpened = true;
      if (socket.protocol === SUBPROTOCOL) return this.#listener.opened();
      this.close(new ClosedError(`Cannot talk to this server: it does not speak ${SUBPROTOCOL}`));
    });
    socket.onmessage = ifCurrent(({ data }) => this.#hear(socket, String(data)));
    socket.onclose = ifCurrent(({ code, reason }) => this.#end(code || LOST, reason));
    // Node 22 tells of one that never opened only so. Otherwise a close event follows, and says more.
    socket.onerror = ifCurrent(() => hasOpened || this.#lose(LOST, ""));
    // Last, here and where it ends: whoever is told may do something about it.
    this.state.set({ kind: "connecting" });
  }

  /** By which one can tell whether it is still the same; null where there is none. @returns {object | null} */
  get connection() {
    return this.#socket;
  }

  /**
   * The server has answered the hello: from now on there is a pace to keep and a heartbeat to hear.
   * @param {import("./frames.js").Limits} limits
   * @param {number} heartbeatSeconds
   */
  greet(limits, heartbeatSeconds) {
    const now = this.#surroundings.now();
    this.#greetedAt = now;
    this.sender.begin(limits);
    this.#heartbeatMs = heartbeatSeconds * 1000 + SILENCE_MS;
    this.#listenFor(this.#heartbeatMs);
    this.state.set({ kind: "online" });
  }

  /**
   * Sends past the queue and the pace: for what comes before them, and what the server does not count.
   * @param {Request} frame
   */
  write(frame) {
    this.#socket?.send(JSON.stringify(frame));
  }

  /**
   * Waits so long at least before the next try.
   * @param {number} ms
   */
  hint(ms) {
    if (Number.isFinite(ms)) this.#hintMs = ms;
  }

  /** Whether the link stays disconnected until a room is joined. */
  get isResting() {
    const { value } = this.state;
    return value.kind === "waiting" && value.retryAt === Infinity;
  }

  /** Connects again while resting. @returns {Promise<void>} Resolves when the attempt has succeeded or failed. */
  reopen() {
    return new Promise((resolve) => {
      this.open();
      const stop = this.state.subscribe(({ kind }) => {
        if (kind === "connecting") return;
        queueMicrotask(() => stop());
        resolve();
      });
    });
  }

  /** Something says that the network may be back: tries at once, or asks whether the server is still there. */
  wake() {
    if (this.isResting) return;
    const { kind } = this.state.value;
    if (kind === "waiting") return this.open();
    if (kind === "online") return this.#probe();
    const isStuck = this.#surroundings.now() - this.#openedAt > PROBE_MS;
    if (kind === "connecting" && isStuck) this.again();
  }

  /** Lets this socket go and takes another at once. */
  again() {
    if (this.state.value.kind === "closed") return;
    this.#letGo();
    this.open();
  }

  /** Lets this socket go and comes back after a wait. */
  comeBack() {
    if (this.#socket !== null) this.#lose(LOST, "");
  }

  /**
   * Ends it for good.
   * @param {ChatError | null} error Null where the caller wants it so.
   */
  close(error) {
    if (this.state.value.kind === "closed") return;
    this.#letGo();
    this.state.set({ kind: "closed", error });
  }

  /** @param {Socket} socket @param {string} message */
  #hear(socket, message) {
    this.#heardAt = this.#surroundings.now();
    this.#heard += 1;
    for (const frame of framesOf(message)) {
      // What came before may have ended it.
      if (socket !== this.#socket) return;
      // Where one lacks what it must have, the others in the message have nothing to do with it.
      attempt(() => this.#take(frame));
    }
  }

  /** @param {Frame} frame */
  #take(frame) {
    if (frame.type === "ping") this.#answer({ type: "pong" });
    else if (frame.type === "retry") this.hint(frame.afterMs);
    else this.#listener.heard(frame);
  }

  // Heartbeat frames skip the queue, but the server counts them.
  /** @param {Request} frame */
  #answer(frame) {
    this.sender.charge(1);
    this.write(frame);
  }

  /** @param {number} ms */
  #listenFor(ms) {
    this.#stopTimer();
    this.#stopTimer = this.#surroundings.after(() => {
      const now = this.#surroundings.now();
      // Where the clock was put back, the silence counts from now.
      this.#heardAt = Math.min(this.#heardAt, now);
      const silentMs = now - this.#heardAt;
      if (silentMs >= this.#heartbeatMs) this.#probe();
      else this.#listenFor(this.#heartbeatMs - silentMs);
    }, ms);
  }

  #probe() {
    // One that is asked again and again must not have for ever to answer.
    if (this.#socket === null || this.#isProbing) return;
    this.#isProbing = true;
    // Not by the time: the answer may come in the same millisecond as what was heard before.
    const heard = this.#heard;
    this.#stopTimer();
    this.#answer({ type: "ping" });
    this.#stopTimer = this.#surroundings.after(() => {
      this.#isProbing = false;
      if (this.#heard === heard) this.#lose(LOST, "no answer");
      else this.#listenFor(this.#heartbeatMs);
    }, PROBE_MS);
  }

  /** @param {number} code @param {string} reason */
  #lose(code, reason) {
    this.#letGo();
    this.#end(code, reason);
  }

  /** @param {number} code @param {string} reason */
  #end(code, reason) {
    this.#letGo();
    if (this.state.value.kind === "closed") return;
    if (!mayComeBack(code)) {
      return this.state.set({
        kind: "closed",
        error: new ClosedError(`Cannot go on: the server closed with ${code} ${reason}`, code),
      });
    }
    if (code === NO_ROOM && !this.#listener.isNeeded()) {
      return this.state.set({ kind: "waiting", code, reason, retryAt: Infinity });
    }
    const now = this.#surroundings.now();
    if (this.#greetedAt !== null && now - this.#greetedAt > STEADY_MS) this.#attempt = 0;
    const ms = waitMs(this.#attempt++, this.#surroundings.draw(), this.#hintMs);
    this.#hintMs = 0;
    this.#stopTimer = this.#surroundings.after(() => this.open(), ms);
    this.state.set({ kind: "waiting", code, reason, retryAt: now + ms });
  }

  #letGo() {
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.close(1000);
    this.#listener.ended();
    // Last: whoever is told of the end may still ask for something.
    this.sender.clear();
  }
}
