/**
 * What the heartbeat does with a connection, by its vitals and the time.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CloseStatus,
  HELLO_TIMEOUT,
  JOIN_TIMEOUT,
  PING_TIMEOUT,
  TOKEN_EXPIRED,
} from "../../../lib/core/protocol/close_codes.ts";
import {
  checkConnection,
  checkExpiry,
  type HealthAction,
  type HealthPolicy,
  healthPolicy,
  type SetupStep,
  type Vitals,
} from "../../../lib/core/health/connection_health.ts";

const POLICY: HealthPolicy = {
  pingMs: 25_000,
  stalledMs: 20_000,
  maxBufferedBytes: 1_000,
};

/** A healthy connection at time 0. */
function open(signs: Partial<Vitals> = {}): Vitals {
  return { backlog: 0, progressAt: 0, receivedAt: 0, canPing: false, ...signs };
}

const NONE: HealthAction = { kind: "none" };
const PING: HealthAction = { kind: "ping" };
const DROP: HealthAction = { kind: "drop" };

function closeWith(closeStatus: CloseStatus): HealthAction {
  return { kind: "close", closeStatus };
}

const PINGABLE = { canPing: true };
const pendingStep = (step: SetupStep) => ({ receivedAt: 60_000, pendingStep: { step, since: 0 } });

for (
  const [what, vitals, now, action] of [
    ["one without a hello for nearly 10 s", open(pendingStep("hello")), 9_999, NONE],
    [
      "one without a hello for 10 s",
      open(pendingStep("hello")),
      10_000,
      closeWith(HELLO_TIMEOUT),
    ],
    ["one in no room for nearly a minute", open(pendingStep("room")), 59_999, NONE],
    ["one in no room for a minute", open(pendingStep("room")), 60_000, closeWith(JOIN_TIMEOUT)],

    ["one that cannot be pinged, however long silent", open(), 1e9, NONE],
    ["one that cannot be pinged, pinged or not", open({ pingedAt: 1 }), 1e9, NONE],
    ["one that has just sent something", open(PINGABLE), 0, NONE],
    ["one that has been silent for nearly an interval", open(PINGABLE), 24_999, NONE],
    ["one that has been silent for an interval", open(PINGABLE), 25_000, PING],
    ["one that has been silent for long and never pinged", open(PINGABLE), 1e9, PING],
    ["one that was just pinged", open({ ...PINGABLE, pingedAt: 25_000 }), 25_000, NONE],
    [
      "one with nearly an interval left to answer",
      open({ ...PINGABLE, pingedAt: 25_000 }),
      49_999,
      NONE,
    ],
    [
      "one that did not answer",
      open({ ...PINGABLE, pingedAt: 25_000 }),
      50_000,
      closeWith(PING_TIMEOUT),
    ],
    [
      "one that was pinged late, with time left",
      open({ ...PINGABLE, pingedAt: 40_000 }),
      64_999,
      NONE,
    ],
    [
      "one that was pinged late, with no time left",
      open({ ...PINGABLE, pingedAt: 40_000 }),
      65_000,
      closeWith(PING_TIMEOUT),
    ],
    [
      "one that answered",
      open({ ...PINGABLE, pingedAt: 25_000, receivedAt: 25_300 }),
      50_299,
      NONE,
    ],
    [
      "one that answered and is silent again",
      open({ ...PINGABLE, pingedAt: 25_000, receivedAt: 25_300 }),
      50_300,
      PING,
    ],
    [
      "one that answered in the same millisecond",
      open({ ...PINGABLE, pingedAt: 25_000, receivedAt: 25_000 }),
      50_000,
      PING,
    ],

    ["one with the largest backlog allowed", open({ backlog: 1_000 }), 0, NONE],
    ["one with a larger backlog", open({ backlog: 1_001 }), 0, DROP],
    ["one whose backlog shrinks", open({ backlog: 1, progressAt: 5_000 }), 24_999, NONE],
    ["one whose backlog has stalled", open({ backlog: 1, progressAt: 5_000 }), 25_000, DROP],
    [
      "one without a backlog, however long ago it last shrank",
      open({ backlog: 0, progressAt: 0 }),
      1e9,
      NONE,
    ],
    [
      "one with a backlog that could be pinged",
      open({ ...PINGABLE, backlog: 1, progressAt: 24_000 }),
      25_000,
      PING,
    ],
    ["a stalled one that could be pinged", open({ ...PINGABLE, backlog: 1 }), 25_000, DROP],
    [
      "a stalled one that did not answer",
      open({ ...PINGABLE, backlog: 1, pingedAt: 25_000 }),
      50_000,
      DROP,
    ],
  ] as readonly (readonly [string, Vitals, number, HealthAction])[]
) {
  const outcome = action.kind === "close"
    ? `closes with ${action.closeStatus.reason}`
    : action.kind === "none"
    ? "does nothing"
    : `${action.kind}s`;
  Deno.test(`checkConnection() ${outcome} for ${what}`, () => {
    assert.deepEqual(checkConnection(vitals, POLICY, now), action);
  });
}

