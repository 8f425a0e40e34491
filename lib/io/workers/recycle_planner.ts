/**
 * Decides which worker is recycled, and when. It applies the rules of `core/health/worker_health.ts` with a clock and the
 * memory of the whole process. The supervisor carries out its decisions.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import {
  checkWorker,
  memoryLevel,
  RecycleBackoff,
  type RecycleReason,
  type WorkerHealthPolicy,
} from "../../core/health/worker_health.ts";
import type { DrainKind } from "../serving/drain.ts";
import type { SupervisedWorker, WorkerRecord } from "./supervised_worker.ts";

/** Time for dropping and refusing connections to take effect. */
const MEMORY_GRACE_MS = 6_000;
/** Time in which closed clients reconnect. */
const RETURN_MS = 15_000;
const CHECK_MS = 250;

/** What the decision depends on. */
export interface RecyclePlannerContext {
  /** When a worker must be ended. */
  readonly policy: WorkerHealthPolicy;
  /** Memory of the whole process, in bytes. */
  readonly processBytes: () => number;
  /** Limit of that memory, in bytes. */
  readonly maxProcessBytes: number;
  /** Measures time and waits. */
  readonly clock: Clock;
}

/** Whether clients are being moved from one worker to another. */
export type MoveState = "no" | "under way" | "returning";

/** Which worker to replace or recycle, and how. */
export type RecycleDecision =
  | { readonly kind: "replace"; readonly worker: SupervisedWorker }
  | {
    readonly kind: "recycle";
    readonly worker: SupervisedWorker;
    readonly reason: RecycleReason;
    readonly how: DrainKind;
  };

/** Decides about recycling. */
export class RecyclePlanner {
  readonly #context: RecyclePlannerContext;
  readonly #pace = new RecycleBackoff();
  #overLimitSince: number | undefined;
  #isUnderWay = false;
  #endedAt = -Infinity;

  /** Starts without a recycling in the past. */
  constructor(context: RecyclePlannerContext) {
    this.#context = context;
  }

  /** Whether clients are being moved to another worker, or were moved a moment ago and are reconnecting. */
  get moveState(): MoveState {
    if (this.#isUnderWay) return "under way";
    return this.#context.clock.now() - this.#endedAt < RETURN_MS ? "returning" : "no";
  }

  /** The decision for the first worker that needs one; undefined if none does. One worker is handled per check. */
  choose(
    workers: Iterable<readonly [SupervisedWorker, WorkerRecord]>,
  ): RecycleDecision | undefined {
    const all = [...workers];
    for (const [worker, { missed, lastReport }] of all) {
      const { deadConnections = 0, memoryBytes = 0 } = lastReport ?? {};
      const vitals = { missed, dead: deadConnections, bytes: memoryBytes };
      const action = checkWorker(vitals, this.#context.policy);
      if (action.kind === "replace") return { kind: "replace", worker };
      if (action.kind === "none" || !this.#allows(action.isUrgent)) continue;
      return { kind: "recycle", worker, reason: action.reason, how: "move" };
    }
    return this.#chooseLargest(all) ?? this.#chooseOutdated(all);
  }

  /** Marks a recycling as in progress until the result is disposed. */
  beginRecycle(): Disposable {
    this.#isUnderWay = true;
    return {
      [Symbol.dispose]: () => {
        this.#isUnderWay = false;
        this.#endedAt = this.#context.clock.now();
      },
    };
  }

  /** Records that clients are being closed, which delays the next recycling. */
  recordRecycle(): void {
    this.#pace.recordRecycle(this.#context.clock.now());
  }

  /**
   * Resolves when memory runs out, or when the signal aborts. The memory used at the call is granted: a new worker needs
   * memory too, while the old one is still up.
   */
  async whenMemoryRunsOut(signal: AbortSignal): Promise<void> {
    const { clock, processBytes, maxProcessBytes } = this.#context;
    const granted = Math.max(maxProcessBytes, processBytes());
    while (!signal.aborted && memoryLevel(processBytes(), granted) !== "urgent") {
      await clock.sleep(CHECK_MS, signal);
    }
  }

  /** Waits for a time, or until a worker must and may be recycled at once. */
  async waitForNextCheck(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const until = clock.now() + ms;
    while (!signal.aborted && clock.now() < until) {
      if (this.#memoryLevel() === "urgent" && this.#allows(true)) return;
      await clock.sleep(Math.max(1, Math.min(CHECK_MS, until - clock.now())), signal);
    }
  }

  /**
   * Socket memory is in no worker's heap, so the process is measured, and the worker with the largest heap is recycled.
   */
  #chooseLargest(
    workers: readonly (readonly [SupervisedWorker, WorkerRecord])[],
  ): RecycleDecision | undefined {
    const level = this.#memoryLevel();
    const isUrgent = level === "urgent";
    const now = this.#context.clock.now();
    this.#overLimitSince = level === "over" || isUrgent ? this.#overLimitSince ?? now : undefined;
    if (this.#overLimitSince === undefined || !this.#allows(isUrgent)) return undefined;
    if (!isUrgent && now - this.#overLimitSince < MEMORY_GRACE_MS) return undefined;
    const bytes = ([, { lastReport }]: readonly [SupervisedWorker, WorkerRecord]) =>
      lastReport?.memoryBytes ?? 0;
    const [largest] = workers.toSorted((one, other) => bytes(other) - bytes(one));
    const how = isUrgent ? "urgent" : "move";
    return largest && { kind: "recycle", worker: largest[0], reason: "grown", how };
  }

  /** A worker with an old certificate, unless memory is short: while it moves its clients, there is one worker more. */
  #chooseOutdated(
    workers: readonly (readonly [SupervisedWorker, WorkerRecord])[],
  ): RecycleDecision | undefined {
    const level = this.#memoryLevel();
    if (level === "over" || level === "urgent") return undefined;
    const outdated = workers.find(([, { isOutdated }]) => isOutdated);
    return outdated && { kind: "recycle", worker: outdated[0], reason: "certificate", how: "move" };
  }

  #memoryLevel() {
    return memoryLevel(this.#context.processBytes(), this.#context.maxProcessBytes);
  }

  #allows(isUrgent: boolean): boolean {
    return this.#pace.allows(isUrgent, this.#context.clock.now());
  }
}
