/**
 * The arguments of the contract's tests, and the users, rooms and drafts that they share.
 * @module
 */
import assert from "node:assert/strict";
import type { Bus, PresenceRegistry, RoomHistory } from "../../lib/chat/ports/bus.ts";
import type { StoreQuota } from "../../lib/chat/bus/memory_store.ts";
import {
  type Action,
  type Author,
  type Draft,
  isUserId,
  type Rejection,
  type UserId,
} from "../../lib/core/log/entry.ts";
import type { Position } from "../../lib/core/log/position.ts";
import type { Retention } from "../../lib/core/log/retention.ts";
import type { Receipt } from "../../lib/core/log/room_log.ts";
import { name, room } from "../support/fakes.ts";
import type { AnnouncementReader } from "./log/announcement_reader.ts";

/** All ports of a bus. */
export type TestedBus = Bus & RoomHistory & PresenceRegistry;

/** A bus under test and its resources, disposed of after the test. */
export interface OpenBus extends AsyncDisposable {
  readonly bus: TestedBus;
}

/** How much an opened bus may store: bytes beyond the size of an empty store, and rooms. */
export type Quota = StoreQuota;

/** Registers a test; its bus retains 1000 of everything and has no quota by default. */
export type Test = (
  promise: string,
  prove: (bus: TestedBus, reader: AnnouncementReader) => Promise<void>,
  retention?: Retention,
  quota?: Quota,
) => void;

/** A user ID, which the test must write correctly. */
export function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user id: ${text}`);
  return text;
}

export const lobby = room("lobby");
export const attic = room("attic");
export const ann: Author = { user: user("user_ann"), name: name("Ann") };
export const bob: Author = { user: user("user_bob"), name: name("Bob") };

let drafts = 0;

/** A draft with a unique id, by Ann in the lobby by default. */
export function draft(action: Action, other: Partial<Omit<Draft, "action">> = {}): Draft {
  return { room: lobby, ...ann, id: `draft-${++drafts}`, action, ...other };
}

export function say(text: string, other?: Partial<Omit<Draft, "action">>): Draft {
  return draft({ kind: "said", text }, other);
}

export function react(of: Position, emoji: string, on = true, by: Author = ann): Draft {
  return draft({ kind: "reacted", of, emoji, on }, by);
}

/** Publishes a draft that must be accepted. */
export async function mustPublish(bus: Bus, it: Draft): Promise<Receipt> {
  const published = await bus.publish(it);
  if (published.kind !== "entered") assert.fail(`${JSON.stringify(it)}: ${published.why}`);
  return { position: published.position, at: published.at };
}

/** Sends one text after the other; returns their positions. */
export async function sayAll(bus: Bus, texts: readonly string[]): Promise<Position[]> {
  const receipts = await Promise.all(texts.map((text) => mustPublish(bus, say(text))));
  return receipts.map(({ position }) => position);
}

/** Checks that a draft is rejected, and why. */
export async function isRejected(bus: Bus, it: Draft, why: Rejection): Promise<void> {
  assert.deepEqual(await bus.publish(it), { kind: "rejected", why });
}

/** The numbers from one to another. */
export function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
