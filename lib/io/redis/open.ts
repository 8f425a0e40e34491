/**
 * From a URL to connections.
 * @module
 */
import { parseRedisUrl, withoutPassword } from "../../core/redis_url.ts";
import type { Login } from "./client.ts";
import type { LinksWatch, RedisAddress, RedisLinks } from "./links.ts";
import { RedisCluster } from "./cluster.ts";
import { RedisPair } from "./pair.ts";
import { RedisSentinels } from "./sentinel.ts";

/** Connects in the background, in the way that the URL asks for. */
export function openLinks(
  { url, ca }: RedisAddress,
  watch: LinksWatch,
  signal: AbortSignal,
): RedisLinks {
  const at = withoutPassword(url);
  const place = parseRedisUrl(url);
  switch (place?.kind) {
    case "single": {
      const login: Login = {
        url: place.url,
        ...(ca !== undefined && { socket: { tls: true, ca } }),
      };
      return new RedisPair(() => Promise.resolve({ at, login, isVirtual: true }), watch, signal);
    }
    case "sentinel": {
      const sentinels = new RedisSentinels(place, ca);
      return new RedisPair(() => sentinels.locate(), watch, signal);
    }
    case "cluster":
      return new RedisCluster(place, ca, watch, signal);
    default:
      throw new RangeError(
        `Cannot connect to Redis: the URL has none of its forms: received ${at}`,
      );
  }
}
