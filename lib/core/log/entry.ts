/**
 * The entries of a room's log, and how they change messages. Edits, deletions and reactions are entries like messages,
 * each with its own number. A {@linkcode Message} is the current state after all of them.
 * @module
 */
import type { Name, RoomId } from "../names/names.ts";
import { type Content, contentOf } from "./content.ts";
import type { RoomEvent } from "./room_event.ts";
import type { UserId } from "./user_id.ts";

export { isUserId, USER_ID_RULE, type UserId } from "./user_id.ts";
import { formatPosition, isSamePosition, type Position } from "./position.ts";

/** An action in a room that the log stores. */
export type Action =
  | Content & {
    readonly kind: "said";
    readonly reply?: Position | undefined;
    /** What it does to the room; the text says the same in words. */
    readonly event?: RoomEvent | undefined;
    /** Only in entries read from a log: when the text was last edited, in milliseconds since 1970. */
    readonly edited?: number | undefined;
    /** Only in entries read from a log: the message was deleted or is no longer kept, and the content is empty. */
    readonly deleted?: true | undefined;
  }
  | {
    readonly kind: "edited";
    readonly of: Position;
    readonly text: string;
    /** Only in entries read from a log: the message was deleted or is no longer kept, and the text is empty. */
    readonly deleted?: true | undefined;
  }
  | {
    readonly kind: "deleted";
    readonly of: Position;
    /** For people. */
    readonly reason?: string | undefined;
    /** Set if the user may delete the messages of others. */
    readonly asModerator?: true | undefined;
  }
  | {
    readonly kind: "reacted";
    readonly of: Position;
    readonly emoji: string;
    /** True adds the reaction, false removes it. */
    readonly on: boolean;
  }
  | { readonly kind: "renamed"; readonly from: Name };

/** The user who performs an action, and the user's name. */
export interface Author {
  /** Does not change when the name changes. */
  readonly user: UserId;
  /** The name at the time of the action. In a `renamed` action, the new name. */
  readonly name: Name;
}

/** The moderator who has deleted a message. */
export interface Deleter extends Author {
  /** Why, for people. */
  readonly reason?: string | undefined;
}

/** An action that is not yet in a room's log. */
export interface Draft extends Author {
  /** The room whose log will hold it. */
  readonly room: RoomId;
  /** Identifies repetitions: a user must use each id for one action only. */
  readonly id: string;
  /** What the author does. A repetition has to do the same, or is rejected with `id_reused`. */
  readonly action: Action;
  /** Whether the room's settings, mutes and bans do not apply to the author. Not stored. */
  readonly isExempt?: true | undefined;
}

/** An action in a room's log. */
export interface Entry extends Omit<Draft, "isExempt"> {
  /** Its position in the log, which the log assigns. */
  readonly position: Position;
  /** Timestamp in milliseconds since 1970. After a clock correction it can be lower than the previous entry's. */
  readonly at: number;
}

/** The current state of a message. Its content is empty if it was deleted. */
export interface Message extends Author, Content {
  /** The position of its `said` entry. Edits, replies and links refer to it. */
  readonly position: Position;
  /** When it was sent, in milliseconds since 1970. */
  readonly at: number;
  /** The id of its draft. */
  readonly id: string;
  /** The text after the last edit. An edit keeps mentions and metadata. */
  readonly text: string;
  /** The message that it replies to. */
  readonly reply?: Position | undefined;
  /** What it does to the room. Such a message cannot be edited or deleted. */
  readonly event?: RoomEvent | undefined;
  /** When it was last edited, in milliseconds since 1970. */
  readonly edited?: number | undefined;
  /** Whether it was deleted. */
  readonly deleted?: true | undefined;
  /** Who has deleted it; undefined for its author. */
  readonly deletedBy?: Deleter | undefined;
  /** The users who reacted, by emoji, in the order in which they did. */
  readonly reactions?: Readonly<Record<string, readonly UserId[]>> | undefined;
}

/** Why the log rejects a draft. */
export type Rejection =
  | "gone"
  | "not_yours"
  | "id_reused"
  | "too_many_reactions"
  | "store_full"
  | "rooms_full"
  | "not_allowed"
  | "read_only"
  | "muted"
  | "slow_mode"
  | "room_exists"
  | "room_full";

/** Maximum number of reactions on one message, over all emoji and users. */
export const MAX_REACTIONS = 500;
/** Maximum number of different emoji on one message. */
export const MAX_REACTION_KINDS = 50;
/** Maximum number of different emoji that one user can put on one message, so that no user can take all of them. */
export const MAX_REACTION_KINDS_PER_USER = 10;

/** The message that an entry creates; undefined if its action is not `said`. */
export function messageOf(entry: Entry): Message | undefined {
  const { action, user, name, position, at, id } = entry;
  if (action.kind !== "said") return undefined;
  return {
    position,
    at,
    user,
    name,
    id,
    ...contentOf(action),
    ...(action.reply && { reply: action.reply }),
    ...(action.event && { event: action.event }),
  };
}

/**
 * The message after the action, or why the action is rejected.
 *
 * @param message The stored message with the number of the action's target.
 * @param at The time of the action, in milliseconds since 1970.
 */
