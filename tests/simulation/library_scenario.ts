/**
 * The client library in the storm: people talk through it and lose their connections and pages, then they are away, mostly
 * for longer than the server remembers what it has done, and come back. In the end everything must have been said once.
 * @module
 */
import { LibraryClient } from "./library_client.ts";
import { checkSayings, checkSpokenOrder } from "./library_verdicts.ts";
import { type Plant, SOUND } from "./plant.ts";
import { type Found, gather } from "./scenario.ts";
import { type Crowd, enliven, fallBack, rage } from "./storm.ts";
import { World } from "./world.ts";

/** What was still on its way when they went has been done, or never will be. */
const AWAY_MS = 16_000;
const LEAPS_MS = [0, 5 * 60_000, 60 * 60_000, 60 * 60_000, 24 * 60 * 60_000];
const BACK_MS = 4_000;
/** The longest wait for a try is 20 s; whoever has much to say over a slow line is given more, and has a minute to wait. */
const QUIET_MS = 22_000;
const WAIT_MS = 8_000;
const LAST_MS = 3_000;
const MAX_WAITS = 16;

/** Runs it; see `simulate`. */
export async function simulateLibrary(seed: number, plant: Plant = SOUND): Promise<Found> {
  const world = new World(seed, plant);
  const { clock, dice, complaints, trace } = world;
  const library = Array.from({ length: dice.pick([1, 1, 2]) }, (_, index) => {
    return new LibraryClient(world, `lib${index}`, dice.pick([20, 20, 100, 1_000]));
  });
  const crowd = { ...gather(world, 2), library };
  const stormMs = dice.pick([3_000, 5_000, 8_000]);
  const others = [...crowd.json, ...crowd.text];
  const loses = dice.chance(0.4);
  for (const client of library) {
    enliven(world, client, stormMs + dice.pick([1_000, 6_000]));
    clock.after(dice.between(1, 2_000), () => client.open());
  }
  for (const client of others) {
    enliven(world, client, stormMs + dice.pick([0, 6_000]));
    clock.after(dice.between(1, 2_000), () => client.connect());
  }
  rage(world, crowd, stormMs, loses);
  if (loses && dice.chance(0.6)) fallBack(world, dice.between(1, stormMs), dice.between(1, 8_000));
  const leapMs = dice.pick(LEAPS_MS);
  // Who stays does so only for a moment: what is on its way cannot be, for an hour.
  const leaving = library.filter(() => leapMs > 0 || dice.chance(0.5));
  for (const client of leaving) {
    clock.after(stormMs - dice.between(1, 2_000), () => client.isAway = true);
  }
  await clock.run(stormMs);
  world.clearUp();
  await clock.run(AWAY_MS);
  world.leap(leapMs);
  for (const client of crowd.json) if (leapMs > 0) client.says.giveUp();
  await comeBack(world, crowd, loses);
  await settle(world, library);
  for (const client of library) client.finish();
  checkSayings(world, library);
  checkSpokenOrder(world, library);
  for (const client of library) client.goHome();
  return { complaints, trace };
}

/** Runs until all is sent, or will not be. */
async function settle({ clock }: World, library: readonly LibraryClient[]): Promise<void> {
  await clock.run(QUIET_MS);
  const isBusy = () => library.some(({ pages }) => pages.some((it) => it.isBusy));
  for (let waits = 0; waits < MAX_WAITS && isBusy(); waits += 1) await clock.run(WAIT_MS);
  await clock.run(LAST_MS);
}

/** They are there again, in a second storm or none; and then it is fine. */
async function comeBack(world: World, crowd: Crowd, loses: boolean): Promise<void> {
  const { clock, dice } = world;
  const { json, text, library } = crowd;
  const end = clock.now() + BACK_MS;
  if (dice.chance(0.4)) {
    world.stir();
    rage(world, crowd, end, loses);
  }
  for (const client of [...json, ...text, ...library]) {
    if (dice.chance(0.5)) enliven(world, client, end);
  }
  for (const client of library) {
    clock.after(dice.between(1, BACK_MS), () => client.isAway = false);
    clock.after(BACK_MS, () => client.comeBack());
  }
  await clock.run(BACK_MS);
  world.clearUp();
}
