/**
 * Every setting there is, in one table, from which come the frozen {@linkcode Config}, `--help` and the README's table.
 * A bad setting is never passed over: all problems are collected, so that one start tells all of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const read = parseConfig((name) => ({ PORT: "9000" })[name]);
 * assert.equal(read.kind === "good" && read.config.port, 9000);
 * ```
 * @module
 */
import { parseName } from "./names.ts";
import { isRedisUrl } from "./redis_url.ts";
import { choice, cidrs, optional, origins, type Setting, text, whole } from "./settings.ts";

const SETTINGS = {
  port: whole({
    name: "PORT",
    about: "Port to listen on; 0 takes a free one",
    min: 0,
    max: 65535,
    fallback: 8080,
  }),
  host: text({
    name: "HOST",
    about: "Address to listen on; 0.0.0.0 for all",
    allowed: "an address or a host name",
    fallback: "127.0.0.1",
    rule: (text) => /^[A-Za-z0-9_.:-]+$/.test(text),
  }),
  redisUrl: optional({
    name: "REDIS_URL",
    about: "Redis that joins several instances; without it this instance is alone",
    allowed: "redis://, rediss:// or unix:// URL",
    rule: isRedisUrl,
  }),
  redisPrefix: text({
    name: "REDIS_PREFIX",
    about: "Begins every key and channel, so that several services can share one Redis",
    allowed: "up to 64 characters without spaces or braces",
    fallback: "parley:",
    rule: (text) => /^[^\s{}]{0,64}$/.test(text),
  }),
  redisCaFile: optional({
    name: "REDIS_CA_FILE",
    about: "Certificate authority to trust for rediss://",
    allowed: "a PEM file",
    rule: () => true,
  }),
  allowedOrigins: origins({
    name: "ALLOWED_ORIGINS",
    about: "Pages that may connect; same: those of the host and port asked",
  }),
  trustProxy: cidrs({
    name: "TRUST_PROXY",
    about: "Proxies whose X-Forwarded-For and -Host are believed",
  }),
  maxConnections: whole({
    name: "MAX_CONNECTIONS",
    about: "Connections at a time; keep it below the limit of open files",
    min: 1,
    max: 1_000_000,
    fallback: 10_000,
  }),
  connectionsPerAddress: whole({
    name: "CONNECTIONS_PER_ADDRESS",
    about: "Connections at a time from one IPv4 address or IPv6 /64; 0 for no limit",
    min: 0,
    max: 1_000_000,
    fallback: 0,
  }),
  maxMessageBytes: whole({
    name: "MAX_MESSAGE_BYTES",
    about: "Longest message, in bytes of UTF-8",
    min: 1,
    max: 16 * 1024 * 1024,
    fallback: 65_535,
  }),
  messagesPerSecond: whole({
    name: "MESSAGES_PER_SECOND",
    about: "Messages a second from one connection, three times as many at once; 0 for no limit",
    min: 0,
    max: 100_000,
    fallback: 10,
  }),
  maxBufferedBytes: whole({
    name: "MAX_BUFFERED_BYTES",
    about: "How far a reader may fall behind before it is parked",
    min: 1024,
    max: 1024 * 1024 * 1024,
    fallback: 1024 * 1024,
  }),
  pingSeconds: whole({
    name: "PING_SECONDS",
    about: "A connection silent for so long is pinged, and after twice that it is gone",
    min: 1,
    max: 3600,
    fallback: 25,
  }),
  guestName: text({
    name: "GUEST_NAME",
    about: "Word that the names of guests begin with",
    allowed: "1–24 characters that may begin a name",
    fallback: "网友",
    // What is left of the 32 characters of a name is for the number.
    rule: (text) => [...text].length <= 24 && parseName(`${text}1`) === `${text}1`,
  }),
  logLevel: choice({
    name: "LOG_LEVEL",
    about: "Least that is logged",
    of: ["debug", "info", "warning", "error"],
    fallback: "info",
  }),
  logFormat: choice({
    name: "LOG_FORMAT",
    about: "auto: lines for people on a terminal, JSON lines otherwise",
    of: ["auto", "text", "json"],
    fallback: "auto",
  }),
} as const;

type Value<S> = S extends Setting<infer T> ? T : never;

/** All settings, read and checked; frozen. */
export type Config = { readonly [K in keyof typeof SETTINGS]: Value<(typeof SETTINGS)[K]> };

/** A setting that cannot be used. */
export interface Problem {
  readonly name: string;
  readonly value: string;
  readonly allowed: string;
}

/** All settings, in the order in which they are shown. */
export const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** Reads every setting. @param get Looks a name such as `PORT` up; undefined or "" for the default. */
export function parseConfig(
  get: (name: string) => string | undefined,
):
  | { readonly kind: "good"; readonly config: Config }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] } {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [field, setting] of Object.entries(SETTINGS)) {
    const value = get(setting.name)?.trim() || setting.fallback;
    values[field] = setting.parse(value);
    if (values[field] === undefined) {
      problems.push({ name: setting.name, value, allowed: setting.allowed });
    }
  }
  if (problems.length > 0) return { kind: "bad", problems };
  const config = Object.freeze(values as Config);
  const misfits = misfitsOf(config);
  return misfits.length > 0 ? { kind: "bad", problems: misfits } : { kind: "good", config };
}

/** Settings that are allowed each by itself, but not together. */
function misfitsOf({ redisCaFile, redisUrl }: Config): readonly Problem[] {
  if (redisCaFile === null || redisUrl?.startsWith("rediss:")) return [];
  return [{
    name: "REDIS_CA_FILE",
    value: redisCaFile,
    allowed: "only with a REDIS_URL that begins with rediss://",
  }];
}

/** The flag of a setting: `MAX_CONNECTIONS` is `--max-connections`. */
export function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll("_", "-")}`;
}
