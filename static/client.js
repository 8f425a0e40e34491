// @ts-check
/**
 * The chat's connection, without the page: opens the WebSocket, reads the server's lines, and comes
 * back by itself when the connection was only lost. It speaks the plain-text conversation (no
 * subprotocol), so the server never tells it which guest name was drawn: only a name asked for is known.
 * @module
 */

/**
 * One message from the server: said by somebody, or from the server itself.
 * @typedef {{ kind: "said", name: string, text: string } | { kind: "notice" | "fault", text: string }} Line
 */

/**
 * How a connection ended. `retryMs` is the wait before the next try, or null if there is none;
 * `reached` tells a connection that was lost from one that never came about.
 * @typedef {{ code: number, reason: string, retryMs: number | null, reached: boolean }} Ending
 */

/**
 * What a connection tells. Nothing is told after {@linkcode Connection.close}.
 * @typedef {{ opened(): void, heard(line: Line): void, ended(ending: Ending): void }} Listener
 */

// Lost (1006), or sent away for a reason that passes: going away, restarting, try again later.
const PASSING_CODES = new Set([1001, 1006, 1012, 1013]);
const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
// A server that lets in and throws out at once must not be tried at the shortest wait for ever.
const STEADY_MS = 10_000;
// A connection that was lost may hold its name for so long, until the server finds that nobody is there.
const OWN_SEAT_MS = 60_000;
const NAME_TAKEN = 4501;
// The server lets in first and turns away then. A seat in doubt is not ours before it has stayed open for so long.
const SETTLE_MS = 300;

/**
 * The address of a room, beside the page, so that a path prefix of a proxy is kept.
 * @param {string} page The page's own address.
 * @param {{ name: string, room: string }} asked An empty name or room leaves the choice to the server.
 * @returns {string}
 */
export function roomUrl(page, asked) {
  const url = new URL("ws", page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (asked.name !== "") url.searchParams.set("name", asked.name);
  if (asked.room !== "") url.searchParams.set("room", asked.room);
  return url.href;
}

/**
 * Reads one message of the plain-text conversation. A name holds no `: ` and begins with none of
 * `*`, `!` and `/`, so the first `: ` ends the name and a said line is never taken for the server's.
 * @param {string} raw
 * @returns {Line}
 */
export function parseLine(raw) {
  const whole = raw.replaceAll("\n  ", "\n");
  if (whole.startsWith("* ")) return { kind: "notice", text: whole.slice(2) };
  if (whole.startsWith("! ")) return { kind: "fault", text: whole.slice(2) };
  const end = whole.indexOf(": ");
  if (end < 1) return { kind: "notice", text: whole };
  return { kind: "said", name: whole.slice(0, end), text: whole.slice(end + 2) };
}

/**
 * The wait before a try: drawn evenly up to a ceiling that doubles, so that all the pages that one
 * restart threw out do not come back at the same moment.
 * @param {number} attempt 0 for the first try.
 * @param {number} drawn From 0 up to 1.
 * @returns {number} Milliseconds, 500 to 20,000.
 */
export function retryMs(attempt, drawn) {
  const ceiling = Math.min(LONGEST_WAIT_MS, 2_000 * 2 ** attempt);
  return Math.round(SHORTEST_WAIT_MS + drawn * (ceiling - SHORTEST_WAIT_MS));
}

/**
 * Whether to come back after a close code. Of the server's own, 4000 to 4499 ask for it; whatever
 * else is not passing would only be refused again.
 * @param {number} code
 * @returns {boolean}
 */
export function mayComeBack(code) {
  return PASSING_CODES.has(code) || (code >= 4000 && code < 4500);
}

/**
 * Whether a text is short enough for the server, which closes with 1009 above its limit.
 * @param {string} text
 * @param {number} maxBytes In UTF-8.
 * @returns {boolean}
 */
export function fits(text, maxBytes) {
  return new TextEncoder().encode(text).length <= maxBytes;
}

/** One stay in one room: from {@linkcode Connection.open} to close(), over as many sockets as it takes. */
export class Connection {
  /** @type {string} */
  #url;
  /** @type {Listener} */
  #listener;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #attempt = 0;
  #lostAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;

  /**
   * @param {string} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
  }

  /** Connects; while a wait is running, connects now instead of later. Does nothing while connected. */
  open() {
    clearTimeout(this.#timer);
    if (this.#socket !== null) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    /** @type {number | null} */
    let openedAt = null;
    const settle = () => {
      clearTimeout(this.#settling);
      if (socket !== this.#socket || openedAt !== null) return;
      openedAt = performance.now();
      this.#listener.opened();
    };
    socket.addEventListener("open", () => {
      if (this.#isSeatInDoubt()) this.#settling = setTimeout(settle, SETTLE_MS);
      else settle();
    });
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      const line = parseLine(String(event.data));
      // A fault that comes first says why we are turned away, and so does the close code that follows it.
      if (openedAt === null && line.kind === "fault") return;
      settle();
      this.#listener.heard(line);
    });
    socket.addEventListener("close", (event) => {
      clearTimeout(this.#settling);
      if (socket === this.#socket) this.#end(event, openedAt);
    });
  }

  /** Whether the server may still hold our name for the connection that we lost. */
  #isSeatInDoubt() {
    return performance.now() - this.#lostAt < OWN_SEAT_MS;
  }

  /**
   * Sends one text. Sent does not mean said: the server answers with the line itself or with a fault.
   * @param {string} text
   * @returns {boolean} False if there is no connection now; nothing is kept for later.
   */
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** Ends the stay for good. The socket is let go at once: a dead network would answer only much later. */
  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  /**
   * @param {CloseEvent} event
   * @param {number | null} openedAt
   */
  #end({ code, reason }, openedAt) {
    this.#socket = null;
    if (openedAt !== null && performance.now() - openedAt > STEADY_MS) this.#attempt = 0;
    // The name that is taken was ours a moment ago, and is still: the server has not yet noticed that we are gone.
    const isOwnSeat = code === NAME_TAKEN && this.#isSeatInDoubt();
    if (openedAt !== null && mayComeBack(code)) this.#lostAt = performance.now();
    const comesBack = isOwnSeat || mayComeBack(code);
    const waitMs = comesBack ? retryMs(this.#attempt++, Math.random()) : null;
    if (waitMs !== null) this.#timer = setTimeout(() => this.open(), waitMs);
    this.#listener.ended({ code, reason, retryMs: waitMs, reached: openedAt !== null });
  }
}
