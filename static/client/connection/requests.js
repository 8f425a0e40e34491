// @ts-check
/**
 * Requests and their answers, which are found by id. A request fails at once while there is no connection, and when the
 * connection ends: nothing is resent here. For actions, which are, see the outbox.
 * @module
 */

import { retryDelayMs } from "./reconnect.js";
import { TOO_LONG_FAULT } from "./send_queue.js";
import { ClosedError, DisconnectedError, RefusedError } from "../errors.js";

/** @typedef {import("../frames.js").Request} Request */

// Do not match by `id` alone: in an entry it is the author's.
const ANSWER_TYPES = new Set([
  "hello",
  "joined",
  "left",
  "ack",
  "members",
  "history",
  "pong",
  "invite",
  "invites",
  "devices",
  "room",
  "rooms",
  "membership",
  "fault",
]);

/** The requests of one chat. */
export class Requests {
  #connection;
  #platform;
  #lastId = 0;
  /** Those that are not answered. @type {Map<string, { request: Request, resolve(frame: any): void, reject(error: Error): void }>} */
  #pending = new Map();

  /** @param {import("./connection.js").Connection} connection @param {import("./platform.js").Platform} platform */
  constructor(connection, platform) {
    this.#connection = connection;
    this.#platform = platform;
  }

  /** Why a request cannot be sent or answered now. @returns {DisconnectedError | ClosedError} */
  get connectionError() {
    return this.#connection.state.value.kind === "closed"
      ? new ClosedError("Cannot send: the chat is closed")
      : new DisconnectedError();
  }

  /**
   * Sends a request, with an id of this connection unless it has one.
   * @param {Request} frame
   * @returns {Promise<any>} Resolves with the answer; rejects with a ChatError, or with a TypeError if it cannot be written as JSON.
   */
  send(frame) {
    if (!this.#connection.isOnline) return Promise.reject(this.connectionError);
    return this.#start(frame, (it) => this.#connection.sender.send(it));
  }

  /** Like `send`, before the server has answered the hello and stated its limits. @param {Request} frame */
  sendEarly(frame) {
    return this.#start(frame, (it) => this.#connection.write(it));
  }

  /**
   * Like `send`, but repeats it until the answer is not `slow_down`, waiting as long as the server asks, or until the chat is
   * closed.
   * @param {Request} frame
   * @returns {Promise<any>}
   */
  async sendWithRetry(frame) {
    for (;;) {
      try {
        return await this.send(frame);
      } catch (error) {
        if (!(error instanceof RefusedError) || error.code !== "slow_down") throw error;
        await new Promise((resolve) => {
          const stopTimer = this.#platform.after(() => resolve(stop()), retryDelayMs(error));
          const stop = this.#connection.state.subscribe(({ kind }) =>
            kind === "closed" && resolve(stopTimer())
          );
        });
      }
    }
  }

  /** @param {Request} frame @param {(frame: Request) => void} send @returns {Promise<any>} */
  #start(frame, send) {
    const { id = `r${++this.#lastId}` } = frame;
    return new Promise((resolve, reject) => {
      const request = { ...frame, id };
      // First: what it throws rejects the promise, and nothing waits for an answer.
      if (this.#connection.sender.isTooLong(request)) throw new RefusedError(TOO_LONG_FAULT);
      this.#pending.set(id, { request: frame, resolve, reject });
      send(request);
    });
  }

  /**
   * Settles the request that a frame answers.
   * @param {import("../frames.js").Frame & { id?: string }} frame
   * @returns {Request | undefined} The request.
   */
  settle(frame) {
    const pending = this.#pending.get(frame.id ?? "");
    if (pending === undefined || !ANSWER_TYPES.has(frame.type)) return undefined;
    this.#pending.delete(frame.id ?? "");
    if (frame.type === "fault") pending.reject(new RefusedError(frame));
    else pending.resolve(frame);
    return pending.request;
  }

  /** Rejects all requests: the connection has ended. */
  rejectAll() {
    const { connectionError } = this;
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(connectionError);
  }
}
