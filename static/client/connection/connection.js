// @ts-check
/**
 * One logical connection across many sockets: opens them, obeys the rate limits, detects silence, and reconnects. It knows
 * nothing about rooms and users. Events of an abandoned socket are always ignored.
 * @module
 */

import { reconnectDelayMs, retryDelayMs, shouldReconnect } from "./reconnect.js";
import { ClosedError } from "../errors.js";
import { parseFrames } from "../frames.js";
import { Liveness, PROBE_TIMEOUT_MS } from "./liveness.js";
import { parseRefusal } from "./close_reasons.js";
import { SendQueue } from "./send_queue.js";
import { runListener, Value } from "../observable.js";

/** @typedef {import("../frames.js").Frame} Frame */
/** @typedef {import("../frames.js").Request} Request */
/** @typedef {import("./platform.js").Platform} Platform */
/** @typedef {import("./platform.js").Socket} Socket */
/** @typedef {import("../errors.js").ChatError} ChatError */

/**
 * The state of the connection. `retryAt` is in milliseconds since 1970; it is Infinity after the server closed because no room was
 * joined. `code` and `reason` are those of the WebSocket's close. `error` states why there is no connection, if known:
 * `origin_refused`, `host_refused`, `too_many_connections` or `unavailable` from the server, or `token_unavailable` if the app
 * has no token.
 * @typedef {{ readonly kind: "connecting" } | { readonly kind: "online" }
 *   | { readonly kind: "waiting", readonly code: number, readonly reason: string, readonly retryAt: number,
 *     readonly error?: ChatError }
 *   | { readonly kind: "closed", readonly error: ChatError | null }} ConnectionState
 */

/**
 * What the connection is for.
 * @typedef {object} ConnectionListener
 * @property {() => Promise<ChatError | undefined> | undefined} prepare Called before a socket is opened, which waits for the
 *   promise. Resolves with the reason if it cannot be opened; never rejects.
 * @property {() => void} onOpen
 * @property {(frame: Frame) => void} onFrame
 * @property {() => void} onClose
 * @property {(code: number) => boolean} canReturn Whether to reconnect after a close code that is otherwise final.
 * @property {() => boolean} isNeeded
 */

const SUBPROTOCOL = "chat.v1.json";

const ABNORMAL_CLOSURE = 1006;
const NO_ROOM = 4012;
// Maximum time to open a socket and receive the hello.
const HELLO_TIMEOUT_MS = 20_000;
// Used when the browser reports that it is offline: it may mean a network that does not lead to the server.
const OFFLINE_PROBE_MS = 1_500;
// Answered with an ack, which is short. Answers to other requests can be long and slow to arrive.
const ACTION_TYPES = new Set(["say", "edit", "delete", "react"]);
// A server that accepts and closes at once must not be retried at the minimum delay forever.
const STABLE_MS = 10_000;
// Minimum time between requests for the reason of a refusal: the server counts each as a connection.
const REFUSAL_INTERVAL_MS = 60_000;

/** The logical connection. */
export class Connection {
  /** @type {Value<ConnectionState>} */
  state = new Value(/** @type {ConnectionState} */ ({ kind: "connecting" }));
  #url;
  #platform;
  #listener;
  /** @type {Socket | null} */
  #socket = null;
  /** What the current attempt waits for. @type {Promise<unknown> | null} */
  #preparation = null;
  #stopTimer = () => {};
  #liveness;
  #openedAt = 0;
  /** @type {number | null} */
  #helloAt = null;
  #attempts = 0;
  #minDelayMs = 0;
  #mayBeOffline = false;
  #hasOpened = false;
  #refusalFetchedAt = -Infinity;
  /** Why the server refused the latest connection, if known. @type {import("../errors.js").RefusedError | null} */
  #refusal = null;

