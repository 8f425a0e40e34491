/**
 * The forms of `REDIS_URL`. One Redis: `redis://[user[:password]@]host[:port][/database]`, the same with `rediss://`
 * for TLS, and `unix://[user[:password]@]/path/to/socket[?db=database]`. Redis Sentinel:
 * `redis-sentinel://[user[:password]@]host[:port][,host[:port]…]/master[/database]`, where the hosts are the sentinels.
 * Redis Cluster: `redis-cluster://[user[:password]@]host[:port][,host[:port]…]`, where one host is enough to find the
 * rest. Both have a `rediss-` form for TLS.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const target = parseRedisUrl("redis-sentinel://one,two:26380/chat");
 * assert.ok(target?.kind === "sentinel");
 * assert.deepEqual(target.hosts, [{ host: "one", port: 26379 }, { host: "two", port: 26380 }]);
 * assert.equal(target.master, "chat");
 * ```
 * @module
 */

/** One server's address. */
export interface RedisHost {
  /** A name or an address, without brackets. */
  readonly host: string;
  /** From 1 to 65535. */
  readonly port: number;
}

/** Transport and credentials. */
export interface RedisAccess {
  /** Whether to use TLS. */
  readonly tls: boolean;
  /** Decoded, without URL escapes. */
  readonly username?: string | undefined;
  /** Decoded, without URL escapes. */
  readonly password?: string | undefined;
}

/** A parsed `REDIS_URL`. */
export type RedisTarget =
  | { readonly kind: "single"; readonly url: string }
  | (RedisAccess & {
    readonly kind: "sentinel";
    readonly hosts: readonly RedisHost[];
    /** The sentinels' name for the monitored master. */
    readonly master: string;
    readonly database: number;
  })
  | (RedisAccess & { readonly kind: "cluster"; readonly hosts: readonly RedisHost[] });

const UNIX = /^unix:\/\/([^:@/?#]*(:[^@/?#]*)?@)?\/[^?#]*[^/?#](\?db=\d{1,5})?$/;
const MULTI_HOST_URL =
  /^(rediss?)-(sentinel|cluster):\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]+)(\/.*)?$/i;
const HOST = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/;
const MASTER = /^\/([A-Za-z0-9_.-]+)(?:\/(\d{1,5})?)?$/;

/** Whether the text is one of the forms above. */
export function isRedisUrl(text: string): boolean {
  return parseRedisUrl(text) !== undefined;
}

/** Whether the text would be a URL of sentinels if it named their master. */
export function lacksMaster(text: string): boolean {
  const [, , kind, , , , path = ""] = MULTI_HOST_URL.exec(text) ?? [];
  return kind?.toLowerCase() === "sentinel" && /^\/?$/.test(path) &&
    isRedisUrl(`${text.replace(/\/$/, "")}/master`);
}

/** Parses the forms above; undefined for any other text. */
export function parseRedisUrl(text: string): RedisTarget | undefined {
  if (!isDecodable(text)) return undefined;
  const [, scheme, kind, user, password, list = "", path = ""] = MULTI_HOST_URL.exec(text) ?? [];
  if (kind === undefined) return isSingle(text) ? { kind: "single", url: text } : undefined;
  const isCluster = kind.toLowerCase() === "cluster";
  const hosts = parseHosts(list, isCluster ? 6_379 : 26_379);
  if (hosts === undefined) return undefined;
  const access = {
    tls: scheme?.toLowerCase() === "rediss",
    ...(user && { username: decodeURIComponent(user) }),
    ...(password && { password: decodeURIComponent(password) }),
  };
  if (isCluster) {
    return path === "" || path === "/" ? { kind: "cluster", hosts, ...access } : undefined;
  }
  const [, master, database = "0"] = MASTER.exec(path) ?? [];
  if (master === undefined) return undefined;
  return { kind: "sentinel", hosts, master, database: Number(database), ...access };
}

function isSingle(text: string): boolean {
  // A user without a host is not a valid URL for the URL parser.
  if (text.startsWith("unix:")) return UNIX.test(text);
  const url = URL.parse(text);
  if (url === null) return false;
  return (url.protocol === "redis:" || url.protocol === "rediss:") && url.hostname !== "" &&
    /^(\/\d{0,5})?$/.test(url.pathname) && url.search === "" && url.hash === "";
}

function parseHosts(list: string, defaultPort: number): readonly RedisHost[] | undefined {
  const hosts: RedisHost[] = [];
  for (const item of list.split(",")) {
    const [, address, name, digits] = HOST.exec(item) ?? [];
    const host = address ?? name;
    const port = digits === undefined ? defaultPort : Number(digits);
    if (host === undefined || port < 1 || port > 65_535) return undefined;
    hosts.push({ host, port });
  }
  return hosts;
}

/** Whether every percent sign begins a valid escape: the Redis client throws otherwise. */
function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== "";
  } catch {
    return false;
  }
}

/** Removes the credentials, so that the URL can be logged. Works for invalid URLs too. */
export function withoutPassword(text: string): string {
  if (/^unix:\/\/\//.test(text)) return text;
  // Up to the last @, since a password may contain an unescaped one.
  return text.replace(/^([\w-]+:\/\/)?.*@/s, "$1");
}
