/**
 * A socket that sends long answers at the pace at which the peer reads. The runtime has no event for a drained socket, so
 * the backlog is polled every few milliseconds while something is held back; otherwise every message goes straight through.
 * @module
 */
import type { Farewell } from "../core/farewells.ts";
import { type Backlog, isDrained, queuedBytes, sendableNow } from "../core/pacing.ts";
import type { Clock } from "./clock.ts";
import type { Socket } from "./conversation.ts";

const SHORTEST_LOOK_MS = 1;
const LONGEST_LOOK_MS = 32;

/** State that exists only while waiting for the peer. */
interface Pump {
  /** Aborts when the pump is no longer needed. */
  readonly end: AbortController;
  /** Messages held back, in order. */
  held: string[];
  /** Bytes of the held messages that were not to be paced. */
  unpacedBytes: number;
  /** Resolve the promises of {@linkcode PacedSocket.drained}. */
  waiting: (() => void)[];
}

/** Wraps one socket. */
export class PacedSocket implements Socket {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #pump: Pump | undefined;
  #isOver = false;

  /** Holds nothing back yet. */
  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** Sends a message, after those held back. A peer that reads too slowly is parked instead. */
  send(message: string | Uint8Array<ArrayBuffer>): void {
    const pump = this.#pump;
    if (pump === undefined || pump.held.length === 0 || typeof message !== "string") {
      return this.#socket.send(message);
    }
    pump.held.push(message);
    pump.unpacedBytes += queuedBytes(message);
    // As much as may wait in the socket itself. Sent now, the socket decides whether the peer is too slow.
    if (pump.unpacedBytes > this.#socket.backlog().maxBytes) this.#release();
  }

  /** Sends messages at the peer's pace; messages sent in the meantime come after them. */
  sendPaced(messages: readonly string[]): void {
    if (this.#isOver) return;
    if (this.#pump === undefined && this.#fits(messages)) {
      for (const message of messages) this.#socket.send(message);
      return;
    }
    const { held } = this.#startPump();
    for (const message of messages) held.push(message);
    this.#sendSome();
  }

  /** What waits in the socket, without the messages held back. */
  backlog(): Backlog {
    return this.#socket.backlog();
  }

  /** Resolves when the peer has read most of what it was sent, or the conversation is over. */
  drained(): Promise<void> {
    if (this.#isOver || this.#isDrained()) return Promise.resolve();
    const { waiting } = this.#startPump();
    return new Promise((resolve) => void waiting.push(resolve));
  }

  /** Sends what is held back and ends the connection. */
  close(farewell: Farewell): void {
    this.#release();
    this.#socket.close(farewell);
  }

  /** Drops what is held back, since the conversation is over. */
  end(): void {
    this.#isOver = true;
    this.#pump?.end.abort();
    for (const resolve of this.#pump?.waiting ?? []) resolve();
    this.#pump = undefined;
  }

  #startPump(): Pump {
    if (this.#pump) return this.#pump;
    const pump = { end: new AbortController(), held: [], unpacedBytes: 0, waiting: [] };
    this.#pump = pump;
    this.#run(pump);
    return pump;
  }

  async #run(pump: Pump): Promise<void> {
    for (let ms = SHORTEST_LOOK_MS; this.#pump === pump; ms = Math.min(2 * ms, LONGEST_LOOK_MS)) {
      // Also before the first look: the pump starts only when something must wait.
      await this.#clock.sleep(ms, pump.end.signal);
      if (this.#sendSome()) ms = SHORTEST_LOOK_MS / 2;
    }
  }

  /** Sends what can be sent now. Returns whether anything was sent. */
  #sendSome(): boolean {
    const pump = this.#pump;
    if (pump === undefined) return false;
    const count = sendableNow(pump.held, this.#socket.backlog());
    for (const message of pump.held.splice(0, count)) this.#socket.send(message);
    if (pump.held.length === 0) pump.unpacedBytes = 0;
    // Sending may have parked the peer, and ended the conversation.
    if (this.#pump === pump && this.#isDone(pump)) this.#rest(pump);
    return count > 0;
  }

  #fits(messages: readonly string[]): boolean {
    return sendableNow(messages, this.#socket.backlog()) === messages.length;
  }

  #isDrained(): boolean {
    const isHeld = (this.#pump?.held.length ?? 0) > 0;
    return !isHeld && isDrained(this.#socket.backlog());
  }

  #isDone({ held, waiting }: Pump): boolean {
    return waiting.length === 0 ? held.length === 0 : this.#isDrained();
  }

  #rest(pump: Pump): void {
    this.#pump = undefined;
    pump.end.abort();
    for (const resolve of pump.waiting) resolve();
  }

  /** Sends everything that is held back. */
  #release(): void {
    const { held = [] } = this.#pump ?? {};
    for (const message of held.splice(0)) this.#socket.send(message);
    if (this.#pump) this.#pump.unpacedBytes = 0;
  }
}
