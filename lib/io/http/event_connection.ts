/**
 * A connection that sends the body of a response as long as it lasts. It is watched and counted like a WebSocket: a peer that
 * reads too slowly is dropped, and resumes.
 * @module
 */
import type { Peer } from "../../chat/heartbeat.ts";
import type { Socket } from "../../chat/ports/connection_handler.ts";
import type { ConnectionSlot } from "../../core/limits/connection_limits.ts";
import { joinBytes } from "../../core/bytes.ts";
import { eventText } from "../../core/protocol/event_protocol.ts";
import { Connection, type ConnectionContext, type Endpoint } from "./connection.ts";
import { logger } from "../logger.ts";

/** Its statuses. */
type EventConnectionStatus = "open" | "closing";

/** Whoever ends a stream with it has said why. */
const NORMAL_CLOSURE = 1000;
const encoder = new TextEncoder();
// All subscribers of a room are sent the same text.
let lastText = "";
let lastBytes: Uint8Array<ArrayBuffer> = new Uint8Array();

/** As much as is handed over at once: a chunk costs the runtime more than a kilobyte does. */
const MAX_CHUNK_BYTES = 65_536;

/** One connection. */
export class EventConnection extends Connection implements Socket, Peer {
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  // What the runtime has not asked for yet. Kept here, and not in the stream, so that it can be discarded.
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #queuedBytes = 0;
  #sentBytes = 0;
  #drainedBytes = 0;
  #wake: (() => void) | undefined;

  /** Opens it. @param slot Released when the connection has ended. */
  constructor(
    endpoint: Endpoint,
    context: ConnectionContext,
    slot: ConnectionSlot,
    address?: string,
  ) {
    super(endpoint, context, slot, address);
    this.body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => this.#handOver(controller),
      cancel: () => this.guarded(() => this.#end(0)),
    }, { highWaterMark: 0 });
    this.guarded(() => this.onOpen());
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.state !== "open") return;
    if (this.#queuedBytes > this.context.maxBufferedBytes) return this.drop();
    this.#enqueue(typeof message === "string" ? bytesOf(message) : message);
    this.context.metrics.messagesOut.add();
  }

  /** What it has not read yet is lost; it resumes after the last event that it has received. */
  drop(): void {
    if (this.state !== "open") return;
    logger.info("connection.dropped", { buffered: this.#queuedBytes });
    this.#end(0);
  }

  bufferedBytes(): number {
    return this.#queuedBytes;
  }

  status(): EventConnectionStatus {
    return this.state === "open" ? "open" : "closing";
  }

  /** Browsers do not show how a response ends, so the last event says it. */
  protected sendClose(code: number, reason: string): void {
    if (code !== NORMAL_CLOSURE) {
      this.#enqueue(encoder.encode(eventText("closed", { code, reason })));
    }
    this.onEnd(code);
    this.#wake?.();
  }

  /** Notes whether the backlog has shrunk. */
  protected recordProgress(now: number): void {
    const drained = this.#sentBytes - this.#queuedBytes;
    if (this.#queuedBytes > 0 && drained <= this.#drainedBytes) return;
    this.#drainedBytes = drained;
    this.progressAt = now;
  }

  #enqueue(bytes: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#sentBytes += bytes.length;
    this.#wake?.();
  }

  /** Gives the runtime what is queued, or waits until something is. */
  async #handOver(
    controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    if (this.#queue.length === 0 && this.state !== "ended") {
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    const chunk = this.#takeChunk();
    if (chunk) controller.enqueue(chunk);
    else controller.close();
  }

  #takeChunk(): Uint8Array<ArrayBuffer> | undefined {
    const [first] = this.#queue;
    if (first === undefined) return undefined;
    let [count, length] = [1, first.length];
    for (const { length: next } of this.#queue.slice(1)) {
      if (length + next > MAX_CHUNK_BYTES) break;
      count += 1;
      length += next;
    }
    const taken = this.#queue.splice(0, count);
    this.#queuedBytes -= length;
    return taken.length === 1 ? first : joinBytes(taken, length);
  }

  #end(code: number): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.onEnd(code);
    this.#wake?.();
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (text !== lastText) [lastText, lastBytes] = [text, encoder.encode(text)];
  return lastBytes;
}
