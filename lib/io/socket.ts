/**
 * Holds a conversation to one of the runtime's sockets: one reader, one end, and errors stop here. The runtime's sockets
 * have no `terminate()`, may tell of their end twice, and may never tell of it (docs/operations.md, "What the runtime
 * does"), so what a connection is, is kept here and not read off `readyState`.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import type { Begin, Conversation, Socket } from "../chat/conversation.ts";
import type { Heartbeat, Peer } from "../chat/heartbeat.ts";
import type { ServingMeters } from "../chat/meters.ts";
import type { Charge, Place } from "../core/admissions.ts";
import { BROKEN, type Farewell, TOO_BIG } from "../core/farewells.ts";
import { type Backlog, QUEUED_MESSAGE_BYTES } from "../core/pacing.ts";
import type { Vitals } from "../core/pulse.ts";
import { exceedsBytes } from "../core/utf8.ts";
import { log } from "./log.ts";

/** What somebody comes in for. */
export interface Entrance {
  /** The conversation. */
  readonly begin: Begin;
  /** The subprotocol that is answered; undefined for none. */
  readonly subprotocol?: string;
  /** A longer message is answered with 1009. */
  readonly maxMessageBytes: number;
}

/** What all connections of a service share. */
export interface ConnectionContext {
  /** What time it is, for the vital signs. */
  readonly clock: Clock;
  /** A peer that is further behind is parked. */
  readonly maxBufferedBytes: number;
  /** Watches every connection until it has ended. */
  readonly heartbeat: Pick<Heartbeat, "watch" | "forget">;
  /** What is counted. */
  readonly meters: Pick<ServingMeters, "messagesIn" | "messagesOut">;
}

/** One connection. It listens to its socket itself: handlers of its own would weigh 1 KB (docs/decisions/0012). */
export class Connection implements Socket, Peer, EventListenerObject {
  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #maxMessageBytes: number;
  readonly #place: Place;
  readonly #address: string | undefined;
  // Until it is open.
  #begin: Begin | undefined;
  #conversation: Conversation | undefined;
  #state: Vitals["state"] | "ended" = "connecting";
  #isCharged = false;
  #since: number;
  #heardAt: number;
  #askedAt: number | undefined;
  #movedAt: number;
  #sentBytes = 0;
  #takenBytes = 0;
  // Since the backlog was last empty: what one message weighs on average tells how many are waiting.
  #recentBytes = 0;
  #recentMessages = 0;

  /**
   * Takes the socket over before it opens.
   *
   * @param place What is given back when the connection has ended.
   * @param address See `Begin`.
   */
  constructor(
    socket: WebSocket,
    { begin, maxMessageBytes }: Entrance,
    context: ConnectionContext,
    place: Place,
    address?: string,
  ) {
    this.#socket = socket;
    this.#maxMessageBytes = maxMessageBytes;
    this.#context = context;
    this.#place = place;
    this.#address = address;
    this.#begin = begin;
    this.#since = this.#heardAt = this.#movedAt = context.clock.now();
    socket.binaryType = "arraybuffer";
    // Not to errors: one is always followed by a close, with code 0 where the wire said nothing.
    for (const type of ["open", "message", "close"]) socket.addEventListener(type, this);
    context.heartbeat.watch(this);
  }

