/**
 * The domain's side of one connection: the socket that it may use, and how it handles what arrives. Sessions and echoes
 * are handlers; `io/http/connection.ts` connects them to the runtime's sockets.
 * @module
 */
import type { CloseStatus } from "../../core/protocol/close_codes.ts";
import type { Backlog } from "../../core/limits/send_pacing.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { SetupStep, TokenExpiry } from "../../core/health/connection_health.ts";

/** The sending side of a connection. Sends nothing when the connection is no longer open. */
export interface Socket {
  /** Sends one message, or drops the peer if it reads too slowly. */
  send(message: string | Uint8Array<ArrayBuffer>): void;
  /** Sends several messages. They share one write where the engine can do that. */
  sendAll(messages: readonly string[]): void;
  /** What is waiting to be sent. */
  backlog(): Backlog;
  /**
   * Closes the connection. By then the handler has sent its retry advice, if the status has one, and had its `onClose`
   * called.
   */
  close(status: CloseStatus): void;
}

/** What the user of a connection has signed in with: it may expire, or be revoked. */
export interface SignInState {
  /** When the user's token expires; undefined if it does not, or before the `hello`; null for guests, who never have one. */
  readonly expiry: TokenExpiry | null | undefined;
  /** Tells the peer that its token expires soon. */
  onExpiring(): void;
  /**
   * Something has been revoked, or moderators have decided something: closes the connection if that concerns it.
   *
   * @param event What the moderators have decided; undefined if it may be several things, or none.
   */
  recheckUser(event?: RoomEvent): void;
}

/** Handles the messages of one connection. */
export interface ConnectionHandler {
  /** Handles a complete message of at most the permitted size: text, or bytes. */
  onMessage(message: string | Uint8Array<ArrayBuffer>): void;
  /** The peer is dropped, closing or gone: release everything. Called once, and nothing is called after it. */
  onClose(): void;
  /** Asks the peer for a sign of life. Only in protocols where users do not see the request. */
  ping?(): void;
  /** The next setup step that the peer owes; undefined if it has completed them. */
  pendingStep?(): SetupStep | undefined;
  /** What the user of the peer has signed in with. Only in protocols that have users. */
  readonly signIn?: SignInState;
  /**
   * Asks the peer to wait this long before reconnecting. Sends at once, since the connection ends right after. Only as
   * above.
   */
  sendRetryAfter?(afterMs: number): void;
}

/**
 * Creates the handler of a socket that has just opened.
 *
 * @param address The key under which its address is rate-limited; undefined if the address has no limits.
 */
export type OpenHandler = (socket: Socket, address: string | undefined) => ConnectionHandler;
