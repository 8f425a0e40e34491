/**
 * The table of all settings: for each, what it is called, what it may be, what it is for. A new one stands here and nowhere
 * else; whatever names settings is made from this table or held to it by a test.
 * @module
 */
import type { Cidr } from "./addresses.ts";
import type { OriginPolicy } from "./handshake.ts";
import { parseName } from "./names.ts";
import { isRedisUrl } from "./redis_url.ts";
import {
  choice,
  cidrs,
  hosts,
  httpUrl,
  optional,
  origins,
  portUnless,
  type Setting,
  text,
  whole,
  wholeUnless,
  yesNo,
} from "./settings.ts";

/** All settings, read and checked; frozen. What each is for stands in the table below. */
export interface Config {
  /** 0 for any that is free. */
  readonly port: number;
  /** An address of this machine, or a name of one. */
  readonly host: string;
  /** The URL at which clients reach the service, without a trailing slash; null if unset. */
  readonly publicUrl: string | null;
  /** Where metrics and details of readiness are served. */
  readonly adminHost: string;
  /** 0 for any that is free; null for {@linkcode DEFAULT_ADMIN_PORT} if it is free. */
  readonly adminPort: number | "off" | null;
  /** The bearer token for metrics and details of readiness. */
  readonly adminToken: string | null;
  /** Isolates that serve beside the main one; null for as many as there are cores for. */
  readonly workers: number | null;
  /** Of the whole process; 0 for no limit. */
  readonly maxMemoryMb: number;
  /** Null for the embedded store. */
  readonly redisUrl: string | null;
  /** Begins every key and channel. */
  readonly redisPrefix: string;
  /** Path of a PEM file, or null for the authorities that the runtime knows. */
  readonly redisCaFile: string | null;
  /** Whether it never loses what it has acknowledged, also when it restarts. */
  readonly redisDurable: boolean;
  /** Folder of the embedded store; `:memory:` for none. */
  readonly dataDir: string;
  /** Signs the tokens by which people come back; null for one that is made. */
  readonly sessionSecret: string | null;
  /** Kept of each room; null for the store's own default. */
  readonly historyMessages: number | null;
  /** 0 for no limit; null for the store's own default. */
  readonly historyHours: number | null;
  /** In MiB; 0 for no limit. */
  readonly maxStoreMb: number;
  /** Rooms that hold anything; 0 for no limit. */
  readonly maxRoomsTotal: number;
  /** Entries replayed to one who comes back. */
  readonly recoverLimit: number;
  /** Of one connection. */
  readonly maxRooms: number;
  /** Which pages may connect. */
  readonly allowedOrigins: OriginPolicy;
  /** Host names beside those that are always allowed, or any. */
  readonly allowedHosts: readonly string[] | "*";
  /** Whose forwarded headers are believed. */
  readonly trustProxy: readonly Cidr[];
  /** Dead ones count too. */
  readonly maxConnections: number;
  /** 0 for no limit. */
  readonly connectionsPerAddress: number;
  /** From one address; 0 for no limit. */
  readonly handshakesPerSecond: number;
  /** In bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** 0 for no limit. */
  readonly messagesPerSecond: number;
  /** Received from one connection; 0 for no limit. */
  readonly bytesPerSecond: number;
  /** Overheads of waiting messages included. */
  readonly maxBufferedBytes: number;
  /** Silence after which a connection is pinged. */
  readonly pingSeconds: number;
  /** Whether `/s` answers. */
  readonly echo: "on" | "off";
  /** The word before a guest's number. */
  readonly guestName: string;
  /** The least that is logged. */
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** `auto` looks whether there is a terminal. */
  readonly logFormat: "auto" | "text" | "json";
}

/** The default port of the admin listener. */
export const DEFAULT_ADMIN_PORT = 9464;

/** What is kept per room by default, by the kind of store. */
export const HISTORY_DEFAULTS = {
  embedded: { messages: 100_000, hours: 0 },
  redis: { messages: 1_000, hours: 72 },
} as const;

