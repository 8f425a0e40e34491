/**
 * Isolates that are none, for the supervisor: each is as well as the test wants, and what is done to it is written down.
 * @module
 */
import type { Census } from "../../../lib/chat/heartbeat.ts";
import type { Report } from "../../../lib/io/front.ts";
import type { DrainKind } from "../../../lib/io/drain.ts";
import { Supervisor, type SupervisorContext } from "../../../lib/io/isolates/supervisor.ts";
import type { Ward } from "../../../lib/io/isolates/ward.ts";
import { FakeClock, settle } from "../../fakes.ts";

const NOBODY: Census = { connecting: 0, open: 0, parked: 0, closing: 0, stuck: 0, dead: 0 };

const GOODBYES: Readonly<Record<DrainKind, string>> = {
  stop: "says goodbye",
  move: "moves its clients",
  urgent: "says goodbye in haste",
};

/** One that serves, as far as the supervisor can tell. */
export class FakeWard implements Ward {
  readonly number: number;
  readonly #hospital: Hospital;
  readonly #failed = Promise.withResolvers<string>();
  /** Whether it answers. */
  isSilent = false;
  /** Whether it ever comes to an end of its goodbyes. */
  isDrained = true;
  /** Whether it can be ended. */
  canEnd = true;
  census: Census = NOBODY;
  bytes = 0;

  constructor(number: number, hospital: Hospital) {
    this.number = number;
    this.#hospital = hospital;
  }

  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  async isUp(): Promise<void> {
    await this.#hospital.opening.promise;
    const why = this.#hospital.misfortunes.shift();
    if (why) throw new Error(why);
    this.#note("is up");
  }

  report(): Promise<Report> {
    if (this.isSilent) return new Promise(() => {});
    return Promise.resolve({ census: this.census, bytes: this.bytes, counted: [] });
  }

  relieve(): Promise<void> {
    this.#note("parks");
    return Promise.resolve();
  }

  drain(kind: DrainKind): Promise<void> {
    this.#note(GOODBYES[kind]);
    return this.isDrained ? Promise.resolve() : new Promise(() => {});
  }

  terminate(): Promise<boolean> {
    this.#note("is ended");
    return Promise.resolve(this.canEnd);
  }

  /** Ends by itself. */
  async die(): Promise<void> {
    this.#failed.resolve("it was unlucky");
    await settle();
  }

  #note(what: string): void {
    this.#hospital.story.push(`${this.number} ${what}`);
  }
}

/** The clock of a machine that is put to sleep: when it wakes, everybody's time is over at once. */
class LaptopClock extends FakeClock {
  #wakes: (() => void)[] = [];

  override sleep(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => this.#wakes.push(resolve));
    return Promise.race([super.sleep(ms, signal), woken]);
  }

  async sleepAndWake(): Promise<void> {
    for (const wake of this.#wakes.splice(0)) wake();
    await settle();
  }
}

/** A supervisor, and those it looks after. */
export class Hospital implements Disposable {
  readonly clock = new LaptopClock();
  readonly wards: FakeWard[] = [];
  /** What happened, in its order. */
  readonly story: string[] = [];
  /** Why the next ones cannot start; empty for one that can. */
  readonly misfortunes: string[] = [];
  readonly ended: string[] = [];
  processBytes = 0;
  opening = Promise.withResolvers<void>();
  readonly supervisor: Supervisor;
  readonly #life = new AbortController();

  constructor(count: number, context: Partial<SupervisorContext> = {}) {
    this.opening.resolve();
    this.supervisor = new Supervisor({
      start: (number) => {
        const ward = new FakeWard(number, this);
        this.wards.push(ward);
        return ward;
      },
      count,
      policy: { maxMissed: 5, maxDead: 10, maxBytes: 1_000 },
      processBytes: () => this.processBytes,
      maxProcessBytes: 5_000,
      clock: this.clock,
      ended: (why) => this.ended.push(why),
      ...context,
    });
  }

  /** One that serves so many, all well, and is looked after. */
  static async open(count: number): Promise<Hospital> {
    const hospital = new Hospital(count);
    await hospital.start();
    hospital.supervisor.run(hospital.signal);
    hospital.story.length = 0;
    return hospital;
  }

  start(): Promise<void> {
    return this.supervisor.start(this.signal);
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  ward(number: number): FakeWard {
    const ward = this.wards[number - 1];
    if (ward === undefined) throw new RangeError(`Nobody has the number ${number}`);
    return ward;
  }

  /** What has happened since the last time. */
  told(): string[] {
    return this.story.splice(0);
  }

  /** Lets so many rounds pass, each with a question to everybody. */
  async rounds(count: number): Promise<void> {
    // A question and the time that may pass before it counts as missed.
    for (let round = 0; round < count; round++) await this.clock.advance(4_000);
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}

/** Holds so many dead sockets. */
export function withDead(dead: number): Census {
  return { ...NOBODY, dead };
}

/** Holds so many sockets that are stuck. */
export function withStuck(stuck: number): Census {
  return { ...NOBODY, stuck };
}
