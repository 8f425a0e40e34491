/**
 * Decodes the replies of the scripts. A damaged row never makes a room unusable: if its position is known, a tombstone
 * takes its place, so that positions have no gap; otherwise it is skipped. Replies include the number of damaged rows.
 * @module
 */
import * as v from "valibot";
import type { Published, Standing } from "../../chat/bus.ts";
import { type Deed, type Entry, isUserId, type Message, type UserId } from "../../core/entries.ts";
import { isKeptName, type Name, type RoomId } from "../../core/names.ts";
import { parsePosition, type Position } from "../../core/positions.ts";
import type { Page, Replay } from "../../core/room_log.ts";
import { damagedId, tombstone, UNKNOWN_AUTHOR } from "../log_schemas.ts";
import { parseDraft } from "./wire.ts";

/** A decoded reply, the tag of the room's announcements, and the number of damaged rows. */
export interface Reply<T> {
  /** What was asked for. */
  readonly value: T;
  /** See room.lua. */
  readonly tag: string;
  /** Rows that were skipped or replaced by tombstones. */
  readonly damaged: number;
}

const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digits = v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number), seq);
const epoch = v.pipe(v.string(), v.regex(/^[0-9a-z]{1,32}$/));
const tag = v.string();
const position = v.object({ epoch, seq });
const user = v.custom<UserId>((input) => typeof input === "string" && isUserId(input));
const name = v.custom<Name>((input) => typeof input === "string" && isKeptName(input));

const Answers = v.tuple([
  tag,
  v.picklist([0, 1]),
  v.number(),
  v.array(v.union([
    v.tuple([v.literal("entered"), epoch, digits, digits]),
    v.tuple([
      v.literal("rejected"),
      v.picklist([
        "gone",
        "not_yours",
        "id_reused",
        "too_many_reactions",
        "store_full",
        "rooms_full",
      ]),
    ]),
  ])),
]);

/** The answers of append.lua, one for each draft, and whether the room had no entry before. */
export function decodeAnswers(
  reply: unknown,
): Reply<{ readonly isNewRoom: boolean; readonly answers: readonly Published[] }> {
  const [tag, isNew, damaged, list] = v.parse(Answers, reply);
  const answers = list.map((answer): Published => {
    if (answer[0] === "rejected") return { kind: "rejected", why: answer[1] };
    const [, epoch, seq, at] = answer;
    return { kind: "entered", position: { epoch, seq }, at };
  });
  return { value: { isNewRoom: isNew === 1, answers }, tag, damaged };
}

const Row = v.tuple([digits, v.string(), v.string(), v.string()]);
const Replayed = v.tuple([
  epoch,
  digits,
  tag,
  v.picklist(["", "unknown_epoch", "rewound", "too_old"]),
  digits,
  v.picklist([0, 1]),
  v.array(Row),
]);

/** The reply of replay.lua. @param limit The limit of the request. */
export function decodeReplay(room: RoomId, limit: number, reply: unknown): Reply<Replay> {
  const [epoch, topSeq, tag, gap, after, more, rows] = v.parse(Replayed, reply);
  const found = new Map(rows.map((row) => [row[0], decodeRow(room, row)]));
  const last = limit === 0 ? after : more === 1 ? rows.at(-1)?.[0] ?? after : topSeq;
  const entries: Entry[] = [];
  let damaged = 0;
  for (let seq = after + 1; seq <= last && entries.length < limit; seq++) {
    const entry = found.get(seq);
    if (entry === undefined) damaged += 1;
    // With the neighbour's epoch: only the log knows where an era ends.
    const before = entries.at(-1) ?? [...found.values()].find((other) => other !== undefined);
    const era = before?.position.epoch ?? epoch;
    entries.push(entry ?? tombstone(room, { epoch: era, seq }, before?.at ?? 0));
  }
  const value = { top: { epoch, seq: topSeq }, entries, ...(gap !== "" && { gap }) };
  return { value, tag, damaged };
}

