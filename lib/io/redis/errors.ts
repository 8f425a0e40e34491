/**
 * Converts Redis errors for the author of a message: whether the message may have been stored despite the error, and a
 * reason that users can read.
 * @module
 */
import { ClientClosedError, ClientOfflineError, ErrorReply, TimeoutError } from "@redis/client";
import { ValiError } from "valibot";
import { BusUnavailable, type UnavailableReason } from "../../chat/ports/bus.ts";

const UNREACHABLE = "the message store is unavailable, try again";
const INTERRUPTED = "the connection to the message store was lost before it answered";
const DAMAGED = "the message store is damaged";

/** The command never left this process, or was refused as a whole (append.lua): nothing was stored. */
const NOT_SENT = [ClientOfflineError, ClientClosedError, TimeoutError, ErrorReply];

/** What an error reply means. */
interface Meaning {
  /** Shown to users. */
  readonly message: string;
  readonly reason: UnavailableReason;
}

const FULL: Meaning = { message: "the message store is full", reason: "no_space" };
const FAILING_OVER: Meaning = {
  message: "the message store is failing over, try again",
  reason: "failing_over",
};
const MOVING: Meaning = {
  message: "part of the message store is being moved, try again",
  reason: "unavailable",
};
const DENIED: Meaning = { message: "the message store denied access", reason: "access_denied" };
const OTHER: Meaning = { message: "the message store reported an error", reason: "unavailable" };

/** By the first word of the error reply. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  OOM: FULL,
  MISCONF: { message: "the message store cannot write to its disk", reason: "not_writable" },
  READONLY: FAILING_OVER,
  MASTERDOWN: FAILING_OVER,
  CLUSTERDOWN: {
    message: "part of the message store is unavailable, try again",
    reason: "unavailable",
  },
  TRYAGAIN: MOVING,
  ASK: MOVING,
  MOVED: MOVING,
  NOREPLICAS: {
    message: "the message store has too few replicas, try again",
    reason: "too_few_replicas",
  },
  LOADING: { message: "the message store is starting, try again", reason: "unavailable" },
  BUSY: { message: "the message store is busy, try again", reason: "unavailable" },
  NOPERM: DENIED,
  NOAUTH: DENIED,
  WRONGTYPE: { message: DAMAGED, reason: "damaged" },
  ERR: OTHER,
};

/** Converts an error of a Redis command or of decoding its reply; `mayHaveApplied` is true if the outcome is unknown. */
export function fromRedisError(error: unknown): BusUnavailable {
  if (error instanceof BusUnavailable) return error;
  if (!isNotSent(error)) {
    return isUnexpectedReply(error)
      ? new BusUnavailable(DAMAGED, { cause: error, mayHaveApplied: true, reason: "damaged" })
      : new BusUnavailable(INTERRUPTED, { cause: error, mayHaveApplied: true });
  }
  if (!(error instanceof ErrorReply)) {
    return new BusUnavailable(UNREACHABLE, { cause: error, mayHaveApplied: false });
  }
  const { message, reason } = meaningOf(error);
  return new BusUnavailable(message, { cause: error, mayHaveApplied: false, reason });
}

/** Whether a key holds a value of another type than ours. */
export function isWrongType(error: unknown): boolean {
  return error instanceof ErrorReply && error.message.includes("WRONGTYPE");
}

function isNotSent(error: unknown): boolean {
  return NOT_SENT.some((kind) => error instanceof kind) ||
    (error instanceof Error && error.message === "The queue is full");
}

/** Whether the error is from decoding a reply. */
function isUnexpectedReply(error: unknown): boolean {
  return error instanceof ValiError || error instanceof SyntaxError;
}

function meaningOf({ message }: ErrorReply): Meaning {
  const meaning = MEANINGS[message.split(" ", 1)[0] ?? ""] ??
    { message: UNREACHABLE, reason: "unavailable" };
  // If a command inside a script fails, Redis (7.0) puts the error code later in the message.
  return meaning === OTHER && /\bOOM\b/.test(message) ? FULL : meaning;
}
