/**
 * Tells operators when a quota is used up: the store itself only refuses the messages. It looks at the usage every few seconds
 * instead of at each message.
 * @module
 */
import type { StoreQuota, StoreUsage } from "../../chat/bus/memory_store.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import { logger } from "../logger.ts";

const CHECK_MS = 5_000;
/** A quota counts as used up until this share of it is left, since the memory of Redis goes up and down. */
const FREE_SHARE = 0.01;

interface WatchedQuota {
  readonly key: keyof StoreQuota;
  readonly setting: string;
  readonly consequence: string;
  isReached: boolean;
}

/** The quotas of one process. */
export class QuotaWatch {
  readonly #quota: StoreQuota;
  readonly #usage: () => StoreUsage;
  readonly #watched: readonly WatchedQuota[] = [
    {
      key: "bytes",
      setting: "MAX_STORE_MB",
      consequence: "messages are refused with store_full",
      isReached: false,
    },
    {
      key: "rooms",
      setting: "MAX_ROOMS_TOTAL",
      consequence: "messages in new rooms are refused with rooms_full",
      isReached: false,
    },
  ];

  /** Looks at nothing yet. @param usage Returns what is stored at the moment. */
  constructor(quota: StoreQuota, usage: () => StoreUsage) {
    this.#quota = quota;
    this.#usage = usage;
  }

  /** Looks every five seconds until the signal aborts. */
  async run(clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#check();
      await clock.sleep(CHECK_MS, signal);
    }
  }

  /** The quotas that are used up now, described for operators. */
  problems(): readonly string[] {
    this.#check();
    return this.#watched.filter(({ isReached }) => isReached)
      .map(({ setting, consequence }) => `${setting} is reached: ${consequence}`);
  }

  #check(): void {
    const usage = this.#usage();
    for (const watched of this.#watched) {
      const [used, limit] = [usage[watched.key], this.#quota[watched.key]];
      if (used === undefined || limit === Infinity) continue;
      const isReached: boolean = used >= limit * (watched.isReached ? 1 - FREE_SHARE : 1);
      if (isReached === watched.isReached) continue;
      watched.isReached = isReached;
      const fields = { setting: watched.setting, used, limit };
      if (isReached) logger.warn("store.quota_reached", fields);
      else logger.info("store.quota_cleared", fields);
    }
  }
}
