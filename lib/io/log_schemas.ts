/**
 * Schemas for stored rows: the file may have been edited, or the disk may have lost bits. Names are checked by the rules for
 * kept names, since the rules for new names become stricter over time and stored messages must stay readable.
 * @module
 */
import * as v from "valibot";
import {
  type Author,
  type Deed,
  type Entry,
  isUserId,
  type Message,
  type UserId,
} from "../core/entries.ts";
import { isKeptName, type Name, type RoomId } from "../core/names.ts";
import type { Position } from "../core/positions.ts";
import type { Head, KeptReceipt } from "../core/room_log.ts";

// Single guards instead of long pipes: a replay checks a thousand entries with a dozen values each.
const isWhole = (input: unknown): input is number => Number.isSafeInteger(input);
const isSeq = (input: unknown): input is number => isWhole(input) && input >= 0;
const isEpoch = (input: unknown): input is string =>
  typeof input === "string" && /^[0-9a-z]{1,32}$/.test(input);
const isUser = (input: unknown): input is UserId => typeof input === "string" && isUserId(input);
const isId = (input: unknown): boolean => typeof input === "string" && input.length <= 1_024;
const isName = (input: unknown): input is Name => typeof input === "string" && isKeptName(input);

function isPosition(input: unknown): input is Position {
  if (typeof input !== "object" || input === null) return false;
  return "epoch" in input && isEpoch(input.epoch) && "seq" in input && isSeq(input.seq);
}

const seq = v.custom<number>(isSeq);
const at = v.custom<number>(isWhole);
const epoch = v.custom<string>(isEpoch);
const user = v.custom<UserId>(isUser);
const id = v.custom<string>(isId);
const name = v.custom<Name>(isName);

const position = v.custom<Position>(isPosition);

/** Checks a value. */
export interface Schema<T> {
  /** The value, typed; undefined if it is invalid. */
  readonly read: (value: unknown) => T | undefined;
}

function schemaOf<T>(schema: v.GenericSchema<unknown, T>): Schema<T> {
  return {
    read(value) {
      const parsed = v.safeParse(schema, value);
      return parsed.success ? parsed.output : undefined;
    },
  };
}

/** A position. */
export const PositionSchema: Schema<Position> = schemaOf(position);

const isObject = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null;

function isDeed(deed: unknown): deed is Deed {
  if (!isObject(deed)) return false;
  switch (deed.kind) {
    case "said":
      return typeof deed.text === "string" &&
        (deed.reply === undefined || isPosition(deed.reply));
    case "edited":
      return isPosition(deed.of) && typeof deed.text === "string";
    case "deleted":
      return isPosition(deed.of);
    case "reacted":
      return isPosition(deed.of) && typeof deed.emoji === "string" && typeof deed.on === "boolean";
    case "renamed":
      return isName(deed.from);
    default:
      return false;
  }
}

function isEntry(input: unknown): input is Omit<Entry, "room"> {
  return isObject(input) && isUser(input.user) && isName(input.name) && isId(input.id) &&
    isDeed(input.deed) && isPosition(input.position) && isWhole(input.at);
}

/** An entry without its room, which is that of the log. Unknown fields are kept, and never sent to clients. */
export const EntrySchema: Schema<Omit<Entry, "room">> = schemaOf(
  v.custom<Omit<Entry, "room">>(isEntry),
);

/** What an entry takes from its message. */
export type MessageState = Pick<Message, "position" | "text" | "edited" | "deleted">;

function isMessageState(input: unknown): input is MessageState {
  return isObject(input) && isPosition(input.position) && typeof input.text === "string" &&
    (input.edited === undefined || isWhole(input.edited)) &&
    (input.deleted === undefined || input.deleted === true);
}

/** The part of a message that its entries need. A replay checks a thousand of them. */
export const MessageStateSchema: Schema<MessageState> = schemaOf(
  v.custom<MessageState>(isMessageState),
);

type Reactions = NonNullable<Message["reactions"]>;

/** Keeps every key: valibot's record schema would drop keys such as `constructor`. */
function isReactions(input: unknown): input is Reactions {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return false;
  return Object.values(input).every((users) => Array.isArray(users) && users.every(isUser));
}

/** A message. */
export const MessageSchema: Schema<Message> = schemaOf(v.object({
  position,
  at,
  user,
  name,
  id,
  text: v.string(),
  reply: v.optional(position),
  edited: v.optional(at),
  deleted: v.optional(v.literal(true)),
  reactions: v.optional(v.custom<Reactions>(isReactions)),
}));

/** A receipt. */
export const ReceiptSchema: Schema<KeptReceipt> = schemaOf(v.object({
  position,
  at,
  fingerprint: v.string(),
}));

const era = v.object({ epoch, after: seq });

/** A head. */
export const HeadSchema: Schema<Head> = schemaOf(v.object({
  eras: v.tupleWithRest([era], era),
  top: seq,
  at,
}));

/** Stands for an author who cannot be read. */
export const UNKNOWN_AUTHOR: Author = {
  user: v.parse(user, "unknown_user"),
  name: v.parse(name, "unknown"),
};

/** A deleted message in the place of an entry that cannot be read. */
export function tombstone(room: RoomId, position: Position, at: number): Entry {
  const deed = { kind: "said", text: "", deleted: true } as const;
  return { ...UNKNOWN_AUTHOR, room, id: damagedId(position), position, at, deed };
}

/** The id of a tombstone for a damaged row. */
export function damagedId({ seq }: Position): string {
  return `damaged-${seq}`;
}

/** The value in a JSON text; undefined if it is invalid. */
export function parseJson<T>(schema: Schema<T>, text: string): T | undefined {
  try {
    return schema.read(JSON.parse(text));
  } catch {
    return undefined;
  }
}
