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
import { isSamePosition, type Position } from "../core/positions.ts";
import type { Gap, Replay } from "../core/room_log.ts";
import { Seat } from "../core/seat.ts";
import { LossReport } from "./loss_report.ts";
import type { Arrival, JoinWish, Member } from "./member.ts";
import { patiently } from "./patience.ts";
import type { Room, RoomContext } from "./room.ts";

/** So many names are drawn for a guest before it is told that they are taken. */
const MAX_DRAWS = 50;

/** Lets a member into a room; it is told by `arrive` or `turnAway`, unless the signal aborts before. */
export async function join(
  room: Room,
  member: Member,
  wish: JoinWish,
  context: RoomContext,
  signal: AbortSignal,
): Promise<void> {
  const ended = AbortSignal.any([signal, room.signal]);
  const seat = new Seat<Entry>();
  using _held = room.hold(seat);
  await Promise.race([room.opened, aborted(ended)]);
  const name = await patiently(() => findName(room, wish), context, ended);
  if (name === undefined) return;
  if (name === "taken") return member.turnAway();
  const isIn = await patiently(
    () => catchUp({ room, member, seat, context, signal: ended }, { ...wish, name }),
    context,
    ended,
  );
  if (!isIn) await room.attendance.leave(wish.user, false);
}

/** Claims the name, or draws others. */
async function findName(room: Room, { user, name, draw }: JoinWish): Promise<Name | "taken"> {
  const tried = new Set<Name>();
  const isTaken = (drawn: Name) => tried.has(drawn) || room.attendance.knows(drawn);
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
  readonly signal: AbortSignal;
}

/** Reads what the member has missed, and lets it in; false where it has gone meanwhile. */
async function catchUp(joiner: Joiner, wish: JoinWish): Promise<boolean> {
  const { room, member, seat, context, signal } = joiner;
  let round = seat.round();
  const { missed, ...first } = await readFirst(joiner, wish);
  const report = new LossReport(room.id);
  const frames: Frame[] = [];
  for (let replay: Replay = missed;;) {
    await room.notice(replay.top, true);
    if (signal.aborted) return false;
    const after = seat.last;
    const entries = seat.catchUp(round, replay);
    const { last, isLive } = seat;
    if (last === undefined) return false;
    const end = isLive ? last : undefined;
    frames.push(...report.tell({ after, gap: replay.gap, entries, end }));
    if (isLive && isSamePosition(last, room.last)) {
      // In one go: what happens between being told and being let in, the member would never hear.
      member.arrive({ ...first, name: wish.name, top: last });
      tell(member, last, frames);
      room.add(member);
      return true;
    }
    // The epoch has changed meanwhile.
    round = seat.round();
    const reading = () => context.bus.replay(room.id, last, context.recoverLimit);
    const next = await patiently(reading, context, signal);
    if (next === undefined) return false;
    replay = next;
  }
}

type First = Omit<Arrival, "name" | "top"> & {
  /** What comes after the arrival. */
  readonly missed: Replay;
};

/** What came after what the member has seen; or else the newest messages, and why. */
async function readFirst({ room, context }: Joiner, wish: JoinWish): Promise<First> {
  const { bus, recoverLimit } = context;
  const { user, since, limit } = wish;
  const standing = await bus.standing(room.id, user);
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

function tell(member: Member, last: Position, frames: readonly Frame[]): void {
  const messages = messagesFor(member.dialect, frames);
  if (messages.length > 0) member.deliver(messages, last);
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
