/**
 * The rooms of one isolate: what the bus announces is led to them, and what they tell their members without being asked
 * (who comes and goes, who writes) is told at intervals, since in a big room it is too much to tell at once. The hub never
 * hears of a message but from the bus.
 * @module
 */
import type { Author } from "../core/entries.ts";
import { Metrics } from "../core/metrics.ts";
import { drawGuestName, type Name, type RoomId } from "../core/names.ts";
import { MAX_PORTION, weightOf } from "../core/portions.ts";
import type { Announcement, Bus, Note } from "./bus.ts";
import type { JoinWish, Member } from "./member.ts";
import { type RoomMeters, servingMeters } from "./meters.ts";
import { patiently } from "./patience.ts";
import { Room, type RoomContext } from "./room.ts";
import { Stay } from "./stay.ts";
import { WaitingRoom } from "./waiting_room.ts";

/** What a hub needs. */
export interface HubContext extends Omit<RoomContext, "meters"> {
  /** What is counted; without it, it is for nobody. */
  readonly meters?: RoomMeters;
  /** Does something when all that has come in by now was received; without it, it is done at once. */
  readonly soon?: (deed: () => void) => void;
  /** Also takes what the hub says in somebody's name: a renaming. */
  readonly bus: RoomContext["bus"] & Pick<Bus, "publish">;
  /** The word that the names of guests begin with. */
  readonly guestName: string;
  /** An id that was never used. */
  readonly drawId: () => string;
}

/** A place in a room; disposing it gives it back. */
export interface Membership {
  /** The room. */
  readonly room: Room;
  /** Leaves. @param comesBack Whether the user is likely to come back soon. */
  leave(comesBack: boolean): void;
}

/** Rooms with more people than this are told numbers and samples. */
export const BIG_ROOM = 200;
const SAMPLE = 20;
const BEAT_MS = 250;
/** Joining takes a blink; who waits longer is told. */
const PATIENCE_MS = 1_000;
const BEATS_OF_BIG_ROOMS = 8;
const BEATS_OF_REFRESH = 40;
/** Somebody who writes is taken to have stopped after so long. */
const TYPING_MS = 6_000;

/** Knows the rooms of this isolate. */
export class Hub implements Disposable {
  /** Those who join. */
  readonly waiting: WaitingRoom = new WaitingRoom(PATIENCE_MS);
  readonly #rooms = new Map<RoomId, Room>();
  // Rooms by the beat in which they are refreshed: refreshing thousands at once would hold up the bus.
  readonly #shifts = Array.from({ length: BEATS_OF_REFRESH }, () => new Set<Room>());
  #nextShift = 0;
  readonly #refreshing = new Set<Room>();
  // Where something was taken in that the members were not handed yet, and how much it weighs.
  readonly #touched = new Set<Room>();
  #weight = 0;
  #isDue = false;
  readonly #context: HubContext & RoomContext;

  /** A hub without rooms. */
  constructor(context: HubContext) {
    this.#context = { ...context, meters: context.meters ?? servingMeters(new Metrics()) };
  }

