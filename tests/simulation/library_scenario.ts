/**
 * The client library under faults: users send, lose connections and pages, stay away, mostly for longer than the server
 * remembers receipts, and return. In the end everything must have been stored once.
 * @module
 */
import { LibraryClient } from "./clients/library/library_client.ts";
import { checkSaidTexts, checkSpokenOrder } from "./clients/library/library_checks.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";
import { runUntilDelivered } from "./final_checks.ts";
import { createClients, type SimulationResult } from "./scenario.ts";
import { failOver, injectFaults, scheduleActions, type SimClients } from "./fault_injection.ts";
import { World } from "./world/world.ts";

/** By then, everything in flight when the users left has arrived or never will. */
const AWAY_MS = 16_000;
const LEAPS_MS = [0, 5 * 60_000, 60 * 60_000, 60 * 60_000, 24 * 60 * 60_000];
const BACK_MS = 4_000;
/** The longest delay between retries is 20 s; up to a minute more is allowed for long queues on slow connections. */
const QUIET_MS = 22_000;
const WAIT_MS = 8_000;
const LAST_MS = 3_000;
const MAX_WAITS = 16;

/** Runs this simulation; see `simulate`. */
export async function simulateLibrary(
  seed: number,
  mutant: Mutant = UNMUTATED,
): Promise<SimulationResult> {
  const world = new World(seed, mutant);
  const { clock, dice, violations, trace } = world;
  const library = Array.from({ length: dice.pick([1, 1, 2]) }, (_, index) => {
    return new LibraryClient(world, `lib${index}`, dice.pick([20, 20, 100, 1_000]));
  });
  const clients = { ...createClients(world, 2), library };
  const stormMs = dice.pick([3_000, 5_000, 8_000]);
  const others = [...clients.json, ...clients.text];
  const loses = dice.chance(0.4);
  for (const client of library) {
    scheduleActions(world, client, stormMs + dice.pick([1_000, 6_000]));
    clock.after(dice.between(1, 2_000), () => client.open());
  }
  for (const client of others) {
    scheduleActions(world, client, stormMs + dice.pick([0, 6_000]));
    clock.after(dice.between(1, 2_000), () => client.connect());
  }
  injectFaults(world, clients, stormMs, loses);
  if (loses && dice.chance(0.6)) failOver(world, dice.between(1, stormMs), dice.between(1, 8_000));
  const leapMs = dice.pick(LEAPS_MS);
  // Without a leap, clients may stay connected: no message can be in flight for an hour.
  const leaving = library.filter(() => leapMs > 0 || dice.chance(0.5));
  for (const client of leaving) {
    clock.after(stormMs - dice.between(1, 2_000), () => client.isAway = true);
  }
  await clock.run(stormMs);
  world.stopFaults();
  await clock.run(AWAY_MS);
  world.skip(leapMs);
  for (const client of clients.json) if (leapMs > 0) client.messages.giveUpUnconfirmed();
  await reconnectAll(world, clients, loses);
  await runUntilSettled(world, library);
  await runUntilDelivered(world);
  for (const client of library) client.checkFinalState();
  checkSaidTexts(world, library);
  checkSpokenOrder(world, library);
  for (const client of library) client.retire();
  return { violations, trace };
}

/** Runs until all deliveries have settled. */
async function runUntilSettled({ clock }: World, library: readonly LibraryClient[]): Promise<void> {
  await clock.run(QUIET_MS);
  const isBusy = () => library.some(({ pages }) => pages.some((it) => it.isBusy));
  for (let waits = 0; waits < MAX_WAITS && isBusy(); waits += 1) await clock.run(WAIT_MS);
  await clock.run(LAST_MS);
}

/** Reconnects all clients, possibly during a second storm, and then ends the faults. */
async function reconnectAll(world: World, clients: SimClients, loses: boolean): Promise<void> {
  const { clock, dice } = world;
  const { json, text, library } = clients;
  const end = clock.now() + BACK_MS;
  if (dice.chance(0.4)) {
    world.changeFaultRates();
    injectFaults(world, clients, end, loses);
  }
  for (const client of [...json, ...text, ...library]) {
    if (dice.chance(0.5)) scheduleActions(world, client, end);
  }
  for (const client of library) {
    clock.after(dice.between(1, BACK_MS), () => client.isAway = false);
    clock.after(BACK_MS, () => client.reconnect());
  }
  await clock.run(BACK_MS);
  world.stopFaults();
}
