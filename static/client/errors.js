// @ts-check
/**
 * What can go wrong, as types. Each has a `code` for programs, which never changes, and a message for people. What the
 * server refuses is no failure of the connection: it goes on.
 * @module
 */

/** Anything that went wrong here; the others are of this kind. */
export class ChatError extends Error {
  /**
   * One of one's own making.
   * @param {string} code A fault code of the protocol, or `disconnected`, `closed`, `discarded`.
   * @param {string} message For people.
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = new.target.name;
    /** For programs: a fault code of the protocol, or `disconnected`, `closed`, `discarded`. @readonly */
    this.code = code;
  }
}

/** The server has refused a request; it was not done. */
export class RefusedError extends ChatError {
  /** @internal @param {import("./frames.js").Fault} fault */
  constructor(fault) {
    super(fault.code, fault.message);
    /** Whether the same request may succeed later. @readonly */
    this.retry = fault.retry === true;
    /** Milliseconds to wait before trying again; undefined if the server gave none. @readonly */
    this.afterMs = fault.afterMs;
  }
}

/** There is no connection now, or it was lost before the answer came. */
export class DisconnectedError extends ChatError {
  /** @internal */
  constructor() {
    super("disconnected", "Cannot ask the server: there is no connection");
  }
}

/** The conversation is over: closed by the caller, or for a reason that coming back would not mend. */
export class ClosedError extends ChatError {
  /**
   * @internal @param {string} message
   * @param {number} [closeCode] Of the WebSocket, where it was the server who closed.
   * @param {ErrorOptions} [options]
   */
  constructor(message, closeCode, options) {
    super("closed", message, options);
    /** The WebSocket's close code, where it was the server who closed. @readonly */
    this.closeCode = closeCode;
  }
}