  /**
   * @param {string} url
   * @param {Platform} platform
   * @param {ConnectionListener} listener
   */
  constructor(url, platform, listener) {
    this.#url = url;
    this.#platform = platform;
    this.#listener = listener;
    /** The queue of outgoing frames. @readonly */
    this.sender = new SendQueue((frame, text) => this.write(frame, text), platform);
    this.#liveness = new Liveness(
      platform,
      () => this.#sendHeartbeat({ type: "ping" }),
      () => this.#onLost(ABNORMAL_CLOSURE, "no answer"),
    );
  }

  /** Connects now, ending a wait. */
  open() {
    const isBusy = this.#socket !== null || this.#preparation !== null;
    if (isBusy || this.state.value.kind === "closed") return;
    this.#stopTimer();
    this.#openedAt = this.#platform.now();
    this.#helloAt = null;
    this.#mayBeOffline = false;
    const prepared = this.#listener.prepare();
    if (prepared === undefined) this.#openSocket();
    else void this.#openWhenPrepared(prepared);
    // Last, here and on closing: a listener may act on it.
    this.state.set({ kind: "connecting" });
  }

  /** @param {Promise<ChatError | undefined>} prepared */
  async #openWhenPrepared(prepared) {
    this.#preparation = prepared;
    const error = await prepared;
    // It was given up, or repeated while the first one waited.
    if (prepared !== this.#preparation) return;
    this.#preparation = null;
    if (error === undefined) return this.#openSocket();
    this.#attempts++;
    this.#scheduleReconnect(ABNORMAL_CLOSURE, "", error);
  }

  #openSocket() {
    const socket = this.#socket = this.#platform.open(this.#url, SUBPROTOCOL);
    this.#stopTimer = this.#platform.after(
      () => this.#onLost(ABNORMAL_CLOSURE, "no answer"),
      HELLO_TIMEOUT_MS,
      true,
    );
    this.#hasOpened = false;
    const ifCurrent =
      (/** @type {(event: any) => void} */ handler) => (/** @type {any} */ event) => {
        if (socket === this.#socket) handler(event);
      };
    socket.onopen = ifCurrent(() => {
      this.#hasOpened = true;
      this.#refusal = null;
      if (socket.protocol === SUBPROTOCOL) return this.#listener.onOpen();
      this.close(new ClosedError(`Cannot connect: the server does not speak ${SUBPROTOCOL}`));
    });
    socket.onmessage = ifCurrent(({ data }) => this.#onMessage(socket, String(data)));
    socket.onclose = ifCurrent(({ code, reason }) =>
      this.#onClose(code || ABNORMAL_CLOSURE, reason)
    );
    // Node 22 reports only this event for a socket that never opened. Elsewhere a close event with more detail follows.
    socket.onerror = ifCurrent(() => this.#hasOpened || this.#onLost(ABNORMAL_CLOSURE, ""));
  }

  /** Identifies the current socket, to detect that it was replaced; null if there is none. @returns {object | null} */
  get currentSocket() {
    return this.#socket;
  }

  /**
   * The server has answered the hello: starts the send queue and the liveness checks.
   * @param {import("../frames.js").Limits} limits
   * @param {number} heartbeatSeconds
   */
  onHello(limits, heartbeatSeconds) {
    const now = this.#platform.now();
    this.#helloAt = now;
    this.sender.start(limits);
    this.#stopTimer();
    this.#liveness.start(heartbeatSeconds * 1000);
    this.state.set({ kind: "online" });
  }

  /**
   * Writes past the queue: for frames that precede it, and frames that the server does not count.
   * @param {Request} frame
   * @param {string} [text] The frame as JSON.
   */
  write(frame, text = JSON.stringify(frame)) {
    if (this.#socket === null) return;
    this.#socket.send(text);
    if (frame.id !== undefined && ACTION_TYPES.has(frame.type)) {
      this.#liveness.onSent(frame.id, text.length);
    }
  }

  /**
   * Sets the minimum delay before the next attempt.
   * @param {number} ms
   */
  delayReconnect(ms) {
    // Bounded: a timer that is too long fires at once.
    if (Number.isFinite(ms)) this.#minDelayMs = retryDelayMs({ afterMs: ms });
  }

  /** Whether the server has answered the hello of this socket. */
  get isOnline() {
    return this.state.value.kind === "online";
  }

  /** Whether the connection stays closed until a room is joined. */
  get isIdle() {
    const { value } = this.state;
    return value.kind === "waiting" && value.retryAt === Infinity;
  }

  /** Connects again while idle. @returns {Promise<void>} Resolves when the attempt has succeeded or failed. */
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

  /** The network may be back: reconnects at once, or probes the server. */
  reconnectOrProbe() {
    if (this.isIdle) return;
    const { kind } = this.state.value;
    if (kind === "waiting") return this.open();
    if (kind === "online") return this.#liveness.probe(PROBE_TIMEOUT_MS);
    const isStuck = this.#mayBeOffline || this.#platform.now() - this.#openedAt > PROBE_TIMEOUT_MS;
    if (kind === "connecting" && isStuck) this.reconnectNow();
  }

  /** The network may be gone: probes the server with a short timeout. */
  onOffline() {
    // A pending handshake is restarted when the network is back.
    this.#mayBeOffline = true;
    this.#liveness.probe(OFFLINE_PROBE_MS);
  }

  /** Drops this socket and opens another at once. */
  reconnectNow() {
    if (this.state.value.kind === "closed") return;
    this.#dropSocket();
    this.open();
  }

  /** Drops this socket and reconnects after a delay. */
  reconnect() {
    if (this.#socket !== null) this.#onLost(ABNORMAL_CLOSURE, "");
  }

  /**
   * Closes the connection for good.
   * @param {ChatError | null} error Null if the caller closes it.
   */
  close(error) {
    if (this.state.value.kind === "closed") return;
    this.#dropSocket();
    this.state.set({ kind: "closed", error });
  }

  /** @param {Socket} socket @param {string} message */
  #onMessage(socket, message) {
    this.#liveness.onMessage();
    for (const frame of parseFrames(message)) {
      // An earlier frame of this message may have ended the connection.
      if (socket !== this.#socket) return;
      // A malformed frame must not affect the others in the message.
      runListener(() => this.#onFrame(frame));
    }
  }

  /** @param {Frame} frame */
  #onFrame(frame) {
    if (frame.type === "ping") this.#sendHeartbeat({ type: "pong" });
    else if (frame.type === "retry") this.delayReconnect(frame.afterMs);
    else {
      // A server over its rate limit drops pings too, and reports that.
      const isDropped = frame.type === "fault" && frame.code === "slow_down" && !frame.id;
      if (frame.type === "pong" || isDropped) this.#liveness.onPong();
      if (frame.type === "ack" || frame.type === "fault") this.#liveness.onAnswered(frame.id);
      this.#listener.onFrame(frame);
    }
  }

  // Heartbeat frames skip the queue, but the server counts them.
  /** @param {Request} frame */
  #sendHeartbeat(frame) {
    this.sender.charge(1);
    this.write(frame);
  }

  /** @param {number} code @param {string} reason */
  #onLost(code, reason) {
    this.#dropSocket();
    this.#onClose(code, reason);
  }

  /** @param {number} code @param {string} reason */
  #onClose(code, reason) {
    this.#dropSocket();
    if (this.state.value.kind === "closed") return;
    if (!shouldReconnect(code) && !this.#listener.canReturn(code)) {
      return this.state.set({
        kind: "closed",
        error: new ClosedError(
          `Cannot reconnect: the server closed the connection with ${code} ${reason}`,
          code,
        ),
      });
    }
    if (code === NO_ROOM && !this.#listener.isNeeded()) {
      return this.state.set({ kind: "waiting", code, reason, retryAt: Infinity });
    }
    const now = this.#platform.now();
    if (this.#helloAt !== null && now - this.#helloAt > STABLE_MS) this.#attempts = 0;
    this.#attempts++;
    this.#scheduleReconnect(code, reason);
    // Absolute difference: the clock may have been set back.
    const isDue = Math.abs(now - this.#refusalFetchedAt) >= REFUSAL_INTERVAL_MS;
    if (!this.#hasOpened && isDue) void this.#fetchRefusal();
  }

  /** @param {number} code @param {string} reason @param {ChatError & { afterMs?: number } | null} [error] */
  #scheduleReconnect(code, reason, error = this.#refusal) {
    const minDelayMs = Math.max(this.#minDelayMs, error ? retryDelayMs(error) : 0);
    const ms = reconnectDelayMs(this.#attempts - 1, this.#platform.random(), minDelayMs);
    this.#minDelayMs = 0;
    this.#stopTimer();
    this.#stopTimer = this.#platform.after(() => this.open(), ms);
    const retryAt = this.#platform.now() + ms;
    this.state.set({ kind: "waiting", code, reason, retryAt, ...(error && { error }) });
  }

  async #fetchRefusal() {
    this.#refusalFetchedAt = this.#platform.now();
    const answer = await this.#platform.fetchRefusal?.(this.#url).catch(() => null);
    const refusal = parseRefusal(answer);
    const { value } = this.state;
    // It may have opened meanwhile. While the next attempt is under way, its end will be reported.
    if (value.kind === "online" || value.kind === "closed" || this.#hasOpened) return;
    this.#refusal = refusal;
    if (refusal !== null && value.kind === "waiting") {
      this.#scheduleReconnect(value.code, value.reason);
    }
  }

  #dropSocket() {
    this.#preparation = null;
    this.#stopTimer();
    this.#liveness.stop();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.close(1000);
    this.#listener.onClose();
    // Last: a listener may still make requests.
    this.sender.clear();
  }
}
