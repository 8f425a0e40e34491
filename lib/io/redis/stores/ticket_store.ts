/**
 * Keeps tickets in Redis, for all instances. A ticket is lost with a failover that happens while it is waiting. If its
 * replica has not heard that one was taken, that one can be taken a second time within its 30 s.
 * @module
 */
import * as v from "valibot";
import type { TokenUser } from "../../../chat/ports/authenticator.ts";
import { ROLES } from "../../../core/auth/member.ts";
import { ROOM_ACTIONS } from "../../../core/auth/rights.ts";
import type { TicketStore } from "../../auth/stored_tickets.ts";
import { name, user } from "../../stored_values.ts";
import type { RedisClient } from "../client/client.ts";
import { fromRedisError } from "../errors.ts";

const StoredUser = v.object({
  user,
  name: v.nullable(name),
  rights: v.nullable(
    v.array(v.object({ match: v.string(), allow: v.array(v.picklist(ROOM_ACTIONS)) })),
  ),
  expiresAt: v.pipe(v.number(), v.finite()),
  issuedAt: v.pipe(v.number(), v.finite()),
  tokenId: v.nullable(v.string()),
  role: v.optional(v.picklist(ROLES)),
});

/** Keeps tickets in one key each, which expires by itself. */
export class RedisTicketStore implements TicketStore {
  readonly #client: Pick<RedisClient, "send">;
  readonly #prefix: string;

  /** Sends nothing yet. @param prefix Prefix of every key. */
  constructor(client: Pick<RedisClient, "send">, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  async put(
    key: string,
    { name, tokenId, ...user }: TokenUser,
    lifetimeMs: number,
  ): Promise<void> {
    const value = JSON.stringify({ ...user, name: name ?? null, tokenId: tokenId ?? null });
    await this.#send("SET", key, value, "PX", String(lifetimeMs));
  }

  async take(key: string): Promise<TokenUser | undefined> {
    const value = await this.#send("GETDEL", key);
    if (value === null) return undefined;
    try {
      const { name, tokenId, ...stored } = v.parse(StoredUser, JSON.parse(String(value)));
      return { ...stored, name: name ?? undefined, tokenId: tokenId ?? undefined };
    } catch (error) {
      throw fromRedisError(error);
    }
  }

  async #send(command: string, key: string, ...args: readonly string[]): Promise<unknown> {
    const fullKey = `${this.#prefix}ticket:${key}`;
    try {
      return await this.#client.send(fullKey, [command, fullKey, ...args]);
    } catch (error) {
      throw fromRedisError(error);
    }
  }
}
