/**
 * One member: finds marked texts in the received messages, and sends the replies that the protocol requires. It decodes
 * only messages without a marked text, because nearly all messages have one.
 * @module
 */
import type { ConnectionListener, LoadConnection } from "./ws/connection.ts";
import { findMarker, MARKER_BYTES, publisherAt, saidMicrosAt, seqAt } from "./marker.ts";
import type { ClientProtocol } from "./plan.ts";
import type { LoadCounters } from "./stats/counters.ts";

/** Is notified of a member's events. */
export interface ClientObserver {
  /** The member has joined the room. */
  onReady(client: LoadClient): void;
  /** Its connection has ended. */
  onEnded(client: LoadClient, code: number): void;
  /** It has received one of its own texts. */
  onOwnText(client: number, seq: number): void;
}

const decoder = new TextDecoder();
const REMEMBERED_CHARACTERS = 200;

/** One member of a run. */
export class LoadClient implements ConnectionListener {
  /** Index of the member; also its number as a publisher, if it sends. */
  readonly index: number;
  /** Whether it reads at once, so that its latencies are measured. */
  readonly isPrompt: boolean;
  /** Undefined before the handshake. */
  connection: LoadConnection | undefined;
  /** Whether it has joined the room. */
  isReady = false;
  /** The beginning of the last message without a marked text. */
  lastMessage = "";
  readonly #protocol: ClientProtocol;
  readonly #counters: LoadCounters;
  readonly #observer: ClientObserver;
  #hasStoppedReading = false;

  /** Creates a member without a connection. */
  constructor(
    index: number,
    isPrompt: boolean,
    protocol: ClientProtocol,
    counters: LoadCounters,
    observer: ClientObserver,
  ) {
    this.index = index;
    this.isPrompt = isPrompt;
    this.#protocol = protocol;
    this.#counters = counters;
    this.#observer = observer;
  }

  /** Sends the opening messages of its first connection, or of a later one. */
  start(connection: LoadConnection): void {
    this.connection = connection;
    this.isReady = false;
    for (const text of this.#protocol.openingMessages(this.index)) connection.send(text);
    if (this.#protocol.isReady === undefined) this.#becomeReady();
  }

  /** Stops reading and counting. */
  stopReading(): void {
    this.#hasStoppedReading = true;
    this.connection?.pause();
  }

  onMessage(bytes: Uint8Array, from: number, to: number): void {
    if (this.#hasStoppedReading) return;
    let marker = findMarker(bytes, from, to);
    if (marker < 0) return this.#readOther(bytes.subarray(from, to));
    const now = this.#counters.micros();
    for (; marker >= 0; marker = findMarker(bytes, marker + MARKER_BYTES, to)) {
      const publisher = publisherAt(bytes, marker);
      const seq = seqAt(bytes, marker);
      const isMeasured = this.#counters.recordDelivery(this.index, publisher, seq);
      if (isMeasured && this.isPrompt) {
        this.#counters.latencies.record(now - saidMicrosAt(bytes, marker));
      }
      if (publisher === this.index) this.#observer.onOwnText(publisher, seq);
    }
  }

  onEnded(code: number): void {
    this.#observer.onEnded(this, code);
  }

  #readOther(bytes: Uint8Array): void {
    const { isReady, reply } = this.#protocol;
    if (this.isReady && reply === undefined) return;
    const message = decoder.decode(bytes);
    if (!this.isReady) this.lastMessage = message.slice(0, REMEMBERED_CHARACTERS);
    const text = reply?.(message, this.index);
    if (text !== undefined) this.connection?.send(text);
    if (!this.isReady && isReady?.(message, this.index)) this.#becomeReady();
  }

  #becomeReady(): void {
    this.isReady = true;
    this.#observer.onReady(this);
  }
}
