/**
 * The smallest conversation: everything comes back as it is.
 * @module
 */
import { Allowance, type ConnectionLimits } from "../core/allowance.ts";
import { FLOODING } from "../core/farewells.ts";
import { fault } from "../core/text_mode.ts";
import { utf8Length } from "../core/utf8.ts";
import type { Clock } from "./clock.ts";
import type { Conversation, Socket } from "./conversation.ts";

/** What all echoes share. */
export interface EchoContext {
  /** For the limits. */
  readonly clock: Clock;
  /** What each may send. */
  readonly limits: ConnectionLimits;
}

/** Sends back what it gets: bytes as they are, texts behind a prefix. */
export class Echo implements Conversation {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #allowance: Allowance;
  readonly #prefix: string;

  /** An echo on an open socket. @param prefix The text before each text. @param address See `Begin`. */
  constructor(
    socket: Socket,
    { clock, limits }: EchoContext,
    prefix: string,
    address?: string,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#allowance = new Allowance(limits, address);
  }

  receive(message: string | Uint8Array<ArrayBuffer>): void {
    const bytes = typeof message === "string" ? utf8Length(message) : message.byteLength;
    const leave = this.#allowance.ask(this.#clock.now(), bytes);
    if (leave === "forfeited") this.#socket.close(FLOODING);
    else if (leave !== "granted") this.#socket.send(fault("slow down"));
    else this.#socket.send(typeof message === "string" ? this.#prefix + message : message);
  }

  leave(): void {}
}
