/**
 * Who was a member of which private room, and when. Every frame that a node sends is compared with it: nobody may be sent anything
 * of a private room that the order of its log does not let that user read.
 * @module
 */
import type { Draft, Entry } from "../../../lib/core/log/entry.ts";
import { formatPosition, type Position } from "../../../lib/core/log/position.ts";
import type { AppendResult } from "../../../lib/core/log/room_log.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { isClosed } from "../../../lib/core/rooms/closed_room.ts";
import {
  accessAfter,
  isAdmitted,
  NO_ACCESS,
  readableAfter,
  type RoomAccess,
} from "./room_access.ts";
import type { RoomOracle } from "./room_oracle.ts";

/** How long an entry takes to reach all nodes, without faults. */
const KNOWN_WITHIN_MS = 1_000;

/** What it depends on. */
export interface PrivacyContext {
  /** Milliseconds since 1970. */
  readonly date: () => number;
  /** The oracle of a room. */
  readonly oracle: (room: RoomId) => RoomOracle;
  /** Reports a violation. */
  readonly reportViolation: (what: string) => void;
}

/** The access to a room from some time on. */
interface Period {
  readonly from: number;
  readonly access: RoomAccess;
}

/** Everything that one room ever was. */
interface RoomPast {
  /** In the order of time. After a loss, the access that the log has returned to is another period. */
  readonly periods: Period[];
  /** By the position of each entry that any log ever had, the index of the period that it belongs to. */
  readonly indexes: Map<string, number>;
  /** When the log last became another one, in milliseconds since 1970. */
  logChangedAt: number;
}

/** Who may read private and direct rooms. */
export class PrivacyOracle {
  readonly #context: PrivacyContext;
  readonly #rooms = new Map<RoomId, RoomPast>();
  /** When each request has arrived at its node. */
  readonly #arrivedAt = new Map<string, number>();
  /** Since when there have been no faults, and what they have left is repaired. */
  calmSince: number = Infinity;
  /** By the type of the request, what its refusal says. */
  readonly #refusals = new Map<string, string>();

  constructor(context: PrivacyContext) {
    this.#context = context;
  }

  /** The private and direct rooms that were ever created. */
  get rooms(): readonly RoomId[] {
    return [...this.#rooms.keys()];
  }

  /** A request has arrived at a node. */
  onArrival(id: string): void {
    this.#arrivedAt.set(id, this.#context.date());
  }

  /** When a request has arrived, in milliseconds since 1970. */
  arrivedAt(id: string | undefined): number {
    return this.#arrivedAt.get(id ?? "") ?? this.#context.date();
  }

  /**
   * Records how a request was refused. Returns how another one was, if that is different: who is refused must not learn whether a
   * room exists.
   */
  recordRefusal(type: string, fault: string): string | undefined {
    const known = this.#refusals.get(type) ?? fault;
    this.#refusals.set(type, known);
    return known === fault ? undefined : known;
  }

  /** An entry is in the log. */
  onEntered(entry: Entry): void {
    if (!isClosed(entry.room)) return;
    const { periods, indexes } = this.#past(entry.room);
    const before = this.access(entry.room);
    const access = accessAfter(before, entry);
    if (access !== before) periods.push({ from: this.#context.date(), access });
    indexes.set(formatPosition(entry.position), periods.length - 1);
  }

  /** The log of a room has become another one. */
  onLogChanged(room: RoomId): void {
    const past = this.#rooms.get(room);
    if (past === undefined) return;
    past.logChangedAt = this.#context.date();
    const top = this.#context.oracle(room).log.at(-1)?.position;
    const index = top && past.indexes.get(formatPosition(top));
    const access = index === undefined ? NO_ACCESS : past.periods[index]?.access ?? NO_ACCESS;
    past.periods.push({ from: this.#context.date(), access });
  }

  /** Checks that members are let through and nobody else; before the draft is in the log. */
  onAppend(
    { id, room, user, isExempt, action: { kind, ...action } }: Draft,
    result: AppendResult,
  ): void {
    const isFree = isExempt || kind === "deleted" || kind === "renamed";
    if (!isClosed(room) || isFree || result.kind === "repeated") return;
    const isCreation = "event" in action && action.event?.kind === "room" && action.event.created;
    const isRefused = result.kind === "rejected" && result.why === "not_allowed";
    const mayEnter = isAdmitted(this.access(room), user);
    if (result.kind === "entered" && !mayEnter && !isCreation) {
      this.#context.reportViolation(
        `${kind} ${id} of ${user} is in ${room}, which is closed to it`,
      );
    }
    if (isRefused && mayEnter) {
      this.#context.reportViolation(`${kind} ${id} of ${user} was refused in ${room}`);
    }
  }

  /** Whether a user has been outside for so long that all nodes must know it. @param heldBackMs See `PrivacyChecks`. */
  isLongOutside(room: RoomId, user: string, heldBackMs: number): boolean {
    const since = this.#context.date() - KNOWN_WITHIN_MS - heldBackMs;
    return since > this.calmSince &&
      !this.wasEver(room, since, (access) => isAdmitted(access, user));
  }

  /** Whether the log of a room has become another one since a time. */
  hasLogChanged(room: RoomId, since: number): boolean {
    return (this.#rooms.get(room)?.logChangedAt ?? -Infinity) >= since;
  }

  /** The access to a room now. */
  access(room: RoomId): RoomAccess {
    return this.#rooms.get(room)?.periods.at(-1)?.access ?? NO_ACCESS;
  }

  /** Whether a user may be in a room now. */
  admits(room: RoomId, user: string): boolean {
    return isAdmitted(this.access(room), user);
  }

  /**
   * Whether a user may be sent an entry, or everything that comes later, by what the log says at a position or after it.
   *
   * @param seq The number of the entry; Infinity for what has none, such as presence.
   */
  mayRead(room: RoomId, user: string, position: Position, seq: number): boolean {
    return this.#accessFrom(room, position).some((access) =>
      (readableAfter(access, user) ?? Infinity) < seq
    );
  }

  /** The access at a position, and all that came later. */
  #accessFrom(room: RoomId, position: Position): readonly RoomAccess[] {
    const { periods, indexes } = this.#past(room);
    const known = this.#context.oracle(room).at(position)?.entry.position;
    const index = known === undefined ? 0 : indexes.get(formatPosition(known)) ?? 0;
    return periods.slice(index).map(({ access }) => access);
  }

  /**
   * Whether a user may be told that so many messages are unread: where earlier messages are hidden, they do not count.
   *
   * @param top The newest position of the log that the number takes into account.
   */
  mayBeUnread(room: RoomId, user: string, top: Position, unread: number): boolean {
    return this.#accessFrom(room, top).some((access) => {
      const after = readableAfter(access, user);
      return after === 0 || (after !== undefined && unread <= Math.max(0, top.seq - after));
    });
  }

  /** Whether something was true of a room at any time since then. @param since Milliseconds since 1970. */
  wasEver(room: RoomId, since: number, isTrue: (access: RoomAccess) => boolean): boolean {
    const periods = this.#rooms.get(room)?.periods ?? [];
    const first = periods.findLastIndex(({ from }) => from < since);
    const before = first < 0 ? [NO_ACCESS] : [];
    return [...before, ...periods.slice(Math.max(0, first)).map(({ access }) => access)].some(
      isTrue,
    );
  }

  #past(room: RoomId): RoomPast {
    const past = this.#rooms.get(room) ?? {
      periods: [],
      indexes: new Map(),
      logChangedAt: -Infinity,
    };
    this.#rooms.set(room, past);
    return past;
  }
}
