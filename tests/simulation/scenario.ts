/**
 * One simulation from start to end: clients act under faults, the faults end, and after a while everything must have
 * recovered.
 * @module
 */
import type { RoomId } from "../../lib/core/names/names.ts";
import { JsonClient } from "./clients/json_client.ts";
import { type Mutant, UNMUTATED } from "./world/mutant.ts";
import { injectFaults, scheduleActions, type SimClients } from "./fault_injection.ts";
import { TextClient } from "./clients/text_client.ts";
import { checkEmpty, checkOrder, checkPresence, checkQuiet } from "./final_checks.ts";
import { World } from "./world/world.ts";

/** The users of a dead node are gone after 45 s, and that is noticed within 10 more. */
const QUIET_MS = 75_000;
const LAST_MS = 15_000;
const LEAVING_MS = 25_000;

/** What a simulation found. */
export interface SimulationResult {
  /** The violations found. */
  readonly violations: readonly string[];
  /** All events, in order. */
  readonly trace: readonly string[];
}

/** Runs the scenario. The same seed and mutant give the same result. */
export async function simulate(
  seed: number,
  mutant: Mutant = UNMUTATED,
): Promise<SimulationResult> {
  const world = new World(seed, mutant);
  const { clock, dice, violations, trace } = world;
  const clients = createClients(world, 5);
  const stormMs = dice.pick([3_000, 8_000, 8_000, 20_000]);
  const allClients = [...clients.json, ...clients.text];
  for (const client of allClients) {
    scheduleActions(world, client, stormMs);
    clock.after(dice.between(1, 2_000), () => client.connect());
  }
  injectFaults(world, clients, stormMs, dice.chance(0.4));
  await clock.run(stormMs);
  world.stopFaults();
  await clock.run(QUIET_MS - LAST_MS);
  if (dice.chance(0.5)) sayLast(clients);
  const calls = countCalls(world);
  await clock.run(LAST_MS);
  checkQuiet(world, countCalls(world) - calls, LAST_MS);
  requestMembers(clients);
  await clock.run(10_000);
  for (const client of allClients) client.checkFinalState();
  checkOrder(world, clients);
  checkPresence(world, clients);
  for (const client of allClients) client.retire();
  await clock.run(LEAVING_MS);
  checkEmpty(world);
  return { violations, trace };
}

/** The clients that speak the protocol directly. @param most Maximum number of JSON clients. */
export function createClients(world: World, most: number): SimClients {
  const { dice, rooms } = world;
  const maxLatencyMs = () => dice.pick([20, 20, 100, 2_000]);
  const json: JsonClient[] = [];
  const count = dice.between(1, most);
  for (let index = 0; index < count; index++) {
    const tabOf = json.length > 0 && dice.chance(0.2) ? dice.pick(json) : undefined;
    const client = new JsonClient(world, `json${index}`, maxLatencyMs(), tabOf);
    for (const room of rooms) if (dice.chance(0.8)) client.wantedRooms.add(room);
    json.push(client);
  }
  const room = (): RoomId => dice.pick(rooms);
  const texts = Array.from({ length: dice.between(0, 2) }, (_, index) => `plain${index}`);
  return {
    json,
    text: texts.map((id) => new TextClient(world, id, maxLatencyMs(), room())),
    library: [],
  };
}

function requestMembers({ json }: SimClients): void {
  for (const client of json) {
    for (const room of client.rooms.joined) client.request({ type: "who", room });
  }
}

function sayLast({ json, text }: SimClients): void {
  for (const client of json) for (const room of client.rooms.joined) client.say(room);
  for (const client of text) client.act();
}

function countCalls({ nodes }: World): number {
  return nodes.reduce((sum, { bus }) => sum + bus.calls, 0);
}
