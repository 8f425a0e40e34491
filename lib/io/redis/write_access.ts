/**
 * Whether Redis accepts writes. A Redis that is full, cannot save, or has too few replicas still answers reads and passes on
 * what is published, so a probe over pub/sub does not notice that every message is refused. While writes fail, each check
 * repeats a small write at the place where one failed; otherwise a check costs nothing.
 * @module
 */
import { BusUnavailable, type UnavailableReason } from "../../chat/ports/bus.ts";
import { logger } from "../logger.ts";
import type { RedisClient } from "./client/client.ts";
import { fromRedisError } from "./errors.ts";
import { runScript, type Script } from "./scripts.ts";

/** The reasons that concern all writes to a server. Others, such as a lost connection, are reported elsewhere. */
const REFUSALS: ReadonlySet<UnavailableReason> = new Set(
  ["no_space", "not_writable", "too_few_replicas", "failing_over", "access_denied"] as const,
);
/** Maximum number of key groups of a cluster that are remembered. */
const MAX_GROUPS = 100;

/** What one instance knows from its writes. */
export class RedisWriteAccess {
  readonly #client: Pick<RedisClient, "send" | "groupOf">;
  readonly #script: Script;
  readonly #ownKey: string;
  #wasTried = false;
  /** The key of a refused write, by group, since the servers of a cluster fail one by one. */
  readonly #refused = new Map<number, string>();

  /** Writes nothing yet. @param ownKey A key for trials that nothing else uses. */
  constructor(client: Pick<RedisClient, "send" | "groupOf">, script: Script, ownKey: string) {
    this.#client = client;
    this.#script = script;
    this.#ownKey = ownKey;
  }

  /**
   * Records the outcome of a write.
   *
   * @param key A key beside what was written, for trials that nothing else uses.
   * @param error Undefined if it succeeded.
   */
  report(key: string, error?: unknown): void {
    const isRefusal = error instanceof BusUnavailable && REFUSALS.has(error.reason);
    if (error !== undefined && !isRefusal) return;
    this.#wasTried = true;
    if (error === undefined && this.#refused.size === 0) return;
    const group = this.#client.groupOf(key);
    if (error === undefined) {
      if (this.#refused.delete(group) && this.#refused.size === 0) {
        logger.info("store.writable", {});
      }
      return;
    }
    if (this.#refused.size === 0) {
      logger.warn("store.write_failed", { error: String(error.cause ?? error) });
    }
    if (this.#refused.size < MAX_GROUPS) this.#refused.set(group, key);
  }

  /** Resolves if no write is refused, as far as is known. Rejects with the `BusUnavailable` of a write that still is. */
  async check(): Promise<void> {
    if (!this.#wasTried) await this.#try(this.#ownKey);
    const [first, ...others] = [...this.#refused.values()];
    if (first === undefined) return;
    await this.#try(first);
    await Promise.all(others.map((key) => this.#try(key)));
  }

  async #try(key: string): Promise<void> {
    try {
      await runScript(this.#client, this.#script, [key], []);
      this.report(key);
    } catch (cause) {
      const error = fromRedisError(cause);
      this.report(key, error);
      if (REFUSALS.has(error.reason) || this.#refused.has(this.#client.groupOf(key))) throw error;
    }
  }
}
