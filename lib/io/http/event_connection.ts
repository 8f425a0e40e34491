/**
 * A connection that sends the body of a response as long as it lasts. It is watched and counted like a WebSocket: a peer that
 * reads too slowly is dropped, and resumes.
 * @module
 */
import type { Peer } from "../../chat/heartbeat.ts";
import type { Socket } from "../../chat/ports/connection_handler.ts";
import type { ConnectionSlot } from "../../core/limits/connection_limits.ts";
import { Connection, type ConnectionContext, type Endpoint } from "./connection.ts";
import { logger } from "../logger.ts";

/** Its statuses. */
type EventConnectionStatus = "open" | "closing";

const encoder = new TextEncoder();
// All subscribers of a room are sent the same text.
let lastText = "";
let lastBytes: Uint8Array<ArrayBuffer> = new Uint8Array();

/** One connection. */
export class EventConnection extends Connection implements Socket, Peer {
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #sentBytes = 0;
  #drainedBytes = 0;

  /** Opens it. @param slot Released when the connection has ended. */
  constructor(
    endpoint: Endpoint,
    context: ConnectionContext,
    slot: ConnectionSlot,
    address?: string,
  ) {
    super(endpoint, context, slot, address);
    const size = ({ length }: Uint8Array<ArrayBuffer>) => length;
    this.body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (this.#controller = controller),
      cancel: () => this.guarded(() => this.onEnd(0)),
    }, { highWaterMark: context.maxBufferedBytes, size });
    this.guarded(() => this.onOpen());
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.state !== "open") return;
    if (this.bufferedBytes() > this.context.maxBufferedBytes) return this.drop();
    const bytes = typeof message === "string" ? bytesOf(message) : message;
    this.#sentBytes += bytes.length;
    this.#controller?.enqueue(bytes);
    this.context.metrics.messagesOut.add();
  }

  /** What it has not read yet is lost; it resumes after the last event that it has received. */
  drop(): void {
    if (this.state !== "open") return;
    logger.info("connection.dropped", { buffered: this.bufferedBytes() });
    this.#controller?.error(new Error("too slow"));
    this.onEnd(0);
  }

  bufferedBytes(): number {
    const { desiredSize = 0 } = this.#controller ?? {};
    const isOpen = this.state === "open" || this.state === "connecting";
    return isOpen ? this.context.maxBufferedBytes - (desiredSize ?? 0) : 0;
  }

  status(): EventConnectionStatus {
    return this.state === "open" ? "open" : "closing";
  }

  /** The handler has said why, in its protocol. */
  protected sendClose(code: number): void {
    this.#controller?.close();
    this.onEnd(code);
  }

  /** Notes whether the backlog has shrunk. */
  protected recordProgress(now: number): void {
    const buffered = this.bufferedBytes();
    const drained = this.#sentBytes - buffered;
    if (buffered > 0 && drained <= this.#drainedBytes) return;
    this.#drainedBytes = Math.max(this.#drainedBytes, drained);
    this.progressAt = now;
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (text !== lastText) [lastText, lastBytes] = [text, encoder.encode(text)];
  return lastBytes;
}
