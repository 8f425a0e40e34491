// @ts-check
/**
 * What the library needs of the place where it runs: a WebSocket, a clock, a draw, and a word when the network or the reader is
 * back. Browsers, Deno, Node 22 and Bun have all of it; tests hand in their own.
 * @module
 */

/**
 * The part of a WebSocket that is used.
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
 * What there is where the library runs.
 * @typedef {object} Surroundings
 * @property {(url: string, protocol: string) => Socket} open Opens a WebSocket.
 * @property {() => number} now Milliseconds since 1970.
 * @property {() => number} draw From 0 up to 1, at random.
 * @property {(deed: () => void, ms: number) => () => void} after Does something later; the answer calls it off.
 * @property {(wake: () => void, rest: () => void) => () => void} onWake Tells when a connection may have come back to life, and
 *   when nobody looks any more, and perhaps never will again; the answer ends it.
 */

/** The real ones. @type {Surroundings} */
export const realSurroundings = {
  open: (url, protocol) => new WebSocket(url, protocol),
  now: () => Date.now(),
  draw: () => Math.random(),
  after(deed, ms) {
    const timer = setTimeout(deed, ms);
    return () => clearTimeout(timer);
  },
  onWake(wake, rest) {
    const { addEventListener, removeEventListener, document } =
      /** @type {{ addEventListener?: Function, removeEventListener?: Function, document?: { visibilityState: string } }} */ (globalThis);
    if (!addEventListener || !removeEventListener) return () => {};
    // It bubbles from the document to the window, so that no document is needed to listen.
    const changed = () => document?.visibilityState === "hidden" ? rest() : wake();
    const events = Object.entries({ online: wake, visibilitychange: changed, pagehide: rest });
    for (const [type, listener] of events) addEventListener.call(globalThis, type, listener);
    return () => {
      for (const [type, listener] of events) removeEventListener.call(globalThis, type, listener);
    };
  },
};
