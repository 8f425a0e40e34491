/** What follows from an attempt. */
import assert from "node:assert/strict";
import {
  type AttemptOutcome,
  decide,
  type Failing,
  GIVE_UP_MS,
  MAX_RETRY_AFTER_MS,
  MIN_ATTEMPTS,
  WEBHOOK_RETRY,
} from "../../../lib/core/webhooks/delivery_rules.ts";

const START = { date: 1_000, random: 0 };
const ERROR: AttemptOutcome = { kind: "answered", status: 500 };

function answered(status: number, retryAfterMs?: number): AttemptOutcome {
  return { kind: "answered", status, retryAfterMs };
}

for (
  const [kind, statuses] of [
    ["delivered", [200, 201, 204, 299]],
    ["gone", [410]],
    ["retry", [301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 503]],
  ] as const
) {
  Deno.test(`decide() returns ${kind} for the statuses ${statuses.join(", ")}`, () => {
    for (const status of statuses) {
      assert.equal(decide(answered(status), undefined, START).kind, kind, String(status));
    }
  });
}

Deno.test("decide() retries whatever prevented an answer", () => {
  for (const why of ["address", "dns", "connect", "tls", "timeout", "protocol"] as const) {
    assert.equal(decide({ kind: "failed", why }, undefined, START).kind, "retry", why);
  }
});

for (const random of [0, 0.5, 0.999]) {
  Deno.test(`Waits double up to a day, and a message is given up after three days, with the random number ${random}`, () => {
    let date = 0, failing: Failing | undefined, before = 0;
    for (;;) {
      const decision = decide(ERROR, failing, { date, random });
      if (decision.kind === "dead") break;
      assert.ok(decision.kind === "retry");
      const { afterMs } = decision;
      assert.ok(afterMs <= WEBHOOK_RETRY.longestMs && afterMs > 0);
      const isLast = date + afterMs === GIVE_UP_MS;
      assert.ok(isLast || afterMs >= before, "waits do not get shorter");
      before = afterMs;
      date += afterMs;
      failing = decision.failing;
    }
    assert.equal(date, GIVE_UP_MS);
    assert.ok((failing?.attempts ?? 0) >= MIN_ATTEMPTS);
  });
}

Deno.test("A clock that jumps ahead gives no message up that was tried only a few times", () => {
  const failing = { since: 0, attempts: 3 };
  const decision = decide(ERROR, failing, { date: 10 * GIVE_UP_MS, random: 0 });
  assert.ok(decision.kind === "retry" && decision.afterMs > 0);
});

for (const status of [429, 503]) {
  Deno.test(`Retry-After of ${status} is honored if it is longer than the backoff, up to an hour`, () => {
    const waitOf = (retryAfterMs: number) => {
      const decision = decide(answered(status, retryAfterMs), undefined, START);
      return decision.kind === "retry" ? decision.afterMs : assert.fail();
    };
    assert.equal(waitOf(60_000), 60_000);
    assert.equal(waitOf(0), 2_500);
    assert.equal(waitOf(-5), 2_500);
    assert.equal(waitOf(1e12), MAX_RETRY_AFTER_MS);
  });
}

Deno.test("Retry-After of another status is ignored", () => {
  const decision = decide(answered(500, 60_000), undefined, START);
  assert.ok(decision.kind === "retry" && decision.afterMs === 2_500);
});
