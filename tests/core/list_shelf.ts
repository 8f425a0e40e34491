/**
 * The simplest shelf that a room's log can stand on, for tests of the rules alone: its contents can be put back to what
 * they were, as those of a promoted replica are.
 * @module
 */
import assert from "node:assert/strict";
import {
  asItStands,
  type Deed,
  type Draft,
  type Entry,
  isUserId,
  type Message,
  messageAbout,
  type UserId,
} from "../../lib/core/entries.ts";
import {
  append,
  beginEra,
  type Head,
  type KeptReceipt,
  openHead,
  type Outcome,
  type Retention,
  type Shelf,
  type Terms,
} from "../../lib/core/room_log.ts";
import { formatPosition } from "../../lib/core/positions.ts";
import { name, room } from "../fakes.ts";

/** All that a shelf holds; never changed, only replaced. */
export interface Contents {
  readonly head?: Head;
  readonly receipts: Readonly<Record<string, KeptReceipt>>;
  readonly entries: readonly Entry[];
  readonly messages: readonly Message[];
}

/** Keeps everything in lists. */
export class ListShelf implements Shelf {
  contents: Contents = { receipts: {}, entries: [], messages: [] };
  /** When each was entered, on the scale of `Terms.ranMs`; no place is used twice, so nothing is ever put back here. */
  readonly #ages = new Map<string, number>();

  #set(change: Partial<Contents>): void {
    this.contents = { ...this.contents, ...change };
  }

  head(): Head | undefined {
    return this.contents.head;
  }

  setHead(head: Head): void {
    this.#set({ head });
  }

  receipt(user: UserId, id: string): KeptReceipt | undefined {
    return this.contents.receipts[`${user} ${id}`];
  }

  keepReceipt(user: UserId, id: string, receipt: KeptReceipt): void {
    this.#set({ receipts: { ...this.contents.receipts, [`${user} ${id}`]: receipt } });
  }

  floor(since: number): number {
    const oldest = this.contents.entries.find((entry) => this.#isFresh(entry, since));
    return oldest ? oldest.position.seq - 1 : this.contents.head?.top ?? 0;
  }

  entries(after: number, since: number): readonly Entry[] {
    return this.contents.entries.filter(({ position }) => position.seq > after).map((entry) => {
      const about = messageAbout(entry);
      return asItStands(entry, about && this.message(about.seq, since));
    });
  }

  addEntry(entry: Entry, ranMs: number): void {
    this.#ages.set(keyOf(entry), ranMs);
    this.#set({ entries: [...this.contents.entries, entry] });
  }

  message(seq: number, since: number): Message | undefined {
    const message = this.contents.messages.find(({ position }) => position.seq === seq);
    return message && this.#isFresh(message, since) ? message : undefined;
  }

  setMessage(message: Message, ranMs: number): void {
    const others = this.contents.messages.filter(({ position }) =>
      position.seq !== message.position.seq
    );
    if (others.length === this.contents.messages.length) this.#ages.set(keyOf(message), ranMs);
    const messages = [...others, message].toSorted((a, b) => a.position.seq - b.position.seq);
    this.#set({ messages });
  }

  messages(before: number, since: number): readonly Message[] {
    return this.contents.messages
      .filter((message) => message.position.seq < before && this.#isFresh(message, since))
      .toReversed();
  }

  trim(
    keep: { readonly entries: number; readonly messages: number; readonly since: number },
  ): void {
    const newest = <T extends Aged>(list: readonly T[], count: number) =>
      list.slice(Math.max(0, list.length - count)).filter((it) => this.#isFresh(it, keep.since));
    const { entries, messages } = this.contents;
    this.#set({
      entries: newest(entries, keep.entries),
      messages: newest(messages, keep.messages),
    });
  }

  #isFresh(it: Aged, since: number): boolean {
    return (this.#ages.get(keyOf(it)) ?? 0) >= since;
  }
}

/** What has an age. */
type Aged = Pick<Entry, "position">;

function keyOf({ position }: Aged): string {
  return formatPosition(position);
}

/** The user in a test, who is right by the test's making. */
export function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user: ${text}`);
  return text;
}

const FOR_EVER: Retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };
/** A log on a shelf, with the time at hand. */
export class Log {
  readonly shelf = new ListShelf();
  readonly retention: Retention;
  now = 1_000;
  /** The latest that {@linkcode now} has been. */
  #ranMs = 0;
  full: Terms["full"];
  #ids = 0;

  constructor(retention: Partial<Retention> = {}) {
    this.retention = { ...FOR_EVER, ...retention };
  }

  get terms(): Terms {
    const { now, retention, full } = this;
    this.#ranMs = Math.max(this.#ranMs, now);
    return { now, ranMs: this.#ranMs, epoch: "a", retention, full };
  }

  /** Begins the log if it has never been. */
  get head(): Head {
    return openHead(this.shelf, this.terms);
  }

  draft(deed: Deed, by = user("user_ann"), id = `id${this.#ids++}`): Draft {
    return { room: room("lobby"), user: by, name: name("Ann"), id, deed };
  }

  append(draft: Draft): Outcome {
    return append(this.shelf, draft, this.terms);
  }

  /** Enters what must be taken. */
  enter(deed: Deed, by?: UserId): Entry {
    const outcome = this.append(this.draft(deed, by));
    return outcome.kind === "entered" ? outcome.entry : assert.fail(JSON.stringify(outcome));
  }

  say(text = "hello"): Entry {
    return this.enter({ kind: "said", text });
  }

  beginEra(epoch: string): void {
    this.shelf.setHead(beginEra(this.head, epoch));
  }
}