/** For each field of the config, its setting. */
export const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
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
  publicUrl: httpUrl({
    name: "PUBLIC_URL",
    about: "URL at which clients reach the service, for example behind a proxy",
  }),
  adminHost: text({
    name: "ADMIN_HOST",
    about: "Address of the admin listener: /metrics, and details at /healthz and /readyz",
    allowed: "an address or a host name",
    fallback: "127.0.0.1",
    rule: (text) => /^[A-Za-z0-9_.:-]+$/.test(text),
  }),
  adminPort: portUnless({
    name: "ADMIN_PORT",
    about: "Port of the admin listener; 0 takes a free one",
    unless: `${DEFAULT_ADMIN_PORT} if it is free`,
  }),
  adminToken: optional({
    name: "ADMIN_TOKEN",
    about: "Bearer token for the admin paths; with it they are served on PORT as well",
    allowed: "at least 16 characters",
    isSecret: true,
    rule: (text) => text.length >= 16,
  }),
  workers: wholeUnless({
    name: "WORKERS",
    about: "Isolates that serve beside the main one; 0 serves in the main one",
    min: 0,
    max: 64,
    unless: "cores − 1, at least 1, on Linux; 0 elsewhere",
  }),
  maxMemoryMb: whole({
    name: "MAX_MEMORY_MB",
    about: "Memory of the process above which connections are refused; 0 for no limit",
    min: 0,
    max: 1_000_000,
    fallback: 4_096,
  }),
  redisUrl: optional({
    name: "REDIS_URL",
    about: "Redis that joins several instances; without it this instance is alone",
    allowed:
      "redis://, rediss://, unix://, redis-sentinel:// or redis-cluster:// URL (rediss- for TLS)",
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
    about: "Certificate authority to trust for rediss:// and its like",
    allowed: "a PEM file",
    rule: () => true,
  }),
  redisDurable: yesNo({
    name: "REDIS_DURABLE",
    about: "Redis never loses what it acknowledged: appendfsync always and no failover",
    fallback: "no",
  }),
  dataDir: text({
    name: "DATA_DIR",
    about: "Folder where the embedded store keeps what was said; :memory: keeps nothing",
    allowed: "a folder, or :memory:",
    fallback: "./data",
    rule: (text) => !/\p{Cc}/u.test(text),
  }),
  sessionSecret: optional({
    name: "SESSION_SECRET",
    about: "Signs the tokens by which people come back; without it one is made and kept",
    allowed: "at least 16 characters, the same on all instances",
    isSecret: true,
    rule: (text) => text.length >= 16,
  }),
  historyMessages: wholeUnless({
    name: "HISTORY_MESSAGES",
    about: "Messages kept per room; at least RECOVER_LIMIT are",
    min: 1,
    max: 10_000_000,
    unless: "100,000 in the embedded store, 1,000 in Redis",
  }),
  historyHours: wholeUnless({
    name: "HISTORY_HOURS",
    about: "Age at which messages are deleted; 0 for no limit",
    min: 0,
    max: 1_000_000,
    unless: "no limit in the embedded store, 72 in Redis",
  }),
  maxStoreMb: whole({
    name: "MAX_STORE_MB",
    about: "Size of the stored data above which messages are refused; 0 for no limit",
    min: 0,
    max: 100_000_000,
    fallback: 10_240,
  }),
  maxRoomsTotal: whole({
    name: "MAX_ROOMS_TOTAL",
    about: "Number of stored rooms above which no new one is created; 0 for no limit",
    min: 0,
    max: 100_000_000,
    fallback: 100_000,
  }),
  recoverLimit: whole({
    name: "RECOVER_LIMIT",
    about: "Maximum number of entries replayed to a reconnecting client",
    min: 1,
    max: 10_000,
    fallback: 1_000,
  }),
  maxRooms: whole({
    name: "MAX_ROOMS",
    about: "Rooms that one connection may be in",
    min: 1,
    max: 10_000,
    fallback: 32,
  }),
  allowedOrigins: origins({
    name: "ALLOWED_ORIGINS",
    about: "Pages that may connect; same: those of the host and port asked",
  }),
  allowedHosts: hosts({
    name: "ALLOWED_HOSTS",
    about: "Host names accepted besides loopback names, IP addresses, HOST and that of PUBLIC_URL",
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
    about:
      "Connections at a time from one IPv4 address or IPv6 /64; 0 for no limit; loopback has none",
    min: 0,
    max: 1_000_000,
    fallback: 256,
  }),
  handshakesPerSecond: whole({
    name: "HANDSHAKES_PER_SECOND",
    about: "New connections per second from one address, ten times as many at once; 0 for no limit",
    min: 0,
    max: 100_000,
    fallback: 20,
  }),
  maxMessageBytes: whole({
    name: "MAX_MESSAGE_BYTES",
    about: "Longest text, in bytes of UTF-8",
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
  bytesPerSecond: whole({
    name: "BYTES_PER_SECOND",
    about: "Bytes per second from one connection, with bursts above; 0 for no limit",
    min: 0,
    max: 1_000_000_000,
    fallback: 32_768,
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
  echo: choice({
    name: "ECHO",
    about: "Whether the echo endpoint /s answers",
    of: ["on", "off"],
    fallback: "on",
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
