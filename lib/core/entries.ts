/**
 * What a room's log holds, and what becomes of a message by it. Edits, deletions and reactions are entries like messages
 * and have numbers of their own; a {@linkcode Message} is how one stands after all of them.
 * @module
 */
import type { Name, RoomId } from "./names.ts";
import { formatPosition, isSamePosition, type Position } from "./positions.ts";

/** Who somebody is, whatever the name; made by the server. */
export type UserId = string & { readonly __brand: "UserId" };

/** Whether the text has the form of a {@linkcode UserId}: 8 to 40 of `0-9a-z_`. */
export function isUserId(text: string): text is UserId {
  return text.length <= 40 && /^[0-9a-z_]{8,}$/.test(text);
}

/** What somebody does in a room that the log keeps. */
export type Deed =
  | {
    readonly kind: "said";
    readonly text: string;
    readonly reply?: Position | undefined;
    /** Only in entries read from a log: when the text was last edited. */
    readonly edited?: number | undefined;
    /** Only in what was read from a log: the message is deleted or no longer kept, and the text is empty. */
    readonly deleted?: true | undefined;
  }
  | {
    readonly kind: "edited";
    readonly of: Position;
    readonly text: string;
    /** Only in what was read from a log: the message is deleted or no longer kept, and the text is empty. */
    readonly deleted?: true | undefined;
  }
  | { readonly kind: "deleted"; readonly of: Position }
  | {
    readonly kind: "reacted";
    readonly of: Position;
    readonly emoji: string;
    /** Whether the reaction is put there, or taken back. */
    readonly on: boolean;
  }
  | { readonly kind: "renamed"; readonly from: Name };

/** Who does something, and under which name. */
export interface Author {
  /** Stays the same when the name changes. */
  readonly user: UserId;
  /** At the time of the deed; after it, where the deed is a renaming. */
  readonly name: Name;
}

/** What is to be entered into a room's log. */
export interface Draft extends Author {
  /** The log it is for. */
  readonly room: RoomId;
  /** By which a repetition is known: one user uses it for one deed. */
  readonly id: string;
  /** What is done. */
  readonly deed: Deed;
}

/** What has been entered. */
export interface Entry extends Draft {
  /** Where. */
  readonly position: Position;
  /** When, in milliseconds since 1970. After a clock correction it can be less than that of the entry before. */
  readonly at: number;
}

/** A message as it now stands. */
export interface Message extends Author {
  /** Where it was said: by this it is edited, answered and linked to. */
  readonly position: Position;
  /** When it was said, in milliseconds since 1970. */
  readonly at: number;
  /** The id of the draft that said it. */
  readonly id: string;
  /** As last edited; empty where it was deleted. */
  readonly text: string;
  /** What it answers. */
  readonly reply?: Position | undefined;
  /** When it was last edited. */
  readonly edited?: number | undefined;
  /** Whether it was deleted. */
  readonly deleted?: true | undefined;
  /** Who reacted with what, each in the order of coming. */
  readonly reactions?: Readonly<Record<string, readonly UserId[]>> | undefined;
}

/** Why the log does not take a draft. */
export type Rejection =
  | "gone"
  | "not_yours"
  | "id_reused"
  | "too_many_reactions"
  | "store_full"
  | "rooms_full";

/** So many reactions may one message have, all emoji and people together. */
export const MAX_REACTIONS = 500;
/** Number of different emoji on one message. */
export const MAX_REACTION_KINDS = 50;
/** Number of different emoji that one user may put on one message, so that one user cannot use up all of them. */
export const MAX_REACTION_KINDS_PER_USER = 10;

/** The message that an entry brings into being. */
export function messageOf(entry: Entry): Message | undefined {
  const { deed, user, name, position, at, id } = entry;
  if (deed.kind !== "said") return undefined;
  return {
    position,
    at,
    user,
    name,
    id,
    text: deed.text,
    ...(deed.reply && { reply: deed.reply }),
  };
}

/**
 * The message after the deed, or why it cannot be done.
 *
 * @param message What the log keeps at the number that the deed is about.
 * @param at When it is done, in milliseconds since 1970.
 */
