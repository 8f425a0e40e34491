/**
 * What one JSON client received about one room, compared with the oracle as it arrives: each entry directly follows the
 * previous one, unless a loss was reported.
 * @module
 */
import type { Entry } from "../../../lib/core/log/entry.ts";
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import {
  formatPosition,
  isSamePosition,
  isUpTo,
  parsePosition,
  type Position,
} from "../../../lib/core/log/position.ts";
import { entryFrame } from "../../../lib/core/protocol/json_protocol.ts";
import { RECOVER_LIMIT } from "../world/sim_bus.ts";
import type { RoomOracle } from "../oracles/room_oracle.ts";

/** A frame with an entry. */
export type EntryFrame = FrameOf<"said" | "edited" | "deleted" | "reacted" | "renamed">;

/** An acknowledged action. */
interface Ack {
  readonly position: Position;
  /** Number of loss reports until then. */
  readonly losses: number;
}

/** One client's view of one room. */
export class RoomRecord {
  /** The members according to the frames. */
  readonly people = new Map<string, string>();
  readonly #oracle: RoomOracle;
  readonly #reportViolation: (what: string) => void;
  // By action id. What is not in the replay is sent again, and acknowledged anew.
  readonly #acks = new Map<string, Ack>();
  // Entries that it received, and those entered before its last join, which are history.
  readonly #known = new Set<Entry>();
  #history = 0;
  #cursor: Position | undefined;
  // A loss was reported: the next entry may be from another branch.
  #isAfterLoss = false;
  // The replay of the last join ends here.
  #catchUpTarget: Position | undefined;
  #losses = 0;
  // The newest read marker from the user's other connections, received on this connection.
  #marked: Position | undefined;

  constructor(oracle: RoomOracle, reportViolation: (what: string) => void) {
    this.#oracle = oracle;
    this.#reportViolation = (what) => reportViolation(`${oracle.room}: ${what}`);
  }

  /** The position that it resumes from. */
  get since(): Position | undefined {
    return this.#cursor;
  }

  /** Whether the replay is complete. */
  get isCaughtUp(): boolean {
    return this.#catchUpTarget === undefined;
  }

  /** Handles a join. @param since The position that it had asked for. */
  onJoined(frame: FrameOf<"joined">, since: Position | undefined): void {
    const position = this.#parse(frame.position);
    if ((since === undefined) !== (frame.recovered === undefined)) {
      this.#reportViolation(`since ${since?.seq}, recovered ${frame.recovered}`);
    }
    this.#catchUpTarget = this.#parse(frame.top);
    this.#acks.clear();
    this.#marked = undefined;
    this.people.clear();
    for (const { user, name } of frame.members) this.people.set(user, name);
    if (frame.messages) this.#checkPage(frame, position);
    if (since && frame.recovered) this.#checkRecovered(since, position);
    else if (since) this.#checkNotRecovered(since, position, frame);
    if (!frame.recovered) this.#history = this.#oracle.size;
    this.#isAfterLoss = false;
    this.#advanceTo(position);
  }

  /** Handles a read marker from another connection of its user. */
  onRead(frame: FrameOf<"read">): void {
    const position = this.#parse(frame.position);
    if (isUpTo(position, this.#marked)) {
      this.#reportViolation(`read ${frame.position} after a later one`);
    }
    this.#marked = position;
  }

  /** Handles an entry. */
  onEntry(frame: EntryFrame): void {
    const position = this.#parse(frame.position);
    const recorded = this.#oracle.at(position);
    const variants = recorded ? this.#oracle.variantsOf(recorded.entry) : [];
    const isTrue = variants.some((it) => JSON.stringify(entryFrame(it)) === JSON.stringify(frame));
    if (!isTrue) {
      this.#reportViolation(
        `what came at ${frame.position} was never entered: ${JSON.stringify(frame)}`,
      );
    }
    // The member list in the answer to the join is newer than the replay.
    const isNews = this.isCaughtUp;
    this.#onNext(position);
    if (isNews && frame.type === "renamed" && this.people.has(frame.user)) {
      this.people.set(frame.user, frame.name);
    }
  }

  /** Handles an entry that shows something that its user cannot read. */
  onHidden(frame: FrameOf<"hidden">): void {
    this.#onNext(this.#parse(frame.position));
  }

  #onNext(position: Position): void {
    const recorded = this.#oracle.at(position);
    this.#checkOrder(position);
    if (this.#isAfterLoss) this.#checkLoss(position);
    if (recorded) this.#known.add(recorded.entry);
    this.#isAfterLoss = false;
    this.#advanceTo(position);
  }

