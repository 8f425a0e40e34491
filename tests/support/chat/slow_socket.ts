/**
 * A socket whose peer reads only when the test lets it. Like a connection, it counts its backlog and drops a peer that
 * is too far behind.
 * @module
 */
import type { ConnectionHandler, Socket } from "../../../lib/chat/ports/connection_handler.ts";
import type { CloseStatus } from "../../../lib/core/protocol/close_codes.ts";
import { type Backlog, QUEUED_MESSAGE_BYTES } from "../../../lib/core/limits/send_pacing.ts";

const encoder = new TextEncoder();

export class SlowSocket implements Socket {
  /** The messages that the peer has read. */
  readonly read: string[] = [];
  readonly closeStatuses: CloseStatus[] = [];
  /** Called when the peer is dropped. */
  handler: ConnectionHandler | undefined;
  isDropped = false;
  /** The largest backlog so far, in bytes. */
  mostBytes = 0;
  readonly #maxBytes: number;
  readonly #unread: string[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The number of messages in the backlog. */
  get unread(): number {
    return this.#unread.length;
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.isDropped || typeof message !== "string") return;
    if (this.#bytes > this.#maxBytes) {
      this.isDropped = true;
      return this.handler?.onClose();
    }
    this.#unread.push(message);
    this.#bytes += bytesOf(message);
    this.mostBytes = Math.max(this.mostBytes, this.#bytes);
  }

  sendAll(messages: readonly string[]): void {
    for (const message of messages) this.send(message);
  }

  backlog(): Backlog {
    return { bytes: this.#bytes, maxBytes: this.#maxBytes };
  }

  close(status: CloseStatus): void {
    if (this.isDropped || this.closeStatuses.length > 0) return;
    this.closeStatuses.push(status);
    this.handler?.onClose();
  }

  /** Lets the peer read a number of messages. */
  take(count = Infinity): void {
    const messages = this.#unread.splice(0, count);
    for (const message of messages) this.#bytes -= bytesOf(message);
    this.read.push(...messages);
  }
}

function bytesOf(message: string): number {
  return QUEUED_MESSAGE_BYTES + encoder.encode(message).length;
}
