/**
 * State shared by all instances on one Redis: for how long the service has been in use, which is the scale of ages, and how
 * many rooms there are. The former is not the time of day: each instance adds what has passed on its own monotonic clock,
 * and the largest sum counts. So a wrong clock, here or on the Redis machine, makes nothing old, and time during which no
 * instance runs does not count.
 * @module
 */
import * as v from "valibot";
import type { Clock } from "../../chat/clock.ts";
import { ClockWatch } from "../../core/clock_watch.ts";
import { log } from "../log.ts";
import { unavailable } from "./faults.ts";
import type { RedisLinks } from "./links.ts";
import { runScript, type Script } from "./script.ts";

const SYNC_MS = 10_000;
const digits = v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number));
const State = v.tuple([digits, v.union([v.literal(""), digits]), digits]);

/** One instance's view of the shared state. */
export class ServiceState {
  readonly #links: RedisLinks;
  readonly #script: Script;
  readonly #key: string;
  readonly #clock: Clock;
  // The sum at a time; undefined before Redis was asked.
  #known: { readonly ranMs: number; readonly at: number } | undefined;
  #asking: Promise<void> | undefined;
  #watch: ClockWatch | undefined;
  #rooms: number | undefined;

  /** Reads on request. @param prefix Begins the key. */
  constructor(links: RedisLinks, script: Script, prefix: string, clock: Clock) {
    this.#links = links;
    this.#script = script;
    this.#key = `${prefix}state`;
    this.#clock = clock;
  }

  /** Number of rooms with entries, as far as is known; undefined if they were not counted yet. */
  get rooms(): number | undefined {
    return this.#rooms;
  }

  /** For how long the service has been in use, in milliseconds. Rejects with `BusUnavailable` if it is not known yet. */
  ranMs(): number | Promise<number> {
    return this.#now() ?? this.#first();
  }

  /** Exchanges the state with the other instances. Rejects with `BusUnavailable`. */
  sync(): Promise<void> {
    return this.#asking ??= this.#ask().finally(() => this.#asking = undefined);
  }

  /** Syncs at intervals until the signal aborts. @param count Counts the rooms if they were not counted yet. */
  async run(signal: AbortSignal, count?: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.sync();
        if (this.#rooms === undefined) await count?.();
      } catch {
        // While Redis is away, this instance continues alone.
      }
      await this.#clock.sleep(SYNC_MS, signal);
    }
  }

  /** Counts a room that has its first entry. */
  async addRoom(): Promise<void> {
    this.#rooms = (this.#rooms ?? 0) + 1;
    const rooms = await this.#links.send(this.#key, ["HINCRBY", this.#key, "rooms", "1"]);
    if (typeof rooms === "number") this.#rooms = rooms;
  }

  /** Sets the number of rooms after a count. */
  async setRooms(rooms: number): Promise<void> {
    this.#rooms = rooms;
    await this.#links.send(this.#key, ["HSET", this.#key, "rooms", String(rooms)]);
  }

  #now(): number | undefined {
    if (this.#known === undefined) return undefined;
    const { ranMs, at } = this.#known;
    return Math.floor(ranMs + this.#clock.now() - at);
  }

  async #first(): Promise<number> {
    await this.sync();
    return this.#now() ?? 0;
  }

  async #ask(): Promise<void> {
    try {
      const args = [String(this.#now() ?? 0)];
      const reply = await runScript(this.#links, this.#script, [this.#key], args);
      const [ranMs, rooms, micros] = v.parse(State, reply);
      const at = this.#clock.now();
      this.#known = { ranMs: Math.max(ranMs, this.#now() ?? 0), at };
      if (rooms !== "") this.#rooms = rooms;
      this.#look({ now: at, date: micros / 1_000 });
    } catch (error) {
      throw unavailable(error);
    }
  }

  #look(reading: { readonly now: number; readonly date: number }): void {
    this.#watch ??= new ClockWatch(reading);
    const byMs = this.#watch.check(reading);
    if (byMs !== undefined) log.warn("clock.jumped", { of: "redis", byMs: Math.round(byMs) });
  }
}
