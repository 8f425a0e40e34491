/**
 * A connection on one of the runtime's sockets. They have no `terminate()`, and may fire `close` twice or never
 * (docs/internals/runtime.md), so do not read `readyState`. A peer that reads too slowly is parked: it leaves its rooms,
 * and is closed when its backlog has drained, since `close()` would queue behind the backlog and never complete.
 * @module
 */
import type { Socket } from "../../../chat/ports/connection_handler.ts";
import type { Peer } from "../../../chat/heartbeat.ts";
import { QUEUED_MESSAGE_BYTES } from "../../../core/limits/send_pacing.ts";
import type { ConnectionSlot } from "../../../core/limits/connection_limits.ts";
import { type CloseStatus, SLOW_CONSUMER } from "../../../core/protocol/close_codes.ts";
import { Connection, type ConnectionContext, type Endpoint } from "../connection.ts";
import { logger } from "../../logger.ts";

/** A handshake that takes longer than this will never complete. */
const STUCK_MS = 5_000;
/** A connection that is parked or closing for longer than this is dead, though the runtime still holds it. */
const DEAD_MS = 60_000;

/** The status of a connection. `stuck` never finished its handshake; `dead` will never finish closing. */
export type DenoConnectionStatus = typeof DENO_STATUSES[number];

/** Each {@linkcode DenoConnectionStatus}. Metrics also count those that no connection has. */
export const DENO_STATUSES = ["connecting", "open", "parked", "closing", "stuck", "dead"] as const;

/** One connection. It is its socket's event listener: closures would take 1 KB (docs/internals/decisions/0012). */
export class DenoConnection extends Connection implements Socket, Peer, EventListenerObject {
  readonly #socket: WebSocket;
  #isParked = false;
  #sentBytes = 0;
  #drainedBytes = 0;
  // Messages queued since the backlog was last empty: their average size tells how many are waiting.
  #recentBytes = 0;
  #recentMessages = 0;

  /** Takes over a socket that has not opened yet. @param slot Released when the connection has ended. */
  constructor(
    socket: WebSocket,
    endpoint: Endpoint,
    context: ConnectionContext,
    slot: ConnectionSlot,
    address?: string,
  ) {
    super(endpoint, context, slot, address);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    // Not `error`: a `close` always follows it, with code 0 if there was no close frame.
    for (const type of ["open", "message", "close"]) socket.addEventListener(type, this);
  }

  /** Handles the socket's events. */
  handleEvent(event: Event): void {
    this.guarded(() => {
      if (event instanceof MessageEvent) {
        const { data } = event;
        this.onMessage(typeof data === "string" ? data : new Uint8Array(data));
      } else if (event instanceof CloseEvent) this.onEnd(event.code);
      else this.onOpen();
    });
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.state !== "open") return;
    const buffered = this.#socket.bufferedAmount;
    if (buffered === 0) {
      // In the usual case nothing is waiting, and the size of this message does not matter.
      this.#recentMessages = 1;
      this.#recentBytes = 0;
    } else if (this.#backlogBytes(buffered) > this.context.maxBufferedBytes) return this.drop();
    this.#socket.send(message);
    this.context.metrics.messagesOut.add();
    if (buffered === 0) return;
    // Take the size from the runtime: counting a text's bytes again for each member would be expensive.
    const bytes = this.#socket.bufferedAmount - buffered;
    this.#sentBytes += bytes;
    this.#recentBytes += bytes;
    this.#recentMessages += 1;
  }

  drop(): void {
    if (this.state !== "open") return;
    this.#isParked = true;
    this.setState("closing");
    logger.info("connection.parked", { buffered: this.#socket.bufferedAmount });
  }

  bufferedBytes(): number {
    const isWaiting = this.state === "open" || this.#isParked;
    return isWaiting ? this.#backlogBytes(this.#socket.bufferedAmount) : 0;
  }

  override close(status: CloseStatus): void {
    super.close(status);
    // Also one that was parked before, or by the retry advice.
    if (!this.#isParked || this.state !== "closing") return;
    this.#isParked = false;
    this.setState("closing");
    this.sendClose(status.code, status.reason);
  }

  status(now: number): DenoConnectionStatus {
    if (this.#isLeaked(now)) return this.state === "connecting" ? "stuck" : "dead";
    if (this.#isParked) return "parked";
    return this.state === "ended" ? "closing" : this.state;
  }

  /** Closes a parked peer that has read everything. Charges the address of a connection that the runtime never frees. */
  checkEnding(now: number): void {
    if (this.#isParked && this.bufferedBytes() === 0) this.close(SLOW_CONSUMER);
    else if (this.#isLeaked(now)) this.charge("dead");
  }

  /** Sends a close frame, in a later turn. */
  protected sendClose(code: number, reason: string): void {
    // Not amid a burst of incoming messages: the next one makes the runtime reset the connection (docs/internals/runtime.md).
    setTimeout(() => this.guarded(() => this.#socket.close(code, reason)), 0);
  }

  /** Notes whether the backlog has shrunk. */
  protected recordProgress(now: number): void {
    const buffered = this.#socket.bufferedAmount;
    const drainedBytes = this.#sentBytes - buffered;
    if (buffered > 0 && drainedBytes === this.#drainedBytes) return;
    this.#drainedBytes = drainedBytes;
    this.progressAt = now;
  }

  /** Whether the runtime will never free the connection. */
  #isLeaked(now: number): boolean {
    if (this.state === "open") return false;
    return now - this.since > (this.state === "connecting" ? STUCK_MS : DEAD_MS);
  }

  /** Size of the waiting messages, including the runtime's overhead for each, in bytes. */
  #backlogBytes(buffered: number): number {
    if (buffered === 0) return 0;
    // The first waiting message: use the size of its unsent part.
    if (this.#recentBytes === 0) {
      this.#recentBytes = buffered;
      this.#sentBytes += buffered;
    }
    const waiting = buffered / this.#recentBytes * this.#recentMessages;
    return buffered + QUEUED_MESSAGE_BYTES * waiting;
  }
}
