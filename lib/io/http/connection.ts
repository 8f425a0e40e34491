/**
 * What the connections of both engines have in common: events reach one handler, the end is reported once, and errors
 * stop here.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import type {
  ConnectionHandler,
  OpenHandler,
  Socket,
} from "../../chat/ports/connection_handler.ts";
import type { ConnectionStatus, Heartbeat, Peer } from "../../chat/heartbeat.ts";
import type { WorkerMetrics } from "../../chat/metrics.ts";
import type { ChargeReason, ConnectionSlot } from "../../core/limits/connection_limits.ts";
import {
  type CloseStatus,
  INTERNAL_ERROR,
  MESSAGE_TOO_BIG,
} from "../../core/protocol/close_codes.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { Backlog } from "../../core/limits/send_pacing.ts";
import type { TokenExpiry, Vitals } from "../../core/health/connection_health.ts";
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
  /** Maximum backlog in bytes; a peer with a larger one is dropped. */
  readonly maxBufferedBytes: number;
  /** Watches every connection until it has ended. */
  readonly heartbeat: Pick<Heartbeat, "watch" | "unwatch">;
  /** Counts messages. */
  readonly metrics: Pick<WorkerMetrics, "messagesIn" | "messagesOut">;
}

/** A connection from its handshake to its end, apart from how bytes are sent. */
export abstract class Connection implements Socket, Peer {
  /** Shared by all connections of the server. */
  protected readonly context: ConnectionContext;
  /** Once it is closing, nothing is sent or received. */
  protected state: "connecting" | "open" | "closing" | "ended" = "connecting";
  /** When it entered its state. Times are milliseconds of `clock.now()`. */
  protected since: number;
  /** Handles its messages; undefined until it opens. */
  protected handler: ConnectionHandler | undefined;
  /** When the last sign of life arrived; until then, when it was created. */
  protected receivedAt: number;
  /** When the peer was last pinged; undefined if never. */
  protected pingedAt: number | undefined;
  /** When the backlog was last seen empty or shrinking. */
  protected progressAt: number;
  /** Whether its address has been charged. */
  protected isCharged = false;
  // Defined until the socket opens.
  #openHandler: OpenHandler | undefined;
  readonly #maxMessageBytes: number;
  readonly #slot: ConnectionSlot;
  readonly #address: string | undefined;

  /**
   * Watches the connection from now on.
   *
   * @param slot Released when the connection has ended.
   * @param address See `OpenHandler`.
   */
  constructor(
    { openHandler, maxMessageBytes }: Endpoint,
    context: ConnectionContext,
    slot: ConnectionSlot,
    address?: string,
  ) {
    this.context = context;
    this.#openHandler = openHandler;
    this.#maxMessageBytes = maxMessageBytes;
    this.#slot = slot;
    this.#address = address;
    this.since = this.receivedAt = this.progressAt = context.clock.now();
    context.heartbeat.watch(this);
  }

  abstract send(message: string | Uint8Array<ArrayBuffer>): void;

  sendAll(messages: readonly string[]): void {
    for (const message of messages) this.send(message);
  }

  abstract drop(): void;

  abstract bufferedBytes(): number;

  abstract status(now: number): ConnectionStatus;

  /** Sends a close frame. */
  protected abstract sendClose(code: number, reason: string): void;

  backlog(): Backlog {
    return { bytes: this.bufferedBytes(), maxBytes: this.context.maxBufferedBytes };
  }

  close({ code, reason, afterMs }: CloseStatus): void {
    if (this.state === "open" && afterMs !== undefined) {
      this.guarded(() => this.handler?.sendRetryAfter?.(afterMs));
    }
    if (this.state !== "open") return;
    this.setState("closing");
    this.sendClose(code, reason);
  }

  ping(): void {
    this.pingedAt = this.context.clock.now();
    this.guarded(() => this.handler?.ping?.());
  }

  announceExpiry(): void {
    this.guarded(() => this.handler?.signIn?.onExpiring());
  }

  recheckUser(event?: RoomEvent): void {
    if (this.state === "open") this.guarded(() => this.handler?.signIn?.recheckUser(event));
  }

  /** The key under which its address is counted; undefined if the address has no limits. */
  get address(): string | undefined {
    return this.#address;
  }

  charge(what: ChargeReason): void {
    if (this.isCharged) return;
    this.isCharged = true;
    this.#slot.charge(what, this.context.clock.now());
  }

  get expiry(): TokenExpiry | null | undefined {
    return this.state === "open" ? this.handler?.signIn?.expiry : undefined;
  }

  vitals(now: number): Vitals | undefined {
    if (this.state !== "open") return undefined;
    const backlog = this.bufferedBytes();
    this.recordProgress(now);
    const step = this.handler?.pendingStep?.();
    return {
      backlog,
      progressAt: this.progressAt,
      receivedAt: this.receivedAt,
      pingedAt: this.pingedAt,
      canPing: this.canPing,
      // `since` is when the connection was opened.
      pendingStep: step && { step, since: this.since },
    };
  }

  /** Whether the peer answers pings. */
  protected get canPing(): boolean {
    return this.handler?.ping !== undefined;
  }

  /** Sets `progressAt` if the backlog is empty or has shrunk. */
  protected abstract recordProgress(now: number): void;

  /** Called when the socket has opened: creates the handler. */
  protected onOpen(): void {
    this.setState("open");
    const openHandler = this.#openHandler;
    this.#openHandler = undefined;
    this.handler = openHandler?.(this, this.#address);
    // The handler may have closed the connection while it was created.
    if (this.state !== "open") this.handler?.onClose();
  }

  /** Called for each message: passes it on, or closes the connection if it is too long. */
  protected onMessage(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.state !== "open") return;
    this.receivedAt = this.context.clock.now();
    this.context.metrics.messagesIn.add();
    const max = this.#maxMessageBytes;
    const isTooBig = typeof message === "string"
      ? exceedsBytes(message, max)
      : message.byteLength > max;
    if (isTooBig) return this.close(MESSAGE_TOO_BIG);
    this.handler?.onMessage(message);
  }

  /** The connection has ended. Only the first call counts. */
  protected onEnd(code: number): void {
    if (this.state === "ended") return;
    this.setState("ended");
    this.context.heartbeat.unwatch(this);
    this.#slot[Symbol.dispose]();
    logger.debug("connection.ended", { code: code === 0 ? 1006 : code });
  }

  /** Enters a state; a connection that is no longer open releases its handler. */
  protected setState(state: "open" | "closing" | "ended"): void {
    const wasOpen = this.state === "open";
    this.state = state;
    this.since = this.context.clock.now();
    if (wasOpen) this.handler?.onClose();
  }

  /** Calls a function. An exception closes the connection: it would end the process, and with it all others. */
  protected guarded(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      logger.error("connection.failed", { error: String(error) });
      this.close(INTERNAL_ERROR);
    }
  }
}
