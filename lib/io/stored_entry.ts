/**
 * Schemas for stored rows. Do not trust stored data: the file may have been edited, or the disk may be damaged.
 * @module
 */
import * as v from "valibot";
import { type Content, isFlatObject, isUserList } from "../core/log/content.ts";
import type { Action, Author, Deleter, Entry, Message, MessageState } from "../core/log/entry.ts";
import type { RoomId } from "../core/names/names.ts";
import type { Position } from "../core/log/position.ts";
import type { Head } from "../core/log/epochs.ts";
import type { StoredReceipt } from "../core/log/room_log.ts";
import {
  at,
  epoch,
  id,
  isId,
  isInteger,
  isName,
  isPosition,
  isUser,
  mentions,
  metadata,
  name,
  position,
  seq,
  user,
} from "./stored_values.ts";
import { roomEvent } from "./stored_event.ts";

/** Validates values of one type. */
export interface Schema<T> {
  /** Returns the typed value; undefined if it is invalid. */
  readonly parse: (value: unknown) => T | undefined;
}

function schemaOf<T>(schema: v.GenericSchema<unknown, T>): Schema<T> {
  return {
    parse(value) {
      const parsed = v.safeParse(schema, value);
      return parsed.success ? parsed.output : undefined;
    },
  };
}

/** Schema of a position, which need not exist in any log. */
export const PositionSchema: Schema<Position> = schemaOf(position);

const isObject = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null;

const isOptional = (type: string, value: unknown) => value === undefined || typeof value === type;

function isAction(action: unknown): action is Action {
  if (!isObject(action)) return false;
  switch (action.kind) {
    case "said":
      return typeof action.text === "string" &&
        (action.reply === undefined || isPosition(action.reply)) &&
        (action.event === undefined || v.is(roomEvent, action.event));
    case "edited":
      return isPosition(action.of) && typeof action.text === "string";
    case "deleted":
      return isPosition(action.of) && isOptional("string", action.reason) &&
        (action.asModerator === undefined || action.asModerator === true);
    case "reacted":
      return isPosition(action.of) && typeof action.emoji === "string" &&
        typeof action.on === "boolean";
    case "renamed":
      return isName(action.from);
    default:
      return false;
  }
}

/** A stored entry: its action has the field name of the first version of the stores. */
type StoredEntry = Omit<Entry, "room" | "action"> & { readonly deed: Action };

function isEntry(input: unknown): input is StoredEntry {
  return isObject(input) && isUser(input.user) && isName(input.name) && isId(input.id) &&
    isAction(input.deed) && isPosition(input.position) && isInteger(input.at);
}

/** An event goes to clients as it is, so its unknown fields are dropped. */
function withKnownFields(action: Action): Action {
  if (action.kind !== "said" || action.event === undefined) return action;
  return { ...action, event: v.parse(roomEvent, action.event) };
}

/** Schema of an entry without its room, which is that of the log. Unknown fields are kept, but never sent to clients. */
export const EntrySchema: Schema<Omit<Entry, "room">> = schemaOf(
  v.pipe(
    v.custom<StoredEntry>(isEntry),
    v.transform(({ deed, ...entry }) => ({ ...entry, action: withKnownFields(deed) })),
  ),
);

/** Serializes an entry for {@linkcode EntrySchema}. */
export function entryJson({ action, ...entry }: Entry): string {
  return JSON.stringify({ ...entry, deed: action });
}

function isMessageState(input: unknown): input is MessageState {
  return isObject(input) && isPosition(input.position) && typeof input.text === "string" &&
    (input.mentions === undefined || isUserList(input.mentions)) &&
    (input.metadata === undefined || isFlatObject(input.metadata)) &&
    (input.edited === undefined || isInteger(input.edited)) &&
    (input.deleted === undefined || input.deleted === true);
}

/** Schema of a {@linkcode MessageState}. A replay checks a thousand of them, so it is a single guard. */
export const MessageStateSchema: Schema<MessageState> = schemaOf(
  v.custom<MessageState>(isMessageState),
);

/** Schema of a message's content; drops unknown fields. */
export const ContentSchema: Schema<Content> = schemaOf(v.object({
  text: v.string(),
  mentions: v.optional(mentions),
  metadata: v.optional(metadata),
}));

type Reactions = NonNullable<Message["reactions"]>;

/** A guard that keeps every key: valibot's record schema would drop keys such as `constructor`. */
function isReactions(input: unknown): input is Reactions {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return false;
  return Object.values(input).every((users) => Array.isArray(users) && users.every(isUser));
}

const deleter = v.object({ user, name, reason: v.optional(v.string()) });

/** Schema of who has deleted a message. */
export const DeleterSchema: Schema<Deleter> = schemaOf(deleter);

/** Schema of a message in its current state; drops unknown fields. */
export const MessageSchema: Schema<Message> = schemaOf(v.object({
  position,
  at,
  user,
  name,
  id,
  text: v.string(),
  mentions: v.optional(mentions),
  metadata: v.optional(metadata),
  reply: v.optional(position),
  event: v.optional(roomEvent),
  edited: v.optional(at),
  deleted: v.optional(v.literal(true)),
  deletedBy: v.optional(deleter),
  reactions: v.optional(v.custom<Reactions>(isReactions)),
}));

/** Schema of a receipt, with the fingerprint by which a repeated draft is recognized. */
export const ReceiptSchema: Schema<StoredReceipt> = schemaOf(v.object({
  position,
  at,
  fingerprint: v.string(),
}));

const epochStart = v.object({ epoch, after: seq });

/** Schema of a head. Its epochs are stored under the field name of the first version of the stores. */
export const HeadSchema: Schema<Head> = schemaOf(v.pipe(
  v.object({ eras: v.tupleWithRest([epochStart], epochStart), top: seq, at }),
  v.transform(({ eras, ...head }) => ({ ...head, epochs: eras })),
));

/** Serializes a head for {@linkcode HeadSchema}. */
export function headJson({ epochs, top, at }: Head): string {
  return JSON.stringify({ eras: epochs, top, at });
}

/** The author of a tombstone for a damaged row. */
export const UNKNOWN_AUTHOR: Author = {
  user: v.parse(user, "unknown_user"),
  name: v.parse(name, "unknown"),
};

/** Creates a deleted message to replace a damaged entry. @param at Timestamp, in milliseconds since 1970. */
export function tombstone(room: RoomId, position: Position, at: number): Entry {
  const action = { kind: "said", text: "", deleted: true } as const;
  return { ...UNKNOWN_AUTHOR, room, id: damagedId(position), position, at, action };
}

/** The id of a tombstone for a damaged row. */
export function damagedId({ seq }: Position): string {
  return `damaged-${seq}`;
}

/** Parses and validates a JSON text; undefined if it is invalid. */
export function parseJson<T>(schema: Schema<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
