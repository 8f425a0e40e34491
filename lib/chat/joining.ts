/**
 * The join that loses nothing: a seat holds what the room gives out while the log is read, then both are put together. A
 * newcomer would read the log before the room follows it, or let the member in before the room has come as far as the
 * member: the one makes a hole, the other doubles.
 * @module
 */
import { messagesFor } from "../core/dialect.ts";
import type { Entry } from "../core/entries.ts";
import type { Frame } from "../core/frames.ts";
import type { Name } from "../core/names.ts";
import { portionsOf } from "../core/portions.ts";
import { isSamePosition, type Position } from "../core/positions.ts";
import type { Gap, Replay } from "../core/room_log.ts";
import { Seat } from "../core/seat.ts";
import { LossReport } from "./loss_report.ts";
import type { Arrival, JoinWish, Member } from "./member.ts";
import { type Ending, patiently } from "./patience.ts";
import type { Room, RoomContext } from "./room.ts";

/** Between two portions of what was missed, so that what was sent can leave. */
const PORTION_MS = 1;

/** So many names are drawn for a guest before it is told that they are taken. */
const MAX_DRAWS = 50;

/** Lets a member into a room; it is told by `arrive` or `turnAway`, unless it is over before. */
export async function join(
  room: Room,
  member: Member,
  wish: JoinWish,
  context: RoomContext,
  ending: Ending,
): Promise<void> {
  const seat = new Seat<Entry>();
  using _held = room.hold(seat);
  if (!room.isOpened) await Promise.race([room.opened, aborted(ending.signal)]);
  const name = await patiently(() => findName(room, wish), context, ending);
  if (name === undefined) return;
  if (name === "taken") return member.turnAway();
  const isIn = await patiently(
    () => catchUp({ room, member, seat, context, ending }, { ...wish, name }),
    context,
    ending,
  );
  if (!isIn) await room.attendance.leave(wish.user, false);
}

/** Claims the name, or draws others. */
async function findName(room: Room, { user, name, draw }: JoinWish): Promise<Name | "taken"> {
  const tried = new Set<Name>();
  const isTaken = (drawn: Name) => room.attendance.knows(drawn) || tried.has(drawn);
  for (let next = name; tried.size < MAX_DRAWS; next = draw(isTaken)) {
    const given = await room.attendance.enter({ user, name: next });
    if (given !== undefined) return given;
    if (draw === undefined) return "taken";
    tried.add(next);
  }
  return "taken";
}

interface Joiner {
  readonly room: Room;
  readonly member: Member;
  readonly seat: Seat<Entry>;
  readonly context: RoomContext;
  readonly ending: Ending;
}

/** Reads what the member has missed, and lets it in; false where it has gone meanwhile. */
async function catchUp(joiner: Joiner, wish: JoinWish): Promise<boolean> {
  const { room, member, seat, context, ending } = joiner;
  let round = seat.round();
  const { missed, ...first } = await readFirst(joiner, wish);
  const report = new LossReport(room.id);
  const told = new Telling(member, { ...first, name: wish.name });
  for (let replay: Replay = missed;;) {
    await room.notice(replay.top, true);
    for (const portion of portionsOf(replay)) {
      // After the first one there is a wait before each.
      if (told.hasArrived) await context.clock.sleep(PORTION_MS, ending.signal);
      if (ending.aborted) return false;
      const after = seat.last;
      const entries = seat.catchUp(round, portion);
      const { last, isLive } = seat;
      if (last === undefined) return false;
      const end = isLive ? last : undefined;
      told.add(report.tell({ after, gap: portion.gap, entries, end }), last);
      if (isLive && isSamePosition(last, room.last)) {
        // In one go: what happens between being told and being let in, the member would never hear.
        told.tell(last);
        room.add(member);
        return true;
      }
      if (!isSamePosition(last, replay.top)) told.tell(replay.top);
    }
    const after = seat.last;
    if (after === undefined) return false;
    // The epoch has changed meanwhile.
    round = seat.round();
    const reading = () => context.bus.replay(room.id, after, context.recoverLimit);
    const next = await patiently(reading, context, ending);
    if (next === undefined) return false;
    replay = next;
  }
}

/** What a member is told when it joins: first that it has arrived, and then what it has missed. */
class Telling {
  readonly #member: Member;
  readonly #arrival: Omit<Arrival, "top">;
  #frames: Frame[] = [];
  #last: Position | undefined;
  hasArrived = false;

  constructor(member: Member, arrival: Omit<Arrival, "top">) {
    this.#member = member;
    this.#arrival = arrival;
  }

  /** To be told with the next ones. @param last The position of the newest. */
  add(frames: readonly Frame[], last: Position): void {
    this.#frames.push(...frames);
    this.#last = last;
  }

  /** Tells what has been added. @param top See `Arrival`; only the first one is told. */
  tell(top: Position): void {
    if (!this.hasArrived) this.#member.arrive({ ...this.#arrival, top });
    this.hasArrived = true;
    const messages = messagesFor(this.#member.dialect, this.#frames);
    this.#frames = [];
    if (this.#last && messages.length > 0) this.#member.deliver(messages, this.#last);
  }
}

type First = Omit<Arrival, "name" | "top"> & {
  /** What comes after the arrival. */
  readonly missed: Replay;
};

/** What came after what the member has seen; or else the newest messages, and why. */
async function readFirst({ room, context }: Joiner, wish: JoinWish): Promise<First> {
  const { bus, recoverLimit } = context;
  const { user, since, limit, wantsStanding } = wish;
  const standing = wantsStanding === false ? undefined : await bus.standing(room.id, user);
  const replay = since && await bus.replay(room.id, since, recoverLimit);
  const reason = replay && whyNotWhole(replay);
  if (replay && !reason) {
    return { position: since, recovered: true, reason, page: undefined, standing, missed: replay };
  }
  const page = await bus.page(room.id, undefined, limit);
  const recovered = since && false;
  const missed = { top: page.top, entries: [] };
  return { position: page.top, recovered, reason, page, standing, missed };
}

/** Why a replay is not all that was missed. */
function whyNotWhole({ gap, entries, top }: Replay): Gap | "too_many" | undefined {
  if (gap) return gap;
  const newest = entries.at(-1)?.position;
  // By number: an epoch may have begun behind the newest entry without one of its own.
  return newest && newest.seq < top.seq ? "too_many" : undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
