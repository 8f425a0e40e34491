/**
 * What to do about one connection, judged by its vital signs: nothing, ask whether it is there, park it, or dismiss it.
 * Parking is not closing: `close()` on a stalled peer queues behind its backlog and never comes to an end (Deno 2.9.6),
 * so a slow peer first leaves its rooms, and is closed when its backlog has drained.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policy = pulsePolicy({ pingMs: 25_000, maxBufferedBytes: 1000 });
 * const slow: Vitals = { state: "open", backlog: 1001, movedAt: 0, heardAt: 0, answers: false };
 * assert.deepEqual(pulse(slow, policy, 0), { kind: "park" });
 * ```
 * @module
 */
import { type Farewell, NO_HELLO, NO_ROOM, SILENT, SLOW } from "./farewells.ts";

/** The vital signs of one connection. Times are milliseconds on one monotonic scale. */
export type Vitals =
  | { readonly state: "connecting"; readonly since: number; readonly isCharged?: boolean }
  | {
    readonly state: "open";
    /** Bytes waiting to be sent, overheads included. */
    readonly backlog: number;
    /** When the backlog was last seen to be empty or to move. */
    readonly movedAt: number;
    /** When the peer last said something that we can see. Pongs of the protocol we cannot. */
    readonly heardAt: number;
    /** When it was last asked, if it was. */
    readonly askedAt?: number;
    /** Whether the peer speaks a protocol in which it can be asked. */
    readonly answers: boolean;
    /** What the peer has to do first in its protocol and has not done since it connected. */
    readonly owes?: { readonly what: Introduction; readonly since: number } | undefined;
  }
  | {
    readonly state: "parked";
    readonly backlog: number;
    readonly since: number;
    readonly isCharged?: boolean;
  }
  | { readonly state: "closing"; readonly since: number; readonly isCharged?: boolean };

/** What a peer has to do before it takes part: say hello, then join a room. */
export type Introduction = "hello" | "room";

/** How long is too long, in milliseconds, and how much too much. */
export interface PulsePolicy {
  /** A peer that can be asked is asked after so much silence, and is gone after twice that. */
  readonly pingMs: number;
  /** A backlog that has not moved for so long belongs to a peer that reads no more. */
  readonly stalledMs: number;
  /** A backlog above this belongs to a peer that reads too slowly. */
  readonly maxBufferedBytes: number;
  /** A handshake that takes longer than this will never be finished. */
  readonly stuckMs: number;
  /** A parked or closing connection that takes longer than this is dead, though the runtime still holds it. */
  readonly deadMs: number;
}

/** What is to be done. */
export type Deed =
  | { readonly kind: "rest" }
  | { readonly kind: "ask" }
  | { readonly kind: "park" }
  /** The runtime will never free it: charge its address, once. */
  | { readonly kind: "charge" }
  | { readonly kind: "dismiss"; readonly farewell: Farewell };

/** How a connection counts. `stuck` never finished its handshake; `dead` will never finish its close. */
export type Condition = Vitals["state"] | "stuck" | "dead";

const REST: Deed = { kind: "rest" };
const ASK: Deed = { kind: "ask" };
const PARK: Deed = { kind: "park" };
const CHARGE: Deed = { kind: "charge" };
/** How long a peer may take for each, and its dismissal after that. */
const INTRODUCTIONS = {
  hello: { ms: 10_000, dismissal: { kind: "dismiss", farewell: NO_HELLO } },
  room: { ms: 60_000, dismissal: { kind: "dismiss", farewell: NO_ROOM } },
} as const satisfies Record<Introduction, { ms: number; dismissal: Deed }>;

/** The policy that follows from the two settings. */
export function pulsePolicy(
  settings: Pick<PulsePolicy, "pingMs" | "maxBufferedBytes">,
): PulsePolicy {
  return { ...settings, stalledMs: settings.pingMs, stuckMs: 5_000, deadMs: 60_000 };
}

/** Judges one connection. @param now Milliseconds on the scale of the vitals. */
export function pulse(vitals: Vitals, policy: PulsePolicy, now: number): Deed {
  if (vitals.state === "parked" && vitals.backlog === 0) {
    return { kind: "dismiss", farewell: SLOW };
  }
  if (vitals.state !== "open") {
    const isGone = isHeldForGood(vitals, policy, now);
    return isGone && !vitals.isCharged ? CHARGE : REST;
  }
  if (vitals.backlog > policy.maxBufferedBytes) return PARK;
  if (vitals.backlog > 0 && now - vitals.movedAt >= policy.stalledMs) return PARK;
  const { owes } = vitals;
  if (owes && now - owes.since >= INTRODUCTIONS[owes.what].ms) {
    return INTRODUCTIONS[owes.what].dismissal;
  }
  return vitals.answers ? pulseOfOneWhoAnswers(vitals, policy, now) : REST;
}

function pulseOfOneWhoAnswers(
  vitals: Extract<Vitals, { state: "open" }>,
  policy: PulsePolicy,
  now: number,
): Deed {
  if (now - vitals.heardAt < policy.pingMs) return REST;
  const asked = vitals.askedAt !== undefined && vitals.askedAt > vitals.heardAt;
  if (!asked) return ASK;
  return now - vitals.askedAt < policy.pingMs ? REST : { kind: "dismiss", farewell: SILENT };
}

/** How a connection counts. @param now Milliseconds on the scale of the vitals. */
export function condition(vitals: Vitals, policy: PulsePolicy, now: number): Condition {
  if (vitals.state === "open" || !isHeldForGood(vitals, policy, now)) return vitals.state;
  return vitals.state === "connecting" ? "stuck" : "dead";
}

/** Whether the runtime will never free it by itself. */
function isHeldForGood(
  { state, since }: Exclude<Vitals, { state: "open" }>,
  policy: PulsePolicy,
  now: number,
): boolean {
  return now - since > (state === "connecting" ? policy.stuckMs : policy.deadMs);
}
