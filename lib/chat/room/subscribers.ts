/**
 * The subscribers of one room on this worker, and the frames not delivered to them yet. The frames of one tick are
 * encoded once per protocol, and each subscriber is called once with the same strings. Do not allocate, wait or look
 * anything up per subscriber here: that runs a thousand times where the rest runs once
 * (docs/internals/decisions/0013-the-hot-path.md).
 * @module
 */
import { type FrameEncoder, packFrames } from "../../core/protocol/encoder.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import type { Position } from "../../core/log/position.ts";
import { RoomStrain } from "../../core/limits/room_strain.ts";
import type { Clock } from "../ports/clock.ts";
import type { Subscriber } from "./subscriber.ts";
import type { RoomMetrics } from "../metrics.ts";

/** What the subscribers need from their room. */
export interface SubscribersContext {
  /** For the metrics. */
  readonly clock: Clock;
  /** Metrics to record. */
  readonly metrics: RoomMetrics;
}

/** The subscribers of one room. */
export class Subscribers {
  readonly #context: SubscribersContext;
  readonly #byEncoder = new Map<FrameEncoder, Set<Subscriber>>();
  readonly #strain = new RoomStrain();
  // Frames of this tick, not delivered yet.
  #pending: Frame[] = [];

  /** Starts without subscribers. */
  constructor(context: SubscribersContext) {
    this.#context = context;
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

  /** Whether there are no subscribers. */
  get isEmpty(): boolean {
    return this.#byEncoder.size === 0;
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

  /** Queues a frame for the next {@linkcode flush}. */
  enqueue(frame: Frame): void {
    this.#pending.push(frame);
  }

  /** Delivers the queued frames. @param last Position of the newest entry in them. */
  flush(last: Position): void {
    if (this.#pending.length === 0) return;
    const frames = this.#pending;
    this.#pending = [];
    if (this.isEmpty) return;
    const { clock, metrics } = this.#context;
    const beganAt = clock.now();
    for (const [encoder, group] of this.#byEncoder) this.#deliverTo(frames, encoder, group, last);
    metrics.fanoutSeconds.observe((clock.now() - beganAt) / 1000);
    const date = clock.date();
    for (const frame of frames) {
      const at = entryTimeOf(frame);
      if (at !== undefined) metrics.deliverySeconds.observe(Math.max(0, date - at) / 1000);
    }
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
    for (const subscriber of group) subscriber.deliver(messages, last);
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
