/**
 * The secret that signs session tokens, shared by all instances on one Redis.
 * @module
 */
import { ErrorReply } from "@redis/client";
import { logger } from "../../logger.ts";
import { fromRedisError } from "../errors.ts";
import type { RedisClient } from "../client/client.ts";

/**
 * Reads the secret at a key. Stores the candidate if there is none or the value is invalid: without a secret no client
 * could resume its session, and an empty secret can be guessed. Rejects with `BusUnavailable`.
 */
export async function getOrCreateSecret(
  client: RedisClient,
  key: string,
  candidate: string,
): Promise<string> {
  try {
    await client.send(key, ["SET", key, candidate, "NX"]);
    const stored = await readStored(client, key);
    if (stored !== undefined) return stored;
    logger.warn("redis.secret_replaced");
    await client.send(key, ["SET", key, candidate]);
    return await readStored(client, key) ?? candidate;
  } catch (error) {
    throw fromRedisError(error);
  }
}

/** The stored secret; undefined if the value is invalid. */
async function readStored(client: RedisClient, key: string): Promise<string | undefined> {
  try {
    const stored = await client.send(key, ["GET", key]);
    return typeof stored === "string" && stored !== "" ? stored : undefined;
  } catch (error) {
    if (error instanceof ErrorReply && error.message.startsWith("WRONGTYPE")) return undefined;
    throw error;
  }
}
