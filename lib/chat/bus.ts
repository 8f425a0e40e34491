/**
 * The bus: the one way that words take from whoever says them to everybody, the speaker included, so that there is one
 * order for all. `EmbeddedBus` is the bus of a service that is alone; `io/redis_bus.ts` joins several.
 * @module
 */
import type { Name, RoomId } from "../core/names.ts";
import { Mailbox } from "./mailbox.ts";

/** What somebody wants to say. */
export interface Draft {
  /** Where it is said. */
  readonly room: RoomId;
  /** Who says it. */
  readonly author: Name;
  /** What is said, as it was sent: no line is tamed yet. */
  readonly text: string;
}

/** What was said, as it comes back to everybody. */
export type Announcement = Draft;

/** Joins the instances of a service. */
export interface Bus {
  /**
   * Announces a draft to everybody who follows its room. Drafts published one after another, without waiting between
   * them, are announced in that order. Rejects with {@linkcode BusUnavailable}.
   */
  publish(draft: Draft): Promise<void>;
  /** From when this resolves on, the room's announcements come. While the bus is away it waits; it never rejects. */
  follow(room: RoomId): Promise<void>;
  /** Takes back one {@linkcode follow}. What is followed no more may still be announced for a while. */
  unfollow(room: RoomId): void;
  /** What is said in the followed rooms, a tick's worth at a time. For one reader; ends when the signal aborts. */
  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]>;
  /** Resolves when something published has just come back; otherwise rejects with the reason. */
  probe(): Promise<void>;
}

/** The bus could not take a draft, or cannot say whether it did. The message is for people in the chat. */
export class BusUnavailable extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "BusUnavailable";
  /** Whether the draft may have been announced all the same: its reply was lost, not its request refused. */
  readonly perhapsSent: boolean;

  /** Says what became of a draft. @param options `cause` is what the store said. */
  constructor(message: string, options: ErrorOptions & { readonly perhapsSent: boolean }) {
    super(message, options);
    this.perhapsSent = options.perhapsSent;
  }
}

/** Counts who follows which room. */
export class Following {
  readonly #counts = new Map<RoomId, number>();

  /** Whether anybody follows the room. */
  has(room: RoomId): boolean {
    return this.#counts.has(room);
  }

  /** One more. */
  add(room: RoomId): void {
    this.#counts.set(room, (this.#counts.get(room) ?? 0) + 1);
  }

  /** One fewer; whether that was the last. */
  remove(room: RoomId): boolean {
    const left = (this.#counts.get(room) ?? 0) - 1;
    if (left > 0) this.#counts.set(room, left);
    else this.#counts.delete(room);
    return left === 0;
  }
}

/** The bus of one process. */
export class EmbeddedBus implements Bus {
  readonly #following = new Following();
  readonly #mailbox = new Mailbox<Announcement>();

  publish(draft: Draft): Promise<void> {
    if (this.#following.has(draft.room)) this.#mailbox.put(draft);
    return Promise.resolve();
  }

  follow(room: RoomId): Promise<void> {
    this.#following.add(room);
    return Promise.resolve();
  }

  unfollow(room: RoomId): void {
    this.#following.remove(room);
  }

  announcements(signal: AbortSignal): AsyncIterable<readonly Announcement[]> {
    return this.#mailbox.batches(signal);
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }
}
