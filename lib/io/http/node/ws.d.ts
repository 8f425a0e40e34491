/**
 * Types of the part of the package `ws` that the engine uses. The package has none of its own, and those of
 * DefinitelyTyped leave out `Sender`.
 * @module
 */
import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** An open WebSocket. */
export interface WebSocket {
  /** 1 until either side has closed. */
  readonly readyState: number;
  /** A complete message: bytes of valid UTF-8, unless it is binary. */
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): this;
  /** The connection has ended; 1006 without a close frame. */
  on(event: "close", listener: (code: number) => void): this;
  /** A violation of the protocol, or a failure of the connection. `close` follows. */
  on(event: "error", listener: (error: Error) => void): this;
  /** A ping, which has been answered. */
  on(event: "ping", listener: () => void): this;
  /** The answer to a ping. */
  on(event: "pong", listener: () => void): this;
  /** Sends a ping. */
  ping(): void;
  /** Sends a close frame. */
  close(code: number, reason: string): void;
  /** Destroys the connection. */
  terminate(): void;
}

/** Accepts handshakes. */
export class WebSocketServer {
  /** With `noServer`, it listens nowhere. Sizes in bytes, times in milliseconds. */
  constructor(options: {
    noServer: true;
    clientTracking: boolean;
    perMessageDeflate: boolean;
    allowSynchronousEvents: boolean;
    maxPayload: number;
    maxFragments: number;
    closeTimeout: number;
  });
  /** Sends the 101 and calls back at once, or sends a refusal and never calls back. */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (socket: WebSocket) => void,
  ): void;
}

/** Frames messages. */
export class Sender {
  /** The header and the payload of one frame, or both in one buffer. */
  static frame(
    data: Buffer,
    options: { fin: boolean; rsv1: boolean; opcode: number; mask: boolean; readOnly: boolean },
  ): Buffer[];
}
