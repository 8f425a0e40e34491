/**
 * What the contract's tests are given, and the people, rooms and drafts that they have in common.
 * @module
 */
import assert from "node:assert/strict";
import type { Archive, Bus, Register } from "../../lib/chat/bus.ts";
import type { StoreQuota } from "../../lib/chat/memory_store.ts";
import {
  type Author,
  type Deed,
  type Draft,
  isUserId,
  type Rejection,
  type UserId,
} from "../../lib/core/entries.ts";
import type { Position } from "../../lib/core/positions.ts";
import type { Receipt, Retention } from "../../lib/core/room_log.ts";
import { name, room } from "../fakes.ts";
import type { Ear } from "./ear.ts";

/** All that a bus does. */
export type TestedBus = Bus & Archive & Register;

/** A bus under test, and whatever it needs; disposed of when the test is over. */
export interface OpenBus extends AsyncDisposable {
  readonly bus: TestedBus;
}

/** How much an opened bus may store: so many bytes beyond what an empty store takes, and so many rooms. */
export type Quota = StoreQuota;

/** Registers one test; its bus keeps 1000 of all and has no quota, unless more or less is asked for. */
export type Test = (
  promise: string,
  prove: (bus: TestedBus, ear: Ear) => Promise<void>,
  retention?: Retention,
  quota?: Quota,
) => void;

/** The user id in a test, which is right by the test's making. */
export function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user id: ${text}`);
  return text;
}

export const lobby = room("lobby");
export const attic = room("attic");
export const ann: Author = { user: user("user_ann"), name: name("Ann") };
export const bob: Author = { user: user("user_bob"), name: name("Bob") };

let drafts = 0;

/** A draft with an id of its own, by Ann and in the lobby where nothing else is said. */
export function draft(deed: Deed, other: Partial<Omit<Draft, "deed">> = {}): Draft {
  return { room: lobby, ...ann, id: `draft-${++drafts}`, deed, ...other };
}

export function say(text: string, other?: Partial<Omit<Draft, "deed">>): Draft {
  return draft({ kind: "said", text }, other);
}

export function react(of: Position, emoji: string, on = true, by: Author = ann): Draft {
  return draft({ kind: "reacted", of, emoji, on }, by);
}

/** Publishes what must be entered. */
export async function enter(bus: Bus, it: Draft): Promise<Receipt> {
  const published = await bus.publish(it);
  if (published.kind !== "entered") assert.fail(`${JSON.stringify(it)}: ${published.why}`);
  return { position: published.position, at: published.at };
}

/** Says one text after the other; the position of each. */
export async function sayAll(bus: Bus, texts: readonly string[]): Promise<Position[]> {
  const receipts = await Promise.all(texts.map((text) => enter(bus, say(text))));
  return receipts.map(({ position }) => position);
}

/** Proves that a draft is not taken, and why. */
export async function isRejected(bus: Bus, it: Draft, why: Rejection): Promise<void> {
  assert.deepEqual(await bus.publish(it), { kind: "rejected", why });
}

/** The numbers from one to another. */
export function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
