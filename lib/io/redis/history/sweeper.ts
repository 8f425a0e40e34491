/**
 * Scans all rooms in Redis: counts those with entries, and deletes expired rows. Do not set an expiry on the keys instead:
 * a wrong clock on the Redis host would delete rooms. One instance sweeps for all.
 * @module
 */
import type { RoomId } from "../../../core/names/names.ts";
import { parseStoredRoom } from "../../../core/names/names.ts";
import { logger } from "../../logger.ts";
import type { RedisRoomHistory } from "./room_history.ts";
import type { RedisClient } from "../client/client.ts";
import type { ServiceState } from "../stores/service_state.ts";

/** Minimum interval between two sweeps, across all instances. */
const PERIOD_MS = 540_000;
/** Number of keys scanned per step; Redis runs nothing else during a step. */
const KEYS_AT_ONCE = "500";
/** Number of rooms swept concurrently. */
const ROOMS_AT_ONCE = 20;

/** Dependencies of the sweeper. */
export interface SweeperContext {
  /** The connections to Redis. */
  readonly client: RedisClient;
  /** Prefix of every key. */
  readonly prefix: string;
  /** Deletes expired rows of one room. */
  readonly history: Pick<RedisRoomHistory, "sweep">;
  /** Receives the number of rooms. */
  readonly state: Pick<ServiceState, "setRooms">;
}

/** Sweeps all rooms that have the prefix. */
export class RedisSweeper {
  readonly #context: SweeperContext;

  /** Does nothing until {@linkcode sweep} or {@linkcode count} is called. */
  constructor(context: SweeperContext) {
    this.#context = context;
  }

  /** Sweeps, unless an instance has done so in the last 9 minutes. Rejects if Redis is unavailable. */
  async sweep(): Promise<void> {
    const { client, prefix, state } = this.#context;
    const key = `${prefix}sweeper`;
    const begins = await client.send(key, ["SET", key, "1", "NX", "PX", String(PERIOD_MS)]);
    if (begins !== "OK") {
      // We always set an expiry, so a key without one is foreign and would block every sweep.
      if (await client.send(key, ["PTTL", key]) === -1) await client.send(key, ["DEL", key]);
      return;
    }
    const dropped = { entries: 0, messages: 0, marks: 0, rooms: 0 };
    let count = 0;
    for await (const rooms of this.#rooms()) {
      const sweeps = await Promise.all(rooms.map((room) => this.#context.history.sweep(room)));
      count += rooms.length;
      for (const { entries, messages, marks, rooms: gone } of sweeps) {
        dropped.entries += entries;
        dropped.messages += messages;
        dropped.marks += marks;
        dropped.rooms += gone;
      }
    }
    await state.setRooms(count - dropped.rooms);
    if (Object.values(dropped).some((rows) => rows > 0)) {
      logger.info("redis.entries_deleted", dropped);
    }
  }

  /** Counts the rooms with entries, without sweeping. Rejects if Redis is unavailable. */
  async count(): Promise<void> {
    let count = 0;
    for await (const rooms of this.#rooms()) count += rooms.length;
    await this.#context.state.setRooms(count);
  }

  /** The rooms with entries, in batches. SCAN may return a room more than once. */
  async *#rooms(): AsyncGenerator<readonly RoomId[]> {
    const { client, prefix } = this.#context;
    const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}{*}:log`;
    for (const send of client.servers()) {
      for (let cursor = "0", isFirst = true; isFirst || cursor !== "0"; isFirst = false) {
        const reply = await send(["SCAN", cursor, "MATCH", pattern, "COUNT", KEYS_AT_ONCE]);
        const [next, keys] = Array.isArray(reply) ? reply : [];
        cursor = typeof next === "string" ? next : "0";
        const rooms = (Array.isArray(keys) ? keys : []).flatMap((key) => {
          return parseStoredRoom(String(key).slice(prefix.length + 1, -"}:log".length)) ?? [];
        });
        for (let at = 0; at < rooms.length; at += ROOMS_AT_ONCE) {
          yield rooms.slice(at, at + ROOMS_AT_ONCE);
        }
      }
    }
  }
}
