/**
 * Decides from the vitals of an open connection whether to ping it, drop it, close it or leave it alone. A peer that reads
 * too slowly is dropped, not closed: how a connection with a backlog can be ended depends on the engine.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: 1000 });
 * const slow: Vitals = { backlog: 1001, progressAt: 0, receivedAt: 0, canPing: false };
 * assert.deepEqual(checkConnection(slow, policy, 0), { kind: "drop" });
 * ```
 * @module
 */
import {
  type CloseStatus,
  HELLO_TIMEOUT,
  JOIN_TIMEOUT,
  PING_TIMEOUT,
  TOKEN_EXPIRED,
} from "../protocol/close_codes.ts";

/** The vitals of an open connection. Times are milliseconds on one monotonic scale. */
export interface Vitals {
  /** Bytes waiting to be sent, including the runtime's overhead. */
  readonly backlog: number;
  /** When the backlog was last seen empty or shrinking. */
  readonly progressAt: number;
  /** When the last message or pong arrived, as far as the engine shows them. */
  readonly receivedAt: number;
  /** When it was last pinged; undefined if never. */
  readonly pingedAt?: number | undefined;
  /** Whether the peer answers pings. */
  readonly canPing: boolean;
  /** The setup step that the peer's protocol requires next, and since when; undefined if setup is complete. */
  readonly pendingStep?: { readonly step: SetupStep; readonly since: number } | undefined;
}

/** The end of a token's life. */
export interface TokenExpiry {
  /** When it expires, in milliseconds on a monotonic scale. */
  readonly at: number;
  /** Whether the client has been told. */
  readonly isTold: boolean;
}

/** The steps that a peer must complete after connecting: send `hello`, then join a room. */
export type SetupStep = "hello" | "room";

/** The limits that vitals are checked against. Times in milliseconds. */
export interface HealthPolicy {
  /** Silence after which a peer is pinged, if it can be. It is closed after twice that. */
  readonly pingMs: number;
  /** A peer whose backlog has not shrunk for this long counts as stalled and is dropped. */
  readonly stalledMs: number;
  /** A peer with a larger backlog reads too slowly and is dropped. */
  readonly maxBufferedBytes: number;
}

/** The action to take. */
export type HealthAction =
  | { readonly kind: "none" }
  | { readonly kind: "ping" }
  /** Its token expires soon. */
  | { readonly kind: "announce expiry" }
  /** It reads too slowly. */
  | { readonly kind: "drop" }
  | { readonly kind: "close"; readonly closeStatus: CloseStatus };

const NONE: HealthAction = { kind: "none" };
const PING: HealthAction = { kind: "ping" };
const DROP: HealthAction = { kind: "drop" };
/** Time limit of each setup step, and the action when it is exceeded. */
const SETUP_STEPS = {
  hello: { ms: 10_000, closeAction: { kind: "close", closeStatus: HELLO_TIMEOUT } },
  room: { ms: 60_000, closeAction: { kind: "close", closeStatus: JOIN_TIMEOUT } },
} as const satisfies Record<SetupStep, { ms: number; closeAction: HealthAction }>;

/** Time before the expiry of its token at which a client is told. */
const EXPIRY_NOTICE_MS = 60_000;

/** Derives the policy from two settings: PING_SECONDS, in milliseconds, and MAX_BUFFERED_BYTES. */
export function healthPolicy(
  settings: Pick<HealthPolicy, "pingMs" | "maxBufferedBytes">,
): HealthPolicy {
  return { ...settings, stalledMs: settings.pingMs };
}

/** The action for one open connection. @param now Milliseconds on the scale of the vitals. */
export function checkConnection(vitals: Vitals, policy: HealthPolicy, now: number): HealthAction {
  if (vitals.backlog > policy.maxBufferedBytes) return DROP;
  if (vitals.backlog > 0 && now - vitals.progressAt >= policy.stalledMs) return DROP;
  const { pendingStep } = vitals;
  if (pendingStep && now - pendingStep.since >= SETUP_STEPS[pendingStep.step].ms) {
    return SETUP_STEPS[pendingStep.step].closeAction;
  }
  return vitals.canPing ? checkPingable(vitals, policy, now) : NONE;
}

/** The action for the token of an open connection. @param now Milliseconds on the scale of the expiry. */
export function checkExpiry({ at, isTold }: TokenExpiry, now: number): HealthAction {
  if (now >= at) return { kind: "close", closeStatus: TOKEN_EXPIRED };
  return now >= at - EXPIRY_NOTICE_MS && !isTold ? { kind: "announce expiry" } : NONE;
}

function checkPingable(vitals: Vitals, policy: HealthPolicy, now: number): HealthAction {
  if (now - vitals.receivedAt < policy.pingMs) return NONE;
  const isAwaitingPong = vitals.pingedAt !== undefined && vitals.pingedAt > vitals.receivedAt;
  if (!isAwaitingPong) return PING;
  return now - vitals.pingedAt < policy.pingMs
    ? NONE
    : { kind: "close", closeStatus: PING_TIMEOUT };
}
