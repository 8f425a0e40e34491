/**
 * What goes to Redis, and what comes over the rooms' channels, as text. Drafts go in pieces, so that the scripts can put
 * entries and messages together without looking into them (append.lua); whatever comes back passes a schema, since anybody
 * who may use the same Redis may have written it.
 * @module
 */
import * as v from "valibot";
import type { Note } from "../../chat/bus.ts";
import {
  type Deed,
  type Draft,
  type Entry,
  fingerprint,
  isUserId,
  type UserId,
} from "../../core/entries.ts";
import { isKeptName, type Name, type RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";

// Redis disconnects subscribers with more than this waiting (client-output-buffer-limit pubsub), so no message is longer.
const MAX_LIVE_LENGTH = 32 * 1024 * 1024;

const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const epoch = v.pipe(v.string(), v.regex(/^[0-9a-z]{1,32}$/));
const position = v.object({ epoch, seq });
const user = v.custom<UserId>((input) => typeof input === "string" && isUserId(input));
const name = v.custom<Name>((input) => typeof input === "string" && isKeptName(input));

const deed = v.variant("kind", [
  v.object({ kind: v.literal("said"), reply: v.optional(position), text: v.string() }),
  v.object({ kind: v.literal("edited"), of: position, text: v.string() }),
  v.object({ kind: v.literal("deleted"), of: position }),
  v.object({ kind: v.literal("reacted"), of: position, on: v.boolean(), emoji: v.string() }),
  v.object({ kind: v.literal("renamed"), from: name }),
]);

const draft = v.object({ user, name, id: v.string(), deed });

/** A draft without its room, as stored in a log. Throws if it is invalid. */
export function parseDraft(json: string): Omit<Draft, "room"> {
  return v.parse(draft, JSON.parse(json));
}

const node = v.pipe(v.string(), v.maxLength(64));
const note = v.variant("kind", [
  v.object({ kind: v.literal("here"), node, user, name }),
  v.object({ kind: v.literal("gone"), node, user }),
  v.object({ kind: v.literal("typing"), user, name, on: v.boolean() }),
]);

const LiveSchema = v.union([
  v.object({
    tag: v.string(),
    entries: v.array(v.object({ epoch, seq, at: seq, draft })),
  }),
  v.object({ tag: v.string(), note }),
]);

/** What came over a room's channel. */
export type Live =
  | { readonly kind: "entries"; readonly tag: string; readonly entries: readonly Entry[] }
  | { readonly kind: "note"; readonly tag: string; readonly note: Note };

/** How many of the script's arguments make one draft. */
export function encodeDraft(draft: Draft): readonly string[] {
  const { user, name, id, deed } = draft;
  const of: Position | undefined = "of" in deed ? deed.of : undefined;
  const { key, matter, rest } = divide(deed);
  const opening = JSON.stringify({ user, name, id, deed: rest }).slice(0, -2);
  const about = deed.kind === "said" ? JSON.stringify({ name, id, reply: deed.reply }) : "";
  return [
    user,
    fingerprint(draft),
    deed.kind,
    of?.epoch ?? "",
    String(of?.seq ?? 0),
    deed.kind === "reacted" && deed.on ? "1" : "0",
    about,
    `${opening},"${key}":`,
    JSON.stringify(matter),
  ];
}

/** A deed without what it is chiefly about, and that. */
function divide(
  deed: Deed,
): { readonly key: string; readonly matter: unknown; readonly rest: unknown } {
  switch (deed.kind) {
    case "said":
    case "edited": {
      const { text, ...rest } = deed;
      return { key: "text", matter: text, rest };
    }
    case "reacted": {
      const { emoji, ...rest } = deed;
      return { key: "emoji", matter: emoji, rest };
    }
    case "deleted":
      return { key: "of", matter: deed.of, rest: { kind: deed.kind } };
    case "renamed":
      return { key: "from", matter: deed.from, rest: { kind: deed.kind } };
  }
}

/** A note as it goes over a room's channel. @param tag The room's. */
export function encodeNote(note: Note, tag: string): string {
  return JSON.stringify({ tag, note });
}

/** What came over a room's channel; undefined if it has an unknown form. */
export function decodeLive(room: RoomId, payload: string): Live | undefined {
  if (payload.length > MAX_LIVE_LENGTH) return undefined;
  try {
    const live = v.parse(LiveSchema, JSON.parse(payload), { abortEarly: true });
    const { tag } = live;
    if ("note" in live) return { kind: "note", tag, note: live.note };
    const entries = live.entries.map(({ epoch, seq, at, draft }): Entry => {
      return { ...draft, room, position: { epoch, seq }, at };
    });
    return { kind: "entries", tag, entries };
  } catch {
    return undefined;
  }
}
