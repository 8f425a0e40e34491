/**
 * What one user has sent through the client library, over all pages, and its outcome, as seen on the wires: the
 * library's own state is what is being checked.
 * @module
 */
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { Position } from "../../../lib/core/log/position.ts";

/** The text of a new message or of an edit. */
export interface SaidText {
  readonly room: RoomId;
  readonly text: string;
  readonly isEdit: boolean;
  /** The id by which the server knows it. */
  readonly id: string;
  /** The user's decision when asked, or the final refusal. */
  outcome: "open" | "said again" | "discarded" | "refused";
}

/** One transmission of an action. */
export interface SendAttempt {
  /** By the world's calendar. */
  readonly at: number;
  readonly user: string;
  /** The page that sent it. */
  readonly page: number;
  /** Number of loss reports that the page had received. */
  readonly losses: number;
  /** The last position that the page had received in the room. */
  readonly after: Position | undefined;
}

/** All that is known of one user. */
export class UserRecord {
  readonly saidTexts: SaidText[] = [];
  readonly #attempts = new Map<string, SendAttempt[]>();
  #texts = 0;

  /** A text that has never been used. */
  newText(author: string): string {
    return `text ${author}.${this.#texts++}`;
  }

  /** Records a text. */
  say(saying: Omit<SaidText, "outcome">): void {
    this.saidTexts.push({ ...saying, outcome: "open" });
  }

  /** The text with an id; undefined if there is none. */
  find(id: string): SaidText | undefined {
    return this.saidTexts.find((it) => it.id === id);
  }

  /** Records a transmission. */
  recordAttempt(id: string, attempt: SendAttempt): void {
    this.#attempts.set(id, [...this.attempts(id), attempt]);
  }

  /** All transmissions of an action. */
  attempts(id: string): readonly SendAttempt[] {
    return this.#attempts.get(id) ?? [];
  }
}
