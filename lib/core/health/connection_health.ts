/**
 * Decides from a connection's vitals whether to ping it, park it, close it or leave it alone. Do not close a slow peer
 * at once: `close()` on a stalled peer queues behind its backlog and never completes (Deno 2.9.6). Park it instead: it
 * leaves its rooms, and is closed when its backlog has drained.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policy = healthPolicy({ pingMs: 25_000, maxBufferedBytes: 1000 });
 * const slow: Vitals = { state: "open", backlog: 1001, progressAt: 0, receivedAt: 0, canPing: false };
 * assert.deepEqual(checkConnection(slow, policy, 0), { kind: "park" });
 * ```
 * @module
 */
import {
  type CloseStatus,
  HELLO_TIMEOUT,
  JOIN_TIMEOUT,
  PING_TIMEOUT,
  SLOW_CONSUMER,
} from "../protocol/close_codes.ts";

/** The vitals of one connection. Times are milliseconds on one monotonic scale. */
export type Vitals =
  | { readonly state: "connecting"; readonly since: number; readonly isCharged?: boolean }
  | {
    readonly state: "open";
    /** Bytes waiting to be sent, including the runtime's overhead. */
    readonly backlog: number;
    /** When the backlog was last seen empty or shrinking. */
    readonly progressAt: number;
    /** When the last message arrived. WebSocket pong frames do not count: the runtime hides them. */
    readonly receivedAt: number;
    /** When it was last pinged; undefined if never. */
    readonly pingedAt?: number;
    /** Whether the peer's protocol has a ping. */
    readonly canPing: boolean;
    /** The setup step that the peer's protocol requires next, and since when; undefined if setup is complete. */
    readonly pendingStep?: { readonly step: SetupStep; readonly since: number } | undefined;
  }
  | {
    readonly state: "parked";
    readonly backlog: number;
    readonly since: number;
    readonly isCharged?: boolean;
  }
  | { readonly state: "closing"; readonly since: number; readonly isCharged?: boolean };

/** The steps that a peer must complete after connecting: send `hello`, then join a room. */
export type SetupStep = "hello" | "room";

/** The limits that vitals are checked against. Times in milliseconds. */
export interface HealthPolicy {
  /** Silence after which a peer is pinged, if its protocol allows. It is closed after twice that. */
  readonly pingMs: number;
  /** A peer whose backlog has not shrunk for this long counts as stalled and is parked. */
  readonly stalledMs: number;
  /** A peer with a larger backlog reads too slowly and is parked. */
  readonly maxBufferedBytes: number;
  /** A handshake that takes longer than this will never complete. */
  readonly stuckMs: number;
  /** A connection that is parked or closing for longer than this is dead, though the runtime still holds it. */
  readonly deadMs: number;
}

/** The action to take. */
export type HealthAction =
  | { readonly kind: "none" }
  | { readonly kind: "ping" }
  | { readonly kind: "park" }
  /** The runtime will never free the connection: charge its address, once. */
  | { readonly kind: "charge" }
  | { readonly kind: "close"; readonly closeStatus: CloseStatus };

/** The status of a connection in metrics. `stuck` never finished its handshake; `dead` will never finish closing. */
export type ConnectionStatus = Vitals["state"] | "stuck" | "dead";

const NONE: HealthAction = { kind: "none" };
const PING: HealthAction = { kind: "ping" };
const PARK: HealthAction = { kind: "park" };
const CHARGE: HealthAction = { kind: "charge" };
/** Time limit of each setup step, and the action when it is exceeded. */
const SETUP_STEPS = {
  hello: { ms: 10_000, closeAction: { kind: "close", closeStatus: HELLO_TIMEOUT } },
  room: { ms: 60_000, closeAction: { kind: "close", closeStatus: JOIN_TIMEOUT } },
} as const satisfies Record<SetupStep, { ms: number; closeAction: HealthAction }>;

/** Derives the policy from two settings: PING_SECONDS, in milliseconds, and MAX_BUFFERED_BYTES. */
export function healthPolicy(
  settings: Pick<HealthPolicy, "pingMs" | "maxBufferedBytes">,
): HealthPolicy {
  return { ...settings, stalledMs: settings.pingMs, stuckMs: 5_000, deadMs: 60_000 };
}

/** The action for one connection. @param now Milliseconds on the scale of the vitals. */
export function checkConnection(vitals: Vitals, policy: HealthPolicy, now: number): HealthAction {
  if (vitals.state === "parked" && vitals.backlog === 0) {
    return { kind: "close", closeStatus: SLOW_CONSUMER };
  }
  if (vitals.state !== "open") {
    const isGone = isLeaked(vitals, policy, now);
    return isGone && !vitals.isCharged ? CHARGE : NONE;
  }
  if (vitals.backlog > policy.maxBufferedBytes) return PARK;
  if (vitals.backlog > 0 && now - vitals.progressAt >= policy.stalledMs) return PARK;
  const { pendingStep } = vitals;
  if (pendingStep && now - pendingStep.since >= SETUP_STEPS[pendingStep.step].ms) {
    return SETUP_STEPS[pendingStep.step].closeAction;
  }
  return vitals.canPing ? checkPingable(vitals, policy, now) : NONE;
}

function checkPingable(
  vitals: Extract<Vitals, { state: "open" }>,
  policy: HealthPolicy,
  now: number,
): HealthAction {
  if (now - vitals.receivedAt < policy.pingMs) return NONE;
  const isAwaitingPong = vitals.pingedAt !== undefined && vitals.pingedAt > vitals.receivedAt;
  if (!isAwaitingPong) return PING;
  return now - vitals.pingedAt < policy.pingMs
    ? NONE
    : { kind: "close", closeStatus: PING_TIMEOUT };
}

/** The status of a connection. @param now Milliseconds on the scale of the vitals. */
export function statusOf(vitals: Vitals, policy: HealthPolicy, now: number): ConnectionStatus {
  if (vitals.state === "open" || !isLeaked(vitals, policy, now)) return vitals.state;
  return vitals.state === "connecting" ? "stuck" : "dead";
}

/** Whether the runtime will never free the connection. */
function isLeaked(
  { state, since }: Exclude<Vitals, { state: "open" }>,
  policy: HealthPolicy,
  now: number,
): boolean {
  return now - since > (state === "connecting" ? policy.stuckMs : policy.deadMs);
}
