/**
 * One connection, seen from the domain: the socket that it may use, and what it must do with what comes in. Sessions and
 * echoes are conversations; `io/socket.ts` holds them to the runtime's sockets.
 * @module
 */
import type { Farewell } from "../core/farewells.ts";
import type { Backlog } from "../core/pacing.ts";
import type { Introduction } from "../core/pulse.ts";

/** A way to answer. Nothing is sent when the connection is no longer open. */
export interface Socket {
  /** Sends one message. A peer that reads too slowly is parked instead. */
  send(message: string | Uint8Array<ArrayBuffer>): void;
  /** What waits to be sent. */
  backlog(): Backlog;
  /** Ends the connection; the conversation has then advised the peer, if the farewell has a wait, and been left. */
  close(farewell: Farewell): void;
}

/** What is done with one connection's messages. */
export interface Conversation {
  /** A whole message, no longer than allowed: text, or bytes. */
  receive(message: string | Uint8Array<ArrayBuffer>): void;
  /** The peer is parked, closing or gone: gives everything back. Called once, and nothing is called after it. */
  leave(): void;
  /** Asks the peer whether it is there. Only where the protocol has a way that people never see. */
  ask?(): void;
  /** What the peer still has to do before it takes part; undefined if nothing. */
  owes?(): Introduction | undefined;
  /** Tells the peer not to come back before so long. Sends at once, since the connection ends right after. Only as above. */
  advise?(afterMs: number): void;
}

/**
 * Begins a conversation on a socket that has just opened.
 *
 * @param address The key under which the limits of its address are counted; undefined if there are none.
 */
export type Begin = (socket: Socket, address: string | undefined) => Conversation;
