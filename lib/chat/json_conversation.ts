/**
 * A conversation in `chat.v1.json`: messages are decoded into requests, and what is answered in one turn goes out as one
 * message.
 * @module
 */
import { type Dialect, messagesFor } from "../core/dialect.ts";
import { type Farewell, UNSUPPORTED } from "../core/farewells.ts";
import type { Frame } from "../core/frames.ts";
import { isBehind } from "../core/pacing.ts";
import { decode, jsonDialect, linesOf, slowDown } from "../core/protocol.ts";
import type { Introduction } from "../core/pulse.ts";
import { utf8Length } from "../core/utf8.ts";
import type { Conversation, Socket } from "./conversation.ts";
import { PacedSocket } from "./paced_socket.ts";
import { Session, type SessionContext, type Voice } from "./session.ts";

/** Answers that may be long. The session bounds how many are under way. */
const PACED: ReadonlySet<Frame["type"]> = new Set(["joined", "history", "members"]);

/** One connection that speaks `chat.v1.json`. */
export class JsonConversation implements Conversation, Voice {
  readonly dialect: Dialect = jsonDialect;
  readonly isResumable = true;
  readonly tellsArrivals = true;
  readonly #socket: PacedSocket;
  readonly #session: Session;
  #untold: Frame[] = [];

  /** Waits for the hello. @param address See `Begin`. */
  constructor(socket: Socket, context: SessionContext, address?: string) {
    this.#socket = new PacedSocket(socket, context.clock);
    this.#session = new Session(this, context, address);
  }

  receive(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message !== "string") return this.#socket.close(UNSUPPORTED);
    for (const { text, from } of linesOf(message)) {
      const leave = this.#session.ask(utf8Length(text) + 1, message.length - from);
      if (leave === "forfeited") return;
      const request = decode(text);
      if (leave !== "granted") {
        // A user whose `leave` was dropped would stay in the room, and other clients would show it there.
        const isLeaving = request?.type === "leave";
        if (isLeaving) this.#session.handle(request);
        const hasMore = from + text.length < message.length;
        if (!isLeaving || hasMore) {
          this.tell(slowDown(isLeaving ? undefined : request?.id, leave.afterMs));
        }
        // The rest is dropped undecoded: it may be a hundred thousand frames.
        return;
      }
      if (request?.type === "fault") this.tell(request);
      else if (request) this.#session.handle(request);
    }
  }

  ask(): void {
    this.tell({ type: "ping" });
  }

  owes(): Introduction | undefined {
    return this.#session.owes;
  }

  advise(afterMs: number): void {
    this.tell({ type: "retry", afterMs });
    // After this turn it is too late.
    this.#flush();
  }

  leave(): void {
    this.#session.leave();
    this.#socket.end();
  }

  tell(frame: Frame): void {
    this.#untold.push(frame);
    // What else is answered in this turn goes along.
    if (this.#untold.length === 1) queueMicrotask(() => this.#flush());
  }

  waits(): void {}

  deliver(messages: readonly string[]): void {
    this.#flush();
    for (const message of messages) this.#socket.send(message);
  }

  replay(messages: readonly string[]): void {
    this.#flush();
    this.#socket.sendPaced(messages);
  }

  isBehind(): boolean {
    return isBehind(this.#socket.backlog());
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  close(farewell: Farewell): void {
    this.#flush();
    this.#socket.close(farewell);
  }

  #flush(): void {
    if (this.#untold.length === 0) return;
    const frames = this.#untold;
    this.#untold = [];
    const messages = messagesFor(this.dialect, frames);
    if (frames.some(({ type }) => PACED.has(type))) return this.#socket.sendPaced(messages);
    for (const message of messages) this.#socket.send(message);
  }
}
