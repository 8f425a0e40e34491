// @ts-check
/**
 * The unanswered requests of one connection, found by id. All of them are rejected when it ends.
 * @module
 */

import { retryDelayMs } from "./reconnect.js";
import { RefusedError } from "../errors.js";

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

/** The unanswered requests of one connection. */
export class PendingRequests {
  #lastId = 0;
  /** @type {Map<string, { request: Request, resolve(frame: any): void, reject(error: Error): void }>} */
  #pending = new Map();

  /**
   * Sends a request, with an id of this connection unless it has one.
   * @param {Request} frame
   * @param {(frame: Request) => void} send
   * @returns {Promise<any>} Resolves with the answer; rejects with a ChatError.
   */
  request(frame, send) {
    const { id = `r${++this.#lastId}` } = frame;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { request: frame, resolve, reject });
      send({ ...frame, id });
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

  /** Rejects all requests: the connection has ended. @param {import("../errors.js").ChatError} error */
  rejectAll(error) {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(error);
  }
}

/**
 * Repeats a request until the answer is not `slow_down`, waiting as long as the server asks, or until the chat is closed.
 * @param {() => Promise<any>} request
 * @param {import("./platform.js").Platform} platform
 * @param {import("../observable.js").Value<import("./connection.js").ConnectionState>} state
 * @returns {Promise<any>}
 */
export async function retryWhileLimited(request, platform, state) {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== "slow_down") throw error;
      await new Promise((resolve) => {
        const stopTimer = platform.after(() => resolve(stop()), retryDelayMs(error));
        const stop = state.subscribe(({ kind }) => kind === "closed" && resolve(stopTimer()));
      });
    }
  }
}
