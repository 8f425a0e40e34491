/**
 * Keeps so many serving isolates up: starts them, asks them how they are, replaces those that have died or stopped
 * answering, and recycles those that hold what only their end gives back. One at a time is recycled, and another one
 * serves before it goes, so that whoever is sent away finds a place to come back to.
 * @module
 */
import { backoffMs } from "../../core/backoff.ts";
import type { Ailment } from "../../core/supervision.ts";
import { type DrainKind, longestDrainMs } from "../drain.ts";
import type { Report } from "../front.ts";
import { log } from "../log.ts";
import { type Moving, Recycling, type RecyclingContext, type Treatment } from "./recycling.ts";
import { type Chart, Unstoppable, type Ward } from "./ward.ts";

const CHECK_MS = 2_000;
/** One that does not answer within this has missed a question. */
const ANSWER_MS = 2_000;
/** Added to the longest time that a drain takes. */
const DRAIN_SLACK_MS = 700;
const RETRY = { firstMs: 100, longestMs: 10_000 } as const;

/** What a supervisor needs. */
export interface SupervisorContext extends RecyclingContext {
  /** Starts one. */
  readonly start: (number: number) => Ward;
  /** How many there are to be. */
  readonly count: number;
  /** Counts one that was ended, and why, and what it told last. */
  readonly ended: (why: Ailment | "died", latest: Report | undefined) => void;
}

/** Keeps isolates up. */
export class Supervisor {
  readonly #context: SupervisorContext;
  readonly #wards = new Map<Ward, Chart>();
  readonly #leaving = new Set<Ward>();
  readonly #unstoppable = Promise.withResolvers<Error>();
  readonly #recycling: Recycling;
  #number = 0;

  /** Nobody is started before {@linkcode start}. */
  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#recycling = new Recycling(context);
  }

  /** Resolves where an isolate cannot be ended. */
  get broken(): Promise<Error> {
    return this.#unstoppable.promise;
  }

  /** How many serve. */
  get count(): number {
    return this.#wards.size;
  }

  /** Whether clients are being moved to another isolate, or were a moment ago. */
  get moving(): Moving {
    return this.#recycling.moving;
  }

  /** Has every isolate park the clients with the largest backlogs. */
  relieve(): void {
    // An isolate that has ended or does not answer is handled by the checks.
    for (const ward of this.#wards.keys()) ward.relieve().catch(() => {});
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
      await this.#recycling.rest(CHECK_MS, signal);
      if (signal.aborted) return;
      await Promise.all([...this.#wards].map((it) => this.#check(...it)));
      const treatment = this.#recycling.choose(this.#wards);
      if (treatment?.kind === "replace") await this.#replaceSilent(treatment.ward, signal);
      if (treatment?.kind === "recycle") await this.#recycle(treatment, signal);
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
    await Promise.all(
      [...this.#wards.keys(), ...this.#leaving].map((ward) => this.#drain(ward, "stop")),
    );
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
    this.#wards.set(ward, { missed: 0, latest: undefined });
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

  async #replaceSilent(ward: Ward, signal: AbortSignal): Promise<void> {
    log.error("isolate.silent", { number: ward.number });
    this.#context.ended("silent", this.#wards.get(ward)?.latest);
    this.#wards.delete(ward);
    await this.#terminate(ward);
    await this.#startAnother(signal);
  }

  async #recycle(
    { ward, why, how }: Extract<Treatment, { kind: "recycle" }>,
    signal: AbortSignal,
  ): Promise<void> {
    using _moving = this.#recycling.begin();
    // Where no other one comes up, this one stays, and so does whoever is connected to it.
    if (!await this.#triedToStart(signal) || signal.aborted) return;
    // It may have died meanwhile.
    const chart = this.#wards.get(ward);
    if (!chart || !this.#wards.delete(ward)) return;
    log.warn("isolate.recycled", { number: ward.number, why });
    this.#recycling.note();
    this.#leaving.add(ward);
    await this.#sendAway(ward, how);
    await this.#ask(ward, chart);
    this.#context.ended(why, chart.latest);
    await this.#terminate(ward);
    this.#leaving.delete(ward);
  }

  /** Closes the clients over the usual time, or in haste if memory runs out in the meantime. */
  async #sendAway(ward: Ward, how: DrainKind): Promise<void> {
    const over = new AbortController();
    const drained = this.#drain(ward, how).finally(() => over.abort());
    if (how === "move") await this.#recycling.memoryRunsOut(over.signal);
    const isDone = how !== "move" || over.signal.aborted;
    await (isDone ? drained : this.#drain(ward, "urgent"));
  }

  async #drain(ward: Ward, kind: DrainKind): Promise<void> {
    await this.#inTime(ward.drain(kind), longestDrainMs(kind) + DRAIN_SLACK_MS);
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
