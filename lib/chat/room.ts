/**
 * One room on this isolate: what the bus announces is put in order, what is missing is read from the log, and every member
 * hears the same. It is the only place where holes are healed. Whoever joins reads the log for itself and is seated where
 * both have come to the same position, so that nothing is missed and nothing doubled, however much is said meanwhile.
 * @module
 */
import type { Entry, UserId } from "../core/entries.ts";
import type { Frame } from "../core/frames.ts";
import type { RoomId } from "../core/names.ts";
import { portionsOf } from "../core/portions.ts";
import type { Position } from "../core/positions.ts";
import { frameOf } from "../core/protocol.ts";
import type { Replay } from "../core/room_log.ts";
import { type Round, Seat } from "../core/seat.ts";
import { weighEntry } from "../core/weights.ts";
import { Attendance } from "./attendance.ts";
import { Audience } from "./audience.ts";
import type { Archive, Bus, Register } from "./bus.ts";
import type { Clock } from "./clock.ts";
import { LossReport, lost } from "./loss_report.ts";
import type { Member } from "./member.ts";
import type { RoomMeters } from "./meters.ts";
import { patiently } from "./patience.ts";

/** What all rooms of an isolate share. */
export interface RoomContext {
  /** Where entries come from and are read. */
  readonly bus: Pick<Bus, "follow" | "unfollow" | "signal" | "whenBack"> & Archive & Register;
  /** For waits. */
  readonly clock: Clock;
  /** This isolate, unlike any other. */
  readonly node: string;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** So many entries are replayed to whoever joins. */
  readonly recoverLimit: number;
  /** Maximum weight of replayed entries that members are handed at once; see `portionsOf`. */
  readonly maxPortion?: number | undefined;
  /** What is counted. */
  readonly meters: RoomMeters;
}

/** So many entries are read at once to heal a hole. */
const HEAL_LIMIT = 500;
/** Maximum weight of entries held while a gap is filled; further ones are read from the log. */
const MAX_HELD_BYTES = 1_048_576;
/** Between two portions of what was read, so that what was sent can leave. */
const PORTION_MS = 1;

/** One room. */
export class Room {
  /** Its name. */
  readonly id: RoomId;
  /** Who is here. */
  readonly attendance: Attendance;
  readonly #context: RoomContext;
  readonly #life = new AbortController();
  readonly #seat = new Seat<Entry>({ weigh: weighEntry, max: MAX_HELD_BYTES });
  readonly #audience: Audience;
  readonly #waiting = new Set<Seat<Entry>>();
  // Number of members that are joining.
  #expected = 0;
  /** Resolves when the room follows the log, or is closed. */
  readonly opened: Promise<void>;
  #isOpened = false;
  // The newest of each epoch that was acknowledged here and not yet given out.
  readonly #promised = new Map<string, Position>();
  #healing: Promise<void> | undefined;

