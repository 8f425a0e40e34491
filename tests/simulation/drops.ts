/**
 * Nothing goes wrong but that people drop and come back at once, to any node: nobody may see them go.
 * @module
 */
import { JsonClient } from "./json_client.ts";
import { type Plant, SOUND } from "./plant.ts";
import type { Found } from "./scenario.ts";
import { World } from "./world.ts";

const SETTLING_MS = 3_000;
const DROPPING_MS = 30_000;
const LONGEST_MS = 9_000;

/** Runs it; see `simulate`. */
export async function simulateDrops(seed: number, plant: Plant = SOUND): Promise<Found> {
  const world = new World(seed, plant);
  const { clock, dice, complaints, trace } = world;
  world.clearUp();
  const clients = ["ann", "bob", "cid"].map((id) => new JsonClient(world, id, 20));
  for (const client of clients) {
    for (const room of world.rooms) client.wishes.add(room);
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
    if (/"type":"presence".*"left":\[\{/.test(line)) world.complain(`somebody was away: ${line}`);
  }
  for (const client of clients) client.finish();
  return { complaints, trace };
}
