/**
 * Which isolate is recycled, and when: the rules of `core/supervision.ts` with a clock, and with the memory of the whole
 * process. Nothing is done here.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import {
  type Ailment,
  judge,
  memoryLevel,
  RecyclePace,
  type SupervisionPolicy,
} from "../../core/supervision.ts";
import type { DrainKind } from "../drain.ts";
import type { Chart, Ward } from "./ward.ts";

/** What parking and refusing can do against too much memory, they have done after this. */
const MEMORY_PATIENCE_MS = 6_000;
/** Clients that were sent away are back within this. */
const RETURN_MS = 15_000;
const LOOK_MS = 250;

/** What the choice depends on. */
export interface RecyclingContext {
  /** When one is to be ended. */
  readonly policy: SupervisionPolicy;
  /** What the whole process takes, in bytes. */
  readonly processBytes: () => number;
  /** What it may take. */
  readonly maxProcessBytes: number;
  /** For times and waits. */
  readonly clock: Clock;
}

/** Where clients are who are sent from one isolate to another. */
export type Moving = "no" | "under way" | "returning";

/** What is to be done to whom. */
export type Treatment =
  | { readonly kind: "replace"; readonly ward: Ward }
  | {
    readonly kind: "recycle";
    readonly ward: Ward;
    readonly why: Ailment;
    readonly how: DrainKind;
  };

/** Chooses. */
export class Recycling {
  readonly #context: RecyclingContext;
  readonly #pace = new RecyclePace();
  #tooMuchSince: number | undefined;
  #isUnderWay = false;
  #endedAt = -Infinity;

  /** Nothing has been recycled. */
  constructor(context: RecyclingContext) {
    this.#context = context;
  }

  /** Whether clients are being moved to another isolate, or were a moment ago and are on their way back. */
  get moving(): Moving {
    if (this.#isUnderWay) return "under way";
    return this.#context.clock.now() - this.#endedAt < RETURN_MS ? "returning" : "no";
  }

  /** What the first that needs something needs; the others' turn comes. */
  choose(wards: Iterable<readonly [Ward, Chart]>): Treatment | undefined {
    const all = [...wards];
    for (const [ward, { missed, latest }] of all) {
      const { dead = 0, stuck = 0 } = latest?.census ?? {};
      const vitals = { missed, dead: dead + stuck, bytes: latest?.bytes ?? 0 };
      const judgement = judge(vitals, this.#context.policy);
      if (judgement.kind === "replace") return { kind: "replace", ward };
      if (judgement.kind === "rest" || !this.#allows(judgement.isUrgent)) continue;
      return { kind: "recycle", ward, why: judgement.why, how: "move" };
    }
    return this.#chooseForMemory(all);
  }

  /** One is about to be recycled, until what is returned is disposed. */
  begin(): Disposable {
    this.#isUnderWay = true;
    return {
      [Symbol.dispose]: () => {
        this.#isUnderWay = false;
        this.#endedAt = this.#context.clock.now();
      },
    };
  }

  /** Clients are sent away from one: the next one has to wait. */
  note(): void {
    this.#pace.note(this.#context.clock.now());
  }

  /**
   * Resolves when memory runs out, or when the signal aborts. What is taken at the call is granted: an isolate that has
   * just come up takes memory too, while the other one is still there.
   */
  async memoryRunsOut(signal: AbortSignal): Promise<void> {
    const { clock, processBytes, maxProcessBytes } = this.#context;
    const granted = Math.max(maxProcessBytes, processBytes());
    while (!signal.aborted && memoryLevel(processBytes(), granted) !== "urgent") {
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** Waits for so long, but no longer than until something must be recycled at once and may be. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const until = clock.now() + ms;
    while (!signal.aborted && clock.now() < until) {
      if (this.#level() === "urgent" && this.#allows(true)) return;
      await clock.sleep(Math.max(1, Math.min(LOOK_MS, until - clock.now())), signal);
    }
  }

  /** What sockets hold is in no isolate's heap, so it is the process that is looked at, and the biggest that goes. */
  #chooseForMemory(wards: readonly (readonly [Ward, Chart])[]): Treatment | undefined {
    const level = this.#level();
    const isUrgent = level === "urgent";
    const now = this.#context.clock.now();
    this.#tooMuchSince = level === "over" || isUrgent ? this.#tooMuchSince ?? now : undefined;
    if (this.#tooMuchSince === undefined || !this.#allows(isUrgent)) return undefined;
    if (!isUrgent && now - this.#tooMuchSince < MEMORY_PATIENCE_MS) return undefined;
    const bytes = ([, { latest }]: readonly [Ward, Chart]) => latest?.bytes ?? 0;
    const [biggest] = wards.toSorted((one, other) => bytes(other) - bytes(one));
    const how = isUrgent ? "urgent" : "move";
    return biggest && { kind: "recycle", ward: biggest[0], why: "grown", how };
  }

  #level() {
    return memoryLevel(this.#context.processBytes(), this.#context.maxProcessBytes);
  }

  #allows(isUrgent: boolean): boolean {
    return this.#pace.allows(isUrgent, this.#context.clock.now());
  }
}
