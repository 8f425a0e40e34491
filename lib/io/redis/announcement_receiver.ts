/**
 * Receives messages from the rooms' channels. Do not trust a channel: other users of the same Redis can publish there. A
 * message is accepted only if it has the room's tag. Otherwise the top of the log is read, so that a forged message cannot
 * hide a real entry.
 * @module
 */
import type { Announcement } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import { parseStoredRoom, type RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import type { RoomTags } from "./room_tags.ts";
import type { IntegrityReporter } from "./integrity_reporter.ts";
import { type ChannelMessage, decodeChannelMessage } from "./codec.ts";

/** Minimum interval between two reads of one room's top. */
const VERIFY_INTERVAL_MS = 1_000;
/** Maximum number of messages of one room that wait for verification. */
const MAX_UNVERIFIED = 1_000;

/** Dependencies of the receiver. */
export interface AnnouncementReceiverContext {
  /** The prefix of every channel. */
  readonly prefix: string;
  /** Known tags, by room. */
  readonly tags: RoomTags;
  /** Counts and logs foreign messages. */
  readonly reporter: IntegrityReporter;
  /** Reads the top of a room's log, and updates the room's tag in `tags`. Rejects if Redis is unavailable. */
  readonly top: (room: RoomId) => Promise<Position>;
  /** Delivers verified announcements. */
  readonly announce: (announcement: Announcement) => void;
  /** Clock for retry intervals. */
  readonly clock: Clock;
}

interface UnverifiedMessage {
  /** Undefined if it could not be decoded. */
  readonly message: ChannelMessage | undefined;
  readonly bytes: number;
  readonly channel: string;
}

/** A room whose top is being read. */
interface Verification {
  readonly messages: UnverifiedMessage[];
  /** Whether the tag was just read: matching messages are then accepted at once. */
  isTagFresh: boolean;
}

/** Receives messages on the channels of one instance's rooms. */
export class AnnouncementReceiver {
  readonly #context: AnnouncementReceiverContext;
  readonly #signal: AbortSignal;
  readonly #verifications = new Map<RoomId, Verification>();

  /** Starts with no pending messages. @param signal Ends all verifications. */
  constructor(context: AnnouncementReceiverContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /** Announces a message if it has the room's tag; queues it for verification otherwise. */
  onMessage(payload: string, channel: string): void {
    const { prefix, tags, reporter } = this.#context;
    const bytes = payload.length;
    const room = parseStoredRoom(channel.slice(prefix.length + 1, -"}:live".length));
    if (room === undefined) return reporter.reportForeignMessage(channel, bytes);
    const live = decodeChannelMessage(room, payload);
    const verification = this.#verifications.get(room);
    // While the tag is being read, queue behind earlier messages to keep the order.
    const isWaiting = verification !== undefined && !verification.isTagFresh;
    if (!isWaiting && live && tags.matches(room, live.tag)) this.#announce(room, live);
    else this.#queueForVerification(room, { message: live, bytes, channel });
  }

  #announce(room: RoomId, message: ChannelMessage): void {
    const { announce } = this.#context;
    if (message.kind === "note") announce({ kind: "signal", room, signal: message.signal });
    else for (const entry of message.entries) announce({ kind: "entry", entry });
  }

  #queueForVerification(room: RoomId, message: UnverifiedMessage): void {
    const known = this.#verifications.get(room);
    const verification = known ?? { messages: [], isTagFresh: false };
    // Dropping is safe: our own messages are also in the log.
    if (verification.messages.length >= MAX_UNVERIFIED) verification.messages.length = 0;
    verification.messages.push(message);
    if (known) return;
    this.#verifications.set(room, verification);
    this.#verify(room, verification);
  }

  async #verify(room: RoomId, verification: Verification): Promise<void> {
    const { top, announce, clock } = this.#context;
    while (!this.#signal.aborted && verification.messages.length > 0) {
      verification.isTagFresh = false;
      let position: Position;
      try {
        position = await top(room);
      } catch {
        // The tag is unknown, so do not report the messages as foreign.
        await clock.sleep(VERIFY_INTERVAL_MS, this.#signal);
        continue;
      }
      const hasForeign = this.#announceVerified(room, verification.messages.splice(0));
      announce({ kind: "top", room, top: position, isRead: true });
      verification.isTagFresh = true;
      if (hasForeign) await clock.sleep(VERIFY_INTERVAL_MS, this.#signal);
    }
    this.#verifications.delete(room);
  }

  /** Announces messages with the room's tag. Returns whether there were foreign ones. */
  #announceVerified(room: RoomId, messages: readonly UnverifiedMessage[]): boolean {
    const { tags, reporter } = this.#context;
    let hasForeign = false;
    for (const { message, bytes, channel } of messages) {
      if (message && tags.matches(room, message.tag)) this.#announce(room, message);
      else {
        hasForeign = true;
        // Our own notes can have an outdated tag for some seconds after a room's head was lost.
        if (message?.kind !== "note") reporter.reportForeignMessage(channel, bytes);
      }
    }
    return hasForeign;
  }
}
