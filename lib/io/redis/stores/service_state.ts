/**
 * State shared by all instances on one Redis: the service's run time, by which ages are measured, and the number of rooms.
 * Do not measure ages by the time of day: each instance adds the time that has passed on its own monotonic clock, and the
 * largest sum counts. So a wrong clock, here or on the Redis host, expires nothing, and time while no instance runs does
 * not count.
 * @module
 */
import * as v from "valibot";
import type { Clock } from "../../../chat/ports/clock.ts";
import { ClockJumpDetector } from "../../../core/health/clock_jump.ts";
import { logger } from "../../logger.ts";
import { fromRedisError } from "../errors.ts";
import type { RedisClient } from "../client/client.ts";
import { runScript, type Script } from "../scripts.ts";

const SYNC_MS = 10_000;
const digits = v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number));
const State = v.tuple([digits, v.union([v.literal(""), digits]), digits]);

/** One instance's view of the shared state. */
export class ServiceState {
  readonly #client: RedisClient;
  readonly #script: Script;
  readonly #key: string;
  readonly #clock: Clock;
  // Run time at a time of `#clock`; undefined before the first sync.
  #latest: { readonly ranMs: number; readonly at: number } | undefined;
  #syncing: Promise<void> | undefined;
  #watch: ClockJumpDetector | undefined;
  #rooms: number | undefined;

  /** Reads nothing until the first call. @param prefix Prefix of the key. */
  constructor(client: RedisClient, script: Script, prefix: string, clock: Clock) {
    this.#client = client;
    this.#script = script;
    this.#key = `${prefix}state`;
    this.#clock = clock;
  }

  /** Number of rooms with entries as of the last sync; undefined before the first count. */
  get rooms(): number | undefined {
    return this.#rooms;
  }

  /** Run time of the service, in milliseconds. Rejects with `BusUnavailable` if it is unknown and Redis is unavailable. */
  ranMs(): number | Promise<number> {
    return this.#now() ?? this.#syncedNow();
  }

  /** Exchanges the state with the other instances; concurrent calls share one exchange. Rejects with `BusUnavailable`. */
  sync(): Promise<void> {
    return this.#syncing ??= this.#exchange().finally(() => this.#syncing = undefined);
  }

  /** Syncs every 10 s until the signal aborts. @param count Called to count the rooms while their number is unknown. */
  async run(signal: AbortSignal, count?: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.sync();
        if (this.#rooms === undefined) await count?.();
      } catch {
        // While Redis is unavailable, this instance continues with its own clock.
      }
      await this.#clock.sleep(SYNC_MS, signal);
    }
  }

  /** Increments the number of rooms, when a room gets its first entry. */
  async addRoom(): Promise<void> {
    this.#rooms = (this.#rooms ?? 0) + 1;
    const rooms = await this.#client.send(this.#key, ["HINCRBY", this.#key, "rooms", "1"]);
    if (typeof rooms === "number") this.#rooms = rooms;
  }

  /** Sets the number of rooms, after they were counted. */
  async setRooms(rooms: number): Promise<void> {
    this.#rooms = rooms;
    await this.#client.send(this.#key, ["HSET", this.#key, "rooms", String(rooms)]);
  }

  #now(): number | undefined {
    if (this.#latest === undefined) return undefined;
    const { ranMs, at } = this.#latest;
    return Math.floor(ranMs + this.#clock.now() - at);
  }

  async #syncedNow(): Promise<number> {
    await this.sync();
    return this.#now() ?? 0;
  }

  async #exchange(): Promise<void> {
    try {
      const args = [String(this.#now() ?? 0)];
      const reply = await runScript(this.#client, this.#script, [this.#key], args);
      const [ranMs, rooms, micros] = v.parse(State, reply);
      const at = this.#clock.now();
      this.#latest = { ranMs: Math.max(ranMs, this.#now() ?? 0), at };
      if (rooms !== "") this.#rooms = rooms;
      this.#checkClock({ now: at, date: micros / 1_000 });
    } catch (error) {
      throw fromRedisError(error);
    }
  }

  #checkClock(reading: { readonly now: number; readonly date: number }): void {
    this.#watch ??= new ClockJumpDetector(reading);
    const byMs = this.#watch.check(reading);
    if (byMs !== undefined) logger.warn("clock.jumped", { of: "redis", byMs: Math.round(byMs) });
  }
}
