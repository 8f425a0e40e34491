/**
 * Fake workers for the supervisor: the test sets the health of each, and what is done to it is recorded.
 * @module
 */
import type { ServerReport } from "../../../lib/io/serving/chat_server.ts";
import type { DrainKind } from "../../../lib/io/serving/drain.ts";
import { Supervisor, type SupervisorContext } from "../../../lib/io/workers/supervisor.ts";
import type { SupervisedWorker } from "../../../lib/io/workers/supervised_worker.ts";
import { FakeClock, flushMicrotasks } from "../../support/fakes.ts";

const DRAIN_EVENTS: Readonly<Record<DrainKind, string>> = {
  stop: "stops",
  move: "moves its clients",
  urgent: "stops urgently",
};

/** A worker that serves, as far as the supervisor can tell. */
export class FakeWorker implements SupervisedWorker {
  readonly number: number;
  readonly #harness: SupervisorHarness;
  readonly #failed = Promise.withResolvers<string>();
  /** Whether it answers. */
  isUnresponsive = false;
  /** Whether its shutdown ever completes. */
  canDrain = true;
  /** Whether it can be terminated. */
  canEnd = true;
  deadConnections = 0;
  memoryBytes = 0;
  /** Whether it has the current certificate, or can change its own. */
  isCurrent = true;

  constructor(number: number, harness: SupervisorHarness) {
    this.number = number;
    this.#harness = harness;
  }

  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  async whenReady(): Promise<void> {
    await this.#harness.startGate.promise;
    const why = this.#harness.startFailures.shift();
    if (why) throw new Error(why);
    this.#record("is up");
  }

  report(): Promise<ServerReport> {
    if (this.isUnresponsive) return new Promise(() => {});
    return Promise.resolve({
      connectionCounts: {},
      deadConnections: this.deadConnections,
      memoryBytes: this.memoryBytes,
      metrics: [],
    });
  }

  updateKeyPair(): Promise<boolean> {
    if (this.isUnresponsive) return new Promise(() => {});
    return Promise.resolve(this.isCurrent);
  }

  dropLargestBacklogs(): Promise<void> {
    this.#record("drops");
    return Promise.resolve();
  }

  drain(kind: DrainKind): Promise<void> {
    this.#record(DRAIN_EVENTS[kind]);
    return this.canDrain ? Promise.resolve() : new Promise(() => {});
  }

  terminate(): Promise<boolean> {
    this.#record("is ended");
    return Promise.resolve(this.canEnd);
  }

  /** Ends by itself. */
  async fail(): Promise<void> {
    this.#failed.resolve("it failed");
    await flushMicrotasks();
  }

  #record(what: string): void {
    this.#harness.events.push(`${this.number} ${what}`);
  }
}

/** The clock of a machine that is suspended: when it wakes up, all timers fire at once. */
class SuspendedClock extends FakeClock {
  #wakes: (() => void)[] = [];

  override sleep(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => this.#wakes.push(resolve));
    return Promise.race([super.sleep(ms, signal), woken]);
  }

  async suspend(): Promise<void> {
    for (const wake of this.#wakes.splice(0)) wake();
    await flushMicrotasks();
  }
}

/** A supervisor and its workers. */
export class SupervisorHarness implements Disposable {
  readonly clock = new SuspendedClock();
  readonly workers: FakeWorker[] = [];
  /** The events so far, in order. */
  readonly events: string[] = [];
  /** Why the next workers cannot start; empty for one that can. */
  readonly startFailures: string[] = [];
  readonly ended: string[] = [];
  processBytes = 0;
  startGate = Promise.withResolvers<void>();
  readonly supervisor: Supervisor;
  readonly #life = new AbortController();

  constructor(count: number, context: Partial<SupervisorContext> = {}) {
    this.startGate.resolve();
    this.supervisor = new Supervisor({
      stopMs: 3_800,
      startWorker: (number) => {
        const worker = new FakeWorker(number, this);
        this.workers.push(worker);
        return worker;
      },
      count,
      policy: { maxMissed: 5, maxDead: 10, maxBytes: 1_000 },
      processBytes: () => this.processBytes,
      maxProcessBytes: 5_000,
      clock: this.clock,
      onEnded: (why) => this.ended.push(why),
      ...context,
    });
  }

  /** A supervisor with this many healthy workers. */
  static async open(count: number): Promise<SupervisorHarness> {
    const hospital = new SupervisorHarness(count);
    await hospital.start();
    hospital.supervisor.run(hospital.signal);
    hospital.events.length = 0;
    return hospital;
  }

  start(): Promise<void> {
    return this.supervisor.start(this.signal);
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  worker(number: number): FakeWorker {
    const worker = this.workers[number - 1];
    if (worker === undefined) throw new RangeError(`Nobody has the number ${number}`);
    return worker;
  }

  /** The events since the last call. */
  takeEvents(): string[] {
    return this.events.splice(0);
  }

  /** Lets this many rounds pass, each with a check of every worker. */
  async checkRounds(count: number): Promise<void> {
    // A check and the time that may pass before it counts as missed.
    for (let round = 0; round < count; round++) await this.clock.advance(4_000);
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}
