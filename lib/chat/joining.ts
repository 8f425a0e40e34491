/**
 * The join that loses nothing: a seat holds what the room gives out while the log is read, then both are put together. A
 * newcomer would read the log before the room follows it, or let the member in before the room has come as far as the
 * member: the one makes a hole, the other doubles.
 * @module
 */
import type { Entry } from "../core/entries.ts";
import type { Name } from "../core/names.ts";
import { isSamePosition, type Position } from "../core/positions.ts";
import type { Gap, Replay } from "../core/room_log.ts";
import { Seat } from "../core/seat.ts";
import { MAX_READ_BYTES, weighEntry } from "../core/weights.ts";
import { LossReport } from "./loss_report.ts";
import type { JoinWish, Member } from "./member.ts";
import { type Ending, patiently } from "./patience.ts";
import type { Room, RoomContext } from "./room.ts";
import { Telling, type ToBeTold } from "./telling.ts";

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
  using _expected = room.expect();
  if (!room.isOpened) await Promise.race([room.opened, aborted(ending.signal)]);
  const name = await patiently(() => findName(room, wish), context, ending);
  if (name === undefined) return;
  if (name === "taken") return member.turnAway();
  const joining = new Joining(room, member, { ...wish, name }, context, ending);
  for (;;) {
    const isIn = await patiently(() => joining.readOn(), context, ending);
    if (isIn) return;
    if (isIn === undefined) return await room.attendance.leave(wish.user, false);
  }
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

/** One member that joins a room. It reads a portion at a time, each when the peer has taken most of the one before. */
class Joining {
  readonly #room: Room;
  readonly #member: Member;
  readonly #wish: JoinWish;
  readonly #context: RoomContext;
  readonly #ending: Ending;
  readonly #seat = new Seat<Entry>({ weigh: weighEntry, max: MAX_READ_BYTES });
  readonly #report: LossReport;
  #telling: Telling | undefined;

  constructor(room: Room, member: Member, wish: JoinWish, context: RoomContext, ending: Ending) {
    this.#room = room;
    this.#member = member;
    this.#wish = wish;
    this.#context = context;
    this.#ending = ending;
    this.#report = new LossReport(room.id);
  }

  /** Reads one portion of what was missed and sends it; after the last one, lets the member in. */
  async readOn(): Promise<boolean> {
    const { reader } = this.#wish;
    using _portion = await reader?.portion(this.#ending);
    const room = this.#room, seat = this.#seat;
    // Only while reading: entries announced between two portions are in the log.
    using _held = room.hold(seat);
    const round = seat.round();
    const after = seat.last;
    const reading = () => this.#read(after);
    const { replay, telling } = await (reader ? reader.read(reading) : reading());
    await room.notice(replay.top, true);
    if (this.#ending.aborted) return false;
    const entries = seat.catchUp(round, replay);
    const { last, isLive } = seat;
    if (last === undefined) return false;
    this.#telling = telling;
    const end = isLive ? last : undefined;
    const isIn = isLive && isSamePosition(last, room.last);
    const frames = this.#report.tell({ after, gap: replay.gap, entries, end });
    const top = isIn ? last : replay.top;
    const length = telling.tell({ entries, frames, last, top, isLast: isIn });
    reader?.charge(length);
    // Without an await in between: the member would miss what happens between the two.
    if (isIn) room.add(this.#member);
    return isIn;
  }

  async #read(after: Position | undefined): Promise<{ replay: Replay; telling: Telling }> {
    const { bus, recoverLimit } = this.#context;
    const telling = this.#telling;
    if (telling && after) {
      return { replay: await bus.replay(this.#room.id, after, recoverLimit), telling };
    }
    const { missed, ...arrival } = await readFirst(this.#room, this.#context, this.#wish);
    return { replay: missed, telling: new Telling(this.#room, this.#member, arrival) };
  }
}

type First = ToBeTold & {
  /** What comes after the arrival. */
  readonly missed: Replay;
};

/** What came after what the member has seen; or else the newest messages, and why. */
async function readFirst(room: Room, context: RoomContext, wish: JoinWish): Promise<First> {
  const { bus, recoverLimit } = context;
  const { user, name, since, limit, wantsStanding = true } = wish;
  const standing = wantsStanding ? await bus.standing(room.id, user) : undefined;
  const replay = since && await bus.replay(room.id, since, recoverLimit);
  const reason = replay && whyNotWhole(replay, since, recoverLimit);
  if (replay && !reason) {
    const whole = { position: since, recovered: true, reason, page: undefined };
    return { ...whole, name, wantsPeople: wantsStanding, standing, missed: replay };
  }
  const page = await bus.page(room.id, undefined, limit);
  const isTooMany = since && page.top.seq - since.seq > recoverLimit;
  // The log has lost entries in between.
  if (reason === "too_many" && !isTooMany) return await readFirst(room, context, wish);
  const recovered = since && false;
  const missed = { top: page.top, entries: [] };
  const wanted = { name, wantsPeople: wantsStanding, standing };
  return { ...wanted, position: page.top, recovered, reason, page, missed };
}

/** Why missed entries will not be replayed. Decided by number: a replay is cut by size and may need several reads. */
function whyNotWhole(
  { gap, top }: Replay,
  since: Position,
  recoverLimit: number,
): Gap | "too_many" | undefined {
  return gap ?? (top.seq - since.seq > recoverLimit ? "too_many" : undefined);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
