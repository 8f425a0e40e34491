/**
 * Who hears one room on this isolate, and what they have not been told yet. What happens in one tick is encoded once for
 * each dialect, and each member is called once with the same strings: nothing here allocates, waits or looks anything up
 * for a member, since that is done a thousand times where the rest is done once (docs/decisions/0013-the-hot-path.md).
 * @module
 */
import { type Dialect, packed } from "../core/dialect.ts";
import type { Frame } from "../core/frames.ts";
import type { Position } from "../core/positions.ts";
import { Strain } from "../core/strain.ts";
import type { Clock } from "./clock.ts";
import type { Member } from "./member.ts";
import type { RoomMeters } from "./meters.ts";

/** What an audience needs. */
export interface AudienceContext {
  /** For the meters. */
  readonly clock: Clock;
  /** What is counted. */
  readonly meters: RoomMeters;
}

/** The members of one room. */
export class Audience {
  readonly #context: AudienceContext;
  readonly #members = new Map<Dialect, Set<Member>>();
  readonly #strain = new Strain();
  // What has happened in this tick and is not yet told.
  #untold: Frame[] = [];

  /** Nobody yet. */
  constructor(context: AudienceContext) {
    this.#context = context;
  }

  /** The number of people for which a message is charged. @param people In the room; one can have several connections. */
  load(people: number): number {
    const members = [...this.#members.values()];
    const size = members.reduce((sum, { size }) => sum + size, 0);
    const now = this.#context.clock.now();
    if (size > 0 && this.#strain.isDue(now)) {
      let behind = 0;
      for (const some of members) for (const member of some) if (member.isBehind()) behind += 1;
      this.#strain.note(behind / size, now);
    }
    return this.#strain.load(Math.max(people, size));
  }

  /** Whether there is nobody. */
  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Lets a member hear what is told from now on. */
  add(member: Member): void {
    const members = this.#members.get(member.dialect) ?? new Set();
    this.#members.set(member.dialect, members.add(member));
  }

  /** Puts a member out; whether it was there. */
  remove(member: Member): boolean {
    const members = this.#members.get(member.dialect);
    if (!members?.delete(member)) return false;
    if (members.size === 0) this.#members.delete(member.dialect);
    return true;
  }

  /** Tells something with the next {@linkcode flush}, after what was told before. */
  tell(frame: Frame): void {
    this.#untold.push(frame);
  }

  /** Hands over what was told since the last time. @param last The position of the newest entry in it. */
  flush(last: Position): void {
    if (this.#untold.length === 0) return;
    const frames = this.#untold;
    this.#untold = [];
    if (this.isEmpty) return;
    const { clock, meters } = this.#context;
    const beganAt = clock.now();
    for (const [dialect, members] of this.#members) this.#handOver(frames, dialect, members, last);
    meters.fanoutSeconds.observe((clock.now() - beganAt) / 1000);
    const date = clock.date();
    for (const frame of frames) {
      const at = timeOf(frame);
      if (at !== undefined) meters.deliverySeconds.observe(Math.max(0, date - at) / 1000);
    }
  }

  #handOver(
    frames: readonly Frame[],
    dialect: Dialect,
    members: ReadonlySet<Member>,
    last: Position,
  ): void {
    const texts = frames.map((frame) => dialect.encode(frame));
    const messages = packed(dialect, texts);
    if (messages.length === 0) return;
    const isTold = (frame: Frame, index: number) =>
      timeOf(frame) !== undefined && texts[index] !== undefined;
    this.#context.meters.deliveries.add(frames.filter(isTold).length * members.size);
    for (const member of members) member.deliver(messages, last);
  }
}

/** When it was entered, where it tells of an entry. */
function timeOf(frame: Frame): number | undefined {
  return "at" in frame ? frame.at : undefined;
}
