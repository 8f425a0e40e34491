/**
 * What a member is sent when it joins: `joined`, then what it has missed, a portion at a time, and at the end who has come
 * and gone in the meantime, since until then it receives no live frames of the room.
 * @module
 */
import { packed } from "../core/dialect.ts";
import type { Author, Entry } from "../core/entries.ts";
import type { Frame } from "../core/frames.ts";
import type { Position } from "../core/positions.ts";
import type { Arrival, Member } from "./member.ts";
import { type People, peopleOf, presenceSince } from "./people.ts";
import type { Room } from "./room.ts";

/** Maximum length of a message of replayed frames: short enough that each can be sent as soon as the one before has left. */
const MAX_REPLAY_LENGTH = 16_384;

/** What is known of an arrival before it is sent. */
export type ToBeTold = Omit<Arrival, "top" | "people"> & {
  /** Whether the people in the room are listed. */
  readonly wantsPeople: boolean;
};

/** One portion of missed entries. */
export interface Portion {
  /** The entries, in order. */
  readonly entries: readonly Entry[];
  /** The frames for them. */
  readonly frames: readonly Frame[];
  /** The position of the newest. */
  readonly last: Position;
  /** See `Arrival`; only that of the first portion is sent. */
  readonly top: Position;
  /** Whether the member receives live frames from now on. */
  readonly isLast: boolean;
}

/** Sends to one member. */
export class Telling {
  readonly #room: Room;
  readonly #member: Member;
  readonly #arrival: ToBeTold;
  // What the arrival said, with the names that the member knows by now.
  #told: { readonly people: People; readonly top: Position } | undefined;

  /** Nothing is sent yet. */
  constructor(room: Room, member: Member, arrival: ToBeTold) {
    this.#room = room;
    this.#member = member;
    this.#arrival = arrival;
  }

  /** Sends a portion. Returns its length in UTF-16 code units. */
  tell({ entries, frames, last, top, isLast }: Portion): number {
    const { dialect } = this.#member;
    const before = this.#told;
    const told = before ?? this.#tellArrival(top);
    const people = renamed(told, entries);
    this.#told = { top: told.top, people };
    const presence = before && isLast ? this.#presence(people) : undefined;
    const texts = [...frames, ...(presence ? [presence] : [])].map((it) => dialect.encode(it));
    const messages = packed(dialect, texts, MAX_REPLAY_LENGTH);
    if (messages.length > 0) this.#member.replay(messages, last);
    return messages.reduce((sum, { length }) => sum + length, 0);
  }

  #tellArrival(top: Position): { people: People; top: Position } {
    const { wantsPeople, ...arrival } = this.#arrival;
    const people = peopleOf(this.#room.attendance, wantsPeople);
    this.#member.arrive({ ...arrival, top, people });
    return { people, top };
  }

  #presence(told: People): Frame | undefined {
    if (!this.#arrival.wantsPeople) return undefined;
    const { id, attendance } = this.#room;
    return presenceSince(id, told, peopleOf(attendance, true));
  }
}

/** The people with the names that the member takes from entries after the top. Earlier renamings are history. */
function renamed(
  { people, top }: { readonly people: People; readonly top: Position },
  entries: readonly Entry[],
): People {
  const names = new Map<string, Author>();
  for (const { user, name, deed, position } of entries) {
    if (deed.kind === "renamed" && position.seq > top.seq) names.set(user, { user, name });
  }
  if (names.size === 0) return people;
  return { ...people, listed: people.listed.map((person) => names.get(person.user) ?? person) };
}
