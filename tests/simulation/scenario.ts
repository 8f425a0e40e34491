/**
 * One simulation from beginning to end: people talk in a storm, then it is fine, and after a while everything must have
 * come right by itself.
 * @module
 */
import type { RoomId } from "../../lib/core/names.ts";
import { JsonClient } from "./json_client.ts";
import { type Plant, SOUND } from "./plant.ts";
import { type Crowd, enliven, rage } from "./storm.ts";
import { TextClient } from "./text_client.ts";
import { checkEmpty, checkOrder, checkPresence, checkQuiet } from "./verdicts.ts";
import { World } from "./world.ts";

/** A dead node's people are gone after 45 s, and that is seen within 10 more. */
const QUIET_MS = 75_000;
const LAST_MS = 15_000;
const LEAVING_MS = 25_000;

/** What a simulation found. */
export interface Found {
  /** What is wrong; empty where nothing is. */
  readonly complaints: readonly string[];
  /** All that happened. */
  readonly trace: readonly string[];
}

/** Runs it. The same seed and plant find the same. */
export async function simulate(seed: number, plant: Plant = SOUND): Promise<Found> {
  const world = new World(seed, plant);
  const { clock, dice, complaints, trace } = world;
  const crowd = gather(world, 5);
  const stormMs = dice.pick([3_000, 8_000, 8_000, 20_000]);
  const everybody = [...crowd.json, ...crowd.text];
  for (const client of everybody) {
    enliven(world, client, stormMs);
    clock.after(dice.between(1, 2_000), () => client.connect());
  }
  rage(world, crowd, stormMs, dice.chance(0.4));
  await clock.run(stormMs);
  world.clearUp();
  await clock.run(QUIET_MS - LAST_MS);
  if (dice.chance(0.5)) sayLast(crowd);
  const calls = countCalls(world);
  await clock.run(LAST_MS);
  checkQuiet(world, countCalls(world) - calls, LAST_MS);
  askWho(crowd);
  await clock.run(10_000);
  for (const client of everybody) client.finish();
  checkOrder(world, crowd);
  checkPresence(world, crowd);
  for (const client of everybody) client.goHome();
  await clock.run(LEAVING_MS);
  checkEmpty(world);
  return { complaints, trace };
}

/** Those who speak the protocol by themselves. @param most So many of them speak JSON. */
export function gather(world: World, most: number): Crowd {
  const { dice, rooms } = world;
  const slowness = () => dice.pick([20, 20, 100, 2_000]);
  const json: JsonClient[] = [];
  const count = dice.between(1, most);
  for (let index = 0; index < count; index++) {
    const tabOf = json.length > 0 && dice.chance(0.2) ? dice.pick(json) : undefined;
    const client = new JsonClient(world, `json${index}`, slowness(), tabOf);
    for (const room of rooms) if (dice.chance(0.8)) client.wishes.add(room);
    json.push(client);
  }
  const room = (): RoomId => dice.pick(rooms);
  const texts = Array.from({ length: dice.between(0, 2) }, (_, index) => `plain${index}`);
  return {
    json,
    text: texts.map((id) => new TextClient(world, id, slowness(), room())),
    library: [],
  };
}

function askWho({ json }: Crowd): void {
  for (const client of json) {
    for (const room of client.book.joined) client.request({ type: "who", room });
  }
}

function sayLast({ json, text }: Crowd): void {
  for (const client of json) for (const room of client.book.joined) client.say(room);
  for (const client of text) client.act();
}

function countCalls({ nodes }: World): number {
  return nodes.reduce((sum, { bus }) => sum + bus.calls, 0);
}
