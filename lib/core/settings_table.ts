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
  optional,
  origins,
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
  /** Kept of each room. */
  readonly historyMessages: number;
  /** 0 for ever. */
  readonly historyHours: number;
  /** Entries replayed to one who comes back. */
  readonly recoverLimit: number;
  /** Of one connection. */
  readonly maxRooms: number;
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
  workers: wholeUnless({
    name: "WORKERS",
    about: "Isolates that serve beside the main one; 0 serves in the main one",
    min: 0,
    max: 64,
    unless: "cores − 1, at least 1, on Linux; 0 elsewhere",
  }),
  maxMemoryMb: whole({
    name: "MAX_MEMORY_MB",
    about: "Memory of the process above which an isolate is recycled; 0 for no limit",
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
  historyMessages: whole({
    name: "HISTORY_MESSAGES",
    about: "Messages kept of each room",
    min: 1,
    max: 10_000_000,
    fallback: 1_000,
  }),
  historyHours: whole({
    name: "HISTORY_HOURS",
    about: "How long a message is kept; 0 for ever",
    min: 0,
    max: 1_000_000,
    fallback: 72,
  }),
  recoverLimit: whole({
    name: "RECOVER_LIMIT",
    about: "Most that is replayed to one who comes back",
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
