// @ts-check
/**
 * Requests that wait for their answers on one connection, found by their ids. When it ends, none of them will be answered.
 * @module
 */

import { pauseMs } from "./comebacks.js";
import { DisconnectedError, RefusedError } from "./errors.js";

// Not by any `id`: in an entry it is its author's.
const TYPES = new Set(["hello", "joined", "left", "ack", "members", "history", "pong", "fault"]);

/** What was asked. */
export class Answers {
  #asked = 0;
  /** @type {Map<string, { resolve(frame: any): void, reject(error: Error): void }>} */
  #waiting = new Map();

  /**
   * Asks for something under an id of its own.
   * @param {import("./frames.js").Request} frame
   * @param {(frame: import("./frames.js").Request) => void} send
   * @returns {Promise<any>} Resolves with the answer; rejects with a ChatError.
   */
  ask(frame, send) {
    const id = `r${++this.#asked}`;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      send({ ...frame, id });
    });
  }

  /**
   * Gives a frame to who has asked for it.
   * @param {import("./frames.js").Frame & { id?: string }} frame
   */
  take(frame) {
    const waiting = this.#waiting.get(frame.id ?? "");
    if (waiting === undefined || !TYPES.has(frame.type)) return;
    this.#waiting.delete(frame.id ?? "");
    if (frame.type === "fault") waiting.reject(new RefusedError(frame));
    else waiting.resolve(frame);
  }

  /** The connection has ended. */
  drop() {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(new DisconnectedError());
  }
}

/**
 * Repeats a request until the answer is not `slow_down`, waiting as long as the server asks.
 * @param {() => Promise<any>} ask
 * @param {import("./surroundings.js").Surroundings} surroundings
 * @returns {Promise<any>}
 */
export async function askPatiently(ask, surroundings) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== "slow_down") throw error;
      await new Promise((resolve) => surroundings.after(() => resolve(undefined), pauseMs(error)));
    }
  }
}
