// @ts-check
/// <reference lib="dom" />
/**
 * Hands the socket opened in the page's head (head.js) to the client library. It is used once, and only while
 * it is still good; later sockets are opened as usual.
 * @module
 */

import { realPlatform } from "../client/connection/platform.js";

/** Hands over the early socket. */
export class EarlySocket {
  /** @type {WebSocket | null} */
  #unused;
  /** @type {WebSocket | null} */
  #handedOver = null;

  /** @param {unknown} socket What the head has left; anything else than a socket is ignored. */
  constructor(socket) {
    this.#unused = socket instanceof WebSocket ? socket : null;
  }

  /** The real platform, except for the first socket. @returns {import("../client/connection/platform.js").Platform} */
  get platform() {
    return { ...realPlatform, open: (url, protocol) => this.#open(url, protocol) };
  }

  /** Repeats the `open` event to the new owner if the socket opened earlier: it has missed it. */
  replayOpen() {
    if (this.#handedOver?.readyState === WebSocket.OPEN) {
      this.#handedOver.onopen?.(new Event("open"));
    }
    this.#handedOver = null;
  }

  /** @param {string} url @param {string} protocol */
  #open(url, protocol) {
    const socket = this.#unused;
    this.#unused = null;
    const isGood = socket !== null && socket.url === url && socket.readyState < WebSocket.CLOSING;
    this.#handedOver = isGood ? socket : null;
    return this.#handedOver ?? realPlatform.open(url, protocol);
  }
}
