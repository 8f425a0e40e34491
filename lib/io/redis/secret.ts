/**
 * The secret that signs resume tokens, shared by all instances on one Redis.
 * @module
 */
import { ErrorReply } from "@redis/client";
import { log } from "../log.ts";
import { unavailable } from "./faults.ts";
import type { RedisLinks } from "./links.ts";

/**
 * The secret at a key. The candidate is stored if there is none or the value is invalid: without a secret no client could
 * resume, and an empty one can be guessed. Rejects with `BusUnavailable`.
 */
export async function agreeOnSecret(
  links: RedisLinks,
  key: string,
  candidate: string,
): Promise<string> {
  try {
    await links.send(key, ["SET", key, candidate, "NX"]);
    const kept = await read(links, key);
    if (kept !== undefined) return kept;
    log.warn("redis.secret_replaced");
    await links.send(key, ["SET", key, candidate]);
    return await read(links, key) ?? candidate;
  } catch (error) {
    throw unavailable(error);
  }
}

/** The stored secret; undefined if the value is invalid. */
async function read(links: RedisLinks, key: string): Promise<string | undefined> {
  try {
    const kept = await links.send(key, ["GET", key]);
    return typeof kept === "string" && kept !== "" ? kept : undefined;
  } catch (error) {
    if (error instanceof ErrorReply && error.message.startsWith("WRONGTYPE")) return undefined;
    throw error;
  }
}
