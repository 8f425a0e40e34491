/**
 * Where a fault can be planted, to see whether the simulation finds it: each is a small stand-in for something real.
 * @module
 */
import { Hub, type HubContext } from "../../lib/chat/hub.ts";
import { ListShelf } from "../core/list_shelf.ts";
import type { NodeBus } from "./sim_bus.ts";
import type { SimClock } from "./sim_clock.ts";

/** What may be replaced. */
export interface Plant {
  /** Where a room is kept. */
  readonly makeShelf: () => ListShelf;
  /** What stands between a node and its bus. */
  readonly wrap: (bus: NodeBus) => NodeBus;
  /** A node's hub. */
  readonly makeHub: (context: HubContext) => Hub;
  /** Whether it is told how far the logs have come. */
  readonly tellsTops: boolean;
  /** Whether a new epoch begins where something may have been lost. */
  readonly beginsEras: boolean;
  /** Where the client library keeps things. */
  readonly makeStorage: () => Map<string, string>;
  /** What it takes for the time, in milliseconds since 1970. */
  readonly readClock: (clock: SimClock) => number;
}

/** Everything as it is. */
export const SOUND: Plant = {
  makeShelf: () => new ListShelf(),
  wrap: (bus) => bus,
  makeHub: (context) => new Hub(context),
  tellsTops: true,
  beginsEras: true,
  makeStorage: () => new Map(),
  readClock: (clock) => clock.date(),
};
