/**
 * Which seeds the simulations run with, and what is asserted about each. `SIMULATION_SEEDS` sets the number of seeds;
 * `SIMULATION_SEED` runs a single one and prints its trace.
 * @module
 */
import assert from "node:assert/strict";
import type { SimulationResult } from "./scenario.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";

/**
 * Ten times as many as the planted bug takes that is hardest to find: a fault that shows in one of 500 seeds is found 49 times
 * in 50. Takes a minute of a slow core.
 */
export const DEFAULT_SEEDS = 2_000;
const ALONE = Deno.env.get("SIMULATION_SEED");
/** The number of seeds of the simulation of rooms; the others get a share. */
export const SEEDS = Number(Deno.env.get("SIMULATION_SEEDS") ?? DEFAULT_SEEDS);
/** A planted bug must be found within this number of seeds. */
const ENOUGH_SEEDS = 500;
/** A required event must occur with one of so many seeds. */
const OCCASION_SEEDS = 4_000;

/** Runs a simulation; see `simulate`. */
export type Simulate = (seed: number, mutant?: Mutant) => Promise<SimulationResult>;

/** The first seeds, or the single requested one. */
function seeds(count: number): readonly number[] {
  return ALONE === undefined ? Array.from({ length: count }, (_, seed) => seed) : [Number(ALONE)];
}

/** A simulation, and the events that must occur in it now and then, or it proves little. */
export class Scenario {
  readonly #simulate: Simulate;
  readonly #missing: Set<RegExp>;
  /** The seeds whose traces were searched, so that none runs once more only for that. */
  readonly #searched = new Set<number>();

  constructor(simulate: Simulate, occasions: readonly RegExp[] = []) {
    this.#simulate = simulate;
    this.#missing = new Set(occasions);
  }

  /** Fails if one of these seeds finds a violation. */
  async assertNoViolations(count: number, mutant = UNMUTATED): Promise<void> {
    for (const seed of seeds(count)) {
      const { violations, trace } = mutant === UNMUTATED
        ? await this.#run(seed)
        : await this.#simulate(seed, mutant);
      if (violations.length === 0) continue;
      const what = ALONE === undefined ? violations : [...trace, ...violations];
      const command = "deno test --config tests/deno.json -A tests/simulation";
      assert.fail(`${what.join("\n")}\nSIMULATION_SEED=${seed} ${command}`);
    }
  }

  /** Fails if a required event occurs with none of the seeds. */
  async assertOccasions(): Promise<void> {
    for (let seed = 0; seed < OCCASION_SEEDS && this.#missing.size > 0; seed++) {
      if (!this.#searched.has(seed)) await this.#run(seed);
    }
    assert.deepEqual([...this.#missing], []);
  }

  async #run(seed: number): Promise<SimulationResult> {
    const result = await this.#simulate(seed);
    this.#searched.add(seed);
    if (this.#missing.size > 0) {
      const trace = result.trace.join("\n");
      for (const it of this.#missing) if (it.test(trace)) this.#missing.delete(it);
    }
    return result;
  }
}

/** The first seed that finds a violation. @param what What that must say. */
export async function firstFound(
  run: (seed: number) => Promise<SimulationResult>,
  what = "",
  seedCount = ENOUGH_SEEDS,
): Promise<number | undefined> {
  for (let seed = 0; seed < seedCount; seed++) {
    if ((await run(seed)).violations.some((it) => it.includes(what))) return seed;
  }
  return undefined;
}

/** Registers a test for each planted bug: the simulation must find it. */
export function testPlanted(mutants: Readonly<Record<string, Mutant>>, run: Simulate): void {
  for (const [name, mutant] of Object.entries(mutants)) {
    Deno.test(`The simulation finds ${name} within ${ENOUGH_SEEDS} seeds`, async () => {
      assert.notEqual(await firstFound((seed) => run(seed, mutant)), undefined);
    });
  }
}
