/**
 * A bus over Redis for a test, and what a test wants to know of it.
 * @module
 */
import { type Clock, systemClock } from "../lib/chat/clock.ts";
import type { Retention } from "../lib/core/room_log.ts";
import { RedisBus } from "../lib/io/redis/bus.ts";
import { until } from "./provision.ts";

/** How a bus is opened where it is not as usual. */
export interface RedisBusInit {
  readonly prefix?: string;
  readonly ca?: string;
  readonly durable?: boolean;
  readonly retention?: Retention;
  readonly clock?: Clock;
}

/** Opens a bus in the background. */
export function openBus(url: string, init: RedisBusInit = {}): RedisBus {
  const { prefix = "test:", ca, durable = false, clock = systemClock } = init;
  const { retention = { messages: 1_000, entries: 1_000, ageMs: Infinity } } = init;
  const drawEpoch = () => crypto.getRandomValues(new Uint8Array(8)).toHex();
  return new RedisBus({ url, ca }, { prefix, durable, retention, drawEpoch }, clock);
}

/** Whether what is published comes back. */
export function isReady(bus: RedisBus): Promise<boolean> {
  return bus.probe().then(() => true, () => false);
}

/** Resolves when what is published comes back. */
export function ready(bus: RedisBus): Promise<void> {
  return until("the bus to be ready", () => isReady(bus));
}
