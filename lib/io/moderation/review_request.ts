/**
 * One request to the service of `MODERATION_URL`: signed like a webhook, over a connection that is kept for the next one,
 * within a time limit for the whole answer. The URL is the operator's own, so it may lead anywhere; redirects are not followed.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import {
  MAX_ANSWER_BYTES,
  parseReviewAnswer,
  type ReviewAnswer,
  reviewBody,
  type ReviewedMessage,
} from "../../core/moderation/review.ts";
import { readBody } from "../http/body.ts";
import { messageId, signedHeaders } from "../webhooks/webhook_signature.ts";

/** The service that reviews messages. */
export interface ReviewTarget {
  /** Where messages are posted. */
  readonly url: string;
  /** Signs the requests, as secrets of webhooks do. */
  readonly secret: string;
  /** Maximum size of a text that replaces another, in bytes of UTF-8. */
  readonly maxTextBytes: number;
}

/**
 * Why there is no valid answer: none in time; no permission to connect; no connection, or no HTTP; a status other than 200 to
 * 299; a body that is too long, or that says nothing valid.
 */
export type ReviewFailure =
  | { readonly why: "timeout" | "permission" | "connection" | "too_long" | "answer" }
  | { readonly why: "status"; readonly status: number };

/** The answer, or why there is none. */
export type ReviewResult =
  | { readonly kind: "answered"; readonly answer: ReviewAnswer }
  | { readonly kind: "failed"; readonly failure: ReviewFailure };

/** The time for a whole answer. */
export const ANSWER_MS = 1_000;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Asks about a message. Never rejects. */
export async function requestReview(
  message: ReviewedMessage,
  target: ReviewTarget,
  clock: Clock,
): Promise<ReviewResult> {
  const [attempt, done] = [new AbortController(), new AbortController()];
  clock.sleep(ANSWER_MS, done.signal).then(() => attempt.abort());
  try {
    return await post(message, target, clock.date(), attempt.signal);
  } catch (error) {
    if (attempt.signal.aborted) return failed({ why: "timeout" });
    const isForbidden = error instanceof Deno.errors.NotCapable;
    return failed({ why: isForbidden ? "permission" : "connection" });
  } finally {
    done.abort();
  }
}

async function post(
  message: ReviewedMessage,
  { url, secret, maxTextBytes }: ReviewTarget,
  date: number,
  signal: AbortSignal,
): Promise<ReviewResult> {
  const body = reviewBody(message, new Date(date).toISOString());
  // The same for a repetition, so that the service can recognize it.
  const id = messageId("review", JSON.stringify([message.user, message.id]));
  const headers = {
    "user-agent": "Parley",
    "content-type": "application/json",
    accept: "application/json",
    ...signedHeaders(secret, { id, seconds: Math.floor(date / 1_000), body }),
  };
  const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  if (!response.ok) {
    await discard(response);
    return failed({ why: "status", status: response.status });
  }
  const bytes = await readBody(response, MAX_ANSWER_BYTES);
  signal.throwIfAborted();
  if (typeof bytes === "string") {
    await discard(response);
    return failed({ why: bytes === "too long" ? "too_long" : "connection" });
  }
  const answer = parseReviewAnswer(textOf(bytes), maxTextBytes);
  return answer ? { kind: "answered", answer } : failed({ why: "answer" });
}

function failed(failure: ReviewFailure): ReviewResult {
  return { kind: "failed", failure };
}

/** Otherwise the connection would stay open, although nothing reads it. */
async function discard({ body }: Response): Promise<void> {
  if (body?.locked === false) await body.cancel().catch(() => {});
}

/** The text; "", which is no valid answer, if it is not UTF-8. */
function textOf(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return "";
  }
}
