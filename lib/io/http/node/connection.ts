/**
 * A connection on a socket of the package `ws`, which validates, limits and answers what the protocol asks for. It can
 * ping every peer, and it can end a connection for certain: one that does not complete its close in time is destroyed.
 * @module
 */
import type { Buffer } from "node:buffer";
import type { WebSocket } from "./ws.d.ts";
import type { Socket } from "../../../chat/ports/connection_handler.ts";
import type { Peer } from "../../../chat/heartbeat.ts";
import type { ConnectionSlot } from "../../../core/limits/connection_limits.ts";
import { type Rate, TokenBucket } from "../../../core/limits/token_bucket.ts";
import { SLOW_CONSUMER, TOO_MANY_MESSAGES } from "../../../core/protocol/close_codes.ts";
import { Connection, type ConnectionContext, type Endpoint } from "../connection.ts";
import { logger } from "../../logger.ts";
import { frameOf, framesOf } from "./frames.ts";

/** Time in which a peer must answer a close frame, and read what was sent before it. */
export const CLOSE_TIMEOUT_MS = 5_000;

/** How often a peer may ping. Clients ping every few seconds, if at all. */
const PING_RATE: Rate = { perSecond: 10, burst: 100 };

const OPEN = 1;

/** Each status of a {@linkcode NodeConnection}. Metrics also count those that no connection has. */
export const NODE_STATUSES = ["open", "closing"] as const;

/** Sends frames on the stream of a WebSocket, and leaves everything else to the package. */
export class NodeConnection extends Connection implements Socket, Peer {
  readonly #socket: WebSocket;
  readonly #stream: ByteStream;
  // Created when the peer pings: most never do.
  #pings: TokenBucket | undefined;
  #written = 0;
  #drained = 0;

  /** Takes over an open socket. @param slot Released when the connection has ended. */
  constructor(
    socket: WebSocket,
    stream: ByteStream,
    endpoint: Endpoint,
    context: ConnectionContext,
    slot: ConnectionSlot,
    address?: string,
  ) {
    super(endpoint, context, slot, address);
    this.#socket = socket;
    this.#stream = stream;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.guarded(() => this.onMessage(isBinary ? new Uint8Array(data) : data.toString()));
    });
    socket.on("ping", () => this.guarded(() => this.#onPing()));
    socket.on("pong", () => this.receivedAt = context.clock.now());
    socket.on("close", (code: number) => this.guarded(() => this.onEnd(code)));
    // A violation of the protocol or a lost connection: `close` follows.
    socket.on(
      "error",
      (error: Error) => logger.debug("connection.error", { error: String(error) }),
    );
    this.guarded(() => this.onOpen());
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (!this.#canSend) return;
    if (this.#stream.writableLength > this.context.maxBufferedBytes) return this.drop();
    const frame = frameOf(message);
    this.#written += frame.length;
    this.#stream.write(frame);
    this.context.metrics.messagesOut.add();
  }

  override sendAll(messages: readonly string[]): void {
    // Writing no bytes to a TLS stream ends it with EPERM (Deno 2.9.6).
    if (!this.#canSend || messages.length === 0) return;
    const frames = framesOf(messages);
    // One by one, the backlog exceeds its limit by at most one message.
    if (this.#stream.writableLength + frames.length > this.context.maxBufferedBytes) {
      return super.sendAll(messages);
    }
    this.#written += frames.length;
    this.#stream.write(frames);
    this.context.metrics.messagesOut.add(messages.length);
  }

  drop(): void {
    if (this.state !== "open") return;
    logger.info("connection.dropped", { buffered: this.#stream.writableLength });
    this.close(SLOW_CONSUMER);
  }

  override ping(): void {
    super.ping();
    if (this.state === "open") this.guarded(() => this.#socket.ping());
  }

  bufferedBytes(): number {
    return this.state === "ended" ? 0 : this.#stream.writableLength;
  }

  status(): typeof NODE_STATUSES[number] {
    return this.state === "open" ? "open" : "closing";
  }

  /** Destroys the socket if it has not ended: the package sets no timer if the peer has closed its side first. */
  checkEnding(now: number): void {
    if (now - this.since > CLOSE_TIMEOUT_MS) this.#socket.terminate();
  }

  /** Every peer answers pings: the protocol requires it. */
  protected override get canPing(): boolean {
    return true;
  }

  /** Nothing may follow a close frame, and the package sends one by itself when the peer closes (RFC 6455 §5.5.1). */
  get #canSend(): boolean {
    return this.state === "open" && this.#socket.readyState === OPEN;
  }

  /** The package has answered it. */
  #onPing(): void {
    const now = this.context.clock.now();
    this.receivedAt = now;
    this.#pings ??= new TokenBucket(PING_RATE, now);
    if (!this.#pings.take(now)) this.close(TOO_MANY_MESSAGES);
  }

  /** If the peer does not answer within the server's `closeTimeout`, the socket is destroyed. */
  protected sendClose(code: number, reason: string): void {
    this.guarded(() => this.#socket.close(code, reason));
  }

  /** Notes whether the backlog has shrunk. */
  protected recordProgress(now: number): void {
    const buffered = this.#stream.writableLength;
    // Pongs and pings of the package are in the backlog, but not in what was written.
    const drained = this.#written - buffered;
    if (buffered > 0 && drained <= this.#drained) return;
    this.#drained = Math.max(this.#drained, drained);
    this.progressAt = now;
  }
}

/** The part of a TCP or TLS socket that carries frames. */
export interface ByteStream {
  /** Bytes that the operating system has not taken yet. */
  readonly writableLength: number;
  /** Sends bytes. */
  write(bytes: Uint8Array): boolean;
}
