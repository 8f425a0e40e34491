/**
 * How much of the quotas is used: the memory of Redis, read at intervals and estimated in between, and the number of rooms
 * with entries.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import type { StoreQuota } from "../../chat/memory_store.ts";
import type { Draft } from "../../core/entries.ts";
import type { Full } from "../../core/room_log.ts";
import type { RedisLinks } from "./links.ts";
import type { ServiceState } from "./service_state.ts";

const LOOK_MS = 5_000;
/** Shortest interval between two looks while Redis seems to be full. */
const SOONEST_MS = 500;
/** Approximate memory of an entry in Redis besides its text. */
const ENTRY_BYTES = 600;

/** One instance's view of the usage. */
export class Usage {
  readonly #links: RedisLinks;
  readonly #state: ServiceState;
  readonly #quota: StoreQuota;
  readonly #clock: Clock;
  #bytes = 0;
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;

  /** Looks on request. */
  constructor(links: RedisLinks, state: ServiceState, quota: StoreQuota, clock: Clock) {
    this.#links = links;
    this.#state = state;
    this.#quota = quota;
    this.#clock = clock;
  }

  /** Which quotas are used up; a promise only if Redis must be asked first. */
  full(): Full | Promise<Full> {
    const isDue = this.#bytes >= this.#quota.bytes ? SOONEST_MS : LOOK_MS;
    if (this.#quota.bytes === Infinity || this.#clock.now() - this.#lookedAt < isDue) {
      return this.#judge();
    }
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    // While there seems to be space, callers do not wait for the answer.
    return this.#bytes > 0 && this.#bytes < this.#quota.bytes
      ? this.#judge()
      : this.#looking.then(() => this.#judge());
  }

  /** Adds entered drafts to the estimate. */
  add(drafts: readonly Draft[]): void {
    for (const { deed } of drafts) {
      this.#bytes += ENTRY_BYTES + ("text" in deed ? deed.text.length : 0);
    }
  }

  #judge(): Full {
    const { bytes, rooms } = this.#quota;
    return { store: this.#bytes >= bytes, rooms: (this.#state.rooms ?? 0) >= rooms };
  }

  async #look(): Promise<void> {
    this.#lookedAt = this.#clock.now();
    try {
      const infos = await Promise.all(
        this.#links.servers().map((send) => send(["INFO", "memory"])),
      );
      const used = infos.map((info) => Number(/^used_memory:(\d+)/m.exec(String(info))?.[1] ?? 0));
      this.#bytes = used.reduce((sum, one) => sum + one, 0);
    } catch {
      // The next command will report what is wrong with Redis.
    }
  }
}
