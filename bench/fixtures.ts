/** Fixtures of the benchmarks: a room, its users and their messages. */
import type { Announcement } from "../lib/chat/ports/bus.ts";
import { type Entry, isUserId, type UserId } from "../lib/core/log/entry.ts";
import { type Name, parseName, parseRoom, type RoomId } from "../lib/core/names/names.ts";
import type { Retention } from "../lib/core/log/retention.ts";

/** The parsed value; throws if it is invalid. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("Cannot bench: something given is bad");
  return value;
}

/** One of many users. */
export function user(number: number): UserId {
  const text = `user_no_${number}`;
  return must(isUserId(text) ? text : undefined);
}

/** The name of that user. */
export function name(number: number): Name {
  return must(parseName(`m${number}`));
}

export const room: RoomId = must(parseRoom("lobby"));
export const author: Name = must(parseName("Ann"));
/** A typical text. */
export const short = "x".repeat(64);

export const retention: Retention = { messages: 1_000, entries: 1_000, ageMs: Infinity };

/** An entry with a short message. */
export function entry(seq: number, epoch = "epoch"): Entry {
  const action = { kind: "said", text: short } as const;
  const id = `id${seq}`;
  return { room, user: user(0), name: author, id, action, position: { epoch, seq }, at: 1e12 };
}

/** This many entries, as announced in one tick. */
export function announcementsOf(count: number): readonly Announcement[] {
  return Array.from({ length: count }, (_, index) => ({ kind: "entry", entry: entry(index + 1) }));
}
