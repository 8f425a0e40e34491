/**
 * Connects a handler to one of the runtime's sockets: events reach one handler, the end is reported once, and errors stop
 * here. Do not read `readyState`: the runtime's sockets have no `terminate()`, and may fire `close` twice or never
 * (docs/internals/runtime.md). The connection keeps its own state.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import type {
  ConnectionHandler,
  OpenHandler,
  Socket,
} from "../../chat/ports/connection_handler.ts";
import type { Heartbeat, Peer } from "../../chat/heartbeat.ts";
import type { WorkerMetrics } from "../../chat/metrics.ts";
import type { ChargeReason, ConnectionSlot } from "../../core/limits/connection_limits.ts";
import {
  type CloseStatus,
  INTERNAL_ERROR,
  MESSAGE_TOO_BIG,
} from "../../core/protocol/close_codes.ts";
import { type Backlog, QUEUED_MESSAGE_BYTES } from "../../core/limits/send_pacing.ts";
import type { Vitals } from "../../core/health/connection_health.ts";
import { exceedsBytes } from "../../core/utf8.ts";
import { logger } from "../logger.ts";

/** The service behind a socket path. */
export interface Endpoint {
  /** Creates the handler when the socket has opened. */
  readonly openHandler: OpenHandler;
  /** The subprotocol of the response; undefined for none. */
  readonly subprotocol?: string;
  /** Maximum message size in bytes; a longer message closes the connection with 1009. */
  readonly maxMessageBytes: number;
}

/** What all connections of a server share. */
export interface ConnectionContext {
  /** Current time, for {@linkcode Connection.vitals}. */
  readonly clock: Clock;
  /** Maximum backlog in bytes; a peer with a larger one is parked. */
  readonly maxBufferedBytes: number;
  /** Watches every connection until it has ended. */
  readonly heartbeat: Pick<Heartbeat, "watch" | "unwatch">;
  /** Counts messages. */
  readonly metrics: Pick<WorkerMetrics, "messagesIn" | "messagesOut">;
}

/** One connection. It is its socket's event listener: closures would take 1 KB (docs/internals/decisions/0012). */
export class Connection implements Socket, Peer, EventListenerObject {
  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #maxMessageBytes: number;
  readonly #slot: ConnectionSlot;
  readonly #address: string | undefined;
  // Defined until the socket opens.
  #openHandler: OpenHandler | undefined;
  #handler: ConnectionHandler | undefined;
  #state: Vitals["state"] | "ended" = "connecting";
  #isCharged = false;
  #since: number;
  #receivedAt: number;
  #pingedAt: number | undefined;
  #progressAt: number;
  #sentBytes = 0;
  #drainedBytes = 0;
  // Messages queued since the backlog was last empty: their average size tells how many are waiting.
  #recentBytes = 0;
  #recentMessages = 0;

  /**
   * Takes over a socket that has not opened yet.
   *
   * @param slot Released when the connection has ended.
   * @param address See `OpenHandler`.
   */
  constructor(
    socket: WebSocket,
    { openHandler, maxMessageBytes }: Endpoint,
    context: ConnectionContext,
    slot: ConnectionSlot,
    address?: string,
  ) {
    this.#socket = socket;
    this.#maxMessageBytes = maxMessageBytes;
    this.#context = context;
    this.#slot = slot;
    this.#address = address;
    this.#openHandler = openHandler;
    this.#since = this.#receivedAt = this.#progressAt = context.clock.now();
    socket.binaryType = "arraybuffer";
    // Not `error`: a `close` always follows it, with code 0 if there was no close frame.
    for (const type of ["open", "message", "close"]) socket.addEventListener(type, this);
    context.heartbeat.watch(this);
  }

