/**
 * The smallest handler: sends every message back.
 * @module
 */
import { RateLimiter, type SharedBudgets } from "../../core/limits/rate_limiter.ts";
import { TOO_MANY_MESSAGES } from "../../core/protocol/close_codes.ts";
import { faultLine } from "../../core/protocol/text_protocol.ts";
import { utf8Length } from "../../core/utf8.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConnectionHandler, Socket } from "../ports/connection_handler.ts";

/** What all echoes share. */
export interface EchoContext {
  /** For the rate limits. */
  readonly clock: Clock;
  /** Rate limits of each connection. */
  readonly limits: SharedBudgets;
}

/** Sends back what it receives: bytes unchanged, texts after a prefix. */
export class EchoHandler implements ConnectionHandler {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #rateLimiter: RateLimiter;
  readonly #prefix: string;

  /** Echoes on an open socket. @param prefix The text before each text. @param address See `OpenHandler`. */
  constructor(
    socket: Socket,
    { clock, limits }: EchoContext,
    prefix: string,
    address?: string,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#rateLimiter = new RateLimiter(limits, address);
  }

  onMessage(message: string | Uint8Array<ArrayBuffer>): void {
    const bytes = typeof message === "string" ? utf8Length(message) : message.byteLength;
    const decision = this.#rateLimiter.check(this.#clock.now(), bytes);
    if (decision === "exceeded") this.#socket.close(TOO_MANY_MESSAGES);
    else if (decision !== "allowed") this.#socket.send(faultLine("slow down"));
    else this.#socket.send(typeof message === "string" ? this.#prefix + message : message);
  }

  onClose(): void {}
}
