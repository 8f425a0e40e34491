/**
 * What one JSON client was sent about one room, held against the truth as it comes: each entry right after the one before,
 * unless it was told that something is missing.
 * @module
 */
import type { Entry } from "../../lib/core/entries.ts";
import type { Frame, FrameOf } from "../../lib/core/frames.ts";
import {
  formatPosition,
  isSamePosition,
  parsePosition,
  type Position,
} from "../../lib/core/positions.ts";
import { frameOf } from "../../lib/core/protocol.ts";
import { RECOVER_LIMIT } from "./sim_bus.ts";
import type { Truth } from "./truth.ts";

/** A frame that tells of an entry. */
export type EntryFrame = FrameOf<"said" | "edited" | "deleted" | "reacted" | "renamed">;

/** An acknowledged deed. */
interface Ack {
  readonly position: Position;
  /** How often it had been told of a loss. */
  readonly breaks: number;
}

/** One client's knowledge of one room. */
export class RoomRecord {
  /** Who is here, as the frames told it. */
  readonly people = new Map<string, string>();
  readonly #truth: Truth;
  readonly #complain: (what: string) => void;
  // By the deed's id. What is not read when it comes back is sent again, and acknowledged anew.
  readonly #acks = new Map<string, Ack>();
  // What it has read, and what was entered before it joined last: that is history.
  readonly #known = new Set<Entry>();
  #history = 0;
  #cursor: Position | undefined;
  // Told of a loss: the next entry may be of another line.
  #isLoose = false;
  // What was missed when it joined ends here.
  #goal: Position | undefined;
  #breaks = 0;

  constructor(truth: Truth, complain: (what: string) => void) {
    this.#truth = truth;
    this.#complain = (what) => complain(`${truth.room}: ${what}`);
  }

  /** What it asks for when it comes back. */
  get since(): Position | undefined {
    return this.#cursor;
  }

  /** Whether all that was missed has come. */
  get isCaughtUp(): boolean {
    return this.#goal === undefined;
  }

  /** Takes in that it has joined. @param since What it had asked for. */
  join(frame: FrameOf<"joined">, since: Position | undefined): void {
    const position = this.#parse(frame.position);
    if ((since === undefined) !== (frame.recovered === undefined)) {
      this.#complain(`since ${since?.seq}, recovered ${frame.recovered}`);
    }
    this.#goal = this.#parse(frame.top);
    this.#acks.clear();
    this.people.clear();
    for (const { user, name } of frame.members) this.people.set(user, name);
    if (frame.messages) this.#checkPage(frame, position);
    if (since && frame.recovered) this.#recover(since, position);
    else if (since) this.#giveUp(since, position, frame);
    if (!frame.recovered) this.#history = this.#truth.size;
    this.#isLoose = false;
    this.#goTo(position);
  }

