/**
 * What follows from an attempt to deliver a message: it is delivered, tried again later, or given up.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const context = { date: 0, random: 0 };
 * assert.deepEqual(decide({ kind: "answered", status: 204 }, undefined, context), {
 *   kind: "delivered",
 * });
 * assert.deepEqual(decide({ kind: "answered", status: 500 }, undefined, context), {
 *   kind: "retry",
 *   afterMs: 2_500,
 *   failing: { since: 0, attempts: 1 },
 * });
 * ```
 * @module
 */
import { backoffMs, type BackoffPolicy } from "../backoff.ts";

/**
 * Why an attempt failed without an answer: an address is not public, the name has none, nothing accepts connections, the
 * certificate is not valid, the answer took too long or is not HTTP, the process may not connect there, or it stops.
 */
export type AttemptFailure =
  | "address"
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "protocol"
  | "permission"
  | "stopped";

/** What one attempt led to. */
export type AttemptOutcome =
  | {
    readonly kind: "answered";
    /** The status of the answer. */
    readonly status: number;
    /** What `Retry-After` asks for. */
    readonly retryAfterMs?: number | undefined;
  }
  | { readonly kind: "failed"; readonly why: AttemptFailure };

/** The failed attempts to deliver one message. */
export interface Failing {
  /** When the first one failed, in milliseconds since 1970. */
  readonly since: number;
  /** Their number. */
  readonly attempts: number;
}

/** What to do next. */
export type Decision =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly afterMs: number; readonly failing: Failing }
  /** Continue with the next message. */
  | { readonly kind: "dead" }
  /** Send nothing more. */
  | { readonly kind: "gone" };

/** The waits between the attempts. */
export const WEBHOOK_RETRY: BackoffPolicy = { firstMs: 5_000, longestMs: 24 * 3_600_000 };
/** After this time a message is given up. */
export const GIVE_UP_MS = 3 * 24 * 3_600_000;
/** Not before this many attempts: more than an hour passes until then, even if the clock jumps ahead. */
export const MIN_ATTEMPTS = 12;

/** `Retry-After` is honored up to this long. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** The status by which a receiver says that it wants nothing more (RFC 9110 §15.5.11). */
export const GONE = 410;

const HONORS_RETRY_AFTER: ReadonlySet<number> = new Set([429, 503]);

/**
 * Decides what follows from an attempt.
 *
 * @param failing The attempts before it; undefined if it was the first one.
 * @param context The date in milliseconds since 1970, and a number in [0, 1).
 */
export function decide(
  outcome: AttemptOutcome,
  failing: Failing | undefined,
  { date, random }: { readonly date: number; readonly random: number },
): Decision {
  if (outcome.kind === "answered") {
    if (outcome.status >= 200 && outcome.status < 300) return { kind: "delivered" };
    if (outcome.status === GONE) return { kind: "gone" };
  }
  const { since, attempts } = failing ?? { since: date, attempts: 0 };
  const leftMs = since + GIVE_UP_MS - date;
  const isEnough = attempts + 1 >= MIN_ATTEMPTS;
  if (leftMs <= 0 && isEnough) return { kind: "dead" };
  const waitMs = Math.max(
    backoffMs(attempts, WEBHOOK_RETRY, random),
    Math.min(askedMs(outcome), MAX_RETRY_AFTER_MS),
  );
  // The last attempt is made when the time is over, and not up to a day later.
  const afterMs = isEnough ? Math.min(waitMs, leftMs) : waitMs;
  return { kind: "retry", afterMs, failing: { since, attempts: attempts + 1 } };
}

function askedMs(outcome: AttemptOutcome): number {
  const isAsked = outcome.kind === "answered" && HONORS_RETRY_AFTER.has(outcome.status);
  return isAsked ? Math.max(0, outcome.retryAfterMs ?? 0) : 0;
}