  /** Joins a room; the member is told when it is in, or why it is not. */
  join(id: RoomId, member: Member, wish: JoinWish): Membership {
    const room = this.#rooms.get(id) ?? this.#open(id);
    return new Stay(room, member, wish, this.#context, this.#closeDeserted);
  }

  /** Leads what the bus announced to the rooms, in its order; the members are handed it soon. */
  receive(announcements: readonly Announcement[]): void {
    for (const announcement of announcements) {
      const id = announcement.kind === "entry" ? announcement.entry.room : announcement.room;
      const room = this.#rooms.get(id);
      if (room === undefined) continue;
      this.#touched.add(room);
      if (announcement.kind === "entry") {
        room.take(announcement.entry);
        this.#weight += weightOf(announcement.entry);
      } else if (announcement.kind === "top") room.notice(announcement.top, announcement.isRead);
      else this.#hear(room, announcement.note);
    }
    const { soon } = this.#context;
    if (soon === undefined || this.#weight > MAX_PORTION) return this.#flush();
    if (this.#isDue) return;
    this.#isDue = true;
    // Not post by post: a hub that has fallen behind would send for each, and never catch up.
    soon(() => {
      this.#isDue = false;
      this.#flush();
    });
  }

  /** Tells who comes and goes, and renews what this isolate holds; until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (let beat = 1; !signal.aborted; beat++) {
      await this.#context.clock.sleep(BEAT_MS, signal);
      this.waiting.look(this.#context.clock.now());
      for (const room of this.#rooms.values()) {
        const isBig = room.attendance.count > BIG_ROOM;
        if (!isBig || beat % BEATS_OF_BIG_ROOMS === 0) this.#tellPresence(room, isBig);
      }
      for (const room of this.#shifts[beat % BEATS_OF_REFRESH] ?? []) this.#refresh(room);
    }
  }

  /** Hands this isolate's users over to other nodes; resolves when the bus has taken note, or is away. */
  async withdraw(): Promise<void> {
    await Promise.all([...this.#rooms.values()].map(({ attendance }) => attendance.withdraw()));
  }

  /** Closes all rooms. Users who come back are expected on other nodes. */
  [Symbol.dispose](): void {
    this.withdraw();
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
    for (const shift of this.#shifts) shift.clear();
  }

  #open(id: RoomId): Room {
    const room = new Room(id, this.#context);
    this.#rooms.set(id, room);
    this.#shifts[this.#nextShift]?.add(room);
    this.#nextShift = (this.#nextShift + 1) % BEATS_OF_REFRESH;
    return room;
  }

  #flush(): void {
    for (const room of this.#touched) room.flush();
    this.#touched.clear();
    this.#weight = 0;
  }

  #hear(room: Room, note: Note): void {
    if (note.kind !== "typing") return room.attendance.apply(note);
    if (room.attendance.count > BIG_ROOM) return;
    const { user, name, on } = note;
    room.tell({ type: "typing", room: room.id, user, name, on, ms: TYPING_MS });
  }

  #tellPresence(room: Room, isBig: boolean): void {
    const diff = room.attendance.takeDiff();
    if (diff === undefined) return;
    const joined = people(diff.joined, isBig), left = people(diff.left, isBig);
    const { id, attendance: { count } } = room;
    room.tell({ type: "presence", room: id, count, joined, left, ...(isBig && { sampled: true }) });
    room.flush();
  }

  async #refresh(room: Room): Promise<void> {
    this.#closeDeserted(room);
    // While the bus is away, the one before is still at it.
    if (this.#refreshing.has(room)) return;
    this.#refreshing.add(room);
    const homeless = await patiently(() => room.attendance.refresh(), this.#context, room.signal);
    for (const author of homeless ?? []) await this.#rename(room, author);
    this.#refreshing.delete(room);
  }

  /** Gives another name to one whose name was taken while the lease was lost. */
  async #rename(room: Room, { user, name: from }: Author): Promise<void> {
    const { bus, random, guestName, drawId } = this.#context;
    const isTaken = (name: Name) => room.attendance.knows(name);
    for (let attempt = 0; attempt < 10; attempt++) {
      const name = drawGuestName(guestName, isTaken, random);
      const isMine = await patiently(
        () => room.attendance.rename({ user, name }),
        this.#context,
        room.signal,
      );
      if (!isMine) continue;
      const deed = { kind: "renamed", from } as const;
      const draft = { room: room.id, user, name, id: drawId(), deed };
      await patiently(() => bus.publish(draft), this.#context, room.signal);
      return;
    }
  }

  // One for all who stay in a room.
  readonly #closeDeserted = (room: Room): void => {
    if (!room.isDeserted || this.#rooms.get(room.id) !== room) return;
    this.#rooms.delete(room.id);
    for (const shift of this.#shifts) if (shift.delete(room)) break;
    room.close();
  };
}

function people(authors: readonly Author[], isBig: boolean): { user: string; name: string }[] {
  const some = isBig ? authors.slice(0, SAMPLE) : authors;
  return some.map(({ user, name }) => ({ user, name }));
}