  /** Handles the socket's events. An exception here would end the process, and with it all other connections. */
  handleEvent(event: Event): void {
    try {
      if (event instanceof MessageEvent) this.#onMessage(event.data);
      else if (event instanceof CloseEvent) this.#onClose(event.code);
      else this.#onOpen();
    } catch (error) {
      this.#fail(error);
    }
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#state !== "open") return;
    const buffered = this.#socket.bufferedAmount;
    if (buffered === 0) {
      // In the usual case nothing is waiting, and the size of this message does not matter.
      this.#recentMessages = 1;
      this.#recentBytes = 0;
    } else if (this.#backlog(buffered) > this.#context.maxBufferedBytes) return this.park();
    this.#socket.send(message);
    this.#context.metrics.messagesOut.add();
    if (buffered === 0) return;
    // Take the size from the runtime: counting a text's bytes again for each member would be expensive.
    const bytes = this.#socket.bufferedAmount - buffered;
    this.#sentBytes += bytes;
    this.#recentBytes += bytes;
    this.#recentMessages += 1;
  }

  backlog(): Backlog {
    const bytes = this.#backlog(this.#socket.bufferedAmount);
    return { bytes, maxBytes: this.#context.maxBufferedBytes };
  }

  close({ code, reason, afterMs }: CloseStatus): void {
    if (this.#state === "open" && afterMs !== undefined) {
      this.#guarded(() => this.#handler?.sendRetryAfter?.(afterMs));
    }
    if (this.#state !== "open" && this.#state !== "parked") return;
    this.#setState("closing");
    // Defer: close() during a burst of incoming messages sends no close frame (Deno 2.9.6).
    setTimeout(() => this.#guarded(() => this.#socket.close(code, reason)), 0);
  }

  ping(): void {
    this.#pingedAt = this.#context.clock.now();
    this.#guarded(() => this.#handler?.ping?.());
  }

  park(): void {
    if (this.#state !== "open") return;
    this.#setState("parked");
    logger.info("connection.parked", { buffered: this.#socket.bufferedAmount });
  }

  /** The key under which its address is counted; undefined if the address has no limits. */
  get address(): string | undefined {
    return this.#address;
  }

  charge(what: ChargeReason): void {
    if (this.#isCharged) return;
    this.#isCharged = true;
    this.#slot.charge(what, this.#context.clock.now());
  }

  vitals(now: number): Vitals {
    const since = this.#since;
    const isCharged = this.#isCharged;
    if (this.#state === "connecting") return { state: "connecting", since, isCharged };
    if (this.#state === "closing" || this.#state === "ended") {
      return { state: "closing", since, isCharged };
    }
    const buffered = this.#socket.bufferedAmount;
    const backlog = this.#backlog(buffered);
    if (this.#state === "parked") return { state: "parked", backlog, since, isCharged };
    this.#recordProgress(buffered, now);
    const owed = this.#handler?.pendingStep?.();
    return {
      state: "open",
      backlog,
      progressAt: this.#progressAt,
      receivedAt: this.#receivedAt,
      pingedAt: this.#pingedAt,
      canPing: this.#handler?.ping !== undefined,
      // `since` is when the connection was opened.
      pendingStep: owed && { step: owed, since },
    };
  }

  #onOpen(): void {
    this.#setState("open");
    const openHandler = this.#openHandler;
    this.#openHandler = undefined;
    this.#handler = openHandler?.(this, this.#address);
    // The handler may have closed the connection while it was created.
    if (this.#state !== "open") this.#handler?.onClose();
  }

  #onMessage(data: string | ArrayBuffer): void {
    if (this.#state !== "open") return;
    this.#receivedAt = this.#context.clock.now();
    this.#context.metrics.messagesIn.add();
    const max = this.#maxMessageBytes;
    const isTooBig = typeof data === "string" ? exceedsBytes(data, max) : data.byteLength > max;
    if (isTooBig) return this.close(MESSAGE_TOO_BIG);
    this.#handler?.onMessage(typeof data === "string" ? data : new Uint8Array(data));
  }

  /** The runtime may report twice (1001, then 1005); only the first counts. */
  #onClose(code: number): void {
    if (this.#state === "ended") return;
    this.#setState("ended");
    this.#context.heartbeat.unwatch(this);
    this.#slot[Symbol.dispose]();
    logger.debug("connection.ended", { code: code === 0 ? 1006 : code });
  }

  #setState(state: "open" | "parked" | "closing" | "ended"): void {
    const wasOpen = this.#state === "open";
    this.#state = state;
    this.#since = this.#context.clock.now();
    if (wasOpen) this.#handler?.onClose();
  }

  /** Size of the waiting messages, including the runtime's overhead for each, in bytes. */
  #backlog(buffered: number): number {
    if (buffered === 0) return 0;
    // The first waiting message: use the size of its unsent part.
    if (this.#recentBytes === 0) {
      this.#recentBytes = buffered;
      this.#sentBytes += buffered;
    }
    const waiting = buffered / this.#recentBytes * this.#recentMessages;
    return buffered + QUEUED_MESSAGE_BYTES * waiting;
  }

  #recordProgress(buffered: number, now: number): void {
    const drainedBytes = this.#sentBytes - buffered;
    if (buffered > 0 && drainedBytes === this.#drainedBytes) return;
    this.#drainedBytes = drainedBytes;
    this.#progressAt = now;
  }

  #guarded(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    logger.error("connection.failed", { error: String(error) });
    this.close(INTERNAL_ERROR);
  }
}
