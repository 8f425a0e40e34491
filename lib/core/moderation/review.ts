/**
 * The review of messages: what the service of `MODERATION_URL` is asked about a message before it enters a room, and what it
 * can answer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseReviewAnswer('{"action":"reject","reason":"an ad"}', 100), {
 *   kind: "rejected",
 *   reason: "an ad",
 * });
 * assert.deepEqual(parseReviewAnswer('{"action":"replace","text":"***"}', 100), {
 *   kind: "replaced",
 *   text: "***",
 * });
 * assert.equal(parseReviewAnswer('{"action":"replace","text":" "}', 100), undefined);
 * assert.equal(parseReviewAnswer("fine", 100), undefined);
 * ```
 * @module
 */
import * as v from "valibot";
import { type Content, contentOf } from "../log/content.ts";
import type { Author } from "../log/entry.ts";
import { formatPosition, type Position } from "../log/position.ts";
import { hasVisible } from "../names/invisible.ts";
import type { RoomId } from "../names/names.ts";
import { exceedsBytes } from "../utf8.ts";

/** A message, or the new text of one, that is about to enter a room. */
export interface ReviewedMessage extends Author, Content {
  /** The room that it is for. */
  readonly room: RoomId;
  /** The id of its draft, by which a repetition is recognized. */
  readonly id: string;
  /** The text, with words of the word list masked. */
  readonly text: string;
  /** Whether it is a message or an edit, and the message that it refers to. */
  readonly about:
    | { readonly kind: "say"; readonly reply?: Position | undefined }
    | { readonly kind: "edit"; readonly of: Position };
}

/** What is to become of a message. */
export type ReviewAnswer =
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected"; readonly reason?: string }
  | { readonly kind: "replaced"; readonly text: string };

/** The answer, or that there is none: then `afterMs` says when it is worth asking again. */
export type ReviewOutcome = ReviewAnswer | { readonly kind: "failed"; readonly afterMs: number };

/** Maximum length of an answer, in bytes. */
export const MAX_ANSWER_BYTES = 65_536;
/** Maximum length of a reason, in characters; longer ones are cut. */
export const MAX_REVIEW_REASON = 200;

const Answer = v.variant("action", [
  v.object({ action: v.literal("accept") }),
  v.object({ action: v.literal("reject"), reason: v.optional(v.nullable(v.string())) }),
  v.object({ action: v.literal("replace"), text: v.string() }),
]);

/** The body of the request about a message. @param timestamp Now, as ISO 8601. */
export function reviewBody(
  { room, user, name, id, about, ...content }: ReviewedMessage,
  timestamp: string,
): string {
  const target = about.kind === "edit"
    ? { of: formatPosition(about.of) }
    : about.reply && { reply: formatPosition(about.reply) };
  return JSON.stringify({
    type: "message.review",
    timestamp,
    data: { room, user, name, kind: about.kind, ...contentOf(content), id, ...target },
  });
}

/** The answer in a body; undefined if it is not valid. @param maxTextBytes Maximum size of a text, in bytes of UTF-8. */
export function parseReviewAnswer(body: string, maxTextBytes: number): ReviewAnswer | undefined {
  const parsed = v.safeParse(Answer, parseJson(body));
  if (!parsed.success) return undefined;
  const answer = parsed.output;
  switch (answer.action) {
    case "accept":
      return { kind: "accepted" };
    case "reject": {
      const reason = shownReason(answer.reason ?? "");
      return { kind: "rejected", ...(reason && { reason }) };
    }
    case "replace": {
      const { text } = answer;
      const isValid = hasVisible(text) && !exceedsBytes(text, maxTextBytes);
      return isValid ? { kind: "replaced", text } : undefined;
    }
  }
}

/** A reason as users see it: on one line, and not too long. */
function shownReason(reason: string): string {
  // Cut first, since the rest need not be looked at. A character can have two UTF-16 units.
  const start = reason.slice(0, 4 * MAX_REVIEW_REASON).replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ");
  return [...start.trim()].slice(0, MAX_REVIEW_REASON).join("").trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
