/**
 * Decides which isolate is recycled, and when: the rules of `core/supervision.ts` with a clock, and with the memory of the
 * whole process. The supervisor carries it out.
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

/** Parking and refusing connections have taken effect after this time. */
const MEMORY_PATIENCE_MS = 6_000;
/** Clients that were closed are back within this time. */
const RETURN_MS = 15_000;
const LOOK_MS = 250;

/** What the decision depends on. */
export interface RecyclingContext {
  /** When an isolate is to be ended. */
  readonly policy: SupervisionPolicy;
  /** Memory of the whole process, in bytes. */
  readonly processBytes: () => number;
  /** Limit of that memory, in bytes. */
  readonly maxProcessBytes: number;
  /** For times and waits. */
  readonly clock: Clock;
}

/** Whether clients are being moved from one isolate to another. */
export type Moving = "no" | "under way" | "returning";

/** What to do with which isolate. */
export type Treatment =
  | { readonly kind: "replace"; readonly ward: Ward }
  | {
    readonly kind: "recycle";
    readonly ward: Ward;
    readonly why: Ailment;
    readonly how: DrainKind;
  };

/** Decides about recycling. */
export class Recycling {
  readonly #context: RecyclingContext;
  readonly #pace = new RecyclePace();
  #tooMuchSince: number | undefined;
  #isUnderWay = false;
  #endedAt = -Infinity;

  /** Starts with nothing recycled. */
  constructor(context: RecyclingContext) {
    this.#context = context;
  }

  /** Whether clients are being moved to another isolate, or were moved a moment ago and are coming back. */
  get moving(): Moving {
    if (this.#isUnderWay) return "under way";
    return this.#context.clock.now() - this.#endedAt < RETURN_MS ? "returning" : "no";
  }

  /** The treatment of the first isolate that needs one; the others' turn comes later. */
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

  /** An isolate is being recycled until the result is disposed. */
  begin(): Disposable {
    this.#isUnderWay = true;
    return {
      [Symbol.dispose]: () => {
        this.#isUnderWay = false;
        this.#endedAt = this.#context.clock.now();
      },
    };
  }

  /** Records that clients are closed, so that the next recycling has to wait. */
  note(): void {
    this.#pace.note(this.#context.clock.now());
  }

  /**
   * Resolves when memory runs out, or when the signal aborts. The memory used at the call is granted: a new isolate takes
   * memory too, while the old one is still there.
   */
  async memoryRunsOut(signal: AbortSignal): Promise<void> {
    const { clock, processBytes, maxProcessBytes } = this.#context;
    const granted = Math.max(maxProcessBytes, processBytes());
    while (!signal.aborted && memoryLevel(processBytes(), granted) !== "urgent") {
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** Waits for a time, or until an isolate must and may be recycled at once. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const until = clock.now() + ms;
    while (!signal.aborted && clock.now() < until) {
      if (this.#level() === "urgent" && this.#allows(true)) return;
      await clock.sleep(Math.max(1, Math.min(LOOK_MS, until - clock.now())), signal);
    }
  }

  /** Memory of sockets is in no isolate's heap, so the process is measured, and the isolate with the biggest heap goes. */
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