/** The entry with the present text of its message; undefined if it is damaged. */
function decodeRow(
  room: RoomId,
  [seq, text, mark, now]: v.InferOutput<typeof Row>,
): Entry | undefined {
  try {
    const [, era, at, json = ""] = /^(\w+) (\d+) (.*)$/s.exec(text) ?? [];
    const draft = parseDraft(json);
    const deed = withText(draft.deed, mark, now);
    return {
      ...draft,
      room,
      position: { epoch: v.parse(epoch, era), seq },
      at: v.parse(digits, at),
      deed,
    };
  } catch {
    return undefined;
  }
}

function withText(deed: Deed, mark: string, json: string): Deed {
  if (deed.kind !== "said" && deed.kind !== "edited") return deed;
  if (mark === "" || mark === "-") return { ...deed, text: "", deleted: true };
  const text = v.parse(v.string(), JSON.parse(json));
  const edited = v.parse(digits, mark);
  if (deed.kind === "edited" || edited === 0) return { ...deed, text };
  return { ...deed, text, edited };
}

const About = v.object({ name, id: v.string(), reply: v.optional(position) });
const Marks = v.tupleWithRest(
  [digits, epoch, digits, v.string(), digits, v.picklist(["0", "1"])],
  v.string(),
);
const Paged = v.tuple([epoch, digits, tag, v.picklist([0, 1]), v.array(v.string()), v.number()]);

/** The reply of page.lua. */
export function decodePage(reply: unknown): Reply<Page> {
  const [epoch, seq, tag, more, members, passedOver] = v.parse(Paged, reply);
  const messages: Message[] = [];
  let damaged = passedOver;
  for (const member of members) {
    const message = decodeMessage(member);
    if (message === undefined) damaged += 1;
    const shown = message ?? tombstoneOf(member);
    if (shown) messages.unshift(shown);
  }
  return { value: { top: { epoch, seq }, messages, more: more === 1 }, tag, damaged };
}

function decodeMessage(member: string): Message | undefined {
  try {
    const [marks = "", about = "", text = "", ...reactions] = member.split("\n");
    const [seq, epoch, at, author, edited, deleted] = v.parse(Marks, marks.split(" "));
    return {
      position: { epoch, seq },
      at,
      user: v.parse(user, author),
      ...v.parse(About, JSON.parse(about)),
      text: v.parse(v.string(), JSON.parse(text)),
      ...(edited > 0 && { edited }),
      ...(deleted === "1" && { deleted: true }),
      ...(reactions.length > 0 && {
        reactions: Object.fromEntries(reactions.map(decodeReaction)),
      }),
    };
  } catch {
    return undefined;
  }
}

/** A tombstone for a message of which only the position can be read. */
function tombstoneOf(member: string): Message | undefined {
  const marks = v.safeParse(Marks, member.slice(0, 200).split("\n", 1)[0]?.split(" "));
  if (!marks.success) return undefined;
  const [seq, epoch, at, author] = marks.output;
  const position = { epoch, seq };
  const known = { ...UNKNOWN_AUTHOR, ...(isUserId(author) && { user: author }) };
  return { ...known, position, at, id: damagedId(position), text: "", deleted: true };
}

function decodeReaction(line: string): readonly [string, readonly UserId[]] {
  const [, users = "", emoji = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
  return [v.parse(v.string(), JSON.parse(emoji)), v.parse(v.array(user), users.split(","))];
}

/** The reply of top.lua. */
export function decodeTop(reply: unknown): Reply<Position> {
  const [epochNow, seqNow, tagNow] = v.parse(v.tuple([epoch, digits, tag]), reply);
  return { value: { epoch: epochNow, seq: seqNow }, tag: tagNow, damaged: 0 };
}

/** The reply of standing.lua. */
export function decodeStanding(reply: unknown): Standing {
  const [read, unread] = v.parse(v.tuple([v.string(), seq]), reply);
  return { read: parsePosition(read), unread };
}

/** The reply of sweep.lua: what was dropped. */
export function decodeSweep(
  reply: unknown,
): Readonly<Record<"entries" | "messages" | "marks" | "rooms", number>> {
  const [entries, messages, marks, rooms] = v.parse(v.tuple([seq, seq, seq, seq]), reply);
  return { entries, messages, marks, rooms };
}
