/**
 * The words with which a connection is closed: WebSocket close codes, each with its one reason. A newcomer would get the
 * bands wrong: 4000–4499 mean "come back", 4500–4999 mean "do not", and 1000–1015 mean what RFC 6455 §7.4.1 says.
 * @module
 */

/** A close code and its reason (RFC 6455 §5.5.1: at most 123 bytes of UTF-8). */
export interface Farewell {
  /** A close code, of one of the bands above. */
  readonly code: number;
  /** At most 123 bytes of UTF-8 (RFC 6455 §5.5). */
  readonly reason: string;
  /** Coming back sooner, in milliseconds, is of no use; said right before the close where the protocol can say it. */
  readonly afterMs?: number;
}

/** Binary where only text is spoken. */
export const UNSUPPORTED: Farewell = { code: 1003, reason: "text only" };
/** The client went on regardless after it was told to slow down. */
export const FLOODING: Farewell = { code: 1008, reason: "too many messages" };
/** A message longer than `MAX_MESSAGE_BYTES`. */
export const TOO_BIG: Farewell = { code: 1009, reason: "message too large" };
/** A bug of ours; the connection cannot go on. */
export const BROKEN: Farewell = { code: 1011, reason: "internal error" };
/** The service stops or restarts; come back. How long after is drawn for each connection: `comebackMs()`. */
export const RESTARTING: Farewell = { code: 1012, reason: "the service restarts" };
/** The client reads slower than its room speaks. */
export const SLOW: Farewell = { code: 4008, reason: "too slow" };
/** Asked, and not answered. */
export const SILENT: Farewell = { code: 4009, reason: "no answer" };
/** Who somebody is cannot be checked yet, since Redis is away; come back. */
export const NOT_READY: Farewell = { code: 4010, reason: "not ready", afterMs: 2_000 };
/** No `hello` arrived on a `chat.v1.json` connection in time. */
export const NO_HELLO: Farewell = { code: 4011, reason: "no hello" };
/** A `chat.v1.json` connection joined no room in time. */
export const NO_ROOM: Farewell = { code: 4012, reason: "no room joined" };
/** Somebody in the room has the name that was asked for. */
export const NAME_TAKEN: Farewell = { code: 4501, reason: "name taken" };
/** The name asked for breaks the rules for names. */
export const BAD_NAME: Farewell = { code: 4502, reason: "bad name" };
/** The room asked for breaks the rules for rooms. */
export const BAD_ROOM: Farewell = { code: 4503, reason: "bad room" };
