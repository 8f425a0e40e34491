/**
 * Which server of a cluster has which key (Redis Cluster specification, "Key distribution model").
 * @module
 */
import * as v from "valibot";
import type { RedisHost, RedisPlace } from "../../core/redis_url.ts";
import { askOnce, loginTo } from "./ask.ts";

/** Slots that one server has. */
export interface SlotRange extends RedisHost {
  /** The lowest. */
  readonly first: number;
  /** The highest, which it has too. */
  readonly last: number;
}

const SLOTS = 16_384;
const encoder = new TextEncoder();

/** The slot of a key: CRC16 (XMODEM) of what is in its first braces, or of all of it. */
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

/** What the first of these servers says that answers: the masters, and their slots. @param ca As of `RedisAddress`. */
export async function askSlots(
  hosts: readonly RedisHost[],
  place: Extract<RedisPlace, { kind: "cluster" }>,
  ca: string | undefined,
): Promise<readonly SlotRange[]> {
  const errors: unknown[] = [];
  for (const host of hosts) {
    try {
      const reply = await askOnce(loginTo(host, place, ca), [["CLUSTER", "SLOTS"]]);
      const ranges = decodeSlots(reply, host.host);
      if (ranges.length > 0) return ranges;
      throw new Error(`${addressOf(host)} knows of no slots`);
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, `Cannot ask any server: ${errors.map(String).join("; ")}`);
}

/** @param asked The host that said it: one that does not know its own name means itself. */
function decodeSlots(reply: unknown, asked: string): readonly SlotRange[] {
  return v.parse(Slots, reply).map(([first, last, [host, port]]) => {
    return { first, last, host: host || asked, port };
  });
}

/** `host:port` */
export function addressOf({ host, port }: RedisHost): string {
  return `${host}:${port}`;
}
