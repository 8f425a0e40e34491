/**
 * What is done about a connection, by its vital signs and the time.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_HELLO, NO_ROOM, SILENT, SLOW } from "../../lib/core/farewells.ts";
import {
  condition,
  type Deed,
  type Introduction,
  pulse,
  type PulsePolicy,
  pulsePolicy,
  type Vitals,
} from "../../lib/core/pulse.ts";

const POLICY: PulsePolicy = {
  pingMs: 25_000,
  stalledMs: 20_000,
  maxBufferedBytes: 1_000,
  stuckMs: 5_000,
  deadMs: 60_000,
};

type Open = Extract<Vitals, { state: "open" }>;

/** An open connection about which all is well at 0. */
function open(signs: Partial<Open> = {}): Open {
  return { state: "open", backlog: 0, movedAt: 0, heardAt: 0, answers: false, ...signs };
}

const REST: Deed = { kind: "rest" };
const ASK: Deed = { kind: "ask" };
const PARK: Deed = { kind: "park" };
const CHARGE: Deed = { kind: "charge" };

function dismiss(farewell: typeof SLOW): Deed {
  return { kind: "dismiss", farewell };
}

const ANSWERS = { answers: true };
const owing = (what: Introduction) => ({ heardAt: 60_000, owes: { what, since: 0 } });

for (
  const [what, vitals, now, verdict] of [
    ["one connecting", { state: "connecting", since: 0 }, 0, REST],
    ["one stuck", { state: "connecting", since: 0 }, 5_001, CHARGE],
    ["one stuck and charged", { state: "connecting", since: 0, isCharged: true }, 1e9, REST],
    ["one closing", { state: "closing", since: 0 }, 0, REST],
    ["one dead in closing", { state: "closing", since: 0 }, 60_001, CHARGE],
    ["one dead and charged", { state: "closing", since: 0, isCharged: true }, 1e9, REST],

    ["one that says no hello for nearly 10 s", open(owing("hello")), 9_999, REST],
    ["one that says no hello for 10 s", open(owing("hello")), 10_000, dismiss(NO_HELLO)],
    ["one in no room for nearly a minute", open(owing("room")), 59_999, REST],
    ["one in no room for a minute", open(owing("room")), 60_000, dismiss(NO_ROOM)],

    ["one that cannot be asked, however silent", open(), 1e9, REST],
    ["one that cannot be asked, asked or not", open({ askedAt: 1 }), 1e9, REST],
    ["one just heard", open(ANSWERS), 0, REST],
    ["one silent for nearly an interval", open(ANSWERS), 24_999, REST],
    ["one silent for an interval", open(ANSWERS), 25_000, ASK],
    ["one silent for long and never asked", open(ANSWERS), 1e9, ASK],
    ["one just asked", open({ ...ANSWERS, askedAt: 25_000 }), 25_000, REST],
    ["one with nearly an interval to answer", open({ ...ANSWERS, askedAt: 25_000 }), 49_999, REST],
    ["one that did not answer", open({ ...ANSWERS, askedAt: 25_000 }), 50_000, dismiss(SILENT)],
    ["one asked late, with time left", open({ ...ANSWERS, askedAt: 40_000 }), 64_999, REST],
    [
      "one asked late, with no time left",
      open({ ...ANSWERS, askedAt: 40_000 }),
      65_000,
      dismiss(SILENT),
    ],
    ["one that answered", open({ ...ANSWERS, askedAt: 25_000, heardAt: 25_300 }), 50_299, REST],
    [
      "one that answered and is silent again",
      open({ ...ANSWERS, askedAt: 25_000, heardAt: 25_300 }),
      50_300,
      ASK,
    ],
    [
      "one that answered in the same millisecond",
      open({ ...ANSWERS, askedAt: 25_000, heardAt: 25_000 }),
      50_000,
      ASK,
    ],

    ["one with as much backlog as allowed", open({ backlog: 1_000 }), 0, REST],
    ["one with more", open({ backlog: 1_001 }), 0, PARK],
    ["one with a backlog that moves", open({ backlog: 1, movedAt: 5_000 }), 24_999, REST],
    ["one with a backlog that has stalled", open({ backlog: 1, movedAt: 5_000 }), 25_000, PARK],
    ["one without backlog, however long ago it moved", open({ backlog: 0, movedAt: 0 }), 1e9, REST],
    [
      "one with a backlog that could be asked",
      open({ ...ANSWERS, backlog: 1, movedAt: 24_000 }),
      25_000,
      ASK,
    ],
    ["one stalled that could be asked", open({ ...ANSWERS, backlog: 1 }), 25_000, PARK],
    [
      "one stalled that did not answer",
      open({ ...ANSWERS, backlog: 1, askedAt: 25_000 }),
      50_000,
      PARK,
    ],

    ["one parked with a backlog", { state: "parked", backlog: 1, since: 0 }, 0, REST],
    ["one parked and dead", { state: "parked", backlog: 5_000, since: 0 }, 1e9, CHARGE],
    ["one parked and drained", { state: "parked", backlog: 0, since: 0 }, 0, dismiss(SLOW)],
    [
      "one drained after it counted as dead",
      { state: "parked", backlog: 0, since: 0 },
      1e9,
      dismiss(SLOW),
    ],
  ] as readonly (readonly [string, Vitals, number, Deed])[]
) {
  const deed = verdict.kind === "dismiss"
    ? `dismisses as ${verdict.farewell.reason}`
    : `${verdict.kind}s`;
  Deno.test(`pulse() ${deed}, about ${what}`, () => {
    assert.deepEqual(pulse(vitals, POLICY, now), verdict);
  });
}