  /** Handles a loss report. */
  onLost({ after, until, reason }: FrameOf<"lost">): void {
    const [from, to] = [this.#parse(after), this.#parse(until)];
    // The position may equal the client's: entries promised to another client were lost there.
    const isHere = this.#cursor && [from, to].some((end) => this.#isAt(end));
    if (!isHere) this.#reportViolation(`lost after ${after}, but the last one was ${this.#at()}`);
    this.#markKnown(from);
    const isTrue = reason === "too_old" ? this.#oracle.wasTrimmed : this.#oracle.wasLost(from);
    if (!isTrue) this.#reportViolation(`${reason}: nothing after ${after} is lost`);
    this.#isAfterLoss = true;
    this.#advanceTo(to);
    this.#losses += 1;
  }

  /** Handles presence. */
  onPresence({ joined, left }: FrameOf<"presence">): void {
    for (const { user } of left) this.people.delete(user);
    for (const { user, name } of joined) this.people.set(user, name);
  }

  /** Checks a page of history that it requested. */
  checkHistory(frame: FrameOf<"history">): void {
    this.#checkPage(frame, this.#parse(frame.position));
  }

  /** Handles the acknowledgement of its own action. */
  onAck(at: string, user: string, id: string): void {
    const position = this.#parse(at);
    const entry = this.#oracle.at(position)?.entry;
    if (entry?.user !== user || entry.id !== id) {
      this.#reportViolation(`${id} is acknowledged at ${at}, where it is not`);
    }
    this.#acks.set(id, { position, losses: this.#losses });
  }

  /** Checks the state after a long quiet period. @param top Of the log. */
  checkFinalState(top: Position): void {
    if (!this.#isAt(top)) {
      this.#reportViolation(`believes in ${this.#at()}, and the log is at ${formatPosition(top)}`);
    }
    for (const { position, losses } of this.#acks.values()) {
      // For entries that it received, order alone was proof.
      const isTold = this.#isKnown(position) || this.#losses > losses;
      if (!this.#oracle.holds(position) && !isTold) {
        this.#reportViolation(`believes that ${formatPosition(position)} was entered`);
      }
    }
  }

  #advanceTo(position: Position): void {
    this.#cursor = position;
    if (isSamePosition(position, this.#catchUpTarget)) this.#catchUpTarget = undefined;
  }

  #checkRecovered(since: Position, position: Position): void {
    const isWhole = this.#oracle.isSame(since, position);
    if (!isWhole) {
      this.#reportViolation(`recovered after ${since.seq}, but goes on at ${position.seq}`);
    }
  }

  #checkNotRecovered(since: Position, position: Position, { reason }: FrameOf<"joined">): void {
    this.#losses += 1;
    const missed = this.#oracle.between(since, position);
    if (reason === "too_many" && missed && missed.length <= RECOVER_LIMIT) {
      this.#reportViolation(`${missed.length} missed entries were replayed, which is too many`);
    }
    const isLost = reason === "rewound" || reason === "unknown_epoch";
    if (isLost && !this.#oracle.wasLost(since)) {
      this.#reportViolation(`${reason}: ${formatPosition(since)} was always in the log`);
    }
  }

  #checkOrder(position: Position): void {
    const cursor = this.#cursor;
    const isNext = cursor &&
      (this.#isAfterLoss
        ? position.seq === cursor.seq + 1
        : this.#oracle.follows(cursor, position));
    if (!isNext) this.#reportViolation(`${formatPosition(position)} comes after ${this.#at()}`);
  }

  /** Checks that everything reported as lost is. */
  #checkLoss(next: Position): void {
    const kept = this.#oracle.upTo(next).slice(0, -1).map(({ position }) => position)
      .filter((position) => !this.#isKnown(position));
    if (kept.length === 0 || this.#oracle.wasTrimmed) return;
    this.#reportViolation(`${kept.map(formatPosition)} were reported as lost, and are not`);
  }

  #isKnown(position: Position): boolean {
    const recorded = this.#oracle.at(position);
    return recorded === undefined || recorded.order < this.#history ||
      this.#known.has(recorded.entry);
  }

  #markKnown(until: Position): void {
    for (const entry of this.#oracle.upTo(until)) this.#known.add(entry);
  }

  /** Checks that the messages are the newest up to a position, as they read at that time. */
  #checkPage({ messages = [] }: Pick<FrameOf<"joined">, "messages">, until: Position): void {
    const texts = new Map<string, string>();
    for (const { position, action } of this.#oracle.upTo(until)) {
      // What was said before is not shown any more.
      if (action.kind === "said" && action.event?.kind === "clear") texts.clear();
      if (action.kind === "said") texts.set(formatPosition(position), action.text);
      if (action.kind === "edited") texts.set(formatPosition(action.of), action.text);
      if (action.kind === "deleted") texts.set(formatPosition(action.of), "");
    }
    const expected = [...texts].slice(texts.size - messages.length).join();
    const given = messages.map(({ position, text }) => [position, text]).join();
    if (given !== expected) this.#reportViolation(`given ${given}, not ${expected}`);
  }

  #isAt(position: Position): boolean {
    return this.#cursor !== undefined && this.#oracle.isSame(position, this.#cursor);
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

/** Whether the frame has an entry. */
export function isEntry(frame: Frame): frame is EntryFrame {
  return ["said", "edited", "deleted", "reacted", "renamed"].includes(frame.type);
}
