/**
 * Goes through all rooms in Redis at intervals: counts those with entries, and drops what is too old. Keys do not expire by
 * themselves, since a wrong clock would make them do so. One of the instances does it for all.
 * @module
 */
import type { RoomId } from "../../core/names.ts";
import { parseRoom } from "../../core/names.ts";
import { log } from "../log.ts";
import type { RedisArchive } from "./archive.ts";
import type { RedisLinks } from "./links.ts";
import type { ServiceState } from "./service_state.ts";

/** Shortest interval between two sweeps of all instances. */
const PERIOD_MS = 540_000;
/** Number of keys scanned in one step, during which Redis does nothing else. */
const KEYS_AT_ONCE = "500";
/** Number of rooms swept at once. */
const ROOMS_AT_ONCE = 20;

/** What the sweeper needs. */
export interface SweeperContext {
  /** The connections to Redis. */
  readonly links: RedisLinks;
  /** Begins every key. */
  readonly prefix: string;
  /** Drops what is too old in a room. */
  readonly archive: Pick<RedisArchive, "sweep">;
  /** Takes the number of rooms. */
  readonly state: Pick<ServiceState, "setRooms">;
}

/** Sweeps all rooms of one prefix. */
export class RedisSweeper {
  readonly #context: SweeperContext;

  /** Sweeps on request. */
  constructor(context: SweeperContext) {
    this.#context = context;
  }

  /** Sweeps, unless another instance did so in the last minutes. Rejects if Redis is away. */
  async sweep(): Promise<void> {
    const { links, prefix, state } = this.#context;
    const key = `${prefix}sweeper`;
    const begins = await links.send(key, ["SET", key, "1", "NX", "PX", String(PERIOD_MS)]);
    if (begins !== "OK") {
      // A key without expiry is not ours.
      if (await links.send(key, ["PTTL", key]) === -1) await links.send(key, ["DEL", key]);
      return;
    }
    const dropped = { entries: 0, messages: 0, marks: 0, rooms: 0 };
    let count = 0;
    for await (const rooms of this.#rooms()) {
      const sweeps = await Promise.all(rooms.map((room) => this.#context.archive.sweep(room)));
      count += rooms.length;
      for (const { entries, messages, marks, rooms: gone } of sweeps) {
        dropped.entries += entries;
        dropped.messages += messages;
        dropped.marks += marks;
        dropped.rooms += gone;
      }
    }
    await state.setRooms(count - dropped.rooms);
    if (Object.values(dropped).some((rows) => rows > 0)) log.info("redis.freed", dropped);
  }

  /** Counts the rooms. Rejects if Redis is away. */
  async count(): Promise<void> {
    let count = 0;
    for await (const rooms of this.#rooms()) count += rooms.length;
    await this.#context.state.setRooms(count);
  }

  /** The rooms with entries, some at a time. SCAN may return a room more than once. */
  async *#rooms(): AsyncGenerator<readonly RoomId[]> {
    const { links, prefix } = this.#context;
    const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}{*}:log`;
    for (const send of links.servers()) {
      for (let cursor = "0", isFirst = true; isFirst || cursor !== "0"; isFirst = false) {
        const reply = await send(["SCAN", cursor, "MATCH", pattern, "COUNT", KEYS_AT_ONCE]);
        const [next, keys] = Array.isArray(reply) ? reply : [];
        cursor = typeof next === "string" ? next : "0";
        const rooms = (Array.isArray(keys) ? keys : []).flatMap((key) => {
          return parseRoom(String(key).slice(prefix.length + 1, -"}:log".length)) ?? [];
        });
        for (let at = 0; at < rooms.length; at += ROOMS_AT_ONCE) {
          yield rooms.slice(at, at + ROOMS_AT_ONCE);
        }
      }
    }
  }
}
