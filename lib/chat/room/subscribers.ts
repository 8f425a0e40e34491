/**
 * The subscribers of one room on this worker, and the frames not delivered to them yet. The frames of one batch window,
 * in most rooms those of one tick, are encoded once per protocol, and each subscriber is called once with the same
 * strings. Do not allocate, wait or look anything up per subscriber here: that runs a thousand times where the rest runs
 * once (docs/internals/decisions/0013-the-hot-path.md).
 * @module
 */
import { encodeFrames, type FrameEncoder, packFrames } from "../../core/protocol/encoder.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { earliestShown, readableFrames } from "../../core/protocol/readable_frames.ts";
import type { Position } from "../../core/log/position.ts";
import { type BatchPolicy, BatchWindow } from "../../core/limits/batch_window.ts";
import { RoomStrain } from "../../core/limits/room_strain.ts";
import type { WorkerLoad } from "../../core/limits/worker_load.ts";
import type { Clock } from "../ports/clock.ts";
import type { Subscriber } from "./subscriber.ts";
import type { RoomMetrics } from "../metrics.ts";

/** What the subscribers need from their room. */
export interface SubscribersContext {
  /** For batch windows and metrics. */
  readonly clock: Clock;
  /** Metrics to record. */
  readonly metrics: RoomMetrics;
  /** How long frames may wait for others. */
  readonly batchPolicy: BatchPolicy;
  /**
   * Whether messages that are sent to a connection together cost about one. If not, only protocols that join frames
   * gain from waiting.
   */
  readonly sharesWrites: boolean;
  /** What the rooms of the worker hold back together. */
  readonly load: WorkerLoad;
}

/** Queued frames that were not delivered yet, or not to everyone. */
class Batch {
  readonly frames: Frame[] = [];
  /** Sum of the sizes passed to `enqueue()`, as counted by `WorkerLoad`. */
  size = 0;
  /** How many frames, the first ones, the batch window has counted. */
  counted = 0;
  /** How many frames, the first ones, were delivered to those for whom waiting saves nothing. */
  deliveredUnbatched = 0;
  /** Time that these deliveries took, in milliseconds. */
  fanoutMs = 0;
}

/** The subscribers of one room on this worker, grouped by their encoders. */
export class Subscribers {
  readonly #context: SubscribersContext;
  readonly #hiddenUpTo: () => number;
  readonly #byEncoder = new Map<FrameEncoder, Set<Subscriber>>();
  readonly #strain = new RoomStrain();
  readonly #window: BatchWindow;
  #batch = new Batch();

  /**
   * Starts without subscribers.
   *
   * @param hiddenUpTo Returns the highest number that some subscriber cannot read; 0 if all can read everything.
   */
  constructor(context: SubscribersContext, hiddenUpTo: () => number) {
    this.#context = context;
    this.#hiddenUpTo = hiddenUpTo;
    this.#window = new BatchWindow(context.batchPolicy);
  }

