/**
 * Stops asking a service that does not answer: after some failures in a row the breaker opens, and nothing is asked for a
 * while. Then one request at a time is a trial. The first trial that succeeds closes the breaker. It has no clock: callers
 * pass the current time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const breaker = new CircuitBreaker({ failures: 1, pauseMs: 10_000 });
 * assert.equal(breaker.record(breaker.admit(0) ?? assert.fail(), "failed", 0), "opened");
 * assert.equal(breaker.admit(9_999), undefined);
 * const trial = breaker.admit(10_000);
 * assert.equal(trial, "trial");
 * assert.equal(breaker.record("trial", "succeeded", 10_000), "closed");
 * assert.equal(breaker.admit(10_000), "request");
 * ```
 * @module
 */

/** When a breaker opens, and for how long. */
export interface BreakerPolicy {
  /** Number of failures in a row that open it. */
  readonly failures: number;
  /** Time until the next trial, in milliseconds. */
  readonly pauseMs: number;
}

/** A request that may be made. Its result must be recorded, or there is no other trial. */
export type Admission = "request" | "trial";

/** One breaker. It is closed at first. */
export class CircuitBreaker {
  readonly #policy: BreakerPolicy;
  #failures = 0;
  // When the next trial may be made; undefined while it is closed.
  #trialAt: number | undefined;
  #isTrying = false;

  /** Starts closed. */
  constructor(policy: BreakerPolicy) {
    this.#policy = policy;
  }

  /** Whether requests are held back. */
  get isOpen(): boolean {
    return this.#trialAt !== undefined;
  }

  /** Milliseconds until a request may be made, if nothing else happens; 0 if it may be made now, or after the present trial. */
  msUntilAdmission(now: number): number {
    return this.#trialAt === undefined ? 0 : Math.max(0, this.#trialAt - now);
  }

  /** Whether {@linkcode admit} would let no request pass. */
  refuses(now: number): boolean {
    return this.isOpen && (this.#isTrying || this.msUntilAdmission(now) > 0);
  }

  /** Lets a request pass, or not. @param now Milliseconds on any scale; must not decrease. */
  admit(now: number): Admission | undefined {
    if (this.refuses(now)) return undefined;
    if (!this.isOpen) return "request";
    this.#isTrying = true;
    return "trial";
  }

  /** Records the result of a request, and returns what has changed. */
  record(
    admission: Admission,
    result: "succeeded" | "failed",
    now: number,
  ): "opened" | "closed" | undefined {
    if (admission === "trial") return this.#recordTrial(result, now);
    // What was asked before it opened says less than the next trial.
    if (this.isOpen) return undefined;
    if (result === "succeeded") {
      this.#failures = 0;
      return undefined;
    }
    this.#failures += 1;
    if (this.#failures < this.#policy.failures) return undefined;
    this.#trialAt = now + this.#policy.pauseMs;
    return "opened";
  }

  #recordTrial(result: "succeeded" | "failed", now: number): "closed" | undefined {
    this.#isTrying = false;
    if (result === "failed") {
      this.#trialAt = now + this.#policy.pauseMs;
      return undefined;
    }
    this.#trialAt = undefined;
    this.#failures = 0;
    return "closed";
  }
}
