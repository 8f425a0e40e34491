/**
 * What a message says: its text, the users whom it mentions, and metadata for programs. A deletion removes all of it, and it is
 * stored only with the message. Sizes count all of it, too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isMetadata({ build: { id: 7, failed: ["lint"] } }));
 * assert.equal(isMetadata(["lint"]), false);
 * assert.equal(isMetadata({ log: "x".repeat(MAX_METADATA_BYTES) }), false);
 * assert.equal(contentLength({ text: "hi", metadata: { a: 1 } }), 2 + '{"a":1}'.length);
 * ```
 * @module
 */
import { exceedsBytes, utf8Length } from "../utf8.ts";
import { isUserId, type UserId } from "./user_id.ts";

/** A JSON object that the service stores and returns, and never reads. */
export type Metadata = Readonly<Record<string, unknown>>;

/** A content whose ids are not checked. */
export interface SizedContent {
  /** For people. */
  readonly text: string;
  /** The users whom the author mentions; undefined for none. */
  readonly mentions?: readonly string[] | undefined;
  /** For programs; undefined for none. */
  readonly metadata?: Metadata | undefined;
}

/** What a message says. */
export interface Content extends SizedContent {
  /** The users whom the author mentions; undefined for none. */
  readonly mentions?: readonly UserId[] | undefined;
}

/** Maximum number of users that a message mentions. */
export const MAX_MENTIONS = 20;
/** Maximum size of a message's metadata as JSON, in bytes of UTF-8. */
export const MAX_METADATA_BYTES = 2_048;
/** Maximum number of objects and arrays inside one another, the metadata itself included. */
export const MAX_METADATA_DEPTH = 8;
/** More values than this do not fit: each takes a character and a separator. */
const MAX_VALUES = MAX_METADATA_BYTES / 2;

/** Whether a value of a request can be the mentions of a message. */
export function isMentions(value: unknown): value is readonly UserId[] {
  return Array.isArray(value) && value.length <= MAX_MENTIONS && isUserList(value);
}

/** Whether all values are ids of users. Does not limit their number. */
export function isUserList(value: unknown): value is readonly UserId[] {
  return Array.isArray(value) && value.every((it) => typeof it === "string" && isUserId(it));
}

/** Whether a value of a request, parsed from JSON, can be the metadata of a message. */
export function isMetadata(value: unknown): value is Metadata {
  return isFlatObject(value) && !exceedsBytes(JSON.stringify(value), MAX_METADATA_BYTES);
}

/**
 * Whether a value is an object with so few levels and values that `JSON.stringify`, which is recursive, can take it. Visits
 * them level by level, and no level after the first that is too large.
 */
export function isFlatObject(value: unknown): value is Metadata {
  if (!isContainer(value) || Array.isArray(value)) return false;
  let level: readonly object[] = [value];
  let count = 0;
  for (let depth = 0; depth < MAX_METADATA_DEPTH; depth++) {
    const values = level.flatMap((it) => Object.values(it));
    count += values.length;
    if (count > MAX_VALUES) return false;
    level = values.filter(isContainer);
  }
  return level.length === 0;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Only the content, without fields that are undefined or empty. */
export function contentOf({ text, mentions = [], metadata }: Content): Content {
  return { text, ...(mentions.length > 0 && { mentions }), ...(metadata && { metadata }) };
}

/** Approximate length of a content as JSON, in UTF-16 code units. */
export function contentLength({ text, mentions, metadata }: SizedContent): number {
  // Most messages have neither, and this is called for every message that is read.
  return text.length + (mentions || metadata ? attachedJson({ mentions, metadata }).length : 0);
}

/** Approximate size of a content, in bytes of UTF-8. */
export function contentBytes({ text, mentions, metadata }: SizedContent): number {
  const attached = mentions || metadata ? utf8Length(attachedJson({ mentions, metadata })) : 0;
  return utf8Length(text) + attached;
}

function attachedJson({ mentions, metadata }: Omit<SizedContent, "text">): string {
  return (mentions ? JSON.stringify(mentions) : "") + (metadata ? JSON.stringify(metadata) : "");
}
