/**
 * What really happened: every entry that any log ever had, its predecessor, and the logs as they are now. Only the
 * simulation knows this; all clients' records are compared with it.
 * @module
 */
import { type Action, type Entry, messagePositionOf } from "../../../lib/core/log/entry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { RECEIPTS_MS } from "../../../lib/core/log/room_log.ts";
import { formatPosition, isSamePosition, type Position } from "../../../lib/core/log/position.ts";

/** An entry, and the position before it at the time. */
export interface RecordedEntry {
  readonly entry: Entry;
  readonly before: Position;
  /** Number of entries before it, in all logs. */
  readonly order: number;
}

/** The history of one room. */
export class RoomOracle {
  readonly room: RoomId;
  /** The complete current log. */
  log: readonly Entry[] = [];
  readonly #kept: number;
  readonly #losses: { readonly after: number; readonly log: readonly Entry[] }[] = [];
  #longest = 0;
  readonly #recorded = new Map<string, RecordedEntry>();
  // Positions with two names.
  readonly #aliases = new Map<string, Position>();
  readonly #texts = new Map<string, Entry[]>();
  /** The numbers of the entries, of all logs, that have removed the messages before them. */
  readonly #clears: number[] = [];
  // Every entry about a message, by its position.
  readonly #messages = new Map<string, Entry[]>();

  constructor(room: RoomId, kept: number) {
    this.room = room;
    this.#kept = kept;
  }

  /** Begins a new epoch after a position: the epoch's first position is another name for that one. */
  startEpoch(epoch: string, { seq, ...before }: Position): void {
    this.#aliases.set(formatPosition({ epoch, seq }), this.#canonical({ ...before, seq }));
  }

