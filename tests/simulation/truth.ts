/**
 * What really happened: every entry that any log ever had, what stood before it, and the logs as they are now. Only the
 * simulation knows this; it is what the records of all are held against.
 * @module
 */
import { type Deed, type Entry, messageAbout } from "../../lib/core/entries.ts";
import type { RoomId } from "../../lib/core/names.ts";
import { RECEIPTS_MS } from "../../lib/core/room_log.ts";
import { formatPosition, isSamePosition, type Position } from "../../lib/core/positions.ts";

/** An entry, and the position before it at the time. */
export interface Fact {
  readonly entry: Entry;
  readonly before: Position;
  /** So many were there before, in all logs. */
  readonly order: number;
}

/** The history of one room. */
export class Truth {
  readonly room: RoomId;
  /** The log as it is now, all of it. */
  log: readonly Entry[] = [];
  readonly #kept: number;
  readonly #losses: { readonly after: number; readonly log: readonly Entry[] }[] = [];
  #longest = 0;
  readonly #facts = new Map<string, Fact>();
  // The positions that have two names.
  readonly #names = new Map<string, Position>();
  readonly #texts = new Map<string, Entry[]>();
  // All that ever happened to a message, by its position.
  readonly #messages = new Map<string, Entry[]>();

  constructor(room: RoomId, kept: number) {
    this.room = room;
    this.#kept = kept;
  }

  /** A new epoch begins after a position: its first position is another name of that one. */
  begin(epoch: string, { seq, ...before }: Position): void {
    this.#names.set(formatPosition({ epoch, seq }), this.#proper({ ...before, seq }));
  }

  /** Takes in what was entered; says what is wrong with it. */
  add(entry: Entry): string | undefined {
    const { position } = entry;
    const before = this.log.at(-1)?.position ?? { epoch: position.epoch, seq: 0 };
    const key = formatPosition(position);
    if (this.#facts.has(key)) return `${this.room}: the number ${key} is used twice`;
    if (position.seq !== before.seq + 1) return `${this.room}: ${key} leaves a gap`;
    const twin = this.log.find((it) => isTwin(it, entry));
    this.#facts.set(key, { entry, before, order: this.#facts.size });
    this.log = [...this.log, entry];
    this.#longest = Math.max(this.#longest, this.log.length);
    this.#kin(entry)?.push(entry);
    if ("text" in entry.deed) {
      const { text } = entry.deed;
      this.#texts.set(text, [...this.#texts.get(text) ?? [], entry]);
    }
    return twin && `${this.room}: ${entry.id} of ${entry.user} is in the log twice`;
  }

  /** So many entries there were, in all logs. */
  get size(): number {
    return this.#facts.size;
  }

  /** How often something was lost here. */
  get losses(): number {
    return this.#losses.length;
  }

  /** The log is what it was, or empty. */
  lose(log: readonly Entry[]): void {
    if (log === this.log) return;
    this.log = log;
    this.#losses.push({ after: this.#facts.size, log });
  }

  /** What stands, or once stood, at a position. */
  at(position: Position): Fact | undefined {
    return this.#facts.get(formatPosition(this.#proper(position)));
  }

  /** Whether it is in the log now. */
  holds(position: Position): boolean {
    const entry = this.log[position.seq - 1];
    return entry !== undefined && entry.position.epoch === position.epoch;
  }

  /** The entries that had this text: more than one, where the first was lost and it was said again. */
  withText(text: string): readonly Entry[] {
    return this.#texts.get(text) ?? [];
  }

  /** The entries that may be told with this text: those that had it, and others of the same messages in a replay. */
  toldWith(text: string): readonly Entry[] {
    const all = this.withText(text).flatMap((entry) => this.#kin(entry) ?? []);
    return [...new Set(all)].filter(({ deed }) => "text" in deed);
  }

  /** Whether the entry's message was ever deleted. */
  wasDeleted(entry: Entry): boolean {
    return this.#kin(entry)?.some(({ deed }) => deed.kind === "deleted") === true;
  }

  /** Whether the entry may be told without its text: its message was deleted, or is no longer kept. */
  mayBeTombstone(entry: Entry): boolean {
    return this.wasTrimmed || this.wasDeleted(entry);
  }

  /** The entry in all the ways in which it may be told: as it was, and with what became of its message. */
  tellings(entry: Entry): readonly Entry[] {
    const { deed } = entry;
    if (deed.kind !== "said" && deed.kind !== "edited") return [entry];
    const texts = (this.#kin(entry) ?? []).flatMap(({ deed: other, at }) =>
      "text" in other
        ? [{ text: other.text, edited: other.kind === "edited" ? at : undefined }]
        : []
    );
    const forms = texts.flatMap(({ text, edited }): Deed[] => {
      if (deed.kind === "edited") return [{ ...deed, text }];
      return edited === undefined ? [] : [{ ...deed, text, edited }];
    });
    const tombstone: Deed[] = this.mayBeTombstone(entry)
      ? [{ ...deed, text: "", deleted: true }]
      : [];
    return [entry, ...[...forms, ...tombstone].map((it) => ({ ...entry, deed: it }))];
  }

  #kin(entry: Entry): Entry[] | undefined {
    const about = entry.deed.kind === "deleted" ? entry.deed.of : messageAbout(entry);
    if (about === undefined) return undefined;
    const key = formatPosition(about);
    const kin = this.#messages.get(key) ?? [];
    this.#messages.set(key, kin);
    return kin;
  }

  /** Whether one comes right after the other. */
  follows(position: Position, next: Position): boolean {
    const before = this.at(next)?.before;
    return before !== undefined && this.isSame(before, position);
  }

  /** Whether both are one place. */
  isSame(one: Position, other: Position): boolean {
    return isSamePosition(this.#proper(one), this.#proper(other));
  }

  /** Whether what stood at a position was ever lost. */
  wasLost(position: Position): boolean {
    // A log that lost an epoch does not know that one's name of the place, though the entry is still there.
    if (this.#names.has(formatPosition(position))) return true;
    const fact = this.at(position);
    // Before the first entry; that epoch may have ended before there was one.
    if (fact === undefined) return true;
    const { entry, order } = fact;
    return this.#losses.some(({ after, log }) => after > order && !log.includes(entry));
  }

  /** Whether there was ever more than is kept. */
  get wasTrimmed(): boolean {
    return this.#longest > this.#kept;
  }

  /** All entries up to a position. */
  upTo(until: Position): readonly Entry[] {
    const entries: Entry[] = [];
    for (let fact = this.at(until); fact; fact = this.at(fact.before)) entries.unshift(fact.entry);
    return entries;
  }

  /** The entries after one position up to another; undefined where the one is not on the way to the other. */
  between(after: Position, until: Position): readonly Entry[] | undefined {
    const entries: Entry[] = [];
    let at = until;
    while (at.seq > after.seq) {
      const fact = this.at(at);
      if (fact === undefined) return undefined;
      entries.unshift(fact.entry);
      at = fact.before;
    }
    return this.isSame(at, after) ? entries : undefined;
  }

  #proper(position: Position): Position {
    return this.#names.get(formatPosition(position)) ?? position;
  }
}

/** Whether one deed was done twice. To react again is no other thing than to react, once the server has forgotten it. */
function isTwin(one: Entry, other: Entry): boolean {
  if (one.user !== other.user || one.id !== other.id) return false;
  return one.deed.kind !== "reacted" || other.at - one.at < RECEIPTS_MS;
}
