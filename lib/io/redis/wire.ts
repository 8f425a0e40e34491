/**
 * What goes to Redis and comes back, as text. Drafts go in pieces, so that the scripts can put entries and messages
 * together without looking into them (append.lua); whatever comes back passes a schema, since anybody who may use the
 * same Redis may have written it.
 * @module
 */
import * as v from "valibot";
import type { Announcement, Note, Published, Standing } from "../../chat/bus.ts";
import {
  type Deed,
  type Draft,
  type Entry,
  fingerprint,
  isUserId,
  type Message,
  type UserId,
} from "../../core/entries.ts";
import { isKeptName, type Name, type RoomId } from "../../core/names.ts";
import { parsePosition, type Position } from "../../core/positions.ts";
import type { Page, Replay } from "../../core/room_log.ts";

const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digits = v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number), seq);
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

const note = v.variant("kind", [
  v.object({ kind: v.literal("here"), node: v.string(), user, name }),
  v.object({ kind: v.literal("gone"), node: v.string(), user }),
  v.object({ kind: v.literal("typing"), user, name, on: v.boolean() }),
]);

const Live = v.union([
  v.object({ entries: v.array(v.object({ epoch, seq, at: seq, draft })) }),
  v.object({ note }),
]);

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

/** A note as it goes over a room's channel. */
export function encodeNote(note: Note): string {
  return JSON.stringify({ note });
}

/** What came over a room's channel; undefined where it is nothing of ours. */
export function decodeLive(room: RoomId, payload: string): readonly Announcement[] | undefined {
  try {
    const live = v.parse(Live, JSON.parse(payload));
    if ("note" in live) return [{ kind: "note", room, note: live.note }];
    return live.entries.map(({ epoch, seq, at, draft }) => {
      return { kind: "entry", entry: { ...draft, room, position: { epoch, seq }, at } };
    });
  } catch {
    return undefined;
  }
}

const Answers = v.array(v.union([
  v.tuple([v.literal("entered"), epoch, digits, digits]),
  v.tuple([
    v.literal("rejected"),
    v.picklist(["gone", "not_yours", "id_reused", "too_many_reactions"]),
  ]),
]));

/** What append.lua answers, one for each draft. */
export function decodeAnswers(reply: unknown): readonly Published[] {
  return v.parse(Answers, reply).map((answer) => {
    if (answer[0] === "rejected") return { kind: "rejected", why: answer[1] };
    const [, epoch, seq, at] = answer;
    return { kind: "entered", position: { epoch, seq }, at };
  });
}

const Row = v.tuple([
  v.pipe(v.string(), v.regex(/^\d{1,16}-0$/)),
  v.tuple([v.literal("entry"), v.string()]),
]);
const Stamp = v.tuple([v.string(), epoch, digits, v.string()]);
const Replayed = v.tuple([
  epoch,
  digits,
  v.picklist(["", "unknown_epoch", "rewound", "too_old"]),
  v.array(Row),
]);

/** What replay.lua brings. */
export function decodeReplay(room: RoomId, reply: unknown): Replay {
  const [epoch, seq, gap, rows] = v.parse(Replayed, reply);
  const entries = rows.map((row) => decodeRow(room, row));
  return { top: { epoch, seq }, entries, ...(gap !== "" && { gap }) };
}

function decodeRow(room: RoomId, [id, [, text]]: v.InferOutput<typeof Row>): Entry {
  const [, epoch, at, json] = v.parse(Stamp, /^(\w+) (\d+) (.*)$/s.exec(text)?.slice(0, 4));
  return {
    ...v.parse(draft, JSON.parse(json)),
    room,
    position: { epoch, seq: Number.parseInt(id) },
    at,
  };
}

const About = v.object({ name, id: v.string(), reply: v.optional(position) });
const Marks = v.tuple([digits, epoch, digits, user, digits, v.picklist(["0", "1"])]);
const Paged = v.tuple([epoch, digits, v.array(v.string())]);

/** What page.lua brings, where it was asked for one more than the limit. */
export function decodePage(reply: unknown, limit: number): Page {
  const [epoch, seq, members] = v.parse(Paged, reply);
  const messages = members.slice(0, limit).reverse().map(decodeMessage);
  return { top: { epoch, seq }, messages, more: members.length > limit };
}

function decodeMessage(member: string): Message {
  const [marks = "", about = "", text = "", ...reactions] = member.split("\n");
  const [seq, epoch, at, user, edited, deleted] = v.parse(Marks, marks.split(" "));
  return {
    position: { epoch, seq },
    at,
    user,
    ...v.parse(About, JSON.parse(about)),
    text: v.parse(v.string(), JSON.parse(text)),
    ...(edited > 0 && { edited }),
    ...(deleted === "1" && { deleted: true }),
    ...(reactions.length > 0 && { reactions: Object.fromEntries(reactions.map(decodeReaction)) }),
  };
}

function decodeReaction(line: string): readonly [string, readonly UserId[]] {
  const [, users = "", emoji = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
  return [v.parse(v.string(), JSON.parse(emoji)), v.parse(v.array(user), users.split(","))];
}

/** What top.lua brings. */
export function decodeTop(reply: unknown): Position {
  const [epochNow, seqNow] = v.parse(v.tuple([epoch, digits]), reply);
  return { epoch: epochNow, seq: seqNow };
}

/** What standing.lua brings. */
export function decodeStanding(reply: unknown): Standing {
  const [read, unread] = v.parse(v.tuple([v.string(), seq]), reply);
  return { read: parsePosition(read), unread };
}
