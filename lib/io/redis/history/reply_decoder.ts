/**
 * Decodes the replies of the scripts. Do not throw for a damaged row, which would make its room unusable: if its position
 * is known, return a tombstone in its place, so that positions have no gap; otherwise skip it. Replies include the number
 * of damaged rows.
 * @module
 */
import * as v from "valibot";
import type { PublishResult, ReadState } from "../../../chat/ports/bus.ts";
import type { Content } from "../../../core/log/content.ts";
import {
  type Entry,
  isUserId,
  type Message,
  type MessageState,
  type Rejection,
  type UserId,
  withContent,
} from "../../../core/log/entry.ts";
import type { RoomId } from "../../../core/names/names.ts";
import { parsePosition, type Position } from "../../../core/log/position.ts";
import { currentEpoch, type Head, isOfLog, positionInLog } from "../../../core/log/epochs.ts";
import {
  type HistoryPage,
  type Replay,
  type StateAt,
  withForgotten,
} from "../../../core/log/reading/log_reading.ts";
import type { StoredReceipt } from "../../../core/log/room_log.ts";
import {
  ContentSchema,
  damagedId,
  DeleterSchema,
  parseJson,
  tombstone,
  UNKNOWN_AUTHOR,
} from "../../stored_entry.ts";
import { epoch, name, position, user } from "../../stored_values.ts";
import { roomEvent } from "../../stored_event.ts";
import { parseDraft } from "../codec.ts";

/** A decoded reply, the tag of the room's announcements, and the number of damaged rows. */
export interface ScriptReply<T> {
  /** The decoded value. */
  readonly value: T;
  /** The room's tag, as in room.lua. */
  readonly tag: string;
  /** Number of rows that were skipped or replaced by tombstones. */
  readonly damaged: number;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digits = v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number), v.safeInteger());
const tag = v.string();

const AppendReply = v.tuple([
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
        "not_allowed",
        "read_only",
        "room_exists",
        "room_full",
      ]),
    ]),
    v.tuple([v.literal("rejected"), v.picklist(["muted", "slow_mode"]), digits]),
  ])),
]);

/** Decodes the reply of append.lua: one result for each draft, and whether the room had no entries before. */
export function decodeAppend(
  reply: unknown,
): ScriptReply<{ readonly isNewRoom: boolean; readonly results: readonly PublishResult[] }> {
  const [tag, isNew, damaged, list] = v.parse(AppendReply, reply);
  const answers = list.map((result): PublishResult => {
    if (result[0] === "rejected") return rejection(result);
    const [, epoch, seq, at] = result;
    return { kind: "entered", position: { epoch, seq }, at };
  });
  return { value: { isNewRoom: isNew === 1, results: answers }, tag, damaged };
}

function rejection(
  [kind, why, afterMs]: readonly ["rejected", Rejection, number?],
): PublishResult {
  return afterMs === undefined ? { kind, why } : { kind, why, afterMs };
}

const Row = v.tuple([digits, v.string(), v.string(), v.string()]);
const Epochs = v.pipe(
  v.string(),
  v.transform(parseEpochs),
  v.custom<Head["epochs"]>((it) => it !== undefined),
);
const ReplayReply = v.tuple([
  Epochs,
  digits,
  tag,
  v.picklist(["", "unknown_epoch", "rewound", "too_old"]),
  digits,
  v.picklist([0, 1]),
  v.array(Row),
]);

/** The epochs of a log, in the form of room.lua: `epoch:after epoch:after`. */
function parseEpochs(text: string): Head["epochs"] | undefined {
  const [first, ...rest] = text.split(" ").flatMap((part) => {
    const start = parsePosition(part);
    return start ? [{ epoch: start.epoch, after: start.seq }] : [];
  });
  return first && [first, ...rest];
}

/** Decodes the reply of replay.lua. @param limit The limit of the request. */
export function decodeReplay(room: RoomId, limit: number, reply: unknown): ScriptReply<Replay> {
  const [epochs, topSeq, tag, gap, after, more, rows] = v.parse(ReplayReply, reply);
  const head = { epochs };
  const found = new Map(rows.map((row) => [row[0], decodeRow(room, row)]));
  const last = limit === 0 ? after : more === 1 ? rows.at(-1)?.[0] ?? after : topSeq;
  const entries: Entry[] = [];
  let damaged = 0;
  for (let seq = after + 1; seq <= last && entries.length < limit; seq++) {
    const entry = found.get(seq);
    if (entry && isOfLog(head, entry.position)) {
      entries.push(entry);
      continue;
    }
    damaged += 1;
    const position = positionInLog(head, seq);
    const { at = 0 } = entries.at(-1) ?? [...found.values()].find(Boolean) ?? {};
    entries.push(entry ? { ...entry, position } : tombstone(room, position, at));
  }
  const value = {
    top: { epoch: currentEpoch(head).epoch, seq: topSeq },
    entries,
    ...withForgotten(head, entries),
    ...(gap !== "" && { lossReason: gap }),
  };
  return { value, tag, damaged };
}

/** The entry with the current content of its message; undefined if it is damaged. */
function decodeRow(
  room: RoomId,
  [seq, text, editedMark, contents]: v.InferOutput<typeof Row>,
): Entry | undefined {
  try {
    const [, rowEpoch, at, json = ""] = /^(\w+) (\d+) (.*)$/s.exec(text) ?? [];
    const draft = parseDraft(json);
    return {
      ...draft,
      room,
      position: { epoch: v.parse(epoch, rowEpoch), seq },
      at: v.parse(digits, at),
      action: withContent(draft.action, decodeShown(editedMark, contents)),
    };
  } catch {
    return undefined;
  }
}

