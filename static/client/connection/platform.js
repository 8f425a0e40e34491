// @ts-check
/**
 * What the library needs from its environment: a WebSocket, a clock, random numbers, and events for the network and the page's
 * visibility. Browsers, Deno, Node 22 and Bun have all of it, Node 20 all but the WebSocket; tests pass their own.
 * @module
 */

import { fetchRefusal } from "./close_reasons.js";

/**
 * The part of a WebSocket that the library uses.
 * @typedef {object} Socket
 * @property {string} protocol
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 * @property {((event: any) => void) | null} onerror
 * @property {(data: string) => void} send
 * @property {(code?: number) => void} close
 */

/**
 * The environment of the library.
 * @typedef {object} Platform
 * @property {(url: string, protocol: string) => Socket} open Opens a WebSocket.
 * @property {(url: string) => Promise<unknown>} [fetchRefusal] Asks why a WebSocket was refused; rejects if that cannot be asked.
 * @property {() => number} now Milliseconds since 1970.
 * @property {() => number} random A random number from 0 up to 1.
 * @property {(fn: () => void, ms: number, isDeadline?: boolean) => () => void} after Calls a function later; the returned
 *   function cancels it. A deadline is a time in which the other side must answer.
 * @property {(onResume: () => void, onHide: () => void, onOffline: () => void) => () => void} onLifecycle Reports when a connection
 *   may work again; when the page is hidden and may never come back; and when the network may be gone. The
 *   returned function unsubscribes.
 */

/**
 * A class of WebSockets, such as the global one.
 * @typedef {new (url: string, protocol: string) => Socket} SocketClass
 */

/** The real environment. @type {Platform} */
export const realPlatform = {
  open: (url, protocol) => new WebSocket(url, protocol),
  fetchRefusal,
  now: () => Date.now(),
  random: () => Math.random(),
  after(fn, ms) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
  onLifecycle(onResume, onHide, onOffline) {
    const { addEventListener, removeEventListener, document } =
      /** @type {{ addEventListener?: Function, removeEventListener?: Function, document?: { visibilityState: string } }} */ (globalThis);
    if (!addEventListener || !removeEventListener) return () => {};
    // The event bubbles from the document to the window, so listening needs no document.
    const onVisibility = () => document?.visibilityState === "hidden" ? onHide() : onResume();
    const events = Object.entries({
      online: onResume,
      offline: onOffline,
      visibilitychange: onVisibility,
      pagehide: onHide,
    });
    for (const [type, listener] of events) addEventListener.call(globalThis, type, listener);
    return () => {
      for (const [type, listener] of events) removeEventListener.call(globalThis, type, listener);
    };
  },
};

/**
 * The real environment with another class of WebSockets.
 * @param {SocketClass} WebSocket
 * @returns {Platform}
 */
export function platformWith(WebSocket) {
  return { ...realPlatform, open: (url, protocol) => new WebSocket(url, protocol) };
}
