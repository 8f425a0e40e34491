/**
 * Keeps so many serving isolates up: starts them, asks them how they are, replaces those that have died or stopped
 * answering, and recycles those that hold what only their end gives back. One at a time is recycled, and another one
 * serves before it goes, so that whoever is sent away finds a place to come back to.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import { backoffMs } from "../../core/backoff.ts";
import { type Ailment, judge, type SupervisionPolicy } from "../../core/supervision.ts";
import type { Report } from "../front.ts";
import { log } from "../log.ts";

const CHECK_MS = 2_000;
/** One that does not answer within this has missed a question. */
const ANSWER_MS = 2_000;
/** Saying goodbye takes 3.8 s at most. */
const DRAIN_MS = 4_500;
/** Memory may be given back by recycling, but not again and again: it may be what is needed. */
const MEMORY_REST_MS = 600_000;
const RETRY = { firstMs: 100, longestMs: 10_000 } as const;

/** One that serves: a part of `Isolate`. */
export interface Ward {
  /** Which one it is. */
  readonly number: number;
  /** Resolves when it serves; rejects with the reason where it cannot. */
  isUp(): Promise<void>;
  /** Resolves with the reason where it has failed. */
  readonly failed: Promise<string>;
  /** What it tells of itself; it may never come. */
  report(): Promise<Report>;
  /** Says goodbye to its clients. */
  drain(): Promise<void>;
  /** Ends it; false where it cannot be ended. */
  terminate(): Promise<boolean>;
}

/** What a supervisor needs. */
export interface SupervisorContext {
  /** Starts one. */
  readonly start: (number: number) => Ward;
  /** How many there are to be. */
  readonly count: number;
  /** When one is to be ended. */
  readonly policy: SupervisionPolicy;
  /** What the whole process takes, in bytes. */
  readonly processBytes: () => number;
  /** What it may take. */
  readonly maxProcessBytes: number;
  /** For waits. */
  readonly clock: Clock;
  /** Counts one that was ended, and why, and what it told last. */
  readonly ended: (why: Ailment | "died", latest: Report | undefined) => void;
}

/** What is known of one. */
interface Chart {
  missed: number;
  latest: Report | undefined;
  readonly upAt: number;
}

/** An isolate that does not answer cannot be ended either: only the end of the process helps. */
export class Unstoppable extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "Unstoppable";
}

/** Keeps isolates up. */
export class Supervisor {
  readonly #context: SupervisorContext;
  readonly #wards = new Map<Ward, Chart>();
  readonly #leaving = new Set<Ward>();
  readonly #unstoppable = Promise.withResolvers<Error>();
  #number = 0;
  #memoryEasedAt = -Infinity;

  /** Nobody is started before {@linkcode start}. */
  constructor(context: SupervisorContext) {
    this.#context = context;
  }

  /** Resolves where an isolate cannot be ended. */
  get broken(): Promise<Error> {
    return this.#unstoppable.promise;
  }

  /** How many serve. */
  get count(): number {
    return this.#wards.size;
  }

