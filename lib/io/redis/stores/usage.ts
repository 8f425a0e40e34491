/**
 * Usage of the quotas: the memory of Redis, read at intervals and estimated in between, and the number of rooms with
 * entries.
 * @module
 */
import type { Clock } from "../../../chat/ports/clock.ts";
import type { StoreQuota, StoreUsage } from "../../../chat/bus/memory_store.ts";
import { contentLength } from "../../../core/log/content.ts";
import type { Draft } from "../../../core/log/entry.ts";
import type { ExhaustedQuotas } from "../../../core/log/room_log.ts";
import type { RedisClient } from "../client/client.ts";
import type { ServiceState } from "./service_state.ts";

const READ_INTERVAL_MS = 5_000;
/** Minimum interval between two reads while Redis seems to be full. */
const MIN_READ_INTERVAL_MS = 500;
/** Approximate memory of an entry in Redis, without its content. */
const ENTRY_BYTES = 600;

/** One instance's view of the usage. */
export class RedisUsage {
  readonly #client: RedisClient;
  readonly #state: ServiceState;
  readonly #quota: StoreQuota;
  readonly #clock: Clock;
  #bytes = 0;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  /** Reads nothing until {@linkcode full} is called. */
  constructor(client: RedisClient, state: ServiceState, quota: StoreQuota, clock: Clock) {
    this.#client = client;
    this.#state = state;
    this.#quota = quota;
    this.#clock = clock;
  }

  /** The exhausted quotas; a promise only if the memory usage must be read first. */
  full(): ExhaustedQuotas | Promise<ExhaustedQuotas> {
    const intervalMs = this.#bytes >= this.#quota.bytes ? MIN_READ_INTERVAL_MS : READ_INTERVAL_MS;
    if (this.#quota.bytes === Infinity || this.#clock.now() - this.#readAt < intervalMs) {
      return this.#fullness();
    }
    this.#reading ??= this.#readMemory().finally(() => this.#reading = undefined);
    // While there seems to be space, callers do not wait for the read.
    return this.#bytes > 0 && this.#bytes < this.#quota.bytes
      ? this.#fullness()
      : this.#reading.then(() => this.#fullness());
  }

  /** What was known last; reads again in the background when that is old. Without a quota, the memory is not read. */
  current(): StoreUsage {
    void this.full();
    const bytes = this.#bytes > 0 ? this.#bytes : undefined;
    return {
      bytes: this.#quota.bytes === Infinity ? undefined : bytes,
      rooms: this.#state.rooms,
    };
  }

  /** Adds stored drafts to the estimate. */
  add(drafts: readonly Draft[]): void {
    for (const { action } of drafts) {
      this.#bytes += ENTRY_BYTES + ("text" in action ? contentLength(action) : 0);
    }
  }

  #fullness(): ExhaustedQuotas {
    const { bytes, rooms } = this.#quota;
    return { store: this.#bytes >= bytes, rooms: (this.#state.rooms ?? 0) >= rooms };
  }

  async #readMemory(): Promise<void> {
    this.#readAt = this.#clock.now();
    try {
      const infos = await Promise.all(
        this.#client.servers().map((send) => send(["INFO", "memory"])),
      );
      const used = infos.map((info) => Number(/^used_memory:(\d+)/m.exec(String(info))?.[1] ?? 0));
      this.#bytes = used.reduce((sum, one) => sum + one, 0);
    } catch {
      // The next command reports why Redis failed.
    }
  }
}
