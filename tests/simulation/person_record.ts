/**
 * What one person has said through the client library, over all pages, and what became of it, as the wires show it: the
 * library's own notes are what is to be checked.
 * @module
 */
import type { RoomId } from "../../lib/core/names.ts";
import type { Position } from "../../lib/core/positions.ts";

/** A text that was said, or put in the place of another one. */
export interface Saying {
  readonly room: RoomId;
  readonly text: string;
  readonly isEdit: boolean;
  /** Under which the server knows it. */
  readonly id: string;
  /** What its person was asked and has decided, or why it was refused for good. */
  fate: "open" | "said again" | "discarded" | "refused";
}

/** Once that a deed went out. */
export interface Posting {
  /** By the world's calendar. */
  readonly at: number;
  readonly user: string;
  /** Which page has sent it. */
  readonly page: number;
  /** How often that page had been told by then that something is missing. */
  readonly breaks: number;
  /** The last position that it had been told in the room. */
  readonly after: Position | undefined;
}

/** All that is known of one person. */
export class PersonRecord {
  readonly sayings: Saying[] = [];
  readonly #postings = new Map<string, Posting[]>();
  #texts = 0;

  /** A text that nobody has ever said. */
  think(author: string): string {
    return `text ${author}.${this.#texts++}`;
  }

  /** It was said. */
  say(saying: Omit<Saying, "fate">): void {
    this.sayings.push({ ...saying, fate: "open" });
  }

  /** What was said under an id; undefined where nothing was that has a text. */
  find(id: string): Saying | undefined {
    return this.sayings.find((it) => it.id === id);
  }

  /** It went out. */
  post(id: string, posting: Posting): void {
    this.#postings.set(id, [...this.postings(id), posting]);
  }

  /** All the times that it went out. */
  postings(id: string): readonly Posting[] {
    return this.#postings.get(id) ?? [];
  }
}
