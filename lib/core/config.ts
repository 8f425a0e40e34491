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
import type { Cidr } from "./addresses.ts";
import type { OriginPolicy } from "./handshake.ts";
import { parseName } from "./names.ts";
import { isRedisUrl } from "./redis_url.ts";
import { choice, cidrs, optional, origins, type Setting, text, whole } from "./settings.ts";

/** All settings, read and checked; frozen. What each is for stands in the table below. */
export interface Config {
  /** 0 for any that is free. */
  readonly port: number;
  /** An address of this machine, or a name of one. */
  readonly host: string;
  /** Null for the embedded store. */
  readonly redisUrl: string | null;
  /** Begins every key and channel. */
  readonly redisPrefix: string;
  /** Path of a PEM file, or null for the authorities that the runtime knows. */
  readonly redisCaFile: string | null;
  /** Which pages may connect. */
  readonly allowedOrigins: OriginPolicy;
  /** Whose forwarded headers are believed. */
  readonly trustProxy: readonly Cidr[];
  /** Dead ones count too. */
  readonly maxConnections: number;
  /** 0 for no limit. */
  readonly connectionsPerAddress: number;
  /** In bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** 0 for no limit. */
  readonly messagesPerSecond: number;
  /** Overheads of waiting messages included. */
  readonly maxBufferedBytes: number;
  /** Silence after which a connection is pinged. */
  readonly pingSeconds: number;
  /** The word before a guest's number. */
  readonly guestName: string;
  /** The least that is logged. */
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** `auto` looks whether there is a terminal. */
  readonly logFormat: "auto" | "text" | "json";
}

const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
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
    allowed: "1–64 characters, none of them a space or a brace",
    fallback: "parley:",
    rule: (text) => /^[^\s{}\p{Cc}]{1,64}$/u.test(text),
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
};

/** A setting that cannot be used. */
export interface Problem {
  /** `MAX_CONNECTIONS` */
  readonly name: string;
  /** As it was given. */
  readonly value: string;
  /** What would be allowed, in words. */
  readonly allowed: string;
}

/** What has been read so far, by the fields of the config. */
type Values = Partial<Record<string, unknown>>;

/** All settings, in the order in which they are shown. */
export const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** Reads every setting. @param get Looks a name such as `PORT` up; undefined or "" for the default. */
export function parseConfig(
  get: (name: string) => string | undefined,
):
  | { readonly kind: "good"; readonly config: Config }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] } {
  const values: Values = {};
  const problems: Problem[] = [];
  for (const [field, setting] of Object.entries(SETTINGS)) {
    const value = get(setting.name)?.trim() || setting.fallback;
    values[field] = setting.parse(value);
    if (values[field] === undefined) {
      problems.push({ name: setting.name, value, allowed: setting.allowed });
    }
  }
  problems.push(...misfitsOf(values));
  if (problems.length > 0 || !isComplete(values)) return { kind: "bad", problems };
  return { kind: "good", config: Object.freeze(values) };
}

/** The table has an entry for every field of the config, each of the field's type: that is the table's own type. */
function isComplete(values: Values): values is Values & Config {
  return Object.keys(SETTINGS).every((field) => values[field] !== undefined);
}

/** Settings that are allowed each by itself, but not together. What is not allowed by itself has been told already. */
function misfitsOf({ redisCaFile, redisUrl }: Values): readonly Problem[] {
  if (typeof redisCaFile !== "string" || redisUrl === undefined) return [];
  if (typeof redisUrl === "string" && /^rediss:/i.test(redisUrl)) return [];
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
