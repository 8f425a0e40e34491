/**
 * Receives the rooms' channels. Other users of the same Redis can publish there, so a message is accepted only if it has
 * the room's tag. Otherwise the log is asked for its top, so that a forged message cannot hide a real entry.
 * @module
 */
import type { Announcement } from "../../chat/bus.ts";
import type { Clock } from "../../chat/clock.ts";
import { parseRoom, type RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import type { RoomTags } from "./room_tags.ts";
import type { Strays } from "./strays.ts";
import { decodeLive, type Live } from "./wire.ts";

/** Shortest interval between two questions to the log of one room. */
const AGAIN_MS = 1_000;
/** Number of messages of one room that wait while its log is asked. */
const MAX_WAITING = 1_000;

/** What it needs. */
export interface ListeningContext {
  /** The prefix of every channel. */
  readonly prefix: string;
  /** The known tags. */
  readonly tags: RoomTags;
  /** Takes reports of foreign messages. */
  readonly strays: Strays;
  /** The top of a room's log; afterwards the room's tag is known. Rejects if Redis is away. */
  readonly top: (room: RoomId) => Promise<Position>;
  /** Takes announcements. */
  readonly put: (announcement: Announcement) => void;
  /** For waits. */
  readonly clock: Clock;
}

interface Doubtful {
  /** Undefined if it has an unknown form. */
  readonly live: Live | undefined;
  readonly bytes: number;
  readonly channel: string;
}

/** A room whose log is being asked. */
interface Doubt {
  readonly messages: Doubtful[];
  /** Whether the tag has just been read, so that messages with it are accepted directly. */
  isResting: boolean;
}

/** Receives the channels of one instance's rooms. */
export class Listening {
  readonly #context: ListeningContext;
  readonly #signal: AbortSignal;
  readonly #doubts = new Map<RoomId, Doubt>();

  /** Starts without messages. @param signal Ends all questions. */
  constructor(context: ListeningContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /** Takes a message. */
  hear(payload: string, channel: string): void {
    const { prefix, tags, strays } = this.#context;
    const bytes = payload.length;
    const room = parseRoom(channel.slice(prefix.length + 1, -"}:live".length));
    if (room === undefined) return strays.stranger(channel, bytes);
    const live = decodeLive(room, payload);
    const doubt = this.#doubts.get(room);
    // While the tag is read, messages wait behind earlier ones, to keep the order.
    const isWaiting = doubt !== undefined && !doubt.isResting;
    if (!isWaiting && live && tags.matches(room, live.tag)) this.#put(room, live);
    else this.#doubt(room, { live, bytes, channel });
  }

  #put(room: RoomId, live: Live): void {
    const { put } = this.#context;
    if (live.kind === "note") put({ kind: "note", room, note: live.note });
    else for (const entry of live.entries) put({ kind: "entry", entry });
  }

  #doubt(room: RoomId, message: Doubtful): void {
    const known = this.#doubts.get(room);
    const doubt = known ?? { messages: [], isResting: false };
    // Dropped messages of ours are in the log.
    if (doubt.messages.length >= MAX_WAITING) doubt.messages.length = 0;
    doubt.messages.push(message);
    if (known) return;
    this.#doubts.set(room, doubt);
    this.#ask(room, doubt);
  }

  async #ask(room: RoomId, doubt: Doubt): Promise<void> {
    const { top, put, clock } = this.#context;
    while (!this.#signal.aborted && doubt.messages.length > 0) {
      doubt.isResting = false;
      let position: Position;
      try {
        position = await top(room);
      } catch {
        // Without an answer, messages are not reported as foreign.
        await clock.sleep(AGAIN_MS, this.#signal);
        continue;
      }
      const hasStranger = this.#judge(room, doubt.messages.splice(0));
      put({ kind: "top", room, top: position, isRead: true });
      doubt.isResting = true;
      if (hasStranger) await clock.sleep(AGAIN_MS, this.#signal);
    }
    this.#doubts.delete(room);
  }

  /** Hands on our messages, now that the tag is known. Returns whether there were others. */
  #judge(room: RoomId, messages: readonly Doubtful[]): boolean {
    const { tags, strays } = this.#context;
    let hasStranger = false;
    for (const { live, bytes, channel } of messages) {
      if (live && tags.matches(room, live.tag)) this.#put(room, live);
      else {
        hasStranger = true;
        // Our own notes may have an old tag for some seconds after a room's head was lost.
        if (live?.kind !== "note") strays.stranger(channel, bytes);
      }
    }
    return hasStranger;
  }
}
