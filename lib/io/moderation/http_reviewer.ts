/**
 * Reviews messages by asking the service of `MODERATION_URL`, once per process. A circuit breaker stops asking while that
 * service gives no answers, and only so many requests are under way at the same time. Users take turns with the rest.
 * @module
 */
import { ConcurrencyLimit } from "../../chat/concurrency_limit.ts";
import type { ReviewMetrics } from "../../chat/metrics.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { MessageReviewer } from "../../chat/ports/message_reviewer.ts";
import { type Admission, CircuitBreaker } from "../../core/moderation/circuit_breaker.ts";
import type { ReviewedMessage, ReviewOutcome } from "../../core/moderation/review.ts";
import { logger } from "../logger.ts";
import { requestReview, type ReviewResult, type ReviewTarget } from "./review_request.ts";

/** What a reviewer needs. */
export interface HttpReviewerContext {
  /** The service that is asked. */
  readonly target: ReviewTarget;
  /** For the breaker and the time limits. */
  readonly clock: Clock;
  /** Counts the outcomes. */
  readonly metrics: ReviewMetrics;
}

/** Maximum number of requests at the same time. */
export const MAX_REVIEWS = 64;
/** Maximum number of messages that wait until they can be asked about. */
const MAX_WAITING = 1_000;
/** Maximum time that a message waits for that. */
const MAX_WAIT_MS = 1_000;
const BREAKER_POLICY = { failures: 5, pauseMs: 10_000 };
/** When it is worth trying again if nothing else is known. */
const RETRY_MS = 1_000;

/** Asks over HTTP and HTTPS. */
export class HttpReviewer implements MessageReviewer {
  readonly #target: ReviewTarget;
  readonly #clock: Clock;
  readonly #metrics: ReviewMetrics;
  readonly #breaker = new CircuitBreaker(BREAKER_POLICY);
  readonly #turns = new ConcurrencyLimit(MAX_REVIEWS);

  /** Asks nothing yet. */
  constructor({ target, clock, metrics }: HttpReviewerContext) {
    this.#target = target;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** Whether messages are not asked about, since there were no answers. */
  get isPaused(): boolean {
    return this.#breaker.isOpen;
  }

  async reviewMessage(message: ReviewedMessage): Promise<ReviewOutcome> {
    if (this.#breaker.refuses(this.#clock.now())) return this.#skip();
    using turn = await this.#takeTurn(message);
    const admission = turn && this.#breaker.admit(this.#clock.now());
    return admission ? await this.#ask(message, admission) : this.#skip();
  }

  /** Undefined if it takes too long: that is no failure of the service. */
  async #takeTurn({ user }: ReviewedMessage): Promise<Disposable | undefined> {
    if (this.#turns.waiting >= MAX_WAITING) return undefined;
    const taken = new AbortController();
    let isLate = false;
    const turn = this.#turns.acquire(user).then((it) => {
      taken.abort();
      if (!isLate) return it;
      it[Symbol.dispose]();
      return undefined;
    });
    const wait = this.#clock.sleep(MAX_WAIT_MS, taken.signal).then(() => {
      isLate = true;
      return undefined;
    });
    return await Promise.race([turn, wait]);
  }

  async #ask(message: ReviewedMessage, admission: Admission): Promise<ReviewOutcome> {
    const start = this.#clock.now();
    const result = await requestReview(message, this.#target, this.#clock);
    const now = this.#clock.now();
    this.#metrics.seconds.observe((now - start) / 1_000);
    this.#record(result, admission, now);
    if (result.kind === "failed") return this.#failed("failed");
    this.#metrics.requests[result.answer.kind].add();
    return result.answer;
  }

  #record(result: ReviewResult, admission: Admission, now: number): void {
    const isAnswered = result.kind === "answered";
    const change = this.#breaker.record(admission, isAnswered ? "succeeded" : "failed", now);
    if (change === "closed") logger.info("moderation.resumed");
    else if (change === "opened" && !isAnswered) {
      logger.warn("moderation.paused", { ...result.failure });
    }
  }

  #skip(): ReviewOutcome {
    return this.#failed("skipped");
  }

  #failed(how: "failed" | "skipped"): ReviewOutcome {
    this.#metrics.requests[how].add();
    const afterMs = Math.max(RETRY_MS, this.#breaker.msUntilAdmission(this.#clock.now()));
    return { kind: "failed", afterMs: Math.ceil(afterMs) };
  }
}
