/**
 * A socket whose peer reads only when the test lets it. It counts what waits as a connection does, and parks a peer that
 * is too far behind.
 * @module
 */
import type { Conversation, Socket } from "../../lib/chat/conversation.ts";
import type { Farewell } from "../../lib/core/farewells.ts";
import { type Backlog, QUEUED_MESSAGE_BYTES } from "../../lib/core/pacing.ts";

const encoder = new TextEncoder();

export class SlowSocket implements Socket {
  /** What the peer has read. */
  readonly read: string[] = [];
  readonly farewells: Farewell[] = [];
  /** Left when the peer is parked. */
  conversation: Conversation | undefined;
  isParked = false;
  /** The most that ever waited, in bytes. */
  mostBytes = 0;
  readonly #maxBytes: number;
  readonly #unread: string[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many messages wait. */
  get unread(): number {
    return this.#unread.length;
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.isParked || typeof message !== "string") return;
    if (this.#bytes > this.#maxBytes) {
      this.isParked = true;
      return this.conversation?.leave();
    }
    this.#unread.push(message);
    this.#bytes += bytesOf(message);
    this.mostBytes = Math.max(this.mostBytes, this.#bytes);
  }

  backlog(): Backlog {
    return { bytes: this.#bytes, maxBytes: this.#maxBytes };
  }

  close(farewell: Farewell): void {
    if (this.isParked || this.farewells.length > 0) return;
    this.farewells.push(farewell);
    this.conversation?.leave();
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
