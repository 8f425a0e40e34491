/**
 * The rooms of one worker. Dispatches what the bus announces to them, and sends presence at intervals, because in
 * a large room every single change would be too much.
 * Do not pass messages to the hub directly: it receives them from the bus only.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import type { RoomId } from "../../core/names/names.ts";
import { MAX_CHUNK } from "../../core/log/reading/replay_chunks.ts";
import { type BatchPolicy, NO_BATCHING } from "../../core/limits/batch_window.ts";
import { WorkerLoad } from "../../core/limits/worker_load.ts";
import { isUpTo, type Position } from "../../core/log/position.ts";
import type { ListedPerson } from "../members/known_moderators.ts";
import {
  type Announcement,
  BusUnavailable,
  type KnownPeople,
  type PaceSignal,
  type Signal,
  type UserSignal,
} from "../ports/bus.ts";
import type { JoinRequest, Subscriber } from "./subscriber.ts";
import { type RoomMetrics, workerMetrics } from "../metrics.ts";
import { retryWhileUnavailable } from "../retry.ts";
import { ReadMarkerRelay } from "./read_marker_relay.ts";
import { Room, type RoomContext } from "./room.ts";
import type { RulesListener } from "./room_state_tracker.ts";
import { AssignedNames, type NamingContext } from "./assigned_names.ts";
import { Subscription } from "./subscription.ts";
import { JoinDeadlines } from "./join_deadlines.ts";

/** What a hub needs from its worker. */
export interface HubContext
  extends
    Omit<RoomContext, "metrics" | "bus" | "batchPolicy" | "sharesWrites" | "load">,
    NamingContext {
  /** Metrics to record; by default they are discarded. */
  readonly metrics?: RoomMetrics;
  /** How long frames of a busy room may wait for others; default: not at all. */
  readonly batchPolicy?: BatchPolicy;
  /** Whether messages sent to a connection together share a write; default: false. */
  readonly sharesWrites?: boolean;
  /** Told what concerns one user, wherever the user is connected; optional. */
  readonly onUserSignal?: (signal: UserSignal) => void;
  /** Told when a guest has sent something in a room in slow mode, on any node; optional. */
  readonly onGuestSent?: (room: RoomId, signal: PaceSignal) => void;
  /** Told of each room that has opened and has a state; optional. */
  readonly onRoomOpened?: (room: Room) => void;
  /** Runs a function when all input received so far has been handled; default: at once. */
  readonly defer?: (fn: () => void) => void;
}

/** Rooms with more people than this receive counts and samples in `presence` frames. */
export const LARGE_ROOM_PEOPLE = 200;
const SAMPLE_SIZE = 20;
const CYCLE_MS = 250;
/** Joins normally take milliseconds. After this time the subscriber is notified. */
const JOIN_TIMEOUT_MS = 1_000;
const CYCLES_PER_REFRESH = 40;
/** How long clients show a user as typing without a new signal. */
const TYPING_TIMEOUT_MS = 6_000;

/** The rooms of one worker. */
export class Hub implements Disposable {
  /** Subscribers that are joining. */
  readonly joinDeadlines: JoinDeadlines = new JoinDeadlines(JOIN_TIMEOUT_MS);
  /** Relays users' read markers to their other connections. */
  readonly readMarkers: ReadMarkerRelay;
  readonly #rooms = new Map<RoomId, Room>();
  // Rooms whose presence or temporary names have something to do. Looking at all rooms takes too long if there are thousands.
  readonly #changedRooms = new Set<Room>();
  // Rooms by the cycle in which they are refreshed: refreshing thousands at once would block the bus.
  readonly #refreshGroups = Array.from({ length: CYCLES_PER_REFRESH }, () => new Set<Room>());
  #nextGroup = 0;
  readonly #refreshing = new Set<Room>();
  // Groups with a renewal under way.
  readonly #renewing = new Set<ReadonlySet<Room>>();
  // Rooms with presence that waits until they are current.
  readonly #catchingUp = new Set<Room>();
  readonly #load = new WorkerLoad();
  // Rooms with announcements that were not delivered yet.
  readonly #roomsToFlush = new Set<Room>();
  #isFlushDeferred = false;
  readonly #context: HubContext & RoomContext;
  readonly #assignedNames: AssignedNames;