/** What an entry shows of its message; undefined if it has none, or if that was deleted or is no longer kept. */
function decodeShown(
  editedMark: string,
  contents: string,
): Omit<MessageState, "position"> | undefined {
  if (editedMark === "" || editedMark === "-") return undefined;
  const edited = v.parse(digits, editedMark);
  return { ...decodeContent(contents), ...(edited > 0 && { edited }) };
}

/** The line of a message that has its content, as `contentLine` of the codec has made it. Throws if it is damaged. */
function decodeContent(line: string): Content {
  const content = parseJson(ContentSchema, `{"text":${line}}`);
  if (content === undefined) throw new TypeError("Cannot decode the content of a message");
  return content;
}

const MessageFields = v.object({
  name,
  id: v.string(),
  reply: v.optional(position),
  event: v.optional(roomEvent),
});
const MessageHeader = v.tupleWithRest(
  [digits, epoch, digits, v.string(), digits, v.picklist(["0", "1"])],
  v.string(),
);
const PageReply = v.tuple([
  epoch,
  digits,
  tag,
  v.picklist([0, 1]),
  v.array(v.string()),
  v.number(),
]);

/** Decodes the reply of page.lua; returns the messages oldest first. */
export function decodePage(reply: unknown): ScriptReply<HistoryPage> {
  const [epoch, seq, tag, more, members, skipped] = v.parse(PageReply, reply);
  const messages: Message[] = [];
  let damaged = skipped;
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
    const [header = "", about = "", text = "", ...reactions] = member.split("\n");
    const [seq, epoch, at, author, edited, deleted] = v.parse(MessageHeader, header.split(" "));
    return {
      position: { epoch, seq },
      at,
      user: v.parse(user, author),
      ...v.parse(MessageFields, JSON.parse(about)),
      ...(deleted === "1" ? decodeDeleted(text) : decodeContent(text)),
      ...(edited > 0 && { edited }),
      ...(reactions.length > 0 && {
        reactions: Object.fromEntries(reactions.map(decodeReaction)),
      }),
    };
  } catch {
    return undefined;
  }
}

/** A deleted message has no content; instead there can be who has deleted it. */
function decodeDeleted(json: string): Pick<Message, "text" | "deleted" | "deletedBy"> {
  const deleted = { text: "", deleted: true } as const;
  if (json === '""') return deleted;
  const deletedBy = parseJson(DeleterSchema, json);
  return { ...deleted, ...(deletedBy && { deletedBy }) };
}

/** A tombstone for a message of which only the header can be read. */
function tombstoneOf(member: string): Message | undefined {
  const header = v.safeParse(MessageHeader, member.slice(0, 200).split("\n", 1)[0]?.split(" "));
  if (!header.success) return undefined;
  const [seq, epoch, at, author] = header.output;
  const position = { epoch, seq };
  const known = { ...UNKNOWN_AUTHOR, ...(isUserId(author) && { user: author }) };
  return { ...known, position, at, id: damagedId(position), text: "", deleted: true };
}

function decodeReaction(line: string): readonly [string, readonly UserId[]] {
  const [, users = "", emoji = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
  return [v.parse(v.string(), JSON.parse(emoji)), v.parse(v.array(user), users.split(","))];
}

/** Decodes the reply of top.lua. */
export function decodeTop(reply: unknown): ScriptReply<Position> {
  const [epochNow, seqNow, tagNow] = v.parse(v.tuple([epoch, digits, tag]), reply);
  return { value: { epoch: epochNow, seq: seqNow }, tag: tagNow, damaged: 0 };
}

const TopsReply = v.array(v.nullable(v.tuple([epoch, digits, tag])));

/** Decodes the reply of tops.lua: undefined for rooms without a valid top. */
export function decodeTops(
  reply: unknown,
): readonly ({ readonly value: Position; readonly tag: string } | undefined)[] {
  return v.parse(TopsReply, reply).map((found) => {
    if (found === null) return undefined;
    const [epoch, seq, tag] = found;
    return { value: { epoch, seq }, tag };
  });
}

/** Decodes the reply of room_state.lua and of admission.lua. */
export function decodeState(reply: unknown): ScriptReply<StateAt> {
  const schema = v.tuple([epoch, digits, tag, v.array(v.string())]);
  const [epochNow, seqNow, tagNow, flat] = v.parse(schema, reply);
  const fields = new Map<string, string>();
  for (let index = 0; index < flat.length; index += 2) {
    fields.set(flat[index] ?? "", flat[index + 1] ?? "");
  }
  const value = { top: { epoch: epochNow, seq: seqNow }, fields };
  return { value, tag: tagNow, damaged: 0 };
}

/** Decodes the reply of read_state.lua. */
export function decodeReadState(reply: unknown): ReadState {
  const [read, unread, mentions] = v.parse(v.tuple([v.string(), count, count]), reply);
  return { read: parsePosition(read), unread, ...(mentions > 0 && { mentions }) };
}

/** Decodes a receipt as append.lua stores it; undefined if there is none, or if it is damaged. */
export function decodeReceipt(stored: unknown): StoredReceipt | undefined {
  const parts = typeof stored === "string" ? stored.split(" ") : [];
  const parsed = v.safeParse(v.tuple([epoch, digits, digits, v.string()]), parts);
  if (!parsed.success || parts.length !== 4) return undefined;
  const [epochThen, seq, at, fingerprint] = parsed.output;
  return { position: { epoch: epochThen, seq }, at, fingerprint };
}

/** Decodes the reply of sweep.lua: the numbers of deleted rows. */
export function decodeSweep(
  reply: unknown,
): Readonly<Record<"entries" | "messages" | "marks" | "rooms", number>> {
  const [entries, messages, marks, rooms] = v.parse(v.tuple([count, count, count, count]), reply);
  return { entries, messages, marks, rooms };
}
