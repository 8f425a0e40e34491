/**
 * The rooms of one client: which ones it has joined, and its record of each, which outlives the connection.
 * @module
 */
import type { Frame, FrameOf } from "../../../lib/core/protocol/frames.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import { type EntryFrame, isEntry, RoomRecord } from "./room_record.ts";
import type { World } from "../world/world.ts";

/** A frame about an event in a room. */
export type RoomFrame = EntryFrame | FrameOf<"hidden" | "lost" | "presence" | "typing" | "read">;

/** One client's rooms. */
export class JoinedRooms {
  readonly #world: World;
  readonly #author: string;
  readonly #records = new Map<RoomId, RoomRecord>();
  readonly #joined = new Set<RoomId>();

  constructor(world: World, author: string) {
    this.#world = world;
    this.#author = author;
  }

  /** The rooms that the client has joined. */
  get joined(): readonly RoomId[] {
    return [...this.#joined];
  }

  has(room: RoomId): boolean {
    return this.#joined.has(room);
  }

  /** The record of a room; undefined if the client has never joined it. */
  record(room: RoomId): RoomRecord | undefined {
    return this.#records.get(room);
  }

  /** The room with this name. */
  room(text: string): RoomId {
    return this.#world.rooms.find((room) => room === text) ?? this.#world.fail(`no room ${text}`);
  }

  /** Handles a join. @param since The position that the client had asked for. */
  onJoined(frame: FrameOf<"joined">, since: Position | undefined): RoomId {
    const room = this.room(frame.room);
    this.#joined.add(room);
    this.#open(room).onJoined(frame, since);
    return room;
  }

  /** Handles an event in a room. */
  onFrame(frame: RoomFrame): RoomId {
    const room = this.room(frame.room);
    const record = this.#open(room);
    if (!this.#joined.has(room)) {
      this.#reportViolation(`${frame.type} from ${room}, where it is not`);
    } else if (isEntry(frame)) record.onEntry(frame);
    else if (frame.type === "hidden") record.onHidden(frame);
    else if (frame.type === "lost") record.onLost(frame);
    else if (frame.type === "presence") record.onPresence(frame);
    else if (frame.type === "read") record.onRead(frame);
    return room;
  }

  /** Handles leaving a room. */
  onLeft(text: string): void {
    this.#joined.delete(this.room(text));
  }

  /** Handles the loss of the connection. */
  clear(): void {
    this.#joined.clear();
  }

  /** Checks the state after a long quiet period. */
  checkFinalState(): void {
    for (const room of this.#joined) {
      this.#records.get(room)?.checkFinalState(this.#world.redis.top(room).top);
    }
  }

  #open(room: RoomId): RoomRecord {
    const reportViolation = (what: string) => this.#reportViolation(what);
    const record = this.#records.get(room) ??
      new RoomRecord(this.#world.redis.oracle(room), reportViolation);
    this.#records.set(room, record);
    return record;
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.#author}: ${what}`);
  }
}

/** Whether the frame is about an event in a room. */
export function isRoomFrame(frame: Frame): frame is RoomFrame {
  return isEntry(frame) || ["hidden", "lost", "presence", "typing", "read"].includes(frame.type);
}
