/**
 * What everything in one simulation shares: the dice, the clock, the Redis, the nodes that run, and the list of what was
 * found to be wrong.
 * @module
 */
import type { RoomId } from "../../lib/core/names.ts";
import { RECEIPTS_MS, type Retention } from "../../lib/core/room_log.ts";
import { room } from "../fakes.ts";
import { Dice } from "./dice.ts";
import type { Plant } from "./plant.ts";
import type { BusContext } from "./sim_bus.ts";
import { SimClock } from "./sim_clock.ts";
import { SimNode } from "./sim_node.ts";
import { SimRedis } from "./sim_redis.ts";
import { drawWeather, FINE, type Weather } from "./weather.ts";

/** One simulation's world. */
export class World {
  readonly dice: Dice;
  readonly clock: SimClock;
  readonly plant: Plant;
  readonly redis: SimRedis;
  readonly busContext: Omit<BusContext, "isAlive">;
  readonly rooms: readonly RoomId[];
  readonly nodes: SimNode[] = [];
  /** The ids of what was refused: nothing is promised of their order. */
  readonly refused = new Set<string>();
  /** What is wrong; empty where nothing is. */
  readonly complaints: string[] = [];
  /** What happened, one line each. */
  readonly trace: string[] = [];
  #weather: Weather;
  #drawn = 0;

  constructor(seed: number, plant: Plant) {
    this.dice = new Dice(seed);
    this.clock = new SimClock(this.dice);
    this.plant = plant;
    this.redis = new SimRedis({
      clock: this.clock,
      retention: drawRetention(this.dice),
      plant,
      complain: (what) => this.complain(what),
    });
    this.#weather = drawWeather(this.dice);
    const { dice, clock, redis } = this;
    this.busContext = { dice, clock, redis, refused: this.refused, weather: () => this.#weather };
    this.rooms = ["attic", "lobby", "cellar"].slice(0, dice.between(1, 3)).map(room);
    const count = dice.between(1, 3);
    for (let index = 0; index < count; index++) this.startNode();
  }

  /** The nodes that run. */
  get running(): readonly SimNode[] {
    return this.nodes.filter(({ isAlive }) => isAlive);
  }

  /** Whether faults are over. */
  get isFine(): boolean {
    return this.#weather === FINE;
  }

  /** Ends all faults. */
  clearUp(): void {
    this.#weather = FINE;
    for (const { bus } of this.running) {
      bus.isAway = false;
      bus.isDeaf = false;
    }
  }

  /** Draws the weather anew. */
  stir(): void {
    this.#weather = drawWeather(this.dice);
  }

  /** So long nothing happens; what is known for a time only is forgotten. */
  leap(ms: number): void {
    this.note(`nothing happens for ${ms} ms`);
    this.clock.leap(ms);
    if (ms > RECEIPTS_MS) this.redis.forgetReceipts();
  }

  /** One more node. */
  startNode(): void {
    this.nodes.push(new SimNode(this, `node${this.draw()}`));
  }

  /** A number that was never drawn. */
  draw(): number {
    return ++this.#drawn;
  }

  /** Writes down what happens. */
  note(what: string): void {
    this.trace.push(`${this.clock.now()} ${what}`);
  }

  /** Writes down what is wrong. */
  complain(what: string): void {
    this.complaints.push(`at ${this.clock.now()} ms: ${what}`);
    this.note(`WRONG: ${what}`);
  }

  /** Complains, and can not go on. */
  fail(what: string): never {
    throw new Error(what);
  }

  /** Does what must not throw. */
  guard(deed: () => void): void {
    try {
      deed();
    } catch (error) {
      this.complain(error instanceof Error ? error.stack ?? error.message : String(error));
    }
  }
}

/** Mostly more than is ever said; sometimes so little that what was missed is gone. */
function drawRetention(dice: Dice): Retention {
  const messages = dice.chance(0.8) ? 10_000 : dice.between(5, 20);
  return { messages, entries: messages, ageMs: Infinity };
}
