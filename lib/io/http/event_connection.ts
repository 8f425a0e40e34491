/**
 * A connection that sends the body of a response as long as it lasts. It is watched and counted like a WebSocket: a peer that
 * reads too slowly is dropped, and resumes.
 * @module
 */
import type { Peer } from "../../chat/heartbeat.ts";
import type { Socket } from "../../chat/ports/connection_handler.ts";
import type { ConnectionSlot } from "../../core/limits/connection_limits.ts";
import { joinBytes } from "../../core/bytes.ts";
import { serverSentEvent } from "../../core/protocol/event_protocol.ts";
import { Connection, type ConnectionContext, type Endpoint } from "./connection.ts";
import { logger } from "../logger.ts";

/** The statuses of an {@linkcode EventConnection}, which connections of both engines have too. */
export type EventConnectionStatus = "open" | "closing";

/** The caller that ends a stream with this code has sent the reason. */
const NORMAL_CLOSURE = 1000;
const encoder = new TextEncoder();
// All subscribers of a room are sent the same text.
let lastText = "";
let lastBytes: Uint8Array<ArrayBuffer> = new Uint8Array();

/** As much as is handed over at once: a chunk costs the runtime more than a kilobyte does. */
const MAX_CHUNK_BYTES = 65_536;

/** Where an engine sends the body of a response, if it can do so without a `ReadableStream`, which costs more. */
export interface BodySink {
  /** Bytes that the operating system has not taken yet. */
  readonly writableLength: number;
  /** Sends bytes. */
  write(bytes: Uint8Array): unknown;
  /** Ends the response when everything has been sent. */
  end(): unknown;
  /** Ends it at once. */
  destroy(): unknown;
}

const connections = new WeakMap<Response, EventConnection>();

/** The connection whose events a response sends; undefined for others. */
export function connectionOf(response: Response): EventConnection | undefined {
  return connections.get(response);
}

/** Sends messages as the body of one response, and receives none. */
export class EventConnection extends Connection implements Socket, Peer {
  #sink: BodySink | undefined;
  // What is not handed over yet. Kept here, and not in a stream, so that it can be discarded.
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #queuedBytes = 0;
  #sentBytes = 0;
  #drainedBytes = 0;
  // The stream's controller while the runtime waits for a chunk. Keeping it costs less than a pending promise.
  #demand: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  // Why it has been closed; 0 if it has not.
  #closeCode = 0;

  /** Opens it. @param slot Released when the connection has ended. */
  constructor(
    endpoint: Endpoint,
    context: ConnectionContext,
    slot: ConnectionSlot,
    address?: string,
  ) {
    super(endpoint, context, slot, address);
    this.guarded(() => this.onOpen());
  }

  /** The response. An engine that has a sink need not read its body. */
  respond(headers: Readonly<Record<string, string>>): Response {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => {
        this.#demand = controller;
        this.#meetDemand();
      },
      cancel: () => {
        this.#demand = undefined;
        this.onLost();
      },
    }, { highWaterMark: 0 });
    const response = new Response(body, { headers });
    connections.set(response, this);
    return response;
  }

  /** Sends everything to a sink from now on. */
  sendTo(sink: BodySink): void {
    this.#sink = sink;
    for (const bytes of this.#queue) sink.write(bytes);
    this.#discard();
    if (this.state !== "open") this.#endSink(sink);
  }

  /** Ends the connection, whose peer has disconnected, and discards what is queued. */
  onLost(): void {
    this.guarded(() => this.#end());
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    this.#queueMessage(message);
    this.#meetDemand();
  }

  /** Sends messages in as few chunks as possible. */
  override sendAll(messages: readonly string[]): void {
    for (const message of messages) this.#queueMessage(message);
    this.#meetDemand();
  }

  /**
   * What it has not read yet is lost; it resumes after the last event that it has received. A body that is not read cannot be
   * ended: the connection keeps its slot until the peer reads on, or goes.
   */
  drop(): void {
    if (this.state !== "open") return;
    logger.info("connection.dropped", { buffered: this.bufferedBytes() });
    this.setState("closing");
    this.#discard();
    this.#meetDemand();
    if (this.#sink) this.#end();
    this.#sink?.destroy();
  }

  bufferedBytes(): number {
    return this.#queuedBytes + (this.#sink?.writableLength ?? 0);
  }

  status(): EventConnectionStatus {
    return this.state === "open" ? "open" : "closing";
  }

  /** Browsers do not show how a response ends, so the last event says it. */
  protected sendClose(code: number, reason: string): void {
    this.#closeCode = code;
    if (code !== NORMAL_CLOSURE) {
      this.#write(encoder.encode(serverSentEvent("closed", { code, reason })));
    }
    this.#meetDemand();
    if (this.#sink) this.#endSink(this.#sink);
  }

  /** Notes whether the backlog has shrunk. */
  protected recordProgress(now: number): void {
    const buffered = this.bufferedBytes();
    const drained = this.#sentBytes - buffered;
    if (buffered > 0 && drained <= this.#drainedBytes) return;
    this.#drainedBytes = drained;
    this.progressAt = now;
  }

  #queueMessage(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.state !== "open") return;
    if (this.bufferedBytes() > this.context.maxBufferedBytes) return this.drop();
    this.#write(typeof message === "string" ? bytesOf(message) : message);
    this.context.metrics.messagesOut.add();
  }

  /** Queues bytes; a sink takes them at once. */
  #write(bytes: Uint8Array<ArrayBuffer>): void {
    this.#sentBytes += bytes.length;
    if (this.#sink) return void this.#sink.write(bytes);
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  /** Gives the runtime what is queued, or ends the body if nothing follows. */
  #meetDemand(): void {
    const demand = this.#demand;
    if (demand === undefined) return;
    const chunk = this.#takeChunk();
    if (chunk === undefined && this.state === "open") return;
    this.#demand = undefined;
    if (chunk) return demand.enqueue(chunk);
    demand.close();
    this.onLost();
  }

  #takeChunk(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#queue.length <= 1) {
      this.#queuedBytes = 0;
      return this.#queue.pop();
    }
    let [count, length] = [0, 0];
    for (const { length: next } of this.#queue) {
      if (count > 0 && length + next > MAX_CHUNK_BYTES) break;
      count += 1;
      length += next;
    }
    this.#queuedBytes -= length;
    return joinBytes(this.#queue.splice(0, count), length);
  }

  #discard(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #endSink(sink: BodySink): void {
    this.onEnd(this.#closeCode);
    sink.end();
  }

  #end(): void {
    this.#discard();
    this.onEnd(this.#closeCode);
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (text !== lastText) [lastText, lastBytes] = [text, encoder.encode(text)];
  return lastBytes;
}
