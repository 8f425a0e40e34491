/**
 * Converts Redis errors for the author of a message: whether the message may have been stored despite the error, and a
 * reason that users can read.
 * @module
 */
import { ClientClosedError, ClientOfflineError, ErrorReply, TimeoutError } from "@redis/client";
import { ValiError } from "valibot";
import { BusUnavailable } from "../../chat/ports/bus.ts";

const UNREACHABLE = "the message store is unavailable, try again";
const INTERRUPTED = "the connection to the message store was lost before it answered";
const DAMAGED = "the message store is damaged";

/** The command never left this process, or was refused as a whole (append.lua): nothing was stored. */
const NOT_SENT = [ClientOfflineError, ClientClosedError, TimeoutError, ErrorReply];

/** By the first word of the error reply. */
const REASONS: Readonly<Record<string, string>> = {
  OOM: "the message store is full",
  MISCONF: "the message store cannot write to its disk",
  READONLY: "the message store is failing over, try again",
  MASTERDOWN: "the message store is failing over, try again",
  CLUSTERDOWN: "part of the message store is unavailable, try again",
  TRYAGAIN: "part of the message store is being moved, try again",
  ASK: "part of the message store is being moved, try again",
  MOVED: "part of the message store is being moved, try again",
  NOREPLICAS: "the message store has too few replicas, try again",
  LOADING: "the message store is starting, try again",
  BUSY: "the message store is busy, try again",
  NOPERM: "the message store denied access",
  NOAUTH: "the message store denied access",
  WRONGTYPE: DAMAGED,
  ERR: "the message store reported an error",
};

/** Converts an error of a Redis command or of decoding its reply; `mayHaveApplied` is true if the outcome is unknown. */
export function fromRedisError(error: unknown): BusUnavailable {
  if (error instanceof BusUnavailable) return error;
  if (!isNotSent(error)) {
    const message = isUnexpectedReply(error) ? DAMAGED : INTERRUPTED;
    return new BusUnavailable(message, { cause: error, mayHaveApplied: true });
  }
  const message = error instanceof ErrorReply ? reasonOf(error) : UNREACHABLE;
  return new BusUnavailable(message, { cause: error, mayHaveApplied: false });
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

function reasonOf({ message }: ErrorReply): string {
  const reason = REASONS[message.split(" ", 1)[0] ?? ""] ?? UNREACHABLE;
  // If a command inside a script fails, Redis (7.0) puts the error code later in the message.
  return reason === REASONS["ERR"] && /\bOOM\b/.test(message) ? REASONS["OOM"] ?? reason : reason;
}