export function amend(
  message: Message | undefined,
  { action, user, name }: Pick<Draft, "action" | "user" | "name">,
  at: number,
): Message | Rejection {
  if (action.kind === "said" || action.kind === "renamed") {
    throw new TypeError(`Cannot amend a message: received ${action.kind}`);
  }
  const isThere = message && !message.deleted && isSamePosition(message.position, action.of);
  if (!isThere) return "gone";
  if (action.kind === "reacted") return applyReaction(message, user, action.emoji, action.on);
  // Moderators decide about messages that wait for them.
  const isOpen = message.event?.kind === "held" && action.kind === "deleted";
  if (message.event && !isOpen) return "not_yours";
  const isOwn = message.user === user;
  if (action.kind === "edited") {
    return isOwn ? { ...message, text: action.text, edited: at } : "not_yours";
  }
  const { reason, asModerator = false } = action;
  if (!isOwn && !asModerator) return "not_yours";
  const deletedBy = !isOwn && { deletedBy: { user, name, ...(reason && { reason }) } };
  const { reactions: _r, mentions: _m, metadata: _d, ...plain } = message;
  return { ...plain, text: "", deleted: true, ...deletedBy };
}

function applyReaction(
  message: Message,
  user: UserId,
  emoji: string,
  on: boolean,
): Message | Rejection {
  const { reactions: before = {}, ...rest } = message;
  const current = Object.hasOwn(before, emoji) ? before[emoji] ?? [] : [];
  const others = current.filter((other) => other !== user);
  const users = on ? [...others, user] : others;
  const { [emoji]: _, ...kept } = before;
  const reactions = users.length > 0 ? { ...kept, [emoji]: users } : kept;
  const all = Object.values(reactions);
  // Removing a reaction is always allowed, even if the message has more reactions than the current limits.
  if (on && exceedsReactionLimits(all, user)) return "too_many_reactions";
  return all.length > 0 ? { ...rest, reactions } : rest;
}

function exceedsReactionLimits(reactions: readonly (readonly UserId[])[], user: UserId): boolean {
  const count = reactions.reduce((sum, { length }) => sum + length, 0);
  const own = reactions.filter((users) => users.includes(user)).length;
  return count > MAX_REACTIONS || reactions.length > MAX_REACTION_KINDS ||
    own > MAX_REACTION_KINDS_PER_USER;
}

/** The position of the message that holds an entry's content; undefined if the entry has none. */
export function messagePositionOf({ action, position }: Entry): Position | undefined {
  if (action.kind === "said") return position;
  return action.kind === "edited" ? action.of : undefined;
}

/** The entry without its content. Only the message keeps it, so deleting or replacing it there removes it everywhere. */
export function withoutContent(entry: Entry): Entry {
  const { action } = entry;
  if (action.kind === "edited") return { ...entry, action: { ...action, text: "" } };
  return action.kind === "said" ? { ...entry, action: emptied(action) } : entry;
}

function emptied(action: Action & { readonly kind: "said" }): Action & { readonly kind: "said" } {
  const { mentions: _m, metadata: _d, ...plain } = action;
  return { ...plain, text: "" };
}

/**
 * The entry with the current content of its message, so that deleted and replaced contents are never sent.
 *
 * @param message The message at {@linkcode messagePositionOf}; undefined if it is no longer kept.
 */
export function withCurrentContent(entry: Entry, message: MessageState | undefined): Entry {
  const isKept = message && !message.deleted &&
    isSamePosition(message.position, messagePositionOf(entry));
  return { ...entry, action: withContent(entry.action, isKept ? message : undefined) };
}

/** The part of a message that its entries show. */
export type MessageState = Content & Pick<Message, "position" | "edited" | "deleted">;

/** The action with the content of its message. @param message Undefined if it was deleted or is no longer kept. */
export function withContent(
  action: Action,
  message: Omit<MessageState, "position"> | undefined,
): Action {
  switch (action.kind) {
    case "said": {
      const empty = emptied(action);
      if (message === undefined) return { ...empty, deleted: true };
      const { edited } = message;
      return { ...empty, ...contentOf(message), ...(edited !== undefined && { edited }) };
    }
    case "edited":
      return message === undefined
        ? { ...action, text: "", deleted: true }
        : { ...action, text: message.text };
    default:
      return action;
  }
}

/** Tells whether two drafts with the same id are the same action. Not for secrets: it is easy to forge. */
export function fingerprint(draft: Pick<Draft, "action" | "name">): string {
  let high = 0xdeadbeef, low = 0x41c6ce57;
  const text = canonicalText(draft);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return `${(high >>> 0).toString(36)}.${(low >>> 0).toString(36)}`;
}

function canonicalText({ action, name }: Pick<Draft, "action" | "name">): string {
  switch (action.kind) {
    case "said": {
      const { text, reply, event, mentions, metadata } = action;
      if (event) return JSON.stringify(["event", event], withoutCircumstances);
      // Messages without these have the fingerprints that they had before there were any.
      const attached = mentions || metadata ? [mentions, metadata] : [];
      return JSON.stringify(["said", text, reply && formatPosition(reply), ...attached]);
    }
    case "edited":
      return JSON.stringify(["edited", formatPosition(action.of), action.text]);
    case "deleted": {
      const reason = action.reason === undefined ? [] : [action.reason];
      return JSON.stringify(["deleted", formatPosition(action.of), ...reason]);
    }
    case "reacted":
      return JSON.stringify(["reacted", formatPosition(action.of), action.emoji, action.on]);
    case "renamed":
      return JSON.stringify(["renamed", action.from, name]);
  }
}

/** What a moderator asks for again ends later, the user may have left or be called otherwise, and others have sent messages. */
function withoutCircumstances(field: string, value: unknown): unknown {
  return field === "until" || field === "name" || field === "from" ? undefined : value;
}