  /** Creates a hub without rooms. */
  constructor(context: HubContext) {
    this.#context = {
      batchPolicy: NO_BATCHING,
      sharesWrites: false,
      ...context,
      metrics: context.metrics ?? workerMetrics(new Metrics()),
      load: this.#load,
    };
    this.readMarkers = new ReadMarkerRelay(context.bus);
    this.#assignedNames = new AssignedNames(context);
  }

  /** Joins a room, opening it if necessary. The subscriber is notified of the result. */
  join(id: RoomId, subscriber: Subscriber, request: JoinRequest): Subscription {
    const room = this.#rooms.get(id) ?? this.#open(id);
    return new Subscription(room, subscriber, request, this.#context, this.#closeIfEmpty);
  }

  /** Keeps a room open and follows its rules until the hub is disposed. Returns the room. */
  follow(id: RoomId, listener: RulesListener): Room {
    const room = this.#rooms.get(id) ?? this.#open(id);
    room.follow(listener);
    return room;
  }

  /** The room, if it is open here and its state is known. */
  find(id: RoomId): Room | undefined {
    const room = this.#rooms.get(id);
    return room?.isOpen ? room : undefined;
  }

  /** Dispatches announcements to the rooms, in order. Subscribers receive them with their room's next flush. */
  dispatch(announcements: readonly Announcement[]): void {
    const readMarkers = new Map<Room, Map<UserId, Position>>();
    for (const announcement of announcements) {
      const id = announcement.kind === "entry" ? announcement.entry.room : announcement.room;
      const room = this.#rooms.get(id);
      if (room === undefined) continue;
      this.#roomsToFlush.add(room);
      if (announcement.kind === "entry") room.onEntry(announcement.entry);
      else if (announcement.kind === "top") room.onTop(announcement.top, announcement.isRead);
      else if (announcement.signal.kind !== "read") this.#onSignal(room, announcement.signal);
      else {
        const { user, read } = announcement.signal;
        // Most read markers belong to users of other nodes.
        if (room.presence.nameOf(user) === undefined) continue;
        const known = readMarkers.get(room) ?? new Map<UserId, Position>();
        // Markers from two nodes arrive in any order.
        if (!isUpTo(read, known.get(user))) readMarkers.set(room, known.set(user, read));
      }
    }
    for (const [room, known] of readMarkers) room.sendReadMarkers(known);
    const { defer, maxChunk = MAX_CHUNK } = this.#context;
    if (this.#load.queuedSize > maxChunk) return this.#flushRooms((room) => room.flush());
    if (defer === undefined) return this.#flushRooms((room) => room.flushDue());
    if (this.#isFlushDeferred) return;
    this.#isFlushDeferred = true;
    // Do not flush per batch: a hub that has fallen behind would send for each batch, and never catch up.
    defer(() => {
      this.#isFlushDeferred = false;
      this.#flushRooms((room) => room.flushDue());
    });
  }

  /** Delivers everything that waits for the end of a batch window, such as before connections are closed. */
  flush(): void {
    for (const room of this.#rooms.values()) room.flush();
  }

  /** Sends presence, relays read markers and renews this worker's leases, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (let cycle = 1; !signal.aborted; cycle++) {
      const wokenAt = this.#context.clock.now() + CYCLE_MS;
      await this.#context.clock.sleep(CYCLE_MS, signal);
      this.#load.recordLateness(this.#context.clock.now() - wokenAt);
      this.joinDeadlines.check(this.#context.clock.now());
      this.readMarkers.relay();
      for (const room of [...this.#changedRooms]) {
        this.#sendPresence(room);
        this.#assignedNames.restoreNames(room, false);
        if (!room.presence.hasChanged) this.#changedRooms.delete(room);
      }
      this.#refreshGroup(this.#refreshGroups[cycle % CYCLES_PER_REFRESH]);
    }
  }

  /** Members own other names than before: those who have one of them here get other names. */
  onNamesChanged(): void {
    for (const room of this.#rooms.values()) {
      if (room.presence.hasReservedNames) this.#refreshPresence(room, true);
      // A member may be waiting for the name.
      else room.presence.temporaryNames.onPeopleChanged();
    }
  }

  /** Members have other roles: their rooms are told with the next presence. */
  onRolesChanged(users: readonly UserId[]): void {
    for (const { presence } of this.#rooms.values()) presence.onRolesChanged(users);
  }

  /** Hands this worker's users over to other nodes. Resolves when the bus has recorded it, or is unavailable. */
  async withdraw(): Promise<void> {
    await Promise.all([...this.#rooms.values()].map(({ presence }) => presence.withdraw()));
  }

  /** Closes all rooms. Their users are expected to reconnect to other nodes. */
  [Symbol.dispose](): void {
    this.withdraw();
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
    this.#changedRooms.clear();
    for (const group of this.#refreshGroups) group.clear();
  }

  #open(id: RoomId): Room {
    const room = new Room(id, this.#context, this.#onPeopleChanged);
    const { onRoomOpened } = this.#context;
    if (onRoomOpened) {
      room.whenOpen.then(() => room.isOpen && !room.state.isEmpty && onRoomOpened(room));
    }
    this.#rooms.set(id, room);
    this.#refreshGroups[this.#nextGroup]?.add(room);
    this.#nextGroup = (this.#nextGroup + 1) % CYCLES_PER_REFRESH;
    return room;
  }

  #flushRooms(flush: (room: Room) => void): void {
    for (const room of this.#roomsToFlush) {
      flush(room);
      // Those within a window stay: they must be delivered at once if too much is queued.
      if (!room.hasPending) this.#roomsToFlush.delete(room);
    }
  }

  #onSignal(room: Room, signal: Exclude<Signal, { readonly kind: "read" }>): void {
    if (signal.kind === "member" || signal.kind === "turned down") {
      return this.#context.onUserSignal?.(signal);
    }
    if (signal.kind === "paced") return this.#context.onGuestSent?.(room.id, signal);
    if (signal.kind !== "typing") return room.presence.apply(signal);
    if (room.presence.count > LARGE_ROOM_PEOPLE) return;
    const { user, name, on } = signal;
    room.enqueue({ type: "typing", room: room.id, user, name, on, ms: TYPING_TIMEOUT_MS });
  }

  #sendPresence(room: Room): void {
    const now = this.#context.clock.now();
    if (!room.presencePace.isDue(now) || this.#catchingUp.has(room)) return;
    const diff = room.presence.takeDiff();
    if (diff === undefined) return;
    room.presencePace.onSent(now, room.presence.count);
    const isLarge = room.presence.count > LARGE_ROOM_PEOPLE;
    const joined = peopleInFrame(diff.joined, isLarge), left = peopleInFrame(diff.left, isLarge);
    const changed = peopleInFrame(diff.changed, isLarge);
    const { id, presence: { count } } = room;
    const frame: FrameOf<"presence"> = {
      type: "presence",
      room: id,
      count,
      joined,
      left,
      ...(changed.length > 0 && { changed }),
      ...(isLarge && { sampled: true }),
    };
    if (isClosed(id)) this.#sendWhenCurrent(room, frame);
    else this.#sendFrame(room, frame);
  }

  #sendFrame(room: Room, frame: Frame): void {
    room.enqueue(frame);
    room.flushDue();
  }

  /**
   * Sends a frame when the room has delivered all that is in its log by now. After an outage, who is in a private room may be
   * known here before it is known who has been removed from it.
   */
  async #sendWhenCurrent(room: Room, frame: Frame): Promise<void> {
    this.#catchingUp.add(room);
    const read = () => room.readTop().then(() => true);
    const isCurrent = await retryWhileUnavailable(read, this.#context, room.signal)
      .finally(() => this.#catchingUp.delete(room));
    if (isCurrent) this.#sendFrame(room, frame);
  }

  /** In one call, renews the leases of all rooms whose users have not changed; refreshes the other rooms. */
  async #refreshGroup(rooms: ReadonlySet<Room> = new Set()): Promise<void> {
    const known: KnownPeople[] = [];
    for (const room of rooms) {
      const version = room.presence.settledVersion;
      if (version === undefined) this.#refreshPresence(room);
      else known.push({ room: room.id, version });
    }
    // While the bus is slow, the previous renewal is still under way.
    if (known.length === 0 || this.#renewing.has(rooms)) return;
    this.#renewing.add(rooms);
    const changed = await this.#renew(known).finally(() => this.#renewing.delete(rooms));
    for (const id of changed) {
      const room = this.#rooms.get(id);
      if (room) this.#refreshPresence(room);
    }
  }

  /** Resolves to the rooms that must be refreshed. */
  async #renew(known: readonly KnownPeople[]): Promise<readonly RoomId[]> {
    try {
      return await this.#context.bus.renew(this.#context.node, known);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return known.map(({ room }) => room);
    }
  }

  async #refreshPresence(room: Room, isAfterNameChange: boolean = false): Promise<void> {
    this.#closeIfEmpty(room);
    // While the bus is unavailable, the previous refresh is still retrying.
    if (this.#refreshing.has(room)) return;
    this.#refreshing.add(room);
    const displaced = await retryWhileUnavailable(
      () => room.presence.refresh(isAfterNameChange),
      this.#context,
      room.signal,
    );
    for (const author of displaced ?? []) await this.#assignedNames.replaceTakenName(room, author);
    this.#refreshing.delete(room);
    await this.#assignedNames.restoreNames(room, true);
  }

  readonly #onPeopleChanged = (room: Room): void => {
    if (this.#rooms.get(room.id) === room) this.#changedRooms.add(room);
  };

  // One function for all subscriptions, instead of one each.
  readonly #closeIfEmpty = (room: Room): void => {
    if (!room.isEmpty || this.#rooms.get(room.id) !== room) return;
    this.#rooms.delete(room.id);
    this.#changedRooms.delete(room);
    for (const group of this.#refreshGroups) if (group.delete(room)) break;
    room.close();
  };
}

function peopleInFrame(people: readonly ListedPerson[], isLarge: boolean): ListedPerson[] {
  return isLarge ? people.slice(0, SAMPLE_SIZE) : [...people];
}
