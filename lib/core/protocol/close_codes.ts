/**
 * WebSocket close statuses: each code has exactly one reason. Take new codes from the right band: 4000–4499 tell the
 * client to reconnect, 4500–4999 tell it not to, and 1000–1015 have the meaning of RFC 6455 §7.4.1.
 * @module
 */

/** A close code and its reason (RFC 6455 §5.5.1). */
export interface CloseStatus {
  /** A close code from one of the bands above. */
  readonly code: number;
  /** At most 123 bytes of UTF-8 (RFC 6455 §5.5). */
  readonly reason: string;
  /** Minimum wait before reconnecting, in milliseconds; sent as `retry` before the close where the protocol allows. */
  readonly afterMs?: number;
}

/** A binary message: only text is supported. */
export const UNSUPPORTED_DATA: CloseStatus = { code: 1003, reason: "text only" };
/** The client kept sending after `slow_down`. */
export const TOO_MANY_MESSAGES: CloseStatus = { code: 1008, reason: "too many messages" };
/** The message is longer than `MAX_MESSAGE_BYTES`. */
export const MESSAGE_TOO_BIG: CloseStatus = { code: 1009, reason: "message too large" };
/** A bug in the server; the connection cannot continue. */
export const INTERNAL_ERROR: CloseStatus = { code: 1011, reason: "internal error" };
/** The service stops or restarts: reconnect. Each connection gets a random wait from `reconnectSpreadMs()`. */
export const SERVICE_RESTART: CloseStatus = { code: 1012, reason: "the service restarts" };
/** The client reads more slowly than its rooms receive messages. */
export const SLOW_CONSUMER: CloseStatus = { code: 4008, reason: "too slow" };
/** The client did not answer a ping in time. */
export const PING_TIMEOUT: CloseStatus = { code: 4009, reason: "no answer" };
/** What the user presents cannot be checked yet, for example since Redis or the key URL is unavailable: reconnect. */
export const NOT_READY: CloseStatus = { code: 4010, reason: "not ready", afterMs: 2_000 };
/** A `chat.v1.json` connection sent no `hello` in time. */
export const HELLO_TIMEOUT: CloseStatus = { code: 4011, reason: "no hello" };
/** A `chat.v1.json` connection joined no room in time. */
export const JOIN_TIMEOUT: CloseStatus = { code: 4012, reason: "no room joined" };
/** Another user in the room has the requested name. */
export const NAME_TAKEN: CloseStatus = { code: 4501, reason: "name taken" };
/** The requested name breaks the rules for names. */
export const BAD_NAME: CloseStatus = { code: 4502, reason: "bad name" };
/** The requested room breaks the rules for rooms. */
export const BAD_ROOM: CloseStatus = { code: 4503, reason: "bad room" };
/** The token of the connection has expired and was not renewed. */
export const TOKEN_EXPIRED: CloseStatus = { code: 4504, reason: "token expired" };
/**
 * The token identifies no user: it is malformed, or not signed for this service. Or the ticket has been used or has expired.
 */
export const BAD_TOKEN: CloseStatus = { code: 4505, reason: "bad token" };
/** The service requires a token, and the connection has none. */
export const TOKEN_REQUIRED: CloseStatus = { code: 4506, reason: "token required" };
/** The user's token does not allow to read the requested room; or there is no such room, and the user may not create it. */
export const NOT_ALLOWED: CloseStatus = { code: 4507, reason: "not allowed" };
/** The user has been signed out by the app or an operator, or the member's device was, or has used a newer token. */
export const SIGNED_OUT: CloseStatus = { code: 4508, reason: "signed out" };
/** The user is banned from the service. */
export const BANNED: CloseStatus = { code: 4509, reason: "banned" };
