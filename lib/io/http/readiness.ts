/**
 * Checks whether the service is ready, by probing the bus. Any number of callers may ask: only one probe runs at a time,
 * and its result is cached for a second.
 * @module
 */
import type { Bus } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";

/** Whether the service is ready, the reason if not, and problems that do not make it unready. */
export type Readiness =
  | { readonly ready: true; readonly problems?: readonly string[] }
  | { readonly ready: false; readonly reason: string; readonly problems?: readonly string[] };

const CACHE_MS = 1_000;

/** Probes the bus at most once a second. */
export class ReadinessCheck {
  readonly #bus: Pick<Bus, "probe" | "problems">;
  readonly #clock: Clock;
  #latest: Promise<Readiness> | undefined;
  #validUntil = 0;
  #isReady = false;

  /** Starts no probe before the first check. */
  constructor(bus: Pick<Bus, "probe" | "problems">, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Whether the last probe that has ended found the service ready; false before the first. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** The result of the current probe, of the last one if it is less than a second old, or of a new one. */
  check(): Promise<Readiness> {
    if (this.#latest === undefined || this.#clock.now() >= this.#validUntil) {
      this.#validUntil = Infinity;
      this.#latest = this.#probe();
    }
    return this.#latest;
  }

  async #probe(): Promise<Readiness> {
    try {
      await this.#bus.probe();
      this.#isReady = true;
      return { ready: true, ...this.#problems() };
    } catch (error) {
      this.#isReady = false;
      const why = error instanceof Error ? error.message : String(error);
      return { ready: false, reason: why, ...this.#problems() };
    } finally {
      this.#validUntil = this.#clock.now() + CACHE_MS;
    }
  }

  #problems(): { readonly problems?: readonly string[] } {
    const problems = this.#bus.problems?.() ?? [];
    return problems.length > 0 ? { problems } : {};
  }
}
