/**
 * The rooms of one client: in which of them it is, and its record of each, which outlives the connection.
 * @module
 */
import type { Frame, FrameOf } from "../../lib/core/frames.ts";
import type { RoomId } from "../../lib/core/names.ts";
import type { Position } from "../../lib/core/positions.ts";
import { type EntryFrame, isEntry, RoomRecord } from "./room_record.ts";
import type { World } from "./world.ts";

/** A frame that tells what happens in a room. */
export type RoomFrame = EntryFrame | FrameOf<"lost" | "presence" | "typing">;

/** One client's rooms. */
export class RoomBook {
  readonly #world: World;
  readonly #author: string;
  readonly #records = new Map<RoomId, RoomRecord>();
  readonly #joined = new Set<RoomId>();

  constructor(world: World, author: string) {
    this.#world = world;
    this.#author = author;
  }

  /** Where it is. */
  get joined(): readonly RoomId[] {
    return [...this.#joined];
  }

  has(room: RoomId): boolean {
    return this.#joined.has(room);
  }

  /** What it was sent of a room, now and before; undefined where it has never been. */
  record(room: RoomId): RoomRecord | undefined {
    return this.#records.get(room);
  }

  /** The room of this name. */
  room(text: string): RoomId {
    return this.#world.rooms.find((room) => room === text) ?? this.#world.fail(`no room ${text}`);
  }

  /** Has joined. @param since What it had asked for. */
  join(frame: FrameOf<"joined">, since: Position | undefined): RoomId {
    const room = this.room(frame.room);
    this.#joined.add(room);
    this.#open(room).join(frame, since);
    return room;
  }

  /** Takes in what happens in a room. */
  take(frame: RoomFrame): RoomId {
    const room = this.room(frame.room);
    const record = this.#open(room);
    if (!this.#joined.has(room)) this.#complain(`${frame.type} from ${room}, where it is not`);
    else if (isEntry(frame)) record.take(frame);
    else if (frame.type === "lost") record.lose(frame);
    else if (frame.type === "presence") record.move(frame);
    return room;
  }

  /** Has left. */
  leave(text: string): void {
    this.#joined.delete(this.room(text));
  }

  /** Is nowhere any more. */
  forget(): void {
    this.#joined.clear();
  }

  /** All is quiet, and has been for long. */
  finish(): void {
    for (const room of this.#joined) {
      this.#records.get(room)?.finish(this.#world.redis.top(room).top);
    }
  }

  #open(room: RoomId): RoomRecord {
    const complain = (what: string) => this.#complain(what);
    const record = this.#records.get(room) ??
      new RoomRecord(this.#world.redis.truth(room), complain);
    this.#records.set(room, record);
    return record;
  }

  #complain(what: string): void {
    this.#world.complain(`${this.#author}: ${what}`);
  }
}

/** Whether it tells what happens in a room. */
export function isRoomFrame(frame: Frame): frame is RoomFrame {
  return isEntry(frame) || ["lost", "presence", "typing"].includes(frame.type);
}
