/**
 * What an error of Redis means to somebody who said something: whether it may have been entered all the same, and what is
 * wrong, in words for people.
 * @module
 */
import { ClientClosedError, ClientOfflineError, ErrorReply, TimeoutError } from "@redis/client";
import { ValiError } from "valibot";
import { BusUnavailable } from "../../chat/bus.ts";

const AWAY = "the message store is away, try again";
const CUT = "the message store went away in the midst of it";
const DAMAGED = "the message store is damaged";

/** These never left this process, or were refused as a whole (append.lua): nothing was entered. */
const NOT_SENT = [ClientOfflineError, ClientClosedError, TimeoutError, ErrorReply];

/** By the first word of what Redis says. */
const REASONS: Readonly<Record<string, string>> = {
  OOM: "the message store is full",
  MISCONF: "the message store cannot write to its disk",
  READONLY: "the message store is just changing hands, try again",
  MASTERDOWN: "the message store is just changing hands, try again",
  CLUSTERDOWN: "a part of the message store is away, try again",
  TRYAGAIN: "a part of the message store is just moving, try again",
  ASK: "a part of the message store is just moving, try again",
  MOVED: "a part of the message store is just moving, try again",
  NOREPLICAS: "the message store could not keep a second copy, try again",
  LOADING: "the message store is just starting, try again",
  BUSY: "the message store is busy, try again",
  NOPERM: "the message store does not allow it",
  NOAUTH: "the message store does not allow it",
  WRONGTYPE: DAMAGED,
  ERR: "the message store could not do it",
};

/** The error as the bus tells it. */
export function unavailable(error: unknown): BusUnavailable {
  if (error instanceof BusUnavailable) return error;
  if (!isNotSent(error)) {
    const message = isStrange(error) ? DAMAGED : CUT;
    return new BusUnavailable(message, { cause: error, perhapsSent: true });
  }
  const message = error instanceof ErrorReply ? reasonOf(error) : AWAY;
  return new BusUnavailable(message, { cause: error, perhapsSent: false });
}

/** Whether one of our keys has another type. */
export function isWrongType(error: unknown): boolean {
  return error instanceof ErrorReply && error.message.includes("WRONGTYPE");
}

function isNotSent(error: unknown): boolean {
  return NOT_SENT.some((kind) => error instanceof kind) ||
    (error instanceof Error && error.message === "The queue is full");
}

/** Whether what Redis answered is nothing that we have put there. */
function isStrange(error: unknown): boolean {
  return error instanceof ValiError || error instanceof SyntaxError;
}

function reasonOf({ message }: ErrorReply): string {
  const reason = REASONS[message.split(" ", 1)[0] ?? ""] ?? AWAY;
  // Where a script is refused by one of its commands, Redis (7.0) puts the reason further back.
  return reason === REASONS["ERR"] && /\bOOM\b/.test(message) ? REASONS["OOM"] ?? reason : reason;
}