  /**
   * The number of people for which a message is charged. @param people People in the room; each can have several
   * connections.
   */
  chargedPeople(people: number): number {
    const groups = [...this.#byEncoder.values()];
    const size = groups.reduce((sum, { size }) => sum + size, 0);
    const now = this.#context.clock.now();
    if (size > 0 && this.#strain.isDue(now)) {
      let behind = 0;
      for (const group of groups) {
        for (const subscriber of group) if (subscriber.isBacklogged()) behind += 1;
      }
      this.#strain.record(behind / size, now);
    }
    return this.#strain.chargedPeople(Math.max(people, size));
  }

  /** Whether there are frames that were not delivered to everyone. */
  get hasPending(): boolean {
    return this.#batch.frames.length > 0;
  }

  /** Whether there are no subscribers. */
  get isEmpty(): boolean {
    return this.#byEncoder.size === 0;
  }

  /** Returns the subscribers as a new array, so that they can be removed during an iteration. */
  all(): readonly Subscriber[] {
    return [...this.#byEncoder.values()].flatMap((group) => [...group]);
  }

  /** Adds a subscriber. It receives every frame flushed from now on. */
  add(subscriber: Subscriber): void {
    const group = this.#byEncoder.get(subscriber.encoder) ?? new Set();
    this.#byEncoder.set(subscriber.encoder, group.add(subscriber));
  }

  /** Removes a subscriber. Returns whether it was there. */
  remove(subscriber: Subscriber): boolean {
    const group = this.#byEncoder.get(subscriber.encoder);
    if (!group?.delete(subscriber)) return false;
    if (group.size === 0) this.#byEncoder.delete(subscriber.encoder);
    return true;
  }

  /** Sends users' read markers to their connections. */
  sendReadMarkers(markers: ReadonlyMap<UserId, Position>): void {
    for (const group of this.#byEncoder.values()) sendReadMarkersTo(group, markers);
  }

  /** Queues a frame for the next delivery. @param size See `WorkerLoad`; 0 if it does not matter. */
  enqueue(frame: Frame, size: number): void {
    this.#batch.frames.push(frame);
    this.#batch.size += size;
    this.#context.load.addQueued(size);
  }

  /**
   * Delivers the queued frames to those for whom waiting saves nothing, and to all others when the batch window ends.
   *
   * @param last Position of the newest entry in them.
   * @returns Milliseconds after which it must be called again; 0 if everything was delivered.
   */
  flushDue(last: Position): number {
    if (!this.hasPending) return 0;
    const members = this.#countBatched();
    if (members > 0) {
      const now = this.#context.clock.now();
      const waitMs = this.#dueAt(members, now) - now;
      // Timers have a resolution of a millisecond, and may be early by a part of it.
      if (waitMs >= 1) {
        this.#deliverUnbatched(this.#batch, last);
        return waitMs;
      }
    }
    this.flush(last);
    return 0;
  }

  /** Delivers the queued frames to everyone. @param last Position of the newest entry in them. */
  flush(last: Position): void {
    if (!this.hasPending) return;
    const { clock, metrics, load } = this.#context;
    const beganAt = clock.now();
    const members = this.#countBatched();
    if (members > 0) {
      this.#dueAt(members, beganAt);
      metrics.batchWindowSeconds.observe(this.#window.lengthMs / 1000);
    }
    const { frames, size, deliveredUnbatched, fanoutMs } = this.#batch;
    this.#batch = new Batch();
    load.removeQueued(size);
    if (this.isEmpty) return this.#window.leave(beganAt, beganAt);
    const rest = deliveredUnbatched === 0 ? frames : frames.slice(deliveredUnbatched);
    for (const [encoder, group] of this.#byEncoder) {
      this.#deliverTo(this.#isBatched(encoder) ? frames : rest, encoder, group, last);
    }
    const now = clock.now();
    this.#window.leave(beganAt, now);
    metrics.fanoutSeconds.observe((fanoutMs + now - beganAt) / 1000);
    const date = clock.date();
    for (const frame of frames) {
      const at = entryTimeOf(frame);
      if (at !== undefined) metrics.deliverySeconds.observe(Math.max(0, date - at) / 1000);
    }
  }

  #deliverUnbatched(batch: Batch, last: Position): void {
    const frames = batch.frames.slice(batch.deliveredUnbatched);
    if (frames.length === 0) return;
    const { clock } = this.#context;
    const beganAt = clock.now();
    batch.deliveredUnbatched = batch.frames.length;
    for (const [encoder, group] of this.#byEncoder) {
      if (!this.#isBatched(encoder)) this.#deliverTo(frames, encoder, group, last);
    }
    batch.fanoutMs += clock.now() - beganAt;
  }

  #isBatched({ canBatch }: FrameEncoder): boolean {
    return canBatch || this.#context.sharesWrites;
  }

  /** The number of subscribers for whom waiting saves something; 0 if nothing may wait. */
  #countBatched(): number {
    if (this.#context.batchPolicy.maxMs === 0) return 0;
    let count = 0;
    for (const [encoder, { size }] of this.#byEncoder) if (this.#isBatched(encoder)) count += size;
    return count;
  }

  /** When the queued frames must be delivered to those for whom waiting saves something. */
  #dueAt(members: number, now: number): number {
    const { frames: { length }, counted } = this.#batch;
    if (length > counted) this.#window.count((length - counted) * members, now);
    this.#batch.counted = length;
    return this.#window.dueAt(now, this.#context.load.loopDelayMs);
  }

  #deliverTo(
    frames: readonly Frame[],
    encoder: FrameEncoder,
    group: ReadonlySet<Subscriber>,
    last: Position,
  ): void {
    const texts = frames.map((frame) => encoder.encode(frame));
    const messages = packFrames(encoder, texts);
    if (messages.length === 0) return;
    const isDelivered = (frame: Frame, index: number) =>
      entryTimeOf(frame) !== undefined && texts[index] !== undefined;
    this.#context.metrics.deliveries.add(frames.filter(isDelivered).length * group.size);
    const hiddenUpTo = this.#hiddenUpTo();
    const shown = hiddenUpTo > 0 ? earliestShown(frames) : Infinity;
    if (shown <= hiddenUpTo) return deliverReadable(frames, messages, shown, group, last);
    for (const subscriber of group) subscriber.deliver(messages, last);
  }
}

/** Delivers to each subscriber what that one can read. @param shown Of `earliestShown()`. */
function deliverReadable(
  frames: readonly Frame[],
  messages: readonly string[],
  shown: number,
  group: ReadonlySet<Subscriber>,
  last: Position,
): void {
  for (const subscriber of group) {
    const reader = { user: subscriber.user, after: subscriber.readableAfter() };
    const readable = reader.after < shown
      ? messages
      : encodeFrames(subscriber.encoder, readableFrames(frames, reader));
    if (readable.length > 0) subscriber.deliver(readable, last);
  }
}

/**
 * Sends users' read markers to their subscribers. Pass all markers at once: in a room of thousands, each message causes
 * thousands.
 */
export function sendReadMarkersTo(
  subscribers: Iterable<Subscriber>,
  markers: ReadonlyMap<UserId, Position>,
): void {
  if (markers.size === 0) return;
  for (const subscriber of subscribers) {
    const read = markers.get(subscriber.user);
    if (read) subscriber.onReadMarker(read);
  }
}

/** The time at which a frame's entry was entered; undefined for frames of no entry. */
function entryTimeOf(frame: Frame): number | undefined {
  return "at" in frame ? frame.at : undefined;
}
