/**
 * Encodes drafts and signals for Redis, and decodes the messages of the rooms' channels. Drafts are sent in parts, so that
 * append.lua can assemble entries and messages without parsing them. Validate everything that Redis returns: any program
 * with access to the same Redis may have written it.
 * @module
 */
import * as v from "valibot";
import type { Signal } from "../../chat/ports/bus.ts";
import { type Content, contentOf } from "../../core/log/content.ts";
import { type Action, type Draft, type Entry, fingerprint } from "../../core/log/entry.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Position } from "../../core/log/position.ts";
import { SHOWN_ROLES } from "../../core/log/role.ts";
import { isAboveQuotas } from "../../core/log/room_event.ts";
import { stateChanges } from "../../core/log/state_changes.ts";
import { roomEvent } from "../stored_event.ts";
import { epoch, mentions, metadata, name, position, room, seq, user } from "../stored_values.ts";

// Redis disconnects subscribers with a longer output buffer (client-output-buffer-limit pubsub), so no message is longer.
const MAX_CHANNEL_MESSAGE_LENGTH = 32 * 1024 * 1024;

const action = v.variant("kind", [
  v.object({
    kind: v.literal("said"),
    reply: v.optional(position),
    event: v.optional(roomEvent),
    text: v.string(),
    mentions: v.optional(mentions),
    metadata: v.optional(metadata),
  }),
  v.object({ kind: v.literal("edited"), of: position, text: v.string() }),
  v.object({
    kind: v.literal("deleted"),
    reason: v.optional(v.string()),
    asModerator: v.optional(v.literal(true)),
    of: position,
  }),
  v.object({ kind: v.literal("reacted"), of: position, on: v.boolean(), emoji: v.string() }),
  v.object({ kind: v.literal("renamed"), from: name }),
]);

// Stored logs and the scripts use the field name `deed` for a draft's action.
const draft = v.pipe(
  v.object({ user, name, id: v.string(), deed: action }),
  v.transform(({ deed, ...draft }) => ({ ...draft, action: deed })),
);

/** Parses a draft as stored in a log, without its room. Throws if it is invalid. */
export function parseDraft(json: string): Omit<Draft, "room"> {
  return v.parse(draft, JSON.parse(json));
}

const node = v.pipe(v.string(), v.maxLength(64));
const note = v.variant("kind", [
  v.object({
    kind: v.literal("here"),
    node,
    user,
    name,
    role: v.optional(v.picklist(SHOWN_ROLES)),
    isChosen: v.optional(v.boolean()),
    wanted: v.optional(name),
  }),
  v.object({ kind: v.literal("gone"), node, user }),
  v.object({ kind: v.literal("typing"), user, name, on: v.boolean() }),
  v.object({ kind: v.literal("read"), user, read: position }),
  v.object({ kind: v.literal("paced"), address: user, at: seq }),
  v.object({
    kind: v.literal("member"),
    user,
    about: room,
    on: v.boolean(),
    with: v.optional(v.object({ user, name })),
  }),
  v.object({
    kind: v.literal("turned down"),
    user,
    id: v.string(),
    reason: v.optional(v.string()),
  }),
]);

const ChannelMessageSchema = v.union([
  v.object({
    tag: v.string(),
    entries: v.array(v.object({ epoch, seq, at: seq, draft })),
  }),
  v.object({ tag: v.string(), note }),
]);

/** A message on a room's channel, with the room's tag as its sender knew it. */
export type ChannelMessage =
  | { readonly kind: "entries"; readonly tag: string; readonly entries: readonly Entry[] }
  | { readonly kind: "note"; readonly tag: string; readonly signal: Signal };

/** Encodes a draft as the twelve arguments that append.lua expects. */
export function encodeDraft(draft: Draft): readonly string[] {
  const { user, name, id, action, isExempt } = draft;
  const of: Position | undefined = "of" in action ? action.of : undefined;
  const { key, matter, rest } = splitPayload(action);
  const prefix = JSON.stringify({ user, name, id, deed: rest }).slice(0, -2);
  return [
    user,
    fingerprint(draft),
    action.kind,
    of?.epoch ?? "",
    String(of?.seq ?? 0),
    action.kind === "reacted" && action.on ? "1" : "0",
    isExempt ? "1" : "0",
    ...eventArguments(draft),
    action.kind === "said" ? action.mentions?.join(" ") ?? "" : "",
    aboutOf(draft),
    `${prefix},"${key}":`,
    matter,
  ];
}

/**
 * What a draft does to the room's state, and the changes as lines: `clear` removes messages too, `act` is above quotas like
 * it, and `change` is neither.
 */
function eventArguments({ user, room, action }: Draft): readonly [string, string] {
  const event = action.kind === "said" ? action.event : undefined;
  if (event === undefined) return ["", ""];
  const changes = stateChanges(event, { user, room })
    .map(({ field, value = "" }) => `${field} ${value}\n`);
  const clears = event.kind === "clear" && event.room === undefined;
  const other = isAboveQuotas(event) ? "act" : "change";
  return [clears ? "clear" : other, changes.join("")];
}

/** What the script stores with the message: of a new one its other fields, of one that a moderator deletes who that is. */
function aboutOf({ user, name, id, action }: Draft): string {
  if (action.kind === "said") {
    return JSON.stringify({ name, id, reply: action.reply, event: action.event });
  }
  const isModerated = action.kind === "deleted" && action.asModerator;
  return isModerated ? JSON.stringify({ user, name, reason: action.reason }) : "";
}

/** An action as JSON in two parts: what the script stores and replaces by itself, after the key of its first field, and the rest. */
function splitPayload(
  action: Action,
): { readonly key: string; readonly matter: string; readonly rest: unknown } {
  switch (action.kind) {
    case "said": {
      const { text: _t, mentions: _m, metadata: _d, ...rest } = action;
      return { key: "text", matter: contentLine(contentOf(action)), rest };
    }
    case "edited": {
      const { text, ...rest } = action;
      return { key: "text", matter: JSON.stringify(text), rest };
    }
    case "reacted": {
      const { emoji, ...rest } = action;
      return { key: "emoji", matter: JSON.stringify(emoji), rest };
    }
    case "deleted": {
      const { of, ...rest } = action;
      return { key: "of", matter: JSON.stringify(of), rest };
    }
    case "renamed":
      return { key: "from", matter: JSON.stringify(action.from), rest: { kind: action.kind } };
  }
}

/**
 * A content as the end of a JSON object after `{"text":`. A tab, which is white space in JSON and in no string, ends the text, so
 * that append.lua can replace it and keep the rest.
 */
function contentLine({ text, ...attached }: Content): string {
  const rest = JSON.stringify(attached).slice(1, -1);
  return JSON.stringify(text) + (rest && `\t,${rest}`);
}

/** Encodes a note for a room's channel. @param tag The room's tag. */
export function encodeSignal(note: Signal, tag: string): string {
  return JSON.stringify({ tag, note });
}

/** Decodes a message of a room's channel. Returns undefined if it is invalid; does not check the tag. */
export function decodeChannelMessage(room: RoomId, payload: string): ChannelMessage | undefined {
  if (payload.length > MAX_CHANNEL_MESSAGE_LENGTH) return undefined;
  try {
    const message = v.parse(ChannelMessageSchema, JSON.parse(payload), { abortEarly: true });
    const { tag } = message;
    if ("note" in message) return { kind: "note", tag, signal: message.note };
    const entries = message.entries.map(({ epoch, seq, at, draft }): Entry => {
      return { ...draft, room, position: { epoch, seq }, at };
    });
    return { kind: "entries", tag, entries };
  } catch {
    return undefined;
  }
}
