/**
 * The simplest storage of a room's log, for tests of the rules alone: its contents can be restored to an earlier state,
 * as those of a promoted replica are.
 * @module
 */
import assert from "node:assert/strict";
import {
  type Action,
  type Draft,
  type Entry,
  isUserId,
  type Message,
  messagePositionOf,
  type UserId,
  withCurrentContent,
} from "../../../lib/core/log/entry.ts";
import { ensureHead, type Head, startEpoch } from "../../../lib/core/log/epochs.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import {
  append,
  type AppendResult,
  type LogContext,
  type RoomStorage,
  type StoredReceipt,
} from "../../../lib/core/log/room_log.ts";
import { formatPosition } from "../../../lib/core/log/position.ts";
import { name, room } from "../../support/fakes.ts";

/** The contents of the storage; replaced, never changed. */
export interface Contents {
  readonly head?: Head;
  readonly receipts: Readonly<Record<string, StoredReceipt>>;
  readonly entries: readonly Entry[];
  readonly messages: readonly Message[];
  readonly state: ReadonlyMap<string, string>;
}

/** Keeps everything in lists. */
export class ListRoomStorage implements RoomStorage {
  contents: Contents = { receipts: {}, entries: [], messages: [], state: new Map() };
  /** When each entry was stored, on the scale of `LogContext.ranMs`; no place is used twice, so nothing is ever restored here. */
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

  receipt(user: UserId, id: string): StoredReceipt | undefined {
    return this.contents.receipts[`${user} ${id}`];
  }

  keepReceipt(user: UserId, id: string, receipt: StoredReceipt): void {
    this.#set({ receipts: { ...this.contents.receipts, [`${user} ${id}`]: receipt } });
  }

  floor(since: number): number {
    const oldest = this.contents.entries.find((entry) => this.#isFresh(entry, since));
    return oldest ? oldest.position.seq - 1 : this.contents.head?.top ?? 0;
  }

  entries(after: number, since: number): readonly Entry[] {
    return this.contents.entries.filter(({ position }) => position.seq > after).map((entry) => {
      const about = messagePositionOf(entry);
      return withCurrentContent(entry, about && this.message(about.seq, since));
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

  messagesAfter(after: number, since: number): readonly Message[] {
    return this.contents.messages
      .filter((message) => message.position.seq > after && this.#isFresh(message, since));
  }

  stateField(field: string): string | undefined {
    return this.contents.state.get(field);
  }

  setStateField(field: string, value: string | undefined): void {
    const others = [...this.contents.state].filter(([it]) => it !== field);
    const state = new Map(value === undefined ? others : [...others, [field, value]]);
    this.#set({ state });
  }

  countStateFields(): number {
    return this.contents.state.size;
  }

  stateFieldNames(): Iterable<string> {
    return this.contents.state.keys();
  }

  clearMessages(before: number): void {
    const messages = this.contents.messages.filter(({ position }) => position.seq >= before);
    this.#set({ messages });
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
    return since <= 0 || (this.#ages.get(keyOf(it)) ?? 0) >= since;
  }
}

/** An item that has an age. */
type Aged = Pick<Entry, "position">;

function keyOf({ position }: Aged): string {
  return formatPosition(position);
}

/** A user ID, which the test must write correctly. */
export function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user: ${text}`);
  return text;
}

const UNLIMITED_RETENTION: Retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };
/** A log in a storage, with its own time. */
export class Log {
  readonly storage = new ListRoomStorage();
  readonly retention: Retention;
  now = 1_000;
  /** The latest value of {@linkcode now}. */
  #ranMs = 0;
  exhausted: LogContext["exhausted"];
  #ids = 0;

  constructor(retention: Partial<Retention> = {}) {
    this.retention = { ...UNLIMITED_RETENTION, ...retention };
  }

  get context(): LogContext {
    const { now, retention, exhausted } = this;
    this.#ranMs = Math.max(this.#ranMs, now);
    return { now, ranMs: this.#ranMs, epoch: "a", retention, exhausted };
  }

  /** Begins the log if it does not exist. */
  get head(): Head {
    return ensureHead(this.storage, this.context);
  }

  draft(action: Action, by = user("user_ann"), id = `id${this.#ids++}`): Draft {
    return { room: room("lobby"), user: by, name: name("Ann"), id, action };
  }

  append(draft: Draft): AppendResult {
    return append(this.storage, draft, this.context);
  }

  /** Appends a draft that must be accepted. */
  mustAppend(action: Action, by?: UserId): Entry {
    const result = this.append(this.draft(action, by));
    return result.kind === "entered" ? result.entry : assert.fail(JSON.stringify(result));
  }

  say(text = "hello"): Entry {
    return this.mustAppend({ kind: "said", text });
  }

  startEpoch(epoch: string): void {
    this.storage.setHead(startEpoch(this.head, epoch));
  }
}
