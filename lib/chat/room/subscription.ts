/**
 * One subscriber's time in a room, from the join request until it leaves. The join loses nothing: a cursor buffers what
 * the room delivers while the log is read, then both are merged.
 * Do not read the log before the room is open: that leaves a gap. Do not subscribe before the room is at the
 * subscriber's position: that delivers entries twice. Drop state that only the join needs afterwards: subscriptions are
 * many and long-lived.
 * @module
 */
import type { Entry, UserId } from "../../core/log/entry.ts";
import type { Name } from "../../core/names/names.ts";
import { isSamePosition, type Position } from "../../core/log/position.ts";
import type { LossReason } from "../../core/log/epochs.ts";
import type { Replay } from "../../core/log/reading/log_reading.ts";
import { readablePage, readableUnread } from "../../core/log/reading/readable_log.ts";
import { LogCursor } from "../../core/log/reading/log_cursor.ts";
import { estimateEntrySize, MAX_READ_BYTES } from "../../core/log/reading/read_size.ts";
import { LossReport } from "./loss_report.ts";
import type { JoinName, JoinRequest, Subscriber } from "./subscriber.ts";
import { type Cancellation, retryWhileUnavailable } from "../retry.ts";
import { readNewestPage } from "./history_pages.ts";
import type { Room, RoomContext } from "./room.ts";
import { JoinReplay, type PendingJoinResult } from "./join_replay.ts";

/** Maximum number of names tried for a guest before the join is refused. */
const MAX_NAME_ATTEMPTS = 50;

/** One subscriber's subscription to a room. */
export class Subscription implements Cancellation, EventListenerObject {
  /** The room, which may not be open yet. If it is closed, a join under way is cancelled. */
  readonly room: Room;
  readonly #subscriber: Subscriber;
  // Undefined if the user is not present.
  readonly #user: UserId | undefined;
  readonly #onLeft: (room: Room) => void;
  #joining: Promise<void> | undefined;
  #isLeaving = false;
  #abortController: AbortController | undefined;

  /** Starts joining. @param onLeft Called when the subscriber has left. */
  constructor(
    room: Room,
    subscriber: Subscriber,
    request: JoinRequest,
    context: RoomContext,
    onLeft: (room: Room) => void,
  ) {
    this.room = room;
    this.#subscriber = subscriber;
    this.#user = request.isPresent === false ? undefined : request.user;
    this.#onLeft = onLeft;
    this.#joining = this.#join(request, context);
  }

  /** Whether the join is cancelled. */
  get aborted(): boolean {
    return this.#isLeaving || this.room.signal.aborted;
  }

  /**
   * The same, for waits. Created on demand: `AbortSignal.any()` would stay registered on the room's signal forever
   * (Deno 2.9.6).
   */
  get signal(): AbortSignal {
    if (this.#abortController === undefined) {
      this.#abortController = new AbortController();
      if (this.aborted) this.#abortController.abort();
      else this.room.signal.addEventListener("abort", this);
    }
    return this.#abortController.signal;
  }

  /** Called when the room is closed. */
  handleEvent(): void {
    this.#abortController?.abort();
  }

