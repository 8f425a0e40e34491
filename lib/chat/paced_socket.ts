/**
 * A socket that sends long responses at the pace at which the peer reads. The runtime has no event for a drained
 * socket, so the backlog is polled every few milliseconds while messages are held back. Otherwise every message is sent
 * directly.
 * @module
 */
import type { CloseStatus } from "../core/protocol/close_codes.ts";
import { type Backlog, isDrained, queuedBytes, sendableNow } from "../core/limits/send_pacing.ts";
import type { Clock } from "./ports/clock.ts";
import type { Socket } from "./ports/connection_handler.ts";

const MIN_POLL_MS = 1;
const MAX_POLL_MS = 32;

/** State that exists only while waiting for the peer. */
interface Pump {
  /** Aborts when the pump is no longer needed. */
  readonly end: AbortController;
  /** Messages held back, in order. */
  queued: string[];
  /** Bytes of the held-back messages that were sent by `send`, not `sendPaced`. */
  unpacedBytes: number;
  /** Resolve the promises of {@linkcode PacedSocket.whenDrained}. */
  drainWaiters: (() => void)[];
}

/** Paces one socket. */
export class PacedSocket implements Socket {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #pump: Pump | undefined;
  #isEnded = false;

  /** Holds nothing back yet. */
  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** Sends a message, after those held back. A peer that reads too slowly is dropped instead. */
  send(message: string | Uint8Array<ArrayBuffer>): void {
    const pump = this.#pump;
    if (pump === undefined || pump.queued.length === 0 || typeof message !== "string") {
      return this.#socket.send(message);
    }
    pump.queued.push(message);
    pump.unpacedBytes += queuedBytes(message);
    // As much as may wait in the socket itself. Send it now, so that the socket decides whether the peer is too slow.
    if (pump.unpacedBytes > this.#socket.backlog().maxBytes) this.#sendAll();
  }

  /** Sends messages, after those held back. */
  sendAll(messages: readonly string[]): void {
    if (this.#pump === undefined) return this.#socket.sendAll(messages);
    for (const message of messages) this.send(message);
  }

  /** Sends messages at the peer's pace. Messages sent meanwhile come after them. */
  sendPaced(messages: readonly string[]): void {
    if (this.#isEnded) return;
    if (this.#pump === undefined && this.#fits(messages)) {
      return this.#socket.sendAll(messages);
    }
    const { queued } = this.#startPump();
    for (const message of messages) queued.push(message);
    this.#sendReady();
  }

  /** What is waiting in the socket, without the messages held back. */
  backlog(): Backlog {
    return this.#socket.backlog();
  }

  /** Resolves when the peer has read most of what it was sent, or the connection has ended. */
  whenDrained(): Promise<void> {
    if (this.#isEnded || this.#isDrained()) return Promise.resolve();
    const { drainWaiters } = this.#startPump();
    return new Promise((resolve) => void drainWaiters.push(resolve));
  }

  /** Sends what is held back and closes the connection. */
  close(status: CloseStatus): void {
    this.#sendAll();
    this.#socket.close(status);
  }

  /** Drops what is held back, since the connection has ended. */
  end(): void {
    this.#isEnded = true;
    this.#pump?.end.abort();
    for (const resolve of this.#pump?.drainWaiters ?? []) resolve();
    this.#pump = undefined;
  }

  #startPump(): Pump {
    if (this.#pump) return this.#pump;
    const pump = { end: new AbortController(), queued: [], unpacedBytes: 0, drainWaiters: [] };
    this.#pump = pump;
    this.#run(pump);
    return pump;
  }

  async #run(pump: Pump): Promise<void> {
    for (let ms = MIN_POLL_MS; this.#pump === pump; ms = Math.min(2 * ms, MAX_POLL_MS)) {
      // Wait before the first attempt too: the pump starts only when messages must wait.
      await this.#clock.sleep(ms, pump.end.signal);
      if (this.#sendReady()) ms = MIN_POLL_MS / 2;
    }
  }

  /** Sends what can be sent now. Returns whether anything was sent. */
  #sendReady(): boolean {
    const pump = this.#pump;
    if (pump === undefined) return false;
    const count = sendableNow(pump.queued, this.#socket.backlog());
    for (const message of pump.queued.splice(0, count)) this.#socket.send(message);
    if (pump.queued.length === 0) pump.unpacedBytes = 0;
    // Sending may have dropped the peer and ended the connection.
    if (this.#pump === pump && this.#isDone(pump)) this.#stopPump(pump);
    return count > 0;
  }

  #fits(messages: readonly string[]): boolean {
    return sendableNow(messages, this.#socket.backlog()) === messages.length;
  }

  #isDrained(): boolean {
    const isHeld = (this.#pump?.queued.length ?? 0) > 0;
    return !isHeld && isDrained(this.#socket.backlog());
  }

  #isDone({ queued, drainWaiters }: Pump): boolean {
    return drainWaiters.length === 0 ? queued.length === 0 : this.#isDrained();
  }

  #stopPump(pump: Pump): void {
    this.#pump = undefined;
    pump.end.abort();
    for (const resolve of pump.drainWaiters) resolve();
  }

  /** Sends everything that is held back. */
  #sendAll(): void {
    const { queued = [] } = this.#pump ?? {};
    for (const message of queued.splice(0)) this.#socket.send(message);
    if (this.#pump) this.#pump.unpacedBytes = 0;
  }
}
