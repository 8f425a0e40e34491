/**
 * How much of the quotas is used: the memory of Redis, looked at now and then and estimated in between, and the number of
 * rooms that have entries.
 * @module
 */
import type { Clock } from "../../chat/clock.ts";
import type { StoreQuota } from "../../chat/memory_store.ts";
import type { Draft } from "../../core/entries.ts";
import type { Full } from "../../core/room_log.ts";
import type { RedisLinks } from "./links.ts";
import type { ServiceState } from "./service_state.ts";

const LOOK_MS = 5_000;
/** Where it seems to be full, it is looked again, but no more often. */
const SOONEST_MS = 500;
/** About what Redis takes for an entry besides its text. */
const ENTRY_BYTES = 600;

/** What one instance knows of it. */
export class Usage {
  readonly #links: RedisLinks;
  readonly #state: ServiceState;
  readonly #quota: StoreQuota;
  readonly #clock: Clock;
  #bytes = 0;
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;

  /** Looks when it is asked. */
  constructor(links: RedisLinks, state: ServiceState, quota: StoreQuota, clock: Clock) {
    this.#links = links;
    this.#state = state;
    this.#quota = quota;
    this.#clock = clock;
  }

  /** Which quotas are used up; known at once but where it has to be looked. */
  full(): Full | Promise<Full> {
    const isDue = this.#bytes >= this.#quota.bytes ? SOONEST_MS : LOOK_MS;
    if (this.#quota.bytes === Infinity || this.#clock.now() - this.#lookedAt < isDue) {
      return this.#judge();
    }
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    // Where there seems to be room, nobody waits for it.
    return this.#bytes > 0 && this.#bytes < this.#quota.bytes
      ? this.#judge()
      : this.#looking.then(() => this.#judge());
  }

  /** Takes in what was entered. */
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
      // Whatever is asked of Redis next says what is wrong with it.
    }
  }
}