  /** Takes in an entry. */
  take(frame: EntryFrame): void {
    const position = this.#parse(frame.position);
    const fact = this.#truth.at(position);
    const tellings = fact ? this.#truth.tellings(fact.entry) : [];
    const isTrue = tellings.some((it) => JSON.stringify(frameOf(it)) === JSON.stringify(frame));
    if (!isTrue) {
      this.#complain(`what came at ${frame.position} was never entered: ${JSON.stringify(frame)}`);
    }
    this.#checkOrder(position);
    if (this.#isLoose) this.#checkLoss(position);
    if (fact) this.#known.add(fact.entry);
    // The list of those who are here came with the answer to the join, and is newer than what was missed.
    const isNews = this.isCaughtUp;
    this.#isLoose = false;
    this.#goTo(position);
    if (isNews && frame.type === "renamed" && this.people.has(frame.user)) {
      this.people.set(frame.user, frame.name);
    }
  }

  /** Takes in that something is lost. */
  lose({ after, until, reason }: FrameOf<"lost">): void {
    const [from, to] = [this.#parse(after), this.#parse(until)];
    // It may go back to where this client is already: what another one was promised there is lost.
    const isHere = this.#cursor && [from, to].some((end) => this.#isAt(end));
    if (!isHere) this.#complain(`lost after ${after}, but the last one was ${this.#at()}`);
    this.#knowAll(from);
    const isTrue = reason === "too_old" ? this.#truth.wasTrimmed : this.#truth.wasLost(from);
    if (!isTrue) this.#complain(`${reason}: nothing after ${after} is lost`);
    this.#isLoose = true;
    this.#goTo(to);
    this.#breaks += 1;
  }

  /** Takes in who comes and goes. */
  move({ joined, left }: FrameOf<"presence">): void {
    for (const { user } of left) this.people.delete(user);
    for (const { user, name } of joined) this.people.set(user, name);
  }

  /** Checks what it was given on asking. */
  checkHistory(frame: FrameOf<"history">): void {
    this.#checkPage(frame, this.#parse(frame.position));
  }

  /** Takes in that a deed of its own was done. */
  acknowledge(at: string, user: string, id: string): void {
    const position = this.#parse(at);
    const entry = this.#truth.at(position)?.entry;
    if (entry?.user !== user || entry.id !== id) {
      this.#complain(`${id} is acknowledged at ${at}, where it is not`);
    }
    this.#acks.set(id, { position, breaks: this.#breaks });
  }

  /** All is quiet, and has been for long. @param top Of the log. */
  finish(top: Position): void {
    if (!this.#isAt(top)) {
      this.#complain(`believes in ${this.#at()}, and the log is at ${formatPosition(top)}`);
    }
    for (const { position, breaks } of this.#acks.values()) {
      // Of what it has read it was told by the order of things.
      const isTold = this.#isKnown(position) || this.#breaks > breaks;
      if (!this.#truth.holds(position) && !isTold) {
        this.#complain(`believes that ${formatPosition(position)} was entered`);
      }
    }
  }

  #goTo(position: Position): void {
    this.#cursor = position;
    if (isSamePosition(position, this.#goal)) this.#goal = undefined;
  }

  #recover(since: Position, position: Position): void {
    const isWhole = this.#truth.isSame(since, position);
    if (!isWhole) this.#complain(`recovered after ${since.seq}, but goes on at ${position.seq}`);
  }

  #giveUp(since: Position, position: Position, { reason }: FrameOf<"joined">): void {
    this.#breaks += 1;
    const missed = this.#truth.between(since, position);
    if (reason === "too_many" && missed && missed.length <= RECOVER_LIMIT) {
      this.#complain(`${missed.length} missed are too many`);
    }
    const isLost = reason === "rewound" || reason === "unknown_epoch";
    if (isLost && !this.#truth.wasLost(since)) {
      this.#complain(`${reason}: ${formatPosition(since)} was always in the log`);
    }
  }

  #checkOrder(position: Position): void {
    const cursor = this.#cursor;
    const isNext = cursor &&
      (this.#isLoose ? position.seq === cursor.seq + 1 : this.#truth.follows(cursor, position));
    if (!isNext) this.#complain(`${formatPosition(position)} comes after ${this.#at()}`);
  }

  /** What is said to be lost must be, all of it. */
  #checkLoss(next: Position): void {
    const kept = this.#truth.upTo(next).slice(0, -1).map(({ position }) => position)
      .filter((position) => !this.#isKnown(position));
    if (kept.length === 0 || this.#truth.wasTrimmed) return;
    this.#complain(`told that ${kept.map(formatPosition)} are lost, and they are not`);
  }

  #isKnown(position: Position): boolean {
    const fact = this.#truth.at(position);
    return fact === undefined || fact.order < this.#history || this.#known.has(fact.entry);
  }

  #knowAll(until: Position): void {
    for (const entry of this.#truth.upTo(until)) this.#known.add(entry);
  }

  /** The messages must be the newest that were said up to a position, as they then stood. */
  #checkPage({ messages = [] }: Pick<FrameOf<"joined">, "messages">, until: Position): void {
    const texts = new Map<string, string>();
    for (const { position, deed } of this.#truth.upTo(until)) {
      if (deed.kind === "said") texts.set(formatPosition(position), deed.text);
      if (deed.kind === "edited") texts.set(formatPosition(deed.of), deed.text);
      if (deed.kind === "deleted") texts.set(formatPosition(deed.of), "");
    }
    const stands = [...texts].slice(texts.size - messages.length).join();
    const given = messages.map(({ position, text }) => [position, text]).join();
    if (given !== stands) this.#complain(`given ${given}, not ${stands}`);
  }

  #isAt(position: Position): boolean {
    return this.#cursor !== undefined && this.#truth.isSame(position, this.#cursor);
  }

  #at(): string {
    return this.#cursor ? formatPosition(this.#cursor) : "nowhere";
  }

  #parse(text: string): Position {
    const position = parsePosition(text);
    if (position === undefined) throw new TypeError(`No position: ${text}`);
    return position;
  }
}

/** Whether it tells of an entry. */
export function isEntry(frame: Frame): frame is EntryFrame {
  return ["said", "edited", "deleted", "reacted", "renamed"].includes(frame.type);
}
