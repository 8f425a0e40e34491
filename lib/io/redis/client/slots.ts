/**
 * Maps keys to the servers of a cluster (Redis Cluster specification, "Key distribution model").
 * @module
 */
import * as v from "valibot";
import type { RedisHost, RedisTarget } from "../../../core/config/redis_url.ts";
import { connectOptionsFor, sendOnce } from "./one_shot.ts";

/** A range of slots and the master that owns it. */
export interface SlotRange extends RedisHost {
  /** Lowest slot. */
  readonly first: number;
  /** Highest slot, inclusive. */
  readonly last: number;
}

const SLOTS = 16_384;
const encoder = new TextEncoder();

/** The slot of a key: CRC16 (XMODEM) of the text in its first braces, or of the whole key. */
export function slotOf(key: string): number {
  const [, tag = key] = /^[^{]*\{([^}]+)\}/.exec(key) ?? [];
  let crc = 0;
  for (const byte of encoder.encode(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc & (SLOTS - 1);
}

const slot = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(SLOTS - 1));
const server = v.looseTuple([v.nullable(v.string()), v.pipe(v.number(), v.integer())]);
const Slots = v.array(v.looseTuple([slot, slot, server]));

/** The slot ranges according to the first server that answers. @param ca As in `RedisAddress`. */
export async function fetchSlots(
  hosts: readonly RedisHost[],
  target: Extract<RedisTarget, { kind: "cluster" }>,
  ca: string | undefined,
): Promise<readonly SlotRange[]> {
  const errors: unknown[] = [];
  for (const host of hosts) {
    try {
      const reply = await sendOnce(connectOptionsFor(host, target, ca), [["CLUSTER", "SLOTS"]]);
      const ranges = decodeSlots(reply, host.host);
      if (ranges.length > 0) return ranges;
      throw new Error(`${addressOf(host)} reports no slots`);
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, `Cannot reach any server: ${errors.map(String).join("; ")}`);
}

/** @param answeredBy The host that replied; a server that does not know its own name leaves its host empty. */
function decodeSlots(reply: unknown, answeredBy: string): readonly SlotRange[] {
  return v.parse(Slots, reply).map(([first, last, [host, port]]) => {
    return { first, last, host: host || answeredBy, port };
  });
}

/** Formats a host as `host:port`. */
export function addressOf({ host, port }: RedisHost): string {
  return `${host}:${port}`;
}
