/**
 * The smallest conversation: everything comes back as it is.
 * @module
 */
import { FLOODING } from "../core/farewells.ts";
import { Allowance } from "../core/limits.ts";
import { fault } from "../core/text_mode.ts";
import type { Clock } from "./clock.ts";
import type { Conversation, Socket } from "./conversation.ts";

/** Sends back what it gets: bytes as they are, texts behind a prefix. */
export class Echo implements Conversation {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #allowance: Allowance;
  readonly #prefix: string;

  /** An echo on an open socket. @param wish The text before each text, and the most messages a second; 0 for no limit. */
  constructor(
    socket: Socket,
    clock: Clock,
    wish: { readonly prefix: string; readonly messagesPerSecond: number },
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#prefix = wish.prefix;
    this.#allowance = new Allowance(wish.messagesPerSecond);
  }

  receive(message: string | Uint8Array<ArrayBuffer>): void {
    const leave = this.#allowance.ask(this.#clock.now());
    if (leave === "forfeited") this.#socket.close(FLOODING);
    else if (leave === "refused") this.#socket.send(fault("slow down"));
    else this.#socket.send(typeof message === "string" ? this.#prefix + message : message);
  }

  leave(): void {}
}
