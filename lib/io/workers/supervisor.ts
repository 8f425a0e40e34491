/**
 * Keeps a fixed number of workers up: starts them, requests reports, replaces workers that have died or stopped
 * responding, and recycles workers whose resources only their end frees. It recycles one at a time, and only after a
 * replacement serves, so that the closed clients can reconnect.
 * @module
 */
import { backoffMs } from "../../core/backoff.ts";
import type { RecycleReason } from "../../core/health/worker_health.ts";
import { type DrainKind, longestDrainMs } from "../serving/drain.ts";
import type { ServerReport } from "../serving/chat_server.ts";
import { logger } from "../logger.ts";
import {
  type MoveState,
  type RecycleDecision,
  RecyclePlanner,
  type RecyclePlannerContext,
} from "./recycle_planner.ts";
import {
  type SupervisedWorker,
  type WorkerRecord,
  WorkerUnstoppable,
} from "./supervised_worker.ts";

const CHECK_MS = 2_000;
/** A worker that does not report within this time has missed a check. */
const ANSWER_MS = 2_000;
/** Added to the maximum duration of a drain. */
const DRAIN_SLACK_MS = 700;
const RETRY = { firstMs: 100, longestMs: 10_000 } as const;

/** What a supervisor needs. */
export interface SupervisorContext extends RecyclePlannerContext {
  /** Begins to start a worker, which serves once it is ready. @param number From 1; used for one worker only. */
  readonly startWorker: (number: number) => SupervisedWorker;
  /** Number of workers to keep up. */
  readonly count: number;
  /** How long a stop lets the workers close connections, in milliseconds. */
  readonly stopMs: number;
  /** Called when a worker has ended, with the reason and its last report. */
  readonly onEnded: (why: RecycleReason, lastReport: ServerReport | undefined) => void;
}

/** Starts, checks, replaces and recycles workers. */
export class Supervisor {
  readonly #context: SupervisorContext;
  readonly #workers = new Map<SupervisedWorker, WorkerRecord>();
  readonly #draining = new Set<SupervisedWorker>();
  readonly #unstoppable = Promise.withResolvers<Error>();
  readonly #planner: RecyclePlanner;
  #number = 0;