  /** Follows the room at once. */
  constructor(id: RoomId, context: RoomContext) {
    this.id = id;
    this.#context = context;
    this.#audience = new Audience(context);
    this.attendance = new Attendance(id, context, this.#life.signal);
    this.opened = this.#open();
  }

  /** Whether nobody is here any more, nor expected. */
  get isDeserted(): boolean {
    return this.#expected === 0 && this.#audience.isEmpty && this.attendance.isEmpty;
  }

  /** Whether {@linkcode opened} has nothing to wait for. */
  get isOpened(): boolean {
    return this.#isOpened;
  }

  /** The position of what was given out last; undefined before it is opened. */
  get last(): Position | undefined {
    return this.#seat.last;
  }

  /** The number of people for which a message is charged: those in the room, and more if most of them are behind. */
  load(): number {
    return this.#audience.load(this.attendance.count);
  }

  /** Aborts when the room is closed. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Takes an entry that was announced. */
  take(entry: Entry): void {
    const order = this.#seat.take(entry);
    if (order === "next") this.#giveOut(entry);
    else if (order === "held") this.#heal();
  }

  /** Takes notice of how far the log has come; resolves when the room has come as far. @param isRead See `Top`. */
  notice(top: Position, isRead: boolean): Promise<void> {
    if (isRead) this.#seat.check(top);
    else this.#seat.notice(top);
    // It ought to have been announced by now.
    if (isRead && this.#owesSomething()) this.#seat.doubt();
    return this.#seat.isLive ? Promise.resolve() : this.#heal();
  }

  /** Remembers what was acknowledged to a member: if the log loses it before anybody has heard it, that must be told. */
  promise(position: Position): void {
    if (!this.#seat.lacks(position)) return;
    const before = this.#promised.get(position.epoch);
    if (!before || before.seq < position.seq) this.#promised.set(position.epoch, position);
  }

  /** Tells the members something that has no position; they hear it after all that was said before. */
  tell(frame: Frame): void {
    if (frame.type === "lost") this.#context.meters.losses.add();
    this.#audience.tell(frame);
  }

  /** Hands to the members what has happened since the last time, encoded once for each dialect. */
  flush(): void {
    if (this.#seat.last) this.#audience.flush(this.#seat.last);
  }

  /** Keeps the room open for a joining member until the result is disposed. */
  expect(): Disposable {
    this.#expected += 1;
    return { [Symbol.dispose]: () => void (this.#expected -= 1) };
  }

  /** Lets a seat hold what is given out from now on, until it is disposed. */
  hold(seat: Seat<Entry>): Disposable {
    this.#waiting.add(seat);
    return { [Symbol.dispose]: () => void this.#waiting.delete(seat) };
  }

  /** Lets a member hear what comes next; it must have come to the same position. */
  add(member: Member): void {
    this.flush();
    this.#audience.add(member);
  }

  /** Puts a member out, if it was let in. @param comesBack Whether its user is waited for. */
  remove(member: Member, user: UserId, comesBack: boolean): Promise<void> {
    const wasThere = this.#audience.remove(member);
    return wasThere ? this.attendance.leave(user, comesBack) : Promise.resolve();
  }

  /** Follows the room no more. */
  close(): void {
    this.#life.abort();
    this.#context.bus.unfollow(this.id);
  }

  async #open(): Promise<void> {
    const { bus } = this.#context;
    await bus.follow(this.id);
    const round = this.#seat.round();
    const opening = () => bus.page(this.id, undefined, 0);
    const page = await patiently(opening, this.#context, this.#life.signal);
    if (page === undefined) return;
    for (const entry of this.#seat.catchUp(round, { top: page.top, entries: [] })) {
      this.#giveOut(entry);
    }
    await patiently(() => this.attendance.refresh(), this.#context, this.#life.signal);
    // Who was here before is no news to who comes now.
    this.attendance.takeDiff();
    this.#isOpened = true;
    if (!this.#seat.isLive) this.#heal();
  }

  #heal(): Promise<void> {
    // Not yet opened: that will read the log anyway.
    if (this.#seat.last === undefined) return this.opened;
    if (this.#healing) return this.#healing;
    this.#context.meters.holesSeen.add();
    return this.#healing = this.#readOn().finally(() => this.#healing = undefined);
  }

  async #readOn(): Promise<void> {
    const { bus, meters } = this.#context;
    const report = new LossReport(this.id);
    while (!this.#seat.isLive && !this.#life.signal.aborted) {
      const after = this.#seat.last;
      if (after === undefined) return;
      const round = this.#seat.round();
      const promised = [...this.#promised.values()];
      const reading = () => bus.replay(this.id, after, HEAL_LIMIT);
      const replay = await patiently(reading, this.#context, this.#life.signal);
      if (replay === undefined) return;
      meters.replays.add();
      meters.entriesRead.add(replay.entries.length);
      await this.#tellReplay(report, round, replay);
      for (const position of promised) await this.#tellIfBroken(position);
    }
    if (this.#seat.isLive) meters.holesHealed.add();
  }

  /** Tells what was read, a portion at a time; what is announced meanwhile waits until it is all told. */
  async #tellReplay(report: LossReport, round: Round, replay: Replay): Promise<void> {
    const { clock, maxPortion } = this.#context;
    for (const portion of portionsOf(replay, maxPortion)) {
      const after = this.#seat.last;
      const entries = this.#seat.catchUp(round, portion);
      const end = this.#seat.isLive ? this.#seat.last : undefined;
      for (const frame of report.tell({ after, gap: portion.gap, entries, end })) this.tell(frame);
      for (const entry of entries) this.#passOn(entry);
      this.flush();
      if (end === undefined) await clock.sleep(PORTION_MS, this.#life.signal);
    }
  }

  #owesSomething(): boolean {
    for (const [epoch, position] of this.#promised) {
      if (!this.#seat.lacks(position)) this.#promised.delete(epoch);
    }
    return this.#promised.size > 0;
  }

  /** What was promised before the log was read, and is not there, is lost. */
  async #tellIfBroken(promised: Position): Promise<void> {
    if (!this.#seat.isLive) return;
    if (this.#promised.get(promised.epoch) === promised) this.#promised.delete(promised.epoch);
    if (!this.#seat.lacks(promised)) return;
    // It may have been a repetition of something older, which is where it was.
    const asking = () => this.#context.bus.replay(this.id, promised, 0);
    const replay = await patiently(asking, this.#context, this.#life.signal);
    const { last } = this.#seat;
    if (!last || replay?.gap === undefined || replay.gap === "too_old") return;
    this.tell(lost(this.id, promised, last, "rewound"));
    this.flush();
  }

  #giveOut(entry: Entry): void {
    this.tell(frameOf(entry));
    this.#passOn(entry);
  }

  /** What an entry means beside being told. */
  #passOn(entry: Entry): void {
    for (const seat of this.#waiting) seat.take(entry);
    if (entry.deed.kind === "renamed") this.attendance.renamed(entry.user, entry.name);
  }
}
