// @ts-check
/**
 * The errors of the client library. Each has a stable `code` for programs and a message for humans. A refused request does
 * not affect the connection.
 * @module
 */

/** Base class of all errors of this library. */
export class ChatError extends Error {
  /**
   * Creates an error, for example in a fake of the library.
   * @param {string} code A fault code of the protocol, or `disconnected`, `closed`, `discarded`, `token_unavailable`, `kicked`.
   * @param {string} message For humans; may change.
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = new.target.name;
    /** For programs: a fault code of the protocol, or `disconnected`, `closed`, `discarded`, `token_unavailable`, `kicked`. @readonly */
    this.code = code;
  }
}

/** The server refused the request and did not carry it out. */
export class RefusedError extends ChatError {
  /** @internal @param {import("./frames.js").Fault} fault */
  constructor(fault) {
    super(fault.code, fault.message);
    /** Whether the same request may succeed later. @readonly */
    this.retry = fault.retry === true;
    /** Milliseconds to wait before trying again; undefined if the server gave none. @readonly */
    this.afterMs = fault.afterMs;
    /** Whether a room was not joined because it does not exist, and the user may not create it. @readonly */
    this.isRoomMissing = fault.missing === true;
    /** What the moderator gave as the reason; with `muted`, `banned`, `kicked` and `turned_down`; or the service that reviews messages, with `rejected`. @readonly */
    this.reason = fault.reason;
    /** When the mute or ban ends, in milliseconds since 1970; undefined if it does not. @readonly */
    this.until = fault.until;
  }
}

/** There is no connection, or it was lost before the answer arrived. */
export class DisconnectedError extends ChatError {
  /** @internal */
  constructor() {
    super("disconnected", "Cannot send the request: the client is not connected");
  }
}

/** The chat is closed: by the caller, or for a reason that reconnecting would not fix. */
export class ClosedError extends ChatError {
  /**
   * @internal @param {string} message
   * @param {number} [closeCode] The WebSocket's close code, if the server closed it.
   * @param {ErrorOptions} [options]
   */
  constructor(message, closeCode, options) {
    super("closed", message, options);
    /** The WebSocket's close code, if the server closed it. @readonly */
    this.closeCode = closeCode;
  }
}
