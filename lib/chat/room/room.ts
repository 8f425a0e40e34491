/**
 * One room on this worker. Puts announced entries in order, reads missing ones from the log and sends the same
 * frames to every subscriber. Fill gaps only here.
 * A joining subscriber reads the log by itself and is subscribed once both are at the same position, so it misses
 * nothing and receives nothing twice.
 * @module
 */
import type { Entry, UserId } from "../../core/log/entry.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import type { RoomId } from "../../core/names/names.ts";
import { chunkReplay, estimateQueuedSize } from "../../core/log/reading/replay_chunks.ts";
import type { Position } from "../../core/log/position.ts";
import { entryFrame } from "../../core/protocol/json_protocol.ts";
import type { Replay } from "../../core/log/reading/log_reading.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { RoomState } from "../../core/log/room_state.ts";
import { type CursorRead, LogCursor } from "../../core/log/reading/log_cursor.ts";
import type { BatchPolicy } from "../../core/limits/batch_window.ts";
import type { WorkerLoad } from "../../core/limits/worker_load.ts";
import { estimateEntrySize } from "../../core/log/reading/read_size.ts";
import { PresencePace } from "../../core/presence/presence_pace.ts";
import { RoomPresence } from "../presence/room_presence.ts";
import { sendReadMarkersTo, Subscribers } from "./subscribers.ts";
import type { Bus, PresenceRegistry, RoomHistory } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import { LossReport, lostFrame } from "./loss_report.ts";
import type { Subscriber } from "./subscriber.ts";
import type { RoomMetrics } from "../metrics.ts";
import type { KnownNames } from "../members/known_names.ts";
import { retryWhileUnavailable } from "../retry.ts";
import { RoomStateTracker, type RulesListener } from "./room_state_tracker.ts";

/** What all rooms of a worker share. */
export interface RoomContext {
  /** Announces entries and reads the log. */
  readonly bus:
    & Pick<Bus, "subscribe" | "unsubscribe" | "signal" | "whenBack">
    & RoomHistory
    & PresenceRegistry;
  /** For waits and retries. */
  readonly clock: Clock;
  /** Unique id of this worker. */
  readonly node: string;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Maximum number of entries replayed on join. */
  readonly recoverLimit: number;
  /** Maximum size of replayed entries that are delivered at once; see `chunkReplay`. */
  readonly maxChunk?: number | undefined;
  /** Metrics to record. */
  readonly metrics: RoomMetrics;
  /** How long frames of a busy room may wait for others. */
  readonly batchPolicy: BatchPolicy;
  /** Whether messages sent to a connection together share a write; see `SubscribersContext`. */
  readonly sharesWrites: boolean;
  /** The worker's load, to which its rooms contribute. */
  readonly load: WorkerLoad;
  /** The names of members. */
  readonly names: Pick<KnownNames, "isReserved" | "areOwned" | "moderators">;
}

/** Maximum number of entries per read while filling a gap. */
const GAP_READ_LIMIT = 500;
/** Maximum size of entries buffered while a gap is filled. Later ones are read from the log. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** An acknowledged entry that has not been announced after this time may be lost: the acknowledgement can be faster. */
const ANNOUNCED_WITHIN_MS = 2_000;
/** Pause between two chunks of a replay, so that what was sent can leave. */
const CHUNK_PAUSE_MS = 1;

/** A position that was acknowledged. */
interface ExpectedPosition {
  readonly position: Position;
  /** When it was acknowledged, in milliseconds. */
  readonly since: number;
}

