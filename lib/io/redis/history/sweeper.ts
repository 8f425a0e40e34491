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
    const failures: unknown[] = [], unscanned: unknown[] = [];
    let count = 0;
    for await (const rooms of this.#rooms(unscanned)) {
      const sweeps = await Promise.allSettled(
        rooms.map((room) => this.#context.history.sweep(room)),
      );
      count += rooms.length;
      for (const sweep of sweeps) {
        if (sweep.status === "rejected") {
          failures.push(sweep.reason);
          continue;
        }
        const { entries, messages, marks, rooms: gone } = sweep.value;
        dropped.entries += entries;
        dropped.messages += messages;
        dropped.marks += marks;
        dropped.rooms += gone;
      }
    }
    if (Object.values(dropped).some((rows) => rows > 0)) {
      logger.info("redis.entries_deleted", dropped);
    }
    if (unscanned.length === 0) await state.setRooms(count - dropped.rooms);
    // A damaged room, or a server that is away, must not keep the others from being swept.
    const [failure] = [...unscanned, ...failures];
    if (failure !== undefined) throw failure;
  }

  /** Counts the rooms with entries, without sweeping. Rejects if Redis is unavailable. */
  async count(): Promise<void> {
    const failures: unknown[] = [];
    let count = 0;
    for await (const rooms of this.#rooms(failures)) count += rooms.length;
    if (failures.length > 0) throw failures[0];
    await this.#context.state.setRooms(count);
  }

  /** The rooms with entries, in batches. SCAN may return a room more than once. @param failures Receives why a server was not scanned. */
  async *#rooms(failures: unknown[]): AsyncGenerator<readonly RoomId[]> {
    for (const send of this.#context.client.servers()) {
      try {
        yield* this.#roomsOf(send);
      } catch (error) {
        failures.push(error);
      }
    }
  }

  async *#roomsOf(
    send: ReturnType<RedisClient["servers"]>[number],
  ): AsyncGenerator<readonly RoomId[]> {
    const { prefix } = this.#context;
    const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}{*}:log`;
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
