/**
 * Users of an app whose tokens expire within seconds and grant other rooms each time, among nodes that fail: nobody is sent
 * what a token does not allow, and nobody who is allowed misses anything.
 * @module
 */
import { TokenClient } from "./clients/token_client.ts";
import { runUntilDelivered } from "./final_checks.ts";
import { injectFaults } from "./fault_injection.ts";
import type { SimulationResult } from "./scenario.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";
import { World } from "./world/world.ts";

const STORM_MS = 60_000;
/** The tokens of the storm expire within a minute, and those that replace them live longer. */
const QUIET_MS = 120_000;

/** Runs this simulation; see `simulate`. */
export async function simulateTokens(
  seed: number,
  mutant: Mutant = UNMUTATED,
): Promise<SimulationResult> {
  const world = new World(seed, mutant, { checksExpiry: true });
  const { clock, dice, violations, trace } = world;
  const clients = ["ann", "bob", "cid"].map((id) => new TokenClient(world, id));
  for (const client of clients) {
    clock.after(dice.between(1, 2_000), () => client.connect());
    const act = () => {
      if (clock.now() >= STORM_MS) return;
      world.guard(() => client.act());
      clock.after(dice.between(1, 3_000), act);
    };
    clock.after(dice.between(1, 3_000), act);
  }
  injectFaults(world, { json: [], text: [], library: [], token: clients }, STORM_MS, false);
  await clock.run(STORM_MS);
  world.stopFaults();
  await clock.run(QUIET_MS);
  await runUntilDelivered(world);
  for (const client of clients) client.checkFinalState();
  for (const client of clients) client.retire();
  await clock.run(1_000);
  return { violations, trace };
}
