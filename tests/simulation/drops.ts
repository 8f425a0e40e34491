/**
 * The only fault is that clients drop and reconnect at once, to any node: no other client may see them leave.
 * @module
 */
import { JsonClient } from "./clients/json_client.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";
import type { SimulationResult } from "./scenario.ts";
import { World } from "./world/world.ts";

const SETTLING_MS = 3_000;
const DROPPING_MS = 30_000;
const LONGEST_MS = 9_000;

/** Runs this simulation; see `simulate`. */
export async function simulateDrops(
  seed: number,
  mutant: Mutant = UNMUTATED,
): Promise<SimulationResult> {
  const world = new World(seed, mutant);
  const { clock, dice, violations, trace } = world;
  world.stopFaults();
  const clients = ["ann", "bob", "cid"].map((id) => new JsonClient(world, id, 20));
  for (const client of clients) {
    for (const room of world.rooms) client.wantedRooms.add(room);
    client.connect();
  }
  await clock.run(SETTLING_MS);
  const settled = trace.length;
  const drop = () => {
    dice.pick(clients).wire?.cut(dice.between(1, LONGEST_MS));
    if (clock.now() < DROPPING_MS) clock.after(dice.between(100, 5_000), drop);
  };
  drop();
  await clock.run(2 * DROPPING_MS);
  for (const line of trace.slice(settled)) {
    if (/"type":"presence".*"left":\[\{/.test(line)) {
      world.reportViolation(`a user was reported as left: ${line}`);
    }
  }
  for (const client of clients) client.checkFinalState();
  return { violations, trace };
}
