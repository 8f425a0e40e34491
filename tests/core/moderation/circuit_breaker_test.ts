/** When a service that does not answer is asked again. */
import assert from "node:assert/strict";
import { CircuitBreaker } from "../../../lib/core/moderation/circuit_breaker.ts";

const POLICY = { failures: 3, pauseMs: 10_000 };

/** A breaker that has opened at a time. */
function openBreaker(now: number): CircuitBreaker {
  const breaker = new CircuitBreaker(POLICY);
  for (let count = 0; count < POLICY.failures; count++) breaker.record("request", "failed", now);
  return breaker;
}

Deno.test("CircuitBreaker opens after so many failures in a row", () => {
  const breaker = new CircuitBreaker(POLICY);
  const results = ["failed", "failed", "succeeded", "failed", "failed", "failed"] as const;
  const changes = results.map((result) => {
    assert.equal(breaker.admit(0), "request");
    return breaker.record("request", result, 0);
  });
  assert.deepEqual(changes, [undefined, undefined, undefined, undefined, undefined, "opened"]);
  assert.equal(breaker.isOpen, true);
});

Deno.test("CircuitBreaker lets nothing pass before the pause is over, and then one trial at a time", () => {
  const breaker = openBreaker(5);
  assert.equal(breaker.refuses(10_004), true);
  assert.equal(breaker.admit(10_004), undefined);
  assert.equal(breaker.msUntilAdmission(10_004), 1);
  assert.equal(breaker.refuses(10_005), false);
  assert.equal(breaker.admit(10_005), "trial");
  assert.equal(breaker.refuses(10_005), true);
  assert.equal(breaker.admit(99_999), undefined);
});

Deno.test("A trial that fails begins another pause, and one that succeeds closes CircuitBreaker", () => {
  const breaker = openBreaker(0);
  assert.equal(breaker.admit(10_000), "trial");
  assert.equal(breaker.record("trial", "failed", 11_000), undefined);
  assert.equal(breaker.admit(20_999), undefined);
  assert.equal(breaker.admit(21_000), "trial");
  assert.equal(breaker.record("trial", "succeeded", 21_000), "closed");
  assert.equal(breaker.isOpen, false);
  // As many failures as at first open it again.
  assert.equal(breaker.record("request", "failed", 21_000), undefined);
  assert.equal(breaker.record("request", "failed", 21_000), undefined);
  assert.equal(breaker.record("request", "failed", 21_000), "opened");
});

Deno.test("Results of requests from before CircuitBreaker opened neither close it nor prolong the pause", () => {
  const breaker = openBreaker(0);
  assert.equal(breaker.record("request", "succeeded", 1_000), undefined);
  assert.equal(breaker.record("request", "failed", 1_000), undefined);
  assert.equal(breaker.isOpen, true);
  assert.equal(breaker.msUntilAdmission(1_000), 9_000);
});
