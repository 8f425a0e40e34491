/**
 * Users who create private rooms, open direct ones, add and remove each other and leave, among nodes that fail and a store that
 * loses data: nobody is sent what the order of a room's log does not let that user read, and nobody who may misses anything.
 * @module
 */
import { PrivateClient } from "./clients/private_client.ts";
import { injectFaults, restart } from "./fault_injection.ts";
import { runUntilDelivered } from "./final_checks.ts";
import type { SimulationResult } from "./scenario.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";
import { World } from "./world/world.ts";

const STORM_MS = 20_000;
/** Until every node has found what it has missed. */
const RECOVERY_MS = 40_000;
const CALM_MS = 10_000;
const ACTIVE_MS = STORM_MS + RECOVERY_MS + CALM_MS;
/** Time to join everything that one may. */
const JOINING_MS = 10_000;
/** The pause between two acts of one client. */
const PAUSE_MS = 500;

/** Runs this simulation; see `simulate`. */
export async function simulatePrivateRooms(
  seed: number,
  mutant: Mutant = UNMUTATED,
): Promise<SimulationResult> {
  const world = new World(seed, mutant, { hasPrivateRooms: true });
  const { clock, dice, violations, trace, privacy } = world;
  if (privacy === undefined) return world.fail("a world without private rooms");
  const inPrivate = [
    { id: "ann", name: "ann", role: "member" } as const,
    { id: "bob", name: "bob", role: "member" } as const,
    { id: "bob2", name: "bob", role: "member" } as const,
    { id: "cid", name: "cid", role: "member" } as const,
    { id: "max", name: "max", role: "moderator" } as const,
  ].map((user) => new PrivateClient(world, user));
  for (const client of inPrivate) {
    clock.after(dice.between(1, 1_000), () => client.connect());
    const act = () => {
      const isQuiet = clock.now() > STORM_MS && clock.now() < STORM_MS + RECOVERY_MS;
      if (clock.now() >= ACTIVE_MS) return;
      if (!isQuiet) world.guard(() => client.act());
      clock.after(dice.between(1, 2 * PAUSE_MS), act);
    };
    clock.after(dice.between(1_000, 2_000), act);
  }
  const clients = { json: [], text: [], library: [], inPrivate };
  injectFaults(world, clients, STORM_MS, dice.chance(0.5));
  await clock.run(STORM_MS);
  world.stopFaults();
  await clock.run(RECOVERY_MS);
  privacy.calmSince = clock.date();
  for (let count = dice.between(0, 1); count > 0; count--) {
    clock.after(dice.between(1, CALM_MS), () => restart(world, clients));
  }
  await clock.run(CALM_MS + 2_000);
  for (const client of inPrivate) client.tryAll();
  await clock.run(JOINING_MS);
  await runUntilDelivered(world);
  for (const client of inPrivate) client.checkFinalState();
  for (const client of inPrivate) client.retire();
  await clock.run(1_000);
  return { violations, trace };
}