Deno.test("checkConnection() pings a silent connection once, then closes it, and not before two intervals", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 80 }), (beats) => {
      let now = 0;
      let pingedAt: number | undefined;
      for (const beat of beats) {
        now += beat;
        const action = checkConnection(open({ ...PINGABLE, pingedAt }), POLICY, now);
        if (action.kind === "ping") {
          assert.equal(pingedAt, undefined, "asked twice");
          assert.ok(now >= POLICY.pingMs);
          pingedAt = now;
        } else if (action.kind === "close") {
          assert.ok(pingedAt !== undefined && now >= pingedAt + POLICY.pingMs);
          return;
        }
      }
      // No beat is longer than 9 s, so each of the two steps is at most that late.
      assert.ok(now < 2 * (POLICY.pingMs + 9_000), `not closed at ${now}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("checkConnection() never closes a connection that answers within an interval", () => {
  const step = fc.record({ beat: fc.integer({ min: 1, max: 9_000 }), delay: fc.nat(24_999) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
      let now = 0;
      let vitals = open(PINGABLE);
      let answerAt = Infinity;
      for (const { beat, delay } of steps) {
        now += beat;
        if (answerAt <= now) {
          vitals = { ...vitals, receivedAt: answerAt };
          answerAt = Infinity;
        }
        const action = checkConnection(vitals, POLICY, now);
        assert.notEqual(action.kind, "close");
        if (action.kind !== "ping") continue;
        vitals = { ...vitals, pingedAt: now };
        answerAt = now + delay;
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("checkConnection() drops only connections with a backlog", () => {
  const time = fc.nat(200_000);
  const anyVitals = fc.record({
    backlog: fc.oneof(fc.constant(0), fc.nat(2_000)),
    progressAt: time,
    receivedAt: time,
    pingedAt: fc.option(time, { nil: undefined }),
    canPing: fc.boolean(),
  });
  fc.assert(
    fc.property(anyVitals, time, (vitals, now) => {
      const { kind } = checkConnection(vitals, POLICY, now);
      if (kind === "drop") assert.ok(vitals.backlog > 0);
      if (kind === "ping") assert.ok(vitals.canPing);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("healthPolicy() counts a backlog as stalled after the silence that leads to a ping", () => {
  assert.deepEqual(healthPolicy({ pingMs: 7_000, maxBufferedBytes: 99 }), {
    pingMs: 7_000,
    stalledMs: 7_000,
    maxBufferedBytes: 99,
  });
});

for (
  const [what, at, isTold, action] of [
    ["expires in over a minute", 60_001, false, NONE],
    ["expires in a minute", 60_000, false, { kind: "announce expiry" }],
    ["expires, as its user knows", 1, true, NONE],
    ["has expired", 0, true, closeWith(TOKEN_EXPIRED)],
    ["has expired, unknown to its user", 0, false, closeWith(TOKEN_EXPIRED)],
  ] satisfies readonly (readonly [string, number, boolean, HealthAction])[]
) {
  Deno.test(`checkExpiry() of a token that ${what}: ${action.kind}`, () => {
    assert.deepEqual(checkExpiry({ at, isTold }, 0), action);
  });
}