/** One room of a worker. */
export class Room {
  /** The room's name. */
  readonly id: RoomId;
  /** The people in the room. */
  readonly presence: RoomPresence;
  /** How often what changes among them is sent. */
  readonly presencePace: PresencePace = new PresencePace();
  /** What its events have changed. */
  readonly rules: RoomStateTracker = new RoomStateTracker();
  readonly #context: RoomContext;
  readonly #life = new AbortController();
  readonly #cursor = new LogCursor<Entry>({
    sizeOf: estimateEntrySize,
    maxSize: MAX_BUFFERED_BYTES,
  });
  readonly #subscribers: Subscribers;
  readonly #joinCursors = new Set<LogCursor<Entry>>();
  readonly #joiners = new Set<Subscriber>();
  // Positions lost while these were joining: they may have been acknowledged to them after their `joined`.
  readonly #lostWhileJoining = new Map<Subscriber, Position[]>();
  /** Resolves when the room receives announcements and knows the log's position, or is closed. */
  readonly whenOpen: Promise<void>;
  #isOpen = false;
  // The newest position of each epoch that was acknowledged here and not delivered yet.
  readonly #expected = new Map<string, ExpectedPosition>();
  #gapFill: Promise<void> | undefined;
  #isTimerSet = false;
  readonly #followers = new Set<RulesListener>();

  /** Subscribes to the bus at once. @param onPeopleChanged Called when `presence.hasChanged` becomes true. */
  constructor(id: RoomId, context: RoomContext, onPeopleChanged: (room: Room) => void) {
    this.id = id;
    this.#context = context;
    this.#subscribers = new Subscribers(context, () => this.state.hiddenUpTo);
    this.presence = new RoomPresence(
      id,
      context,
      this.#life.signal,
      () => onPeopleChanged(this),
    );
    this.whenOpen = this.#open();
  }

  /** Whether no one is in the room, joining it, or expected back. */
  get isEmpty(): boolean {
    return this.#joiners.size === 0 && this.#subscribers.isEmpty && this.presence.isEmpty &&
      this.#followers.size === 0;
  }

  /** The room's settings, members, mutes and bans; those of a new room before the room is open. */
  get state(): RoomState {
    return this.rules.state;
  }

  /** Whether {@linkcode whenOpen} has resolved. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Position of the last delivered entry; undefined before the room is open. */
  get last(): Position | undefined {
    return this.#cursor.last;
  }

  /** Whether the log has entries, as far as it is known here. */
  get hasEntries(): boolean {
    const { last } = this;
    // A cursor that is behind has been told of newer entries.
    return last !== undefined && (last.seq > 0 || !this.#cursor.isLive);
  }

  /** The number of people for which a message is charged: those in the room, and more if most of them are behind. */
  chargedPeople(): number {
    return this.#subscribers.chargedPeople(this.presence.count);
  }

  /** Aborts when the room is closed. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Handles an announced entry: queues it for the subscribers, or fills the gap before it. */
  onEntry(entry: Entry): void {
    const order = this.#cursor.accept(entry);
    if (order === "next") this.#enqueueEntry(entry);
    else if (order === "buffered") this.#fillGap();
  }

  /** Handles the log's newest position. Resolves when the room has caught up with it. @param isRead See `Top`. */
  onTop(top: Position, isRead: boolean): Promise<void> {
    if (isRead) this.#cursor.reconcileTop(top);
    else this.#cursor.observeTop(top);
    if (isRead && (this.#isEntryOverdue() || this.rules.isOutdated(top))) this.#cursor.markBehind();
    return this.#cursor.isLive ? Promise.resolve() : this.#fillGap();
  }

  /** Reads the log's newest position. Resolves when the room has caught up with it; rejects with `BusUnavailable`. */
  async readTop(): Promise<void> {
    const { top } = await this.#context.bus.page(this.id, undefined, 0);
    await this.onTop(top, true);
  }

  /**
   * Records a position that was acknowledged to a subscriber. If the log loses the entry undelivered, the loss is
   * reported.
   */
  expectEntry(position: Position): void {
    if (!this.#cursor.isBehind(position)) return;
    const before = this.#expected.get(position.epoch)?.position;
    if (before && before.seq >= position.seq) return;
    this.#expected.set(position.epoch, { position, since: this.#context.clock.now() });
  }

  /** Queues a frame without a position. Subscribers receive it after everything queued before. */
  enqueue(frame: Frame): void {
    if (frame.type === "lost") this.#context.metrics.losses.add();
    this.#subscribers.enqueue(frame, 0);
  }

  /** Whether there are queued frames to deliver. There are none before anyone can have subscribed. */
  get hasPending(): boolean {
    return this.#cursor.last !== undefined && this.#subscribers.hasPending;
  }

  /** Delivers all queued frames to the subscribers, encoded once per protocol. */
  flush(): void {
    if (this.#cursor.last) this.#subscribers.flush(this.#cursor.last);
  }

  /** Does the same when the room's batch window ends: at once, unless the room is large and busy. */
  flushDue(): void {
    const waitMs = this.#flushDueNow();
    if (waitMs > 0 && !this.#isTimerSet) this.#flushAfter(waitMs);
  }

  /** Sends users' read markers to their connections here. */
  sendReadMarkers(markers: ReadonlyMap<UserId, Position>): void {
    // A joining subscriber may have received an older marker, or be about to.
    sendReadMarkersTo(this.#joiners, markers);
    this.#subscribers.sendReadMarkers(markers);
  }

  /** Keeps the room open for a joining subscriber until the result is disposed. */
  keepOpenFor(subscriber: Subscriber): Disposable {
    this.#joiners.add(subscriber);
    return {
      [Symbol.dispose]: () => {
        this.#joiners.delete(subscriber);
        this.#lostWhileJoining.delete(subscriber);
      },
    };
  }

  /** Keeps the room open, and calls back after each change of its rules, until the result is disposed. */
  follow(listener: RulesListener): Disposable {
    this.#followers.add(listener);
    return { [Symbol.dispose]: () => void this.#followers.delete(listener) };
  }

  /** Keeps the room open, and its rules up to date, until the result is disposed. */
  keepOpen(): Disposable {
    return this.follow(() => {});
  }

  /** Passes all entries delivered from now on to a cursor too, until the result is disposed. */
  attach(cursor: LogCursor<Entry>): Disposable {
    this.#joinCursors.add(cursor);
    return { [Symbol.dispose]: () => void this.#joinCursors.delete(cursor) };
  }

  /** Subscribes to live frames. The subscriber must be at the room's position. */
  subscribe(subscriber: Subscriber): void {
    this.flush();
    this.#subscribers.add(subscriber);
    const { last } = this;
    for (const position of this.#lostWhileJoining.get(subscriber) ?? []) {
      const text = last && subscriber.encoder.encode(lostFrame(this.id, position, last, "rewound"));
      if (last && text !== undefined) subscriber.deliver([text], last);
    }
  }

  /**
   * Removes a subscriber, if it was subscribed.
   *
   * @param user Its user; undefined if that one is not present.
   * @param comesBack Whether the user is likely to come back soon.
   */
  async unsubscribe(
    subscriber: Subscriber,
    user: UserId | undefined,
    comesBack: boolean,
  ): Promise<void> {
    const wasSubscribed = this.#subscribers.remove(subscriber);
    if (wasSubscribed && user !== undefined) await this.presence.leave(user, comesBack);
  }

  /** Delivers what is queued, unsubscribes from the bus and aborts everything under way. */
  close(): void {
    this.flush();
    this.#life.abort();
    this.#context.bus.unsubscribe(this.id);
  }

  #flushDueNow(): number {
    return this.#cursor.last ? this.#subscribers.flushDue(this.#cursor.last) : 0;
  }

  async #flushAfter(ms: number): Promise<void> {
    this.#isTimerSet = true;
    try {
      // A flush in between begins another window.
      for (let waitMs = ms; waitMs > 0 && !this.signal.aborted; waitMs = this.#flushDueNow()) {
        await this.#context.clock.sleep(waitMs, this.signal);
      }
    } finally {
      this.#isTimerSet = false;
    }
  }

  async #open(): Promise<void> {
    const { bus } = this.#context;
    await bus.subscribe(this.id);
    const read = this.#cursor.beginRead();
    const top = await this.#readState();
    if (top === undefined) return;
    for (const entry of this.#cursor.completeRead(read, { top, entries: [] })) {
      this.#enqueueEntry(entry);
    }
    // There are no subscribers yet.
    this.flush();
    await retryWhileUnavailable(() => this.presence.refresh(), this.#context, this.#life.signal);
    // Discard the initial diff: joiners already receive the full list.
    this.presence.takeDiff();
    this.#isOpen = true;
    if (!this.#cursor.isLive) this.#fillGap();
  }

  #fillGap(): Promise<void> {
    // Opening the room reads the log anyway.
    if (this.#cursor.last === undefined) return this.whenOpen;
    if (this.#gapFill) return this.#gapFill;
    this.#context.metrics.gapsDetected.add();
    return this.#gapFill = this.#readGap().finally(() => this.#gapFill = undefined);
  }

  async #readGap(): Promise<void> {
    const { bus, metrics } = this.#context;
    const report = new LossReport(this.id);
    // The log's newest position when it was found that it must be read from its beginning.
    let topThen: Position | undefined;
    const isHistory = ({ position: { epoch, seq } }: Entry) =>
      topThen !== undefined && epoch !== topThen.epoch && seq <= topThen.seq;
    while (!this.#cursor.isLive && !this.#life.signal.aborted) {
      const after = this.#cursor.readAfter;
      if (after === undefined) return;
      const read = this.#cursor.beginRead();
      const expected = [...this.#expected.values()].map(({ position }) => position);
      const readReplay = () => bus.replay(this.id, after, GAP_READ_LIMIT);
      const replay = await retryWhileUnavailable(readReplay, this.#context, this.#life.signal);
      if (replay === undefined) return;
      metrics.replays.add();
      metrics.entriesRead.add(replay.entries.length);
      // An event may be among what is lost.
      const isLost = replay.lossReason !== undefined || this.rules.isOutdated(replay.top);
      if (isLost) await this.#readState();
      if (replay.lossReason === "unknown_epoch") topThen = replay.top;
      await this.#sendReplay(report, read, replay, isHistory);
      for (const position of expected) await this.#reportIfLost(position);
    }
    if (this.#cursor.isLive) metrics.gapsFilled.add();
  }

  /**
   * Sends what was read, chunk by chunk. Entries announced meanwhile wait until it is complete.
   *
   * @param isHistory Whether an entry may have been delivered before: its event must not take effect again.
   */
  async #sendReplay(
    report: LossReport,
    read: CursorRead,
    replay: Replay,
    isHistory: (entry: Entry) => boolean,
  ): Promise<void> {
    const { clock, maxChunk } = this.#context;
    for (const chunk of chunkReplay(replay, maxChunk)) {
      const after = this.#cursor.last;
      const entries = this.#cursor.completeRead(read, chunk);
      const end = this.#cursor.isLive ? this.#cursor.last : undefined;
      for (const frame of report.framesFor({ after, lossReason: chunk.lossReason, entries, end })) {
        this.enqueue(frame);
      }
      for (const entry of entries) this.#forwardToJoiners(entry, isHistory(entry));
      this.flush();
      if (end === undefined) await clock.sleep(CHUNK_PAUSE_MS, this.#life.signal);
    }
  }

  /** Reads the room's state. Resolves to the top of the log at that time; undefined if the room was closed meanwhile. */
  async #readState(): Promise<Position | undefined> {
    const read = () => this.#context.bus.state(this.id);
    const stored = await retryWhileUnavailable(read, this.#context, this.#life.signal);
    if (stored === undefined || this.#life.signal.aborted) return undefined;
    this.rules.learn(stored);
    this.#onRulesChanged(undefined);
    return stored.top;
  }

  /** Tells all users who are in the room, or join it. They may leave meanwhile. */
  #onRulesChanged(event: RoomEvent | undefined): void {
    for (const listener of [...this.#followers]) listener(event);
    for (const subscriber of [...this.#joiners]) subscriber.onRulesChanged(event);
    for (const subscriber of this.#subscribers.all()) subscriber.onRulesChanged(event);
  }

  /** Whether an entry was acknowledged here, and should have been announced by now. */
  #isEntryOverdue(): boolean {
    const before = this.#context.clock.now() - ANNOUNCED_WITHIN_MS;
    for (const [epoch, { position, since }] of this.#expected) {
      if (!this.#cursor.isBehind(position)) this.#expected.delete(epoch);
      else if (since <= before) return true;
    }
    return false;
  }

  /** Reports a loss if the log lacks a position that was acknowledged before it was read. */
  async #reportIfLost(expected: Position): Promise<void> {
    if (!this.#cursor.isLive) return;
    const { epoch } = expected;
    if (this.#expected.get(epoch)?.position === expected) this.#expected.delete(epoch);
    if (!this.#cursor.isBehind(expected)) return;
    // A repeated draft is acknowledged with the first one's position, which the log may still have.
    const readAfter = () => this.#context.bus.replay(this.id, expected, 0);
    const replay = await retryWhileUnavailable(readAfter, this.#context, this.#life.signal);
    const { last } = this.#cursor;
    if (!last || replay?.lossReason === undefined || replay.lossReason === "too_old") return;
    this.enqueue(lostFrame(this.id, expected, last, "rewound"));
    this.flush();
    for (const subscriber of this.#joiners) {
      const known = this.#lostWhileJoining.get(subscriber) ?? [];
      this.#lostWhileJoining.set(subscriber, [...known, expected]);
    }
  }

  #enqueueEntry(entry: Entry): void {
    this.#subscribers.enqueue(entryFrame(entry), estimateQueuedSize(entry));
    this.#forwardToJoiners(entry);
  }

  #forwardToJoiners(entry: Entry, isHistory = false): void {
    for (const cursor of this.#joinCursors) cursor.accept(entry);
    const event = this.rules.apply(entry);
    const isRenaming = entry.action.kind === "renamed";
    if (isHistory) {
      // What its event has changed is in the state, which was read after the loss.
      if (isRenaming) this.presence.onOldNameShown(entry.user, entry.name);
      return;
    }
    if (event) this.#onRulesChanged(event);
    if (isRenaming) this.presence.onRenamed(entry.user, entry.name);
  }
}
