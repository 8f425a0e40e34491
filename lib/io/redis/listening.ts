/**
 * What comes over the rooms' channels. Anybody who may use the same Redis can publish there, so it is believed only where it
 * bears its room's tag; where it does not, the log is asked how far it has come, so that whatever the message was meant to
 * be, nothing is hidden by it.
 * @module
 */
import type { Announcement } from "../../chat/bus.ts";
import type { Clock } from "../../chat/clock.ts";
import { parseRoom, type RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import type { RoomTags } from "./room_tags.ts";
import type { Strays } from "./strays.ts";
import { decodeLive, type Live } from "./wire.ts";

/** A room on whose channel a stranger publishes asks its log no more often. */
const AGAIN_MS = 1_000;
/** So many messages of one room wait while its log is asked. */
const MAX_WAITING = 1_000;

/** What it works with. */
export interface ListeningContext {
  /** Begins every channel. */
  readonly prefix: string;
  /** What is believed. */
  readonly tags: RoomTags;
  /** Is told of what is not. */
  readonly strays: Strays;
  /** How far a room's log has come; the room's tag is known then. Rejects where Redis is away. */
  readonly top: (room: RoomId) => Promise<Position>;
  /** Takes what is announced. */
  readonly put: (announcement: Announcement) => void;
  /** For waits. */
  readonly clock: Clock;
}

interface Doubtful {
  /** Undefined where it has no form of ours. */
  readonly live: Live | undefined;
  readonly bytes: number;
  readonly channel: string;
}

/** A room whose log is asked. */
interface Doubt {
  readonly messages: Doubtful[];
  /** The tag has just been learned, so that what bears it is believed meanwhile. */
  isResting: boolean;
}

/** Hears the rooms of one instance. */
export class Listening {
  readonly #context: ListeningContext;
  readonly #signal: AbortSignal;
  readonly #doubts = new Map<RoomId, Doubt>();

  /** Hears what it is given. @param signal When it aborts, nothing is asked any more. */
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
    // Behind those that came before, in their order, while the tag is asked for.
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
    // What is dropped is in the log if it is ours.
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
        // What is not known to be a stranger's is not taken for one.
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

  /** Hands on what is ours, now that the tag is known; whether there was anything else. */
  #judge(room: RoomId, messages: readonly Doubtful[]): boolean {
    const { tags, strays } = this.#context;
    let hasStranger = false;
    for (const { live, bytes, channel } of messages) {
      if (live && tags.matches(room, live.tag)) this.#put(room, live);
      else {
        hasStranger = true;
        // A note of ours bears the tag that its instance knows: an old one for seconds after a room's head was lost.
        if (live?.kind !== "note") strays.stranger(channel, bytes);
      }
    }
    return hasStranger;
  }
}
