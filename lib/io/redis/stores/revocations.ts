/**
 * Revocations in Redis: one sorted set, whose scores are the times, and a channel on which the instances tell each other
 * to read it again.
 * @module
 */
import * as v from "valibot";
import type { Clock } from "../../../chat/ports/clock.ts";
import type { RevocationStore } from "../../../chat/ports/revocation_store.ts";
import { parseRevocation, type Revocation, revocationKey } from "../../../core/auth/revocations.ts";
import { logger } from "../../logger.ts";
import { ChangeSignal } from "./change_signal.ts";
import type { RedisClient } from "../client/client.ts";
import { fromRedisError, isWrongType } from "../errors.ts";
import type { IntegrityReporter } from "../integrity_reporter.ts";
import type { RedisSubscriptions } from "../subscriptions.ts";

/** Members and their scores (RESP3). */
const Members = v.array(v.tuple([v.string(), v.number()]));

/** What revocations in Redis need. */
export interface RedisRevocationsContext {
  /** The connections to Redis. */
  readonly client: Pick<RedisClient, "send" | "publishCommand">;
  /** Subscribes to the channel. */
  readonly subscriptions: Pick<RedisSubscriptions, "subscribeChannel">;
  /** Prefix of every key and channel. */
  readonly prefix: string;
  /** Waits. */
  readonly clock: Clock;
  /** Reports what cannot be read. */
  readonly reporter: Pick<IntegrityReporter, "reportDamagedRows">;
}

/** The revocations of all instances on one Redis. */
export class RedisRevocations implements RevocationStore {
  readonly #context: RedisRevocationsContext;
  readonly #key: string;
  readonly #signal: ChangeSignal;

  /** Subscribes to the channel. */
  constructor(context: RedisRevocationsContext) {
    this.#context = context;
    this.#key = `${context.prefix}revocations`;
    this.#signal = new ChangeSignal(this.#key, context);
  }

  async add(revocation: Revocation): Promise<void> {
    const member = revocationKey(revocation);
    await this.#send(["ZADD", this.#key, "GT", String(revocation.before), member]);
    // Do not wait: it is stored, and instances that miss the message read it later.
    this.#send([this.#context.client.publishCommand, this.#key, ""]).catch((error: unknown) =>
      logger.debug("redis.signal_failed", { error: String(error) })
    );
  }

  async read(): Promise<readonly Revocation[]> {
    this.#signal.beginRead();
    const stored = (await this.#readAll()).map(([member, time]) => revocationOf(member, time));
    const readable = stored.filter((it) => it !== undefined);
    this.#reportDamage(stored.length - readable.length);
    return readable;
  }

  async removeBefore(date: number): Promise<void> {
    await this.#send(["ZREMRANGEBYSCORE", this.#key, "-inf", `(${date}`]);
  }

  whenChanged(signal: AbortSignal): Promise<void> {
    return this.#signal.whenChanged(signal);
  }

  /** Another instance has added one, or may have: messages were missed. */
  onChanged(): void {
    this.#signal.onChanged();
  }

  async #readAll(): Promise<v.InferOutput<typeof Members>> {
    const reply = await this.#send(["ZRANGE", this.#key, "0", "-1", "WITHSCORES"]);
    try {
      return v.parse(Members, reply);
    } catch (error) {
      throw fromRedisError(error);
    }
  }

  async #send(command: readonly string[]): Promise<unknown> {
    try {
      return await this.#context.client.send(this.#key, command);
    } catch (error) {
      if (isWrongType(error)) this.#reportDamage(1);
      throw fromRedisError(error);
    }
  }

  #reportDamage(rows: number): void {
    this.#context.reporter.reportDamagedRows(undefined, "revocations", rows);
  }
}

function revocationOf(member: string, before: number): Revocation | undefined {
  const [scope, ...id] = member.split(":");
  return parseRevocation({ scope, id: id.join(":"), before });
}