  /** What the runtime tells. A throw in here would end the process, and with it everybody else's connection. */
  handleEvent(event: Event): void {
    try {
      if (event instanceof MessageEvent) this.#receive(event.data);
      else if (event instanceof CloseEvent) this.#end(event.code);
      else this.#open();
    } catch (error) {
      this.#break(error);
    }
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#state !== "open") return;
    const buffered = this.#socket.bufferedAmount;
    if (buffered === 0) {
      // Most of the time nothing waits, and then it does not matter what this one weighs.
      this.#recentMessages = 1;
      this.#recentBytes = 0;
    } else if (this.#backlog(buffered) > this.#context.maxBufferedBytes) return this.park();
    this.#socket.send(message);
    this.#context.meters.messagesOut.add();
    if (buffered === 0) return;
    // What a message weighs is what the runtime adds for it: counting a text's bytes again for each member would be dear.
    const bytes = this.#socket.bufferedAmount - buffered;
    this.#sentBytes += bytes;
    this.#recentBytes += bytes;
    this.#recentMessages += 1;
  }

  backlog(): Backlog {
    const bytes = this.#backlog(this.#socket.bufferedAmount);
    return { bytes, maxBytes: this.#context.maxBufferedBytes };
  }

  close({ code, reason, afterMs }: Farewell): void {
    if (this.#state === "open" && afterMs !== undefined) {
      this.#guard(() => this.#conversation?.advise?.(afterMs));
    }
    if (this.#state !== "open" && this.#state !== "parked") return;
    this.#become("closing");
    // Not at once: a close() in the midst of a burst of incoming messages sends no close frame (Deno 2.9.6).
    setTimeout(() => this.#guard(() => this.#socket.close(code, reason)), 0);
  }

  ask(): void {
    this.#askedAt = this.#context.clock.now();
    this.#guard(() => this.#conversation?.ask?.());
  }

  park(): void {
    if (this.#state !== "open") return;
    this.#become("parked");
    log.info("connection.parked", { buffered: this.#socket.bufferedAmount });
  }

  /** The key under which its address is counted; undefined if the address has no limits. */
  get address(): string | undefined {
    return this.#address;
  }

  charge(what: Charge): void {
    if (this.#isCharged) return;
    this.#isCharged = true;
    this.#place.charge(what, this.#context.clock.now());
  }

  vitals(now: number): Vitals {
    const since = this.#since;
    const isCharged = this.#isCharged;
    if (this.#state === "connecting") return { state: "connecting", since, isCharged };
    if (this.#state === "closing" || this.#state === "ended") {
      return { state: "closing", since, isCharged };
    }
    const buffered = this.#socket.bufferedAmount;
    const backlog = this.#backlog(buffered);
    if (this.#state === "parked") return { state: "parked", backlog, since, isCharged };
    this.#noteProgress(buffered, now);
    const owed = this.#conversation?.owes?.();
    return {
      state: "open",
      backlog,
      movedAt: this.#movedAt,
      heardAt: this.#heardAt,
      askedAt: this.#askedAt,
      answers: this.#conversation?.ask !== undefined,
      // `since` is when the connection was opened.
      owes: owed && { what: owed, since },
    };
  }

  #open(): void {
    this.#become("open");
    const begin = this.#begin;
    this.#begin = undefined;
    this.#conversation = begin?.(this, this.#address);
    // It may have been turned away at the door.
    if (this.#state !== "open") this.#conversation?.leave();
  }

  #receive(data: string | ArrayBuffer): void {
    if (this.#state !== "open") return;
    this.#heardAt = this.#context.clock.now();
    this.#context.meters.messagesIn.add();
    const max = this.#maxMessageBytes;
    const tooBig = typeof data === "string" ? exceedsBytes(data, max) : data.byteLength > max;
    if (tooBig) return this.close(TOO_BIG);
    this.#conversation?.receive(typeof data === "string" ? data : new Uint8Array(data));
  }

  /** The runtime may tell twice (1001, then 1005); only the first counts. */
  #end(code: number): void {
    if (this.#state === "ended") return;
    this.#become("ended");
    this.#context.heartbeat.forget(this);
    this.#place[Symbol.dispose]();
    log.debug("connection.ended", { code: code === 0 ? 1006 : code });
  }

  #become(state: "open" | "parked" | "closing" | "ended"): void {
    const leaves = this.#state === "open";
    this.#state = state;
    this.#since = this.#context.clock.now();
    if (leaves) this.#conversation?.leave();
  }

  /** What waits to be sent, its overhead included, in bytes. */
  #backlog(buffered: number): number {
    if (buffered === 0) return 0;
    // The first one that waits, weighed by what is left of it.
    if (this.#recentBytes === 0) {
      this.#recentBytes = buffered;
      this.#sentBytes += buffered;
    }
    const waiting = buffered / this.#recentBytes * this.#recentMessages;
    return buffered + QUEUED_MESSAGE_BYTES * waiting;
  }

  #noteProgress(buffered: number, now: number): void {
    const takenBytes = this.#sentBytes - buffered;
    if (buffered > 0 && takenBytes === this.#takenBytes) return;
    this.#takenBytes = takenBytes;
    this.#movedAt = now;
  }

  #guard(deed: () => void): void {
    try {
      deed();
    } catch (error) {
      this.#break(error);
    }
  }

  #break(error: unknown): void {
    log.error("connection.broken", { error: String(error) });
    this.close(BROKEN);
  }
}
