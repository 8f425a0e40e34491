/**
 * Whether the service can do its work: the bus is tried by a probe. Many may ask at once and often; there is one probe
 * at a time, and its result is kept for a second.
 * @module
 */
import type { Bus } from "../chat/bus.ts";
import type { Clock } from "../chat/clock.ts";

/** Ready, or why not; and problems that do not stop the service from working. */
export type Readiness =
  | { readonly ready: true; readonly problems?: readonly string[] }
  | { readonly ready: false; readonly why: string; readonly problems?: readonly string[] };

const KEPT_MS = 1_000;

/** Asks the bus, but not more often than each second. */
export class ReadinessCheck {
  readonly #bus: Pick<Bus, "probe" | "problems">;
  readonly #clock: Clock;
  #latest: Promise<Readiness> | undefined;
  #keptUntil = 0;

  /** Nothing is probed before somebody asks. */
  constructor(bus: Pick<Bus, "probe" | "problems">, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** The result of the probe that is under way or not yet a second old, or of a new one. */
  check(): Promise<Readiness> {
    if (this.#latest === undefined || this.#clock.now() >= this.#keptUntil) {
      this.#keptUntil = Infinity;
      this.#latest = this.#probe();
    }
    return this.#latest;
  }

  async #probe(): Promise<Readiness> {
    try {
      await this.#bus.probe();
      return { ready: true, ...this.#problems() };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { ready: false, why, ...this.#problems() };
    } finally {
      this.#keptUntil = this.#clock.now() + KEPT_MS;
    }
  }

  #problems(): { readonly problems?: readonly string[] } {
    const problems = this.#bus.problems?.() ?? [];
    return problems.length > 0 ? { problems } : {};
  }
}