  /** Records an entry; returns what is wrong with it, if anything. */
  add(entry: Entry): string | undefined {
    const { position } = entry;
    const before = this.log.at(-1)?.position ?? { epoch: position.epoch, seq: 0 };
    const key = formatPosition(position);
    if (this.#recorded.has(key)) return `${this.room}: ${key} is used twice`;
    if (position.seq !== before.seq + 1) return `${this.room}: ${key} leaves a gap`;
    const duplicate = this.log.find((it) => isSameAction(it, entry));
    this.#recorded.set(key, { entry, before, order: this.#recorded.size });
    this.log = [...this.log, entry];
    this.#longest = Math.max(this.#longest, this.log.length);
    this.#entriesAbout(entry)?.push(entry);
    const { action } = entry;
    if (action.kind === "said" && action.event?.kind === "clear") this.#clears.push(position.seq);
    if ("text" in entry.action) {
      const { text } = entry.action;
      this.#texts.set(text, [...this.#texts.get(text) ?? [], entry]);
    }
    return duplicate && `${this.room}: ${entry.id} of ${entry.user} is in the log twice`;
  }

  /** Number of entries, in all logs. */
  get size(): number {
    return this.#recorded.size;
  }

  /** Number of losses in this room. */
  get losses(): number {
    return this.#losses.length;
  }

  /** Replaces the log by an earlier or empty one. */
  rewindTo(log: readonly Entry[]): void {
    if (log === this.log) return;
    this.log = log;
    this.#losses.push({ after: this.#recorded.size, log });
  }

  /** The entry that is or was at a position. */
  at(position: Position): RecordedEntry | undefined {
    return this.#recorded.get(formatPosition(this.#canonical(position)));
  }

  /** Whether the log holds the position now. */
  holds(position: Position): boolean {
    const entry = this.log[position.seq - 1];
    return entry !== undefined && entry.position.epoch === position.epoch;
  }

  /** The entries that had this text: more than one if the first was lost and the message sent again. */
  withText(text: string): readonly Entry[] {
    return this.#texts.get(text) ?? [];
  }

  /** The entries that may appear with this text: those that had it, and in a replay others about the same messages. */
  entriesShowing(text: string): readonly Entry[] {
    const all = this.withText(text).flatMap((entry) => this.#entriesAbout(entry) ?? []);
    return [...new Set(all)].filter(({ action }) => "text" in action);
  }

  /** Whether any entry, of any log, was like this. */
  everEntered(isLike: (entry: Entry) => boolean): boolean {
    return [...this.#recorded.values()].some(({ entry }) => isLike(entry));
  }

  /** Whether all messages up to the entry were ever removed. */
  wasCleared({ position }: Entry): boolean {
    return this.#clears.some((seq) => seq > position.seq);
  }

  /** Whether the entry's message was ever deleted. */
  wasDeleted(entry: Entry): boolean {
    return this.#entriesAbout(entry)?.some(({ action }) => action.kind === "deleted") === true;
  }

  /** Whether the entry may appear without its text: its message was deleted, or is no longer retained. */
  mayBeTombstone(entry: Entry): boolean {
    return this.wasTrimmed || this.wasDeleted(entry) || this.wasCleared(entry);
  }

  /** All forms in which the entry may appear: the original, and with later changes of its message applied. */
  variantsOf(entry: Entry): readonly Entry[] {
    const { action } = entry;
    if (action.kind !== "said" && action.kind !== "edited") return [entry];
    const texts = (this.#entriesAbout(entry) ?? []).flatMap(({ action: other, at }) =>
      "text" in other
        ? [{ text: other.text, edited: other.kind === "edited" ? at : undefined }]
        : []
    );
    const forms = texts.flatMap(({ text, edited }): Action[] => {
      if (action.kind === "edited") return [{ ...action, text }];
      return edited === undefined ? [] : [{ ...action, text, edited }];
    });
    const tombstone: Action[] = this.mayBeTombstone(entry)
      ? [{ ...action, text: "", deleted: true }]
      : [];
    return [entry, ...[...forms, ...tombstone].map((it) => ({ ...entry, action: it }))];
  }

  #entriesAbout(entry: Entry): Entry[] | undefined {
    const about = entry.action.kind === "deleted" ? entry.action.of : messagePositionOf(entry);
    if (about === undefined) return undefined;
    const key = formatPosition(about);
    const entries = this.#messages.get(key) ?? [];
    this.#messages.set(key, entries);
    return entries;
  }

  /** Whether `next` comes directly after `position`. */
  follows(position: Position, next: Position): boolean {
    const before = this.at(next)?.before;
    return before !== undefined && this.isSame(before, position);
  }

  /** Whether both are the same position. */
  isSame(one: Position, other: Position): boolean {
    return isSamePosition(this.#canonical(one), this.#canonical(other));
  }

  /** Whether the entry at a position was ever lost. */
  wasLost(position: Position): boolean {
    // A log that lost an epoch does not know that epoch's name for the position, even if it still has the entry.
    if (this.#aliases.has(formatPosition(position))) return true;
    const recorded = this.at(position);
    // Before the first entry, and the epoch may have ended without one.
    if (recorded === undefined) return true;
    const { entry, order } = recorded;
    return this.#losses.some(({ after, log }) => after > order && !log.includes(entry));
  }

  /** Whether the log was ever longer than its retention. */
  get wasTrimmed(): boolean {
    return this.#longest > this.#kept;
  }

  /** All entries up to a position. */
  upTo(until: Position): readonly Entry[] {
    const entries: Entry[] = [];
    for (let recorded = this.at(until); recorded; recorded = this.at(recorded.before)) {
      entries.unshift(recorded.entry);
    }
    return entries;
  }

  /** The entries after one position up to another; undefined if the first does not precede the second. */
  between(after: Position, until: Position): readonly Entry[] | undefined {
    const entries: Entry[] = [];
    let at = until;
    while (at.seq > after.seq) {
      const recorded = this.at(at);
      if (recorded === undefined) return undefined;
      entries.unshift(recorded.entry);
      at = recorded.before;
    }
    return this.isSame(at, after) ? entries : undefined;
  }

  #canonical(position: Position): Position {
    return this.#aliases.get(formatPosition(position)) ?? position;
  }
}

/** Whether one action was applied twice. A repeated reaction is allowed once the server has forgotten the receipt. */
function isSameAction(one: Entry, other: Entry): boolean {
  if (one.user !== other.user || one.id !== other.id) return false;
  return one.action.kind !== "reacted" || other.at - one.at < RECEIPTS_MS;
}
