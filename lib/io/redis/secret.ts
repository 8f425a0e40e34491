/**
 * The secret that signs the tokens of those who come back, as all instances on one Redis have it.
 * @module
 */
import { ErrorReply } from "@redis/client";
import { log } from "../log.ts";
import { unavailable } from "./faults.ts";
import type { RedisLinks } from "./links.ts";

/**
 * The secret at a key; the candidate becomes it where there is none, or where something else stands in its place: without a
 * secret nobody could come back, and an empty one can be guessed. Rejects with `BusUnavailable`.
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

/** What stands there; undefined where it is no secret. */
async function read(links: RedisLinks, key: string): Promise<string | undefined> {
  try {
    const kept = await links.send(key, ["GET", key]);
    return typeof kept === "string" && kept !== "" ? kept : undefined;
  } catch (error) {
    if (error instanceof ErrorReply && error.message.startsWith("WRONGTYPE")) return undefined;
    throw error;
  }
}