  /** Leaves the room. @param comesBack Whether the user is likely to come back soon. */
  async leave(comesBack: boolean): Promise<void> {
    this.#isLeaving = true;
    this.#abortController?.abort();
    await this.#joining;
    await this.room.unsubscribe(this.#subscriber, this.#user, comesBack);
    this.#onLeft(this.room);
  }

  async #join(request: JoinRequest, context: RoomContext): Promise<void> {
    await joinRoom(this.room, this.#subscriber, request, context, this);
    this.#joining = undefined;
    if (this.#abortController === undefined) return;
    this.room.signal.removeEventListener("abort", this);
    this.#abortController = undefined;
  }
}

/** Joins a subscriber to a room. It is notified by `onJoined` or `onRefused`, unless the join is cancelled first. */
async function joinRoom(
  room: Room,
  subscriber: Subscriber,
  request: JoinRequest,
  context: RoomContext,
  cancellation: Cancellation,
): Promise<void> {
  using _open = request.memberAt && room.keepOpen();
  if (request.memberAt) await catchUpWith(request.memberAt, room, cancellation);
  using _expected = room.keepOpenFor(subscriber);
  const wasOpen = room.isOpen;
  if (!wasOpen) await Promise.race([room.whenOpen, whenAborted(cancellation.signal)]);
  const { whenRulesKnown } = request;
  if (whenRulesKnown) await Promise.race([whenRulesKnown, whenAborted(cancellation.signal)]);
  // A room that was closed before it was open has no subscribers.
  if (cancellation.aborted) return;
  const catchUp = () => retryWhileUnavailable(() => room.readTop(), context, cancellation);
  if (request.mustExist && !room.hasEntries) {
    // Opening the room has read its log. If it was open, its first entry may not have been announced here yet.
    if (wasOpen) await catchUp();
    if (cancellation.aborted) return;
    // Before the name is claimed, which others would notice.
    if (!room.hasEntries) return subscriber.onRefused("no_room");
  }
  const isRefused = () => request.isAdmitted?.(room) === false;
  // The log may have lost the entry that excludes the member, and the room may not know it yet.
  if (request.memberAt && isRefused()) await catchUp();
  if (cancellation.aborted) return;
  // From here on, the subscriber is told when the rules change.
  if (isRefused()) {
    // Never before the caller has the subscription.
    await Promise.resolve();
    return subscriber.onRefused("not_allowed");
  }
  const isPresent = request.isPresent !== false;
  const { user } = request;
  const wanted = () => request.ruledName?.(room) ?? request;
  const name =
    await (isPresent
      ? retryWhileUnavailable(() => claimName(room, request, wanted()), context, cancellation)
      : Promise.resolve(unclaimedName(room, user, wanted())));
  if (name === undefined) return;
  if (name === "taken") return subscriber.onRefused("name_taken");
  const roomJoin = new RoomJoin(room, subscriber, { ...request, name }, context, cancellation);
  for (;;) {
    const isSubscribed = await retryWhileUnavailable(
      () => roomJoin.readNextChunk(),
      context,
      cancellation,
    );
    if (isSubscribed) return;
    if (isSubscribed === undefined) {
      if (isPresent) await room.presence.leave(request.user, false);
      return;
    }
  }
}

/**
 * Lets the room catch up with what has made the user a member. Until then, the subscriber is not told of changed rules: those
 * before may exclude the user.
 */
async function catchUpWith(
  memberAt: Position,
  room: Room,
  cancellation: Cancellation,
): Promise<void> {
  const aborted = whenAborted(cancellation.signal);
  if (!room.isOpen) await Promise.race([room.whenOpen, aborted]);
  if (!cancellation.aborted) await Promise.race([room.onTop(memberAt, false), aborted]);
}

/** Claims the requested name; if it is taken, tries generated ones. */
async function claimName(
  room: Room,
  { user, appRole }: Pick<JoinRequest, "user" | "appRole">,
  { name, pickName, isTemporary = false }: JoinName,
): Promise<Name | "taken"> {
  const tried = new Set<Name>();
  const isTaken = (picked: Name) => room.presence.hasName(picked) || tried.has(picked);
  for (let next = name; tried.size < MAX_NAME_ATTEMPTS; next = pickName(isTaken)) {
    const claimed = await room.presence.join({ user, name: next }, appRole);
    if (claimed !== undefined) {
      const { temporaryNames } = room.presence;
      // A user who has chosen `Ann (2)` wants no other, even if an older token says `Ann`.
      if (isTemporary && temporaryNames.preferredName(user) !== claimed) {
        temporaryNames.prefer(user, name, claimed);
      }
      return claimed;
    }
    if (pickName === undefined) return "taken";
    tried.add(next);
  }
  return "taken";
}

/** The name of a user who is not present: the one that the user has there by another connection, or one that is free now. */
function unclaimedName(
  { presence }: Room,
  user: UserId,
  { name, pickName }: JoinName,
): Name | "taken" {
  const known = presence.seenNameOf(user);
  if (known !== undefined) return known;
  const isTaken = (picked: Name) => !presence.isFree({ user, name: picked });
  if (!isTaken(name)) return name;
  const picked = pickName?.(isTaken) ?? name;
  return isTaken(picked) ? "taken" : picked;
}

/** One subscriber joining a room. Reads a chunk at a time, each when the peer has read most of the previous one. */
class RoomJoin {
  readonly #room: Room;
  readonly #subscriber: Subscriber;
  readonly #request: JoinRequest;
  readonly #context: RoomContext;
  readonly #cancellation: Cancellation;
  readonly #cursor = new LogCursor<Entry>({ sizeOf: estimateEntrySize, maxSize: MAX_READ_BYTES });
  readonly #report: LossReport;
  #joinReplay: JoinReplay | undefined;

  constructor(
    room: Room,
    subscriber: Subscriber,
    request: JoinRequest,
    context: RoomContext,
    cancellation: Cancellation,
  ) {
    this.#room = room;
    this.#subscriber = subscriber;
    this.#request = request;
    this.#context = context;
    this.#cancellation = cancellation;
    this.#report = new LossReport(room.id);
  }

  /** Reads and sends one chunk of missed entries. After the last one, subscribes. Returns whether it is subscribed. */
  async readNextChunk(): Promise<boolean> {
    const { reader } = this.#request;
    using _turn = await reader?.acquireJoinTurn(this.#cancellation);
    const room = this.#room, cursor = this.#cursor;
    // Only while reading: entries announced between two chunks are in the log.
    using _attached = room.attach(cursor);
    const read = cursor.beginRead();
    const after = cursor.last;
    const readChunk = () => this.#readChunk(cursor.readAfter);
    const { replay, joinReplay, readableAfter } =
      await (reader ? reader.read(readChunk) : readChunk());
    await room.onTop(replay.top, true);
    if (this.#cancellation.aborted) return false;
    // What the user may read has changed in what was read: read again.
    const isOutdated = readableAfter !== undefined &&
      readableAfter !== this.#subscriber.readableAfter();
    if (isOutdated) return false;
    const entries = cursor.completeRead(read, replay);
    const { last, isLive } = cursor;
    if (last === undefined) return false;
    this.#joinReplay = joinReplay;
    const end = isLive ? last : undefined;
    const isSubscribed = isLive && isSamePosition(last, room.last);
    const frames = this.#report.framesFor({ after, lossReason: replay.lossReason, entries, end });
    const top = isSubscribed ? last : replay.top;
    const length = joinReplay.sendChunk({ entries, frames, last, top, isLast: isSubscribed });
    reader?.charge(length);
    // Without an `await` after the cursors were compared: the subscriber would miss whatever happens in between.
    if (isSubscribed) room.subscribe(this.#subscriber);
    return isSubscribed;
  }

  async #readChunk(after: Position | undefined): Promise<ReadChunk> {
    const { bus, recoverLimit } = this.#context;
    const joinReplay = this.#joinReplay;
    if (joinReplay && after) {
      const replay = await bus.replay(this.#room.id, after, recoverLimit);
      return { replay, joinReplay, readableAfter: undefined };
    }
    const readableAfter = this.#subscriber.readableAfter();
    const { missed, ...result } = await readFirst(
      this.#room,
      this.#context,
      this.#request,
      readableAfter,
    );
    const first = new JoinReplay(this.#room, this.#subscriber, result);
    return { replay: missed, joinReplay: first, readableAfter };
  }
}

interface ReadChunk {
  readonly replay: Replay;
  readonly joinReplay: JoinReplay;
  /** Only of the first chunk: the number of the entry after which the user could read before. */
  readonly readableAfter: number | undefined;
}

type FirstRead = PendingJoinResult & {
  /** The entries after the joined position. */
  readonly missed: Replay;
};

/**
 * Reads what follows the subscriber's last position, or else the newest messages and the reason.
 *
 * @param after The number of the entry after which the user can read.
 */
async function readFirst(
  room: Room,
  context: RoomContext,
  request: JoinRequest,
  after: number,
): Promise<FirstRead> {
  const { bus, recoverLimit } = context;
  const { user, name, since, limit, wantsDetails = true } = request;
  const counted = wantsDetails ? await bus.readState(room.id, user, after) : undefined;
  const isHidden = since !== undefined && since.seq < after;
  const replay = since && !isHidden ? await bus.replay(room.id, since, recoverLimit) : undefined;
  const reason = isHidden
    ? "too_old"
    : since && replay && incompleteReason(replay, since, recoverLimit);
  if (since && replay && !reason) {
    const complete = { position: since, recovered: true, reason, page: undefined };
    const readState = counted && readableUnread(counted, replay.top, after);
    return { ...complete, name, wantsPeople: wantsDetails, readState, missed: replay };
  }
  const page = wantsDetails
    ? await readNewestPage(bus, room.id, limit, after)
    : readablePage(await bus.page(room.id, undefined, limit), after);
  const readState = counted && readableUnread(counted, page.top, after);
  const isTooMany = since && page.top.seq - since.seq > recoverLimit;
  // Within the limit now, because the log has lost entries in between: read again.
  if (reason === "too_many" && !isTooMany) return await readFirst(room, context, request, after);
  const recovered = since && false;
  const missed = { top: page.top, entries: [] };
  const details = { name, wantsPeople: wantsDetails, readState };
  return { ...details, position: page.top, recovered, reason, page, missed };
}

/** Why missed entries will not be replayed. Decided by number: a replay is cut by size and may need several reads. */
function incompleteReason(
  { lossReason, top }: Replay,
  since: Position,
  recoverLimit: number,
): LossReason | "too_many" | undefined {
  return lossReason ?? (top.seq - since.seq > recoverLimit ? "too_many" : undefined);
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