  /** Starts them all; rejects where one of them cannot, when all have tried. @param signal Of {@linkcode run}. */
  async start(signal: AbortSignal): Promise<void> {
    const starts = Array.from({ length: this.#context.count }, () => this.#startOne(signal));
    // One that comes up after this has rejected would be ended by nobody.
    await Promise.allSettled(starts);
    await Promise.all(starts);
  }

  /** Looks after them until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#context.clock.sleep(CHECK_MS, signal);
      if (signal.aborted) return;
      await Promise.all([...this.#wards].map((it) => this.#check(...it)));
      await this.#treat(signal);
    }
  }

  /** What each tells of itself now, or told last. */
  async reports(): Promise<readonly Report[]> {
    // Not counted where it is not answered: how often somebody wants to know says nothing about an isolate.
    await Promise.all([...this.#wards].map((it) => this.#ask(...it)));
    return [...this.#wards.values()].flatMap(({ latest }) => latest ?? []);
  }

  /** Says goodbye to all clients of all; resolves within 4.5 s. */
  async drain(): Promise<void> {
    await Promise.all([...this.#wards.keys()].map((ward) => this.#inTime(ward.drain(), DRAIN_MS)));
  }

  /** Ends them all. */
  async end(): Promise<void> {
    const wards = [...this.#wards.keys(), ...this.#leaving];
    this.#wards.clear();
    await Promise.all(wards.map((ward) => ward.terminate()));
  }

  async #startOne(signal: AbortSignal): Promise<void> {
    const ward = this.#context.start(++this.#number);
    try {
      await ward.isUp();
    } catch (error) {
      // Whether it could be ended does not matter: the lifeline of one that never ran is not always cut (Deno 2.9.6).
      await ward.terminate();
      throw error;
    }
    if (signal.aborted) return void await ward.terminate();
    this.#wards.set(ward, { missed: 0, latest: undefined, upAt: this.#context.clock.now() });
    ward.failed.then((why) => this.#replaceFailed(ward, why, signal));
  }

  /** Another one for one that is gone. */
  async #startAnother(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (await this.#triedToStart(signal)) return;
      await clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
    }
  }

  async #triedToStart(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#startOne(signal);
      return true;
    } catch (error) {
      log.error("isolate.not_started", { error: String(error) });
      return false;
    }
  }

  async #replaceFailed(ward: Ward, why: string, signal: AbortSignal): Promise<void> {
    // It may have been ended by us.
    const chart = this.#wards.get(ward);
    if (signal.aborted || !this.#wards.delete(ward)) return;
    log.error("isolate.died", { number: ward.number, why });
    this.#context.ended("died", chart?.latest);
    await this.#terminate(ward);
    await this.#startAnother(signal);
  }

  /** Whether it answers in time. */
  async #ask(ward: Ward, chart: Chart): Promise<boolean> {
    const report = await this.#inTime(ward.report(), ANSWER_MS);
    chart.latest = report ?? chart.latest;
    return report !== undefined;
  }

  async #check(ward: Ward, chart: Chart): Promise<void> {
    chart.missed = await this.#ask(ward, chart) ? 0 : chart.missed + 1;
  }

  /** Does what is needed for the first that needs something; the others' turn comes. */
  async #treat(signal: AbortSignal): Promise<void> {
    const now = this.#context.clock.now();
    for (const [ward, { missed, latest, upAt }] of this.#wards) {
      const { dead = 0, stuck = 0 } = latest?.census ?? {};
      const bytes = now - upAt < MEMORY_REST_MS ? 0 : latest?.bytes ?? 0;
      const vitals = { missed, dead: dead + stuck, bytes };
      const judgement = judge(vitals, this.#context.policy);
      if (judgement.kind === "replace") return await this.#replaceSilent(ward, signal);
      if (judgement.kind === "recycle") return await this.#recycle(ward, judgement.why, signal);
    }
    await this.#easeMemory(signal);
  }

  async #replaceSilent(ward: Ward, signal: AbortSignal): Promise<void> {
    log.error("isolate.silent", { number: ward.number });
    this.#context.ended("silent", this.#wards.get(ward)?.latest);
    this.#wards.delete(ward);
    await this.#terminate(ward);
    await this.#startAnother(signal);
  }

  async #recycle(ward: Ward, why: Ailment, signal: AbortSignal): Promise<void> {
    // Where no other one comes up, this one stays, and so does whoever is connected to it.
    if (!await this.#triedToStart(signal) || signal.aborted) return;
    // It may have died meanwhile.
    const chart = this.#wards.get(ward);
    if (!chart || !this.#wards.delete(ward)) return;
    log.warn("isolate.recycled", { number: ward.number, why });
    this.#leaving.add(ward);
    await this.#inTime(ward.drain(), DRAIN_MS);
    await this.#ask(ward, chart);
    this.#context.ended(why, chart.latest);
    await this.#terminate(ward);
    this.#leaving.delete(ward);
  }

  /** What sockets hold is in no isolate's heap, so it is the process that is looked at, and the biggest that goes. */
  async #easeMemory(signal: AbortSignal): Promise<void> {
    const { clock, processBytes, maxProcessBytes } = this.#context;
    const now = clock.now();
    if (processBytes() <= maxProcessBytes || now - this.#memoryEasedAt < MEMORY_REST_MS) return;
    this.#memoryEasedAt = now;
    const bytes = ([, { latest }]: [Ward, Chart]) => latest?.bytes ?? 0;
    const [biggest] = [...this.#wards].sort((one, other) => bytes(other) - bytes(one));
    if (biggest) await this.#recycle(biggest[0], "grown", signal);
  }

  async #terminate(ward: Ward): Promise<void> {
    if (await ward.terminate()) return;
    const why = `Isolate ${ward.number} does not answer and cannot be ended`;
    this.#unstoppable.resolve(new Unstoppable(why));
  }

  /** What the promise brings, or undefined where it takes too long or fails. */
  async #inTime<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    const waiting = new AbortController();
    const passed = this.#context.clock.sleep(ms, waiting.signal).then(() => undefined);
    try {
      return await Promise.race([promise, passed]);
    } catch {
      return undefined;
    } finally {
      waiting.abort();
    }
  }
}
