/**
 * Joins of private and direct rooms that are not decided yet. Whether the user is a member is read before anything else, in one
 * read that takes as long whether the room exists or not: a join by another user opens nothing, is not announced, and says
 * nothing about the room. Requests in such a room wait until it is decided, as those in other rooms do.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import type { Position } from "../../core/log/position.ts";
import { RoomState } from "../../core/log/room_state.ts";
import { parseRoom, type RoomId } from "../../core/names/names.ts";
import type { JoinedRoomRequest } from "../../core/protocol/requests.ts";
import { admitsUser } from "../../core/rooms/closed_room.ts";
import type { LogReader } from "../log_reader.ts";
import type { Bus, RoomHistory } from "../ports/bus.ts";
import { type RetryContext, retryWhileUnavailable } from "../retry.ts";
import type { DeadlineListener, JoinDeadlines } from "../room/join_deadlines.ts";

/** What deciding needs. */
export interface UndecidedJoinsContext extends RetryContext {
  /** Reads whether users may be in rooms. */
  readonly bus: Pick<RoomHistory, "admission"> & Pick<Bus, "whenBack">;
  /** Ends the wait of the requests. */
  readonly hub: { readonly joinDeadlines: JoinDeadlines };
}

/** Maximum number of requests that wait in one room. */
const MAX_QUEUED = 100;

/** A join that waits for the decision, with the requests that wait for it. */
export class UndecidedJoin implements DeadlineListener {
  /** The id of the join request, for the answer; undefined if it has none. */
  readonly requestId: string | undefined;
  readonly #life = new AbortController();
  readonly #onDelayed: (refused: readonly JoinedRoomRequest[]) => void;
  #queued: JoinedRoomRequest[] | undefined = [];

  /** Waits for the decision. @param onDelayed Called after a while, with the requests that wait no longer. */
  constructor(
    requestId: string | undefined,
    onDelayed: (refused: readonly JoinedRoomRequest[]) => void,
  ) {
    this.requestId = requestId;
    this.#onDelayed = onDelayed;
  }

  /** Aborts when the join is cancelled. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Lets a request wait. Returns false if it cannot. */
  queue(request: JoinedRoomRequest): boolean {
    if (this.#queued === undefined || this.#queued.length >= MAX_QUEUED) return false;
    this.#queued.push(request);
    return true;
  }

  /** Returns the requests that wait; no more can be queued. */
  takeQueued(): readonly JoinedRoomRequest[] {
    const queued = this.#queued ?? [];
    this.#queued = undefined;
    return queued;
  }

  onJoinTimeout(): void {
    if (this.#queued !== undefined) this.#onDelayed(this.takeQueued());
  }

  /** Aborts {@linkcode signal}: the decision is not needed any more. */
  cancel(): void {
    this.#life.abort();
  }
}

/** The undecided joins of one session. */
export class UndecidedJoins {
  readonly #context: UndecidedJoinsContext;
  readonly #joins = new Map<string, UndecidedJoin>();

  /** Starts without joins. */
  constructor(context: UndecidedJoinsContext) {
    this.#context = context;
  }

  /** Number of rooms that the session may be about to join. */
  get size(): number {
    return this.#joins.size;
  }

  /** The join of a room. @param room As the client spells it. */
  find(room: string): UndecidedJoin | undefined {
    return this.#joins.size === 0 ? undefined : this.#joins.get(parseRoom(room) ?? "");
  }

  /**
   * Decides a join. Resolves to the position of the log as of which the user is a member, or to "stranger"; undefined if the join
   * is cancelled first.
   */
  async decide(
    room: RoomId,
    join: UndecidedJoin,
    user: UserId,
    reader: LogReader,
  ): Promise<Position | "stranger" | undefined> {
    const { bus, hub: { joinDeadlines }, clock } = this.#context;
    this.#joins.set(room, join);
    joinDeadlines.add(join, clock.now());
    const read = () => reader.read(() => bus.admission(room, user));
    const stored = await retryWhileUnavailable(read, this.#context, join.signal);
    joinDeadlines.remove(join);
    if (this.#joins.get(room) === join) this.#joins.delete(room);
    if (stored === undefined || join.signal.aborted) return undefined;
    const { fields, top } = stored;
    return admitsUser({ id: room, state: new RoomState(fields) }, user) ? top : "stranger";
  }

  /** Cancels a join. Returns it; undefined if there is none. @param room As the client spells it. */
  cancel(room: string): UndecidedJoin | undefined {
    const join = this.find(room);
    for (const [id, known] of this.#joins) if (known === join) this.#joins.delete(id);
    join?.cancel();
    return join;
  }

  /** Cancels all joins. */
  end(): void {
    for (const join of this.#joins.values()) join.cancel();
    this.#joins.clear();
  }
}