export function amend(
  message: Message | undefined,
  { deed, user }: Pick<Draft, "deed" | "user">,
  at: number,
): Message | Rejection {
  if (deed.kind === "said" || deed.kind === "renamed") {
    throw new TypeError(`Cannot amend a message: received ${deed.kind}`);
  }
  const isThere = message && !message.deleted && isSamePosition(message.position, deed.of);
  if (!isThere) return "gone";
  if (deed.kind === "reacted") return react(message, user, deed.emoji, deed.on);
  if (message.user !== user) return "not_yours";
  const { reactions: _, ...plain } = message;
  if (deed.kind === "deleted") return { ...plain, text: "", deleted: true };
  return { ...message, text: deed.text, edited: at };
}

function react(message: Message, user: UserId, emoji: string, on: boolean): Message | Rejection {
  const { reactions: before = {}, ...rest } = message;
  const there = Object.hasOwn(before, emoji) ? before[emoji] ?? [] : [];
  const others = there.filter((other) => other !== user);
  const users = on ? [...others, user] : others;
  const { [emoji]: _, ...kept } = before;
  const reactions = users.length > 0 ? { ...kept, [emoji]: users } : kept;
  const all = Object.values(reactions);
  // Removing a reaction is always possible, even if there are more than the limits allow now.
  if (on && areTooMany(all, user)) return "too_many_reactions";
  return all.length > 0 ? { ...rest, reactions } : rest;
}

function areTooMany(reactions: readonly (readonly UserId[])[], user: UserId): boolean {
  const count = reactions.reduce((sum, { length }) => sum + length, 0);
  const own = reactions.filter((users) => users.includes(user)).length;
  return count > MAX_REACTIONS || reactions.length > MAX_REACTION_KINDS ||
    own > MAX_REACTION_KINDS_PER_USER;
}

/** The position of the message that holds an entry's text; undefined if the entry has no text. */
export function messageAbout({ deed, position }: Entry): Position | undefined {
  if (deed.kind === "said") return position;
  return deed.kind === "edited" ? deed.of : undefined;
}

/** The entry without its text. Only the message keeps the text, so deleting or replacing it there removes it everywhere. */
export function withoutText(entry: Entry): Entry {
  const { deed } = entry;
  return "text" in deed ? { ...entry, deed: { ...deed, text: "" } } : entry;
}

/**
 * The entry with the present text of its message, so that deleted and replaced texts are never sent.
 *
 * @param message The message at {@linkcode messageAbout}; undefined if it is no longer kept.
 */
export function asItStands(
  entry: Entry,
  message: Pick<Message, "position" | "text" | "edited" | "deleted"> | undefined,
): Entry {
  const { deed } = entry;
  if (deed.kind !== "said" && deed.kind !== "edited") return entry;
  const isKept = message && !message.deleted &&
    isSamePosition(message.position, messageAbout(entry));
  if (!isKept) return { ...entry, deed: { ...deed, text: "", deleted: true } };
  const { text, edited } = message;
  if (deed.kind === "edited" || edited === undefined) return { ...entry, deed: { ...deed, text } };
  return { ...entry, deed: { ...deed, text, edited } };
}

/** By which the log knows whether two drafts with one id are the same deed. Not for secrets: anybody can forge it. */
export function fingerprint(draft: Pick<Draft, "deed" | "name">): string {
  let high = 0xdeadbeef, low = 0x41c6ce57;
  const text = stableText(draft);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return `${(high >>> 0).toString(36)}.${(low >>> 0).toString(36)}`;
}

function stableText({ deed, name }: Pick<Draft, "deed" | "name">): string {
  switch (deed.kind) {
    case "said":
      return JSON.stringify(["said", deed.text, deed.reply && formatPosition(deed.reply)]);
    case "edited":
      return JSON.stringify(["edited", formatPosition(deed.of), deed.text]);
    case "deleted":
      return JSON.stringify(["deleted", formatPosition(deed.of)]);
    case "reacted":
      return JSON.stringify(["reacted", formatPosition(deed.of), deed.emoji, deed.on]);
    case "renamed":
      return JSON.stringify(["renamed", deed.from, name]);
  }
}
