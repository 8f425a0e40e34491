/**
 * Speaks `chat.v1.json`: decodes messages into requests, and sends all responses of one turn as one message.
 * @module
 */
import { encodeFrames, type FrameEncoder } from "../../core/protocol/encoder.ts";
import { type CloseStatus, UNSUPPORTED_DATA } from "../../core/protocol/close_codes.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { isBacklogged } from "../../core/limits/send_pacing.ts";
import {
  jsonEncoder,
  parseRequest,
  slowDownFault,
  splitFrameLines,
} from "../../core/protocol/json_protocol.ts";
import type { SetupStep } from "../../core/health/connection_health.ts";
import { utf8Length } from "../../core/utf8.ts";
import type { ConnectionHandler, SignInState, Socket } from "../ports/connection_handler.ts";
import { PacedSocket } from "../paced_socket.ts";
import { type ClientOutput, READERS } from "../ports/client_output.ts";
import { Session, type SessionContext } from "../session/session.ts";
import type { HandshakeInfo } from "../sign_in/sign_in_context.ts";

/** Responses that can be long. The session limits how many are under way. */
const PACED_FRAMES: ReadonlySet<Frame["type"]> = new Set([
  "joined",
  "history",
  "members",
  "membership",
  "rooms",
  "users",
]);

/** One connection that speaks `chat.v1.json`. */
export class JsonHandler implements ConnectionHandler, ClientOutput {
  readonly encoder: FrameEncoder = jsonEncoder;
  readonly isResumable = true;
  readonly wantsJoinDetails = true;
  readonly #socket: PacedSocket;
  readonly #session: Session;
  #pending: Frame[] = [];

  /** Waits for the `hello`. */
  constructor(socket: Socket, context: SessionContext, origin?: HandshakeInfo) {
    this.#socket = new PacedSocket(socket, context.clock);
    this.#session = new Session(this, context, origin);
  }

  onMessage(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message !== "string") return this.#socket.close(UNSUPPORTED_DATA);
    for (const { text, from } of splitFrameLines(message)) {
      const decision = this.#session.checkRate(utf8Length(text) + 1, message.length - from);
      if (decision === "exceeded") return;
      const request = parseRequest(text);
      if (decision !== "allowed") {
        // A user whose `leave` was dropped would stay in the room, and other clients would show it there.
        const isLeaving = request?.type === "leave";
        if (isLeaving) this.#session.handle(request);
        const hasMore = from + text.length < message.length;
        if (!isLeaving || hasMore) {
          this.sendFrame(
            slowDownFault(isLeaving ? undefined : request?.id, decision.afterMs, "connection"),
          );
        }
        // The rest is dropped undecoded: it may be a hundred thousand frames.
        return;
      }
      if (request?.type === "fault") this.sendFrame(request);
      else if (request) this.#session.handle(request);
    }
  }

  ping(): void {
    this.sendFrame({ type: "ping" });
  }

  pendingStep(): SetupStep | undefined {
    return this.#session.pendingStep;
  }

  // Not fields: there is one of these for each connection.
  get joinActions(): typeof READERS {
    return READERS;
  }

  get isPresent(): boolean {
    return true;
  }

  get signIn(): SignInState {
    return this.#session.signIn;
  }

  sendRetryAfter(afterMs: number): void {
    this.sendFrame({ type: "retry", afterMs });
    // The connection ends right after, so the next microtask would be too late.
    this.#sendPending();
  }

  onClose(): void {
    this.#session.end();
    this.#socket.end();
  }

  sendFrame(frame: Frame): void {
    this.#pending.push(frame);
    // Other responses of this turn share the message.
    if (this.#pending.length === 1) queueMicrotask(() => this.#sendPending());
  }

  onJoinDelayed(): void {}

  deliver(messages: readonly string[]): void {
    this.#sendPending();
    this.#socket.sendAll(messages);
  }

  replay(messages: readonly string[]): void {
    this.#sendPending();
    this.#socket.sendPaced(messages);
  }

  isBacklogged(): boolean {
    return isBacklogged(this.#socket.backlog());
  }

  whenDrained(): Promise<void> {
    return this.#socket.whenDrained();
  }

  close(status: CloseStatus): void {
    this.#sendPending();
    this.#socket.close(status);
  }

  #sendPending(): void {
    if (this.#pending.length === 0) return;
    const frames = this.#pending;
    this.#pending = [];
    const messages = encodeFrames(this.encoder, frames);
    if (frames.some(({ type }) => PACED_FRAMES.has(type))) return this.#socket.sendPaced(messages);
    this.#socket.sendAll(messages);
  }
}
