/**
 * Guards and schemas for the values that stored rows and messages consist of. Names are checked by the rules for stored
 * names: the rules for new names become stricter over time, and stored messages must stay readable.
 * @module
 */
import * as v from "valibot";
import { isFlatObject, isUserList, type Metadata } from "../core/log/content.ts";
import { isUserId, type UserId } from "../core/log/entry.ts";
import type { Position } from "../core/log/position.ts";
import { isStoredName, type Name, parseStoredRoom, type RoomId } from "../core/names/names.ts";

// Single guards instead of long pipes: a replay checks a thousand entries with a dozen values each.

/** Whether a value is a whole number that JavaScript can represent exactly. */
export function isInteger(input: unknown): input is number {
  return Number.isSafeInteger(input);
}

function isSeq(input: unknown): input is number {
  return isInteger(input) && input >= 0;
}

function isEpoch(input: unknown): input is string {
  return typeof input === "string" && /^[0-9a-z]{1,32}$/.test(input);
}

/** Whether a value is the id of a user. */
export function isUser(input: unknown): input is UserId {
  return typeof input === "string" && isUserId(input);
}

/** Whether a value is the id of a draft. */
export function isId(input: unknown): input is string {
  return typeof input === "string" && input.length <= 1_024;
}

/** Whether a value is a stored name. */
export function isName(input: unknown): input is Name {
  return typeof input === "string" && isStoredName(input);
}

/** Whether a value is a position in a log. */
export function isPosition(input: unknown): input is Position {
  if (typeof input !== "object" || input === null) return false;
  return "epoch" in input && isEpoch(input.epoch) && "seq" in input && isSeq(input.seq);
}

/**
 * A schema of values of one type.
 * @internal Keeps `deno doc --lint` from asking for the documentation of valibot's type.
 */
export type ValueSchema<T> = v.GenericSchema<unknown, T>;

/** Schema of a number in a log: a whole number from 0. */
export const seq: ValueSchema<number> = v.custom<number>(isSeq);
/** Schema of a time, in milliseconds since 1970. */
export const at: ValueSchema<number> = v.custom<number>(isInteger);
/** Schema of an epoch: 1 to 32 of `0-9a-z`. */
export const epoch: ValueSchema<string> = v.custom<string>(isEpoch);
/** Schema of a room's name, in the form in which it is stored. */
export const room: ValueSchema<RoomId> = v.custom<RoomId>((it) =>
  typeof it === "string" && parseStoredRoom(it) === it
);
/** Schema of a user's id. */
export const user: ValueSchema<UserId> = v.custom<UserId>(isUser);
/** Schema of a draft's id. */
export const id: ValueSchema<string> = v.custom<string>(isId);
/** Schema of a stored name. */
export const name: ValueSchema<Name> = v.custom<Name>(isName);
/** Schema of a position: an object with an epoch and a number from 0. */
export const position: ValueSchema<Position> = v.custom<Position>(isPosition);
/** Schema of the users whom a message mentions. */
export const mentions: ValueSchema<readonly UserId[]> = v.custom<readonly UserId[]>(isUserList);
/** Schema of the metadata of a message. A guard keeps every key: valibot's record schema would drop `constructor`. */
export const metadata: ValueSchema<Metadata> = v.custom<Metadata>(isFlatObject);
