// @ts-check
/// <reference lib="dom" />
/**
 * The socket that the page's head has opened (head.js), for the conversation to begin on. It serves once, and only as long as
 * it is good; every other time a socket is opened as always.
 * @module
 */

import { realSurroundings } from "../client/surroundings.js";

/** Takes the socket over. */
export class EarlySocket {
  /** @type {WebSocket | null} */
  #free;
  /** @type {WebSocket | null} */
  #taken = null;

  /** @param {unknown} socket What the head has left; anything else than a socket is none. */
  constructor(socket) {
    this.#free = socket instanceof WebSocket ? socket : null;
  }

  /** The real surroundings, but for the first socket. @returns {import("../client/surroundings.js").Surroundings} */
  get surroundings() {
    return { ...realSurroundings, open: (url, protocol) => this.#open(url, protocol) };
  }

  /** Tells who has taken it that it is open, if it was open before: its own event has gone by. */
  catchUp() {
    if (this.#taken?.readyState === WebSocket.OPEN) this.#taken.onopen?.(new Event("open"));
    this.#taken = null;
  }

  /** @param {string} url @param {string} protocol */
  #open(url, protocol) {
    const socket = this.#free;
    this.#free = null;
    const isGood = socket !== null && socket.url === url && socket.readyState < WebSocket.CLOSING;
    this.#taken = isGood ? socket : null;
    return this.#taken ?? realSurroundings.open(url, protocol);
  }
}
