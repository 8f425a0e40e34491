/**
 * Used session tokens in Redis: a hash of their numbers, and a sorted set by which the oldest ones are found. The keys have
 * the same word in braces, so that a cluster stores them on one server. If a failover loses the newest use, an older token
 * works until the next one.
 * @module
 */
import * as v from "valibot";
import type { Clock } from "../../../chat/ports/clock.ts";
import {
  GUEST_TOKEN_MS,
  MAX_KNOWN_GUESTS,
  type UsedTokens,
} from "../../../chat/ports/used_tokens.ts";
import type { UserId } from "../../../core/log/entry.ts";
import type { RedisClient } from "../client/client.ts";
import { fromRedisError, isWrongType } from "../errors.ts";
import type { IntegrityReporter } from "../integrity_reporter.ts";
import { runScript, type Scripts } from "../scripts.ts";

const Outcome = v.picklist([0, 1]);

/** What used tokens in Redis need. */
export interface RedisUsedTokensContext {
  /** The connections to Redis. */
  readonly client: Pick<RedisClient, "send">;
  /** The scripts of the bus. */
  readonly scripts: Pick<Scripts, "useToken">;
  /** Prefix of every key; must not contain braces. */
  readonly prefix: string;
  /** For the times of use. */
  readonly clock: Pick<Clock, "date">;
  /** Reports what cannot be read. */
  readonly reporter: Pick<IntegrityReporter, "reportDamagedRows">;
}

/** The used tokens of all instances on one Redis. */
export class RedisUsedTokens implements UsedTokens {
  readonly #context: RedisUsedTokensContext;
  readonly #keys: readonly string[];
  readonly #maxGuests: number;

  /** Sends nothing yet. */
  constructor(context: RedisUsedTokensContext, maxGuests: number = MAX_KNOWN_GUESTS) {
    this.#context = context;
    this.#keys = ["serials", "by_use"].map((it) => `${context.prefix}{used_tokens}:${it}`);
    this.#maxGuests = maxGuests;
  }

  async use(user: UserId, serial: number): Promise<boolean> {
    const { client, scripts, clock, reporter } = this.#context;
    const date = clock.date();
    const numbers = [serial, date, date - GUEST_TOKEN_MS, this.#maxGuests].map(String);
    try {
      const reply = await runScript(client, scripts.useToken, this.#keys, [user, ...numbers]);
      return v.parse(Outcome, reply) === 1;
    } catch (error) {
      if (isWrongType(error)) reporter.reportDamagedRows(undefined, "used_tokens", 1);
      throw fromRedisError(error);
    }
  }
}
