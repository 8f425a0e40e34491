/**
 * Opens the Redis client that a URL asks for.
 * @module
 */
import { parseRedisUrl, withoutPassword } from "../../../core/config/redis_url.ts";
import type { ConnectOptions } from "./node_redis_client.ts";
import type { RedisAddress, RedisClient, RedisClientEvents } from "./client.ts";
import { RedisCluster } from "./cluster.ts";
import { StandaloneRedis } from "./standalone.ts";
import { SentinelResolver } from "./sentinel_resolver.ts";

/** Connects in the background to a single server, through sentinels, or to a cluster. Throws a `RangeError` for other URLs. */
export function openRedisClient(
  { url, ca }: RedisAddress,
  events: RedisClientEvents,
  signal: AbortSignal,
): RedisClient {
  const address = withoutPassword(url);
  const target = parseRedisUrl(url);
  switch (target?.kind) {
    case "single": {
      const connectOptions: ConnectOptions = {
        url: target.url,
        ...(ca !== undefined && { socket: { tls: true, ca } }),
      };
      return new StandaloneRedis(
        () => Promise.resolve({ address, connectOptions, isVirtual: true }),
        events,
        signal,
      );
    }
    case "sentinel": {
      const sentinels = new SentinelResolver(target, ca);
      return new StandaloneRedis(() => sentinels.locate(), events, signal);
    }
    case "cluster":
      return new RedisCluster(target, ca, events, signal);
    default:
      throw new RangeError(
        `Cannot connect to Redis: the URL has an unknown form: received ${address}`,
      );
  }
}