  /** Starts no worker before {@linkcode start}. */
  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#planner = new RecyclePlanner(context);
  }

  /** Resolves with a {@linkcode WorkerUnstoppable} if a worker cannot be terminated. */
  get failed(): Promise<Error> {
    return this.#unstoppable.promise;
  }

  /** Number of workers that serve. */
  get count(): number {
    return this.#workers.size;
  }

  /** Whether clients are being moved to another worker, or were a moment ago. */
  get moveState(): MoveState {
    return this.#planner.moveState;
  }

  /** Parks the clients with the largest backlogs in each worker. */
  dropLargestBacklogs(): void {
    // The checks handle a worker that has ended or does not respond.
    for (const worker of this.#workers.keys()) worker.dropLargestBacklogs().catch(() => {});
  }

  /** Starts all workers; rejects if one fails, after all have tried. @param signal The signal of {@linkcode run}. */
  async start(signal: AbortSignal): Promise<void> {
    const starts = Array.from({ length: this.#context.count }, () => this.#startOne(signal));
    // Wait for all: a worker that came up after a rejection would never be terminated.
    await Promise.allSettled(starts);
    await Promise.all(starts);
  }

  /** Checks, replaces and recycles workers until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#planner.waitForNextCheck(CHECK_MS, signal);
      if (signal.aborted) return;
      await Promise.all([...this.#workers].map((it) => this.#check(...it)));
      const decision = this.#planner.choose(this.#workers);
      if (decision?.kind === "replace") await this.#replaceSilent(decision.worker, signal);
      if (decision?.kind === "recycle") await this.#recycle(decision, signal);
    }
  }

  /** The current report of each worker, or its last one if it does not respond. */
  async reports(): Promise<readonly ServerReport[]> {
    // Not counted as missed checks: the number of requests for metrics says nothing about a worker's health.
    await Promise.all([...this.#workers].map((it) => this.#requestReport(...it)));
    return [...this.#workers.values()].flatMap(({ lastReport }) => lastReport ?? []);
  }

  /** Closes the connections of all workers; resolves a second after `DRAIN_SECONDS` at the latest. */
  async drain(): Promise<void> {
    await Promise.all(
      [...this.#workers.keys(), ...this.#draining].map((worker) => this.#drain(worker, "stop")),
    );
  }

  /** Terminates all workers. */
  async terminate(): Promise<void> {
    const workers = [...this.#workers.keys(), ...this.#draining];
    this.#workers.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  async #startOne(signal: AbortSignal): Promise<void> {
    const worker = this.#context.startWorker(++this.#number);
    try {
      await worker.whenReady();
    } catch (error) {
      // Ignore the result: the lifeline of a worker that never ran does not always close (Deno 2.9.6).
      await worker.terminate();
      throw error;
    }
    if (signal.aborted) return void await worker.terminate();
    this.#workers.set(worker, { missed: 0, lastReport: undefined, isOutdated: false });
    worker.failed.then((why) => this.#replaceFailed(worker, why, signal));
  }

  /** Tries to start a worker until it succeeds or the signal aborts. */
  async #startReplacement(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (await this.#tryStart(signal)) return;
      await clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
    }
  }

  async #tryStart(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#startOne(signal);
      return true;
    } catch (error) {
      logger.error("worker.start_failed", { error: String(error) });
      return false;
    }
  }

  async #replaceFailed(worker: SupervisedWorker, why: string, signal: AbortSignal): Promise<void> {
    // The supervisor may have terminated it.
    const record = this.#workers.get(worker);
    if (signal.aborted || !this.#workers.delete(worker)) return;
    logger.error("worker.died", { number: worker.number, why });
    this.#context.onEnded("died", record?.lastReport);
    await this.#terminate(worker);
    await this.#startReplacement(signal);
  }

  /** Records a new report; resolves with whether it arrived in time. */
  async #requestReport(worker: SupervisedWorker, record: WorkerRecord): Promise<boolean> {
    const report = await this.#withTimeout(worker.report(), ANSWER_MS);
    record.lastReport = report ?? record.lastReport;
    return report !== undefined;
  }

  async #check(worker: SupervisedWorker, record: WorkerRecord): Promise<void> {
    const [isCurrent, hasAnswered] = await Promise.all([
      this.#withTimeout(worker.updateKeyPair(), ANSWER_MS),
      this.#requestReport(worker, record),
    ]);
    record.isOutdated = isCurrent === false;
    record.missed = hasAnswered ? 0 : record.missed + 1;
  }

  async #replaceSilent(worker: SupervisedWorker, signal: AbortSignal): Promise<void> {
    logger.error("worker.unresponsive", { number: worker.number });
    this.#context.onEnded("silent", this.#workers.get(worker)?.lastReport);
    this.#workers.delete(worker);
    await this.#terminate(worker);
    await this.#startReplacement(signal);
  }

  async #recycle(
    { worker, reason, how }: Extract<RecycleDecision, { kind: "recycle" }>,
    signal: AbortSignal,
  ): Promise<void> {
    using _moving = this.#planner.beginRecycle();
    // If no replacement comes up, this worker and its clients stay.
    if (!await this.#tryStart(signal) || signal.aborted) return;
    // It may have died in the meantime.
    const record = this.#workers.get(worker);
    if (!record || !this.#workers.delete(worker)) return;
    logger.warn("worker.recycled", { number: worker.number, why: reason });
    // No client can cause it, so it delays no other recycling.
    if (reason !== "certificate") this.#planner.recordRecycle();
    this.#draining.add(worker);
    await this.#moveClients(worker, how);
    await this.#requestReport(worker, record);
    this.#context.onEnded(reason, record.lastReport);
    await this.#terminate(worker);
    this.#draining.delete(worker);
  }

  /** Closes the clients at the given pace, or urgently if memory runs out in the meantime. */
  async #moveClients(worker: SupervisedWorker, how: DrainKind): Promise<void> {
    const over = new AbortController();
    const drained = this.#drain(worker, how).finally(() => over.abort());
    if (how === "move") await this.#planner.whenMemoryRunsOut(over.signal);
    const isDone = how !== "move" || over.signal.aborted;
    await (isDone ? drained : this.#drain(worker, "urgent"));
  }

  async #drain(worker: SupervisedWorker, kind: DrainKind): Promise<void> {
    await this.#withTimeout(
      worker.drain(kind),
      longestDrainMs(kind, this.#context.stopMs) + DRAIN_SLACK_MS,
    );
  }

  async #terminate(worker: SupervisedWorker): Promise<void> {
    if (await worker.terminate()) return;
    const why = `Worker ${worker.number} does not respond and cannot be terminated`;
    this.#unstoppable.resolve(new WorkerUnstoppable(why));
  }

  /** Resolves like the promise, or with undefined if it takes too long or rejects. */
  async #withTimeout<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    const waiting = new AbortController();
    const expired = this.#context.clock.sleep(ms, waiting.signal).then(() => undefined);
    try {
      return await Promise.race([promise, expired]);
    } catch {
      return undefined;
    } finally {
      waiting.abort();
    }
  }
}