Deno.test("pulse() asks one who is silent once, then dismisses it, and no sooner than after two intervals", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 80 }), (beats) => {
      let now = 0;
      let askedAt: number | undefined;
      for (const beat of beats) {
        now += beat;
        const verdict = pulse(open({ ...ANSWERS, askedAt }), POLICY, now);
        if (verdict.kind === "ask") {
          assert.equal(askedAt, undefined, "asked twice");
          assert.ok(now >= POLICY.pingMs);
          askedAt = now;
        } else if (verdict.kind === "dismiss") {
          assert.ok(askedAt !== undefined && now >= askedAt + POLICY.pingMs);
          return;
        }
      }
      // No beat is longer than 9 s, so that each of the two steps is at most so late.
      assert.ok(now < 2 * (POLICY.pingMs + 9_000), `not dismissed at ${now}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("pulse() never dismisses one who answers within an interval", () => {
  const step = fc.record({ beat: fc.integer({ min: 1, max: 9_000 }), delay: fc.nat(24_999) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
      let now = 0;
      let vitals = open(ANSWERS);
      let answerAt = Infinity;
      for (const { beat, delay } of steps) {
        now += beat;
        if (answerAt <= now) {
          vitals = { ...vitals, heardAt: answerAt };
          answerAt = Infinity;
        }
        const verdict = pulse(vitals, POLICY, now);
        assert.notEqual(verdict.kind, "dismiss");
        if (verdict.kind !== "ask") continue;
        vitals = { ...vitals, askedAt: now };
        answerAt = now + delay;
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("pulse() asks and parks only what is open, and dismisses nothing with a backlog", () => {
  const time = fc.nat(200_000);
  const backlog = fc.oneof(fc.constant(0), fc.nat(2_000));
  const anyVitals: fc.Arbitrary<Vitals> = fc.oneof(
    fc.record({ state: fc.constantFrom("connecting" as const, "closing" as const), since: time }),
    fc.record({ state: fc.constant("parked" as const), backlog, since: time }),
    fc.record({
      state: fc.constant("open" as const),
      backlog,
      movedAt: time,
      heardAt: time,
      askedAt: fc.option(time, { nil: undefined }),
      answers: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(anyVitals, time, (vitals, now) => {
      const { kind } = pulse(vitals, POLICY, now);
      if (kind === "ask" || kind === "park") assert.equal(vitals.state, "open");
      if (kind === "park") assert.ok("backlog" in vitals && vitals.backlog > 0);
      if (kind === "dismiss" && vitals.state === "parked") assert.equal(vitals.backlog, 0);
      if (kind === "dismiss") assert.ok(vitals.state === "open" || vitals.state === "parked");
    }),
    { numRuns: 1000 },
  );
});

for (
  const [vitals, now, counts] of [
    [{ state: "connecting", since: 0 }, 0, "connecting"],
    [{ state: "connecting", since: 0 }, 5_000, "connecting"],
    [{ state: "connecting", since: 0 }, 5_001, "stuck"],
    [{ state: "connecting", since: 1_000 }, 6_000, "connecting"],
    [open(), 0, "open"],
    [open({ backlog: 5_000 }), 1e9, "open"],
    [{ state: "parked", backlog: 1, since: 0 }, 60_000, "parked"],
    [{ state: "parked", backlog: 1, since: 0 }, 60_001, "dead"],
    [{ state: "closing", since: 0 }, 5_001, "closing"],
    [{ state: "closing", since: 0 }, 60_000, "closing"],
    [{ state: "closing", since: 0 }, 60_001, "dead"],
    [{ state: "closing", since: 1_000 }, 61_000, "closing"],
  ] as readonly (readonly [Vitals, number, string])[]
) {
  Deno.test(`condition() of ${JSON.stringify(vitals)} at ${now} is ${counts}`, () => {
    assert.equal(condition(vitals, POLICY, now), counts);
  });
}

Deno.test("pulsePolicy() counts a backlog as stalled after the silence after which one is asked", () => {
  assert.deepEqual(pulsePolicy({ pingMs: 7_000, maxBufferedBytes: 99 }), {
    pingMs: 7_000,
    stalledMs: 7_000,
    maxBufferedBytes: 99,
    stuckMs: 5_000,
    deadMs: 60_000,
  });
});
