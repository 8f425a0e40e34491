/**
 * Goes through all rooms in Redis now and then: counts those that have entries, and drops what is too old. Keys do not expire
 * by themselves, since a clock that was set wrong would make them do so. One of all instances does it.
 * @module
 */
import type { RoomId } from "../../core/names.ts";
import { parseRoom } from "../../core/names.ts";
import { log } from "../log.ts";
import type { RedisArchive } from "./archive.ts";
import type { RedisLinks } from "./links.ts";
import type { ServiceState } from "./service_state.ts";

/** Who has begun does not begin again so soon; nor does anybody else. */
const PERIOD_MS = 540_000;
/** So many keys are looked at in one step; Redis does nothing else meanwhile. */
const KEYS_AT_ONCE = "500";
/** So many rooms are swept at once. */
const ROOMS_AT_ONCE = 20;

/** What it works with. */
export interface SweeperContext {
  /** To Redis. */
  readonly links: RedisLinks;
  /** Begins every key. */
  readonly prefix: string;
  /** Drops what is too old of a room. */
  readonly archive: Pick<RedisArchive, "sweep">;
  /** Is told how many rooms there are. */
  readonly state: Pick<ServiceState, "setRooms">;
}

/** Sweeps all rooms of one prefix. */
export class RedisSweeper {
  readonly #context: SweeperContext;

  /** Sweeps when it is told to. */
  constructor(context: SweeperContext) {
    this.#context = context;
  }

  /** Does it, unless another instance did so in the last minutes. Rejects where Redis is away. */
  async sweep(): Promise<void> {
    const { links, prefix, state } = this.#context;
    const key = `${prefix}sweeper`;
    const begins = await links.send(key, ["SET", key, "1", "NX", "PX", String(PERIOD_MS)]);
    if (begins !== "OK") {
      // What does not end by itself was not put there by us.
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

  /** Counts the rooms where nobody has yet. Rejects where Redis is away. */
  async count(): Promise<void> {
    let count = 0;
    for await (const rooms of this.#rooms()) count += rooms.length;
    await this.#context.state.setRooms(count);
  }

  /** The rooms that have entries, some at a time, each once or twice: that is all that SCAN promises. */
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
