/**
 * The table of all settings. In the code, add a setting here and nowhere else. What else lists settings is generated from
 * this table, or checked against it by a test (CONTRIBUTING.md, "Add a setting").
 * @module
 */
import { ROOM_CREATORS, type RoomCreators } from "../auth/rights.ts";
import type { GroupRole } from "../auth/group_roles.ts";
import type { Cidr } from "../http/ip_address.ts";
import type { OriginPolicy } from "../http/handshake.ts";
import { parseName } from "../names/names.ts";
import { isRedisUrl, lacksMaster } from "./redis_url.ts";
import type { FramerPolicy } from "../http/cross_origin.ts";
import {
  choice,
  cidrs,
  framers,
  groupRoles,
  headerName,
  hostNames,
  httpUrl,
  listenHost,
  optionalText,
  origins,
  portOrUnset,
  secureUrl,
  type Setting,
  type SigningSecret,
  signingSecrets,
  targetUrl,
  text,
  webhookSecret,
  wholeNumber,
  wholeNumberOrUnset,
  yesNo,
} from "./setting_kinds.ts";

/** All settings, validated and frozen. The table below describes each. */
export interface Config {
  /** 0 for any free port. */
  readonly port: number;
  /** An address of this machine, or a host name. */
  readonly host: string;
  /** The URL at which clients reach the service, without a trailing slash; null if unset. */
  readonly publicUrl: string | null;
  /** Path of a PEM file with the certificate of the listener, and those between it and its authority; null for HTTP. */
  readonly tlsCertFile: string | null;
  /** Path of a PEM file with the private key of that certificate; null for HTTP. */
  readonly tlsKeyFile: string | null;
  /** The address on which metrics and readiness details are served. */
  readonly adminHost: string;
  /** 0 for any free port; null for {@linkcode DEFAULT_ADMIN_PORT} if it is free. */
  readonly adminPort: number | "off" | null;
  /** The bearer token for metrics and readiness details. */
  readonly adminToken: string | null;
  /** What serves HTTP and WebSockets. */
  readonly websocketEngine: EngineName;
  /** Number of workers besides the main thread; null for the default by number of cores. */
  readonly workers: number | null;
  /** Limit of the whole process, in MiB; 0 for no limit. */
  readonly maxMemoryMb: number;
  /** Null for the embedded store. */
  readonly redisUrl: string | null;
  /** Prefix of every key and channel. */
  readonly redisPrefix: string;
  /** Path of a PEM file; null for the runtime's own certificate authorities. */
  readonly redisCaFile: string | null;
  /** Whether Redis never loses acknowledged writes, even when it restarts. */
  readonly redisDurable: boolean;
  /** Folder of the embedded store; `:memory:` stores nothing on disk. */
  readonly dataDir: string;
  /** Signs session tokens; null for a generated secret. */
  readonly sessionSecret: string | null;
  /** Whether guests are welcome, or every user needs a token. */
  readonly auth: "open" | "required";
  /** Who may create rooms; see `ROOM_CREATORS`. */
  readonly roomCreation: RoomCreators;
  /** Verifies tokens with HS256: secrets, each with the id of its key or without; null if unset. */
  readonly jwtSecret: readonly SigningSecret[] | null;
  /** Path of a PEM file with the public key that verifies tokens; null if unset. */
  readonly jwtPublicKeyFile: string | null;
  /** Where the public keys that verify tokens are published; null if unset. */
  readonly jwksUrl: string | null;
  /** The issuer that tokens must have; null for any. */
  readonly jwtIssuer: string | null;
  /** The audience that tokens must have; null for any. */
  readonly jwtAudience: string | null;
  /** Header in which a trusted proxy states the user, as the setting spells it; null if no proxy signs users in. */
  readonly authProxyHeader: string | null;
  /** The OpenID provider that signs users of the page in; null if none does. */
  readonly oidcIssuer: string | null;
  /** This service, as the provider knows it; null if none does. */
  readonly oidcClientId: string | null;
  /** Proves to the provider that it is this service; null if unset. */
  readonly oidcClientSecret: string | null;
  /** What the provider is asked for, separated by spaces. */
  readonly oidcScopes: string;
  /** The provider's claim with the groups of a user. */
  readonly oidcGroupClaim: string;
  /** The roles that those groups give. */
  readonly oidcRoles: readonly GroupRole[];
  /** Messages kept per room; null for the store's default. */
  readonly historyMessages: number | null;
  /** 0 for no limit; null for the store's default. */
  readonly historyHours: number | null;
  /** In MiB; 0 for no limit. */
  readonly maxStoreMb: number;
  /** Maximum number of stored rooms; 0 for no limit. */
  readonly maxRoomsTotal: number;
  /** Maximum number of entries replayed to a reconnecting client. */
  readonly recoverLimit: number;
  /** Maximum number of rooms per connection. */
  readonly maxRooms: number;
  /** Pages that may connect and import the client library. */
  readonly allowedOrigins: OriginPolicy;
  /** Pages that may show the service's pages in a frame. */
  readonly allowedFramers: FramerPolicy;
  /** Host names in addition to those that are always allowed, or any. */
  readonly allowedHosts: readonly string[] | "*";
  /** Proxies whose forwarded headers are trusted. */
  readonly trustProxy: readonly Cidr[];
  /** Dead connections count too. */
  readonly maxConnections: number;
  /** 0 for no limit. */
  readonly connectionsPerAddress: number;
  /** Handshakes per address; 0 for no limit. */
  readonly handshakesPerSecond: number;
  /** In bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** 0 for no limit. */
  readonly messagesPerSecond: number;
  /** Limit on bytes received from one connection; 0 for no limit. */
  readonly bytesPerSecond: number;
  /** Includes the runtime's overhead for queued messages. */
  readonly maxBufferedBytes: number;
  /** Longest time for which messages of a busy room wait for others; 0 for none. */
  readonly maxBatchMs: number;
  /** Silence after which a connection is pinged. */
  readonly pingSeconds: number;
  /** Maximum time for which a stop waits for clients to answer. */
  readonly drainSeconds: number;
  /** Whether `/s` answers. */
  readonly echo: "on" | "off";
  /** Prefix for guest names; null for one in the guest's language. */
  readonly guestName: string | null;
  /** Path of the word list; null for none. */
  readonly blockedWordsFile: string | null;
  /** Where messages are reviewed before they enter a room; null if they are not reviewed. */
  readonly moderationUrl: string | null;
  /** Signs the requests to it; null without one. */
  readonly moderationSecret: string | null;
  /** Whether messages enter a room, or are refused, if there is no answer. */
  readonly moderationFails: "open" | "closed";
  /** Whether webhooks can lead to addresses that are not public, and use plain HTTP. */
  readonly webhookAllowPrivate: boolean;
  /** Minimum log level. */
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** `auto` is text on a terminal and JSON otherwise. */
  readonly logFormat: "auto" | "text" | "json";
}

/** `deno` is the runtime's own server, `node` is `node:http` with the package `ws`. */
export type EngineName = "deno" | "node";

/** Environment variables that packages read when they are loaded. The service needs permission to read them, and sets none. */
export const PACKAGE_VARIABLES: readonly string[] = ["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE"];

/** The default port of the admin listener. */
export const DEFAULT_ADMIN_PORT = 9464;

/** Default retention per room, by kind of store. */
export const HISTORY_DEFAULTS = {
  embedded: { messages: 100_000, hours: 0 },
  redis: { messages: 1_000, hours: 72 },
} as const;

/** The setting for each field of the config. */
export const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  port: wholeNumber({
    name: "PORT",
    about: "Port to listen on; 0 for any free port",
    min: 0,
    max: 65535,
    fallback: 8080,
  }),
  host: listenHost({
    name: "HOST",
    about: "Address to listen on; 0.0.0.0 for all addresses",
    fallback: "127.0.0.1",
    port: "PORT",
  }),
  publicUrl: httpUrl({
    name: "PUBLIC_URL",
    about: "URL at which clients reach the service, for example behind a proxy",
  }),
  tlsCertFile: optionalText({
    name: "TLS_CERT_FILE",
    about: "Certificate chain for HTTPS on PORT; read again when it changes",
    allowed: "a PEM file",
    rule: () => true,
  }),
  tlsKeyFile: optionalText({
    name: "TLS_KEY_FILE",
    about: "Private key of the certificate; read again when it changes",
    allowed: "a PEM file",
    rule: () => true,
  }),
  adminHost: listenHost({
    name: "ADMIN_HOST",
    about:
      "Address of the admin listener, which serves /metrics and details at /healthz and /readyz",
    fallback: "127.0.0.1",
    port: "ADMIN_PORT",
  }),
  adminPort: portOrUnset({
    name: "ADMIN_PORT",
    about: "Port of the admin listener; 0 for any free port",
    unless: `${DEFAULT_ADMIN_PORT} if it is free`,
  }),
  adminToken: optionalText({
    name: "ADMIN_TOKEN",
    about:
      "Bearer token for the admin paths, invites, users and revocations; if set, they are also served on PORT",
    allowed: "at least 16 characters",
    isSecret: true,
    rule: (text) => text.length >= 16,
  }),
  websocketEngine: choice({
    name: "WEBSOCKET_ENGINE",
    about:
      "What serves HTTP and WebSockets: deno is the runtime's own server, node (node:http with ws) is the safer one on the open internet",
    of: ["deno", "node"],
    fallback: "deno",
  }),
  workers: wholeNumberOrUnset({
    name: "WORKERS",
    about: "Number of workers that serve connections; 0 serves them in the main thread",
    min: 0,
    max: 64,
    unless: "cores − 1, at least 1, on Linux; 0 elsewhere",
  }),
  maxMemoryMb: wholeNumber({
    name: "MAX_MEMORY_MB",
    about: "Process memory in MiB above which new connections are refused; 0 for no limit",
    min: 0,
    max: 1_000_000,
    fallback: 4_096,
  }),
  redisUrl: optionalText({
    name: "REDIS_URL",
    about: "Redis that connects several instances; if unset, this instance runs alone",
    allowed:
      "redis://, rediss://, unix://, redis-sentinel:// or redis-cluster:// URL (rediss- for TLS)",
    hasPassword: true,
    rule: isRedisUrl,
    explain: (text) =>
      lacksMaster(text)
        ? "with the name of the master after the sentinels, such as redis-sentinel://host:26379/mymaster"
        : undefined,
  }),
  redisPrefix: text({
    name: "REDIS_PREFIX",
    about: "Prefix of every key and channel, so that several services can share one Redis",
    allowed: "1–64 characters, no spaces or braces",
    fallback: "parley:",
    rule: (text) => /^[^\s{}\p{Cc}]{1,64}$/u.test(text),
  }),
  redisCaFile: optionalText({
    name: "REDIS_CA_FILE",
    about: "Certificate authority to trust for TLS connections to Redis",
    allowed: "a PEM file",
    rule: () => true,
  }),
  redisDurable: yesNo({
    name: "REDIS_DURABLE",
    about: "Whether Redis never loses acknowledged writes: appendfsync always and no failover",
    fallback: "no",
  }),
  dataDir: text({
    name: "DATA_DIR",
    about: "Folder of the embedded store; :memory: stores nothing on disk",
    allowed: "a folder, or :memory:",
    fallback: "./data",
    rule: (text) => !/\p{Cc}/u.test(text),
  }),
  sessionSecret: optionalText({
    name: "SESSION_SECRET",
    about: "Secret that signs session tokens; if unset, one is generated and stored",
    allowed: "at least 16 characters, the same on all instances",
    isSecret: true,
    rule: (text) => text.length >= 16,
  }),
  auth: choice({
    name: "AUTH",
    about:
      "Who may chat: open welcomes guests, required only members (parley invite) and users of your app, OIDC_ISSUER or AUTH_PROXY_HEADER",
    of: ["open", "required"],
    fallback: "open",
  }),
  roomCreation: choice({
    name: "ROOM_CREATION",
    about:
      "Who may create rooms: anyone, everyone but guests (members), or owners and moderators (moderators)",
    of: ROOM_CREATORS,
    fallback: "anyone",
  }),
  jwtSecret: signingSecrets({
    name: "JWT_SECRET",
    about: "Secret with which your app signs tokens (HS256); several as kid=secret, with commas",
  }),
  jwtPublicKeyFile: optionalText({
    name: "JWT_PUBLIC_KEY_FILE",
    about: "Public key of your app's tokens (RS256, ES256, ES384 or EdDSA, by the kind of key)",
    allowed: "a PEM file",
    rule: () => true,
  }),
  jwksUrl: secureUrl({
    name: "JWKS_URL",
    about: "Where the public keys of tokens are published; needs JWT_ISSUER and JWT_AUDIENCE",
  }),
  jwtIssuer: optionalText({
    name: "JWT_ISSUER",
    about: "Issuer that tokens must name (iss)",
    allowed: "at most 255 characters",
    rule: (text) => text.length <= 255,
  }),
  jwtAudience: optionalText({
    name: "JWT_AUDIENCE",
    about: "Audience that tokens must name (aud)",
    allowed: "at most 255 characters",
    rule: (text) => text.length <= 255,
  }),
  authProxyHeader: headerName({
    name: "AUTH_PROXY_HEADER",
    about: "Header in which a proxy of TRUST_PROXY states the user whom it has signed in",
  }),
  oidcIssuer: secureUrl({
    name: "OIDC_ISSUER",
    about: "OpenID provider at which users of the page sign in; needs PUBLIC_URL",
  }),
  oidcClientId: optionalText({
    name: "OIDC_CLIENT_ID",
    about: "Id of this service at that provider",
    allowed: "at most 255 characters",
    rule: (text) => text.length <= 255,
  }),
  oidcClientSecret: optionalText({
    name: "OIDC_CLIENT_SECRET",
    about: "Secret of this service at that provider",
    allowed: "at most 1024 characters",
    isSecret: true,
    rule: (text) => text.length <= 1_024,
  }),
  oidcScopes: text({
    name: "OIDC_SCOPES",
    about: "What the provider is asked for; some need another scope for groups",
    allowed: "scopes separated by spaces, with openid among them",
    fallback: "openid profile email",
    rule: (text) =>
      /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text) && text.split(" ").includes("openid"),
  }),
  oidcGroupClaim: text({
    name: "OIDC_GROUP_CLAIM",
    about: "The provider's claim that lists the groups of a user",
    allowed: "1 to 255 characters",
    fallback: "groups",
    rule: (text) => text.length <= 255,
  }),
  oidcRoles: groupRoles({
    name: "OIDC_ROLES",
    about: "Roles of users by group, such as chat-admins=owner",
  }),
  historyMessages: wholeNumberOrUnset({
    name: "HISTORY_MESSAGES",
    about: "Number of messages kept per room; never less than RECOVER_LIMIT",
    min: 1,
    max: 10_000_000,
    unless: "100,000 in the embedded store, 1,000 in Redis",
  }),
  historyHours: wholeNumberOrUnset({
    name: "HISTORY_HOURS",
    about: "Age in hours at which messages are deleted; 0 for no limit",
    min: 0,
    max: 1_000_000,
    unless: "no limit in the embedded store, 72 in Redis",
  }),
  maxStoreMb: wholeNumber({
    name: "MAX_STORE_MB",
    about: "Size of the stored data in MiB above which messages are refused; 0 for no limit",
    min: 0,
    max: 100_000_000,
    fallback: 10_240,
  }),
  maxRoomsTotal: wholeNumber({
    name: "MAX_ROOMS_TOTAL",
    about: "Maximum number of stored rooms; 0 for no limit",
    min: 0,
    max: 100_000_000,
    fallback: 100_000,
  }),
  recoverLimit: wholeNumber({
    name: "RECOVER_LIMIT",
    about: "Maximum number of entries replayed to a reconnecting client",
    min: 1,
    max: 10_000,
    fallback: 1_000,
  }),
  maxRooms: wholeNumber({
    name: "MAX_ROOMS",
    about: "Maximum number of rooms per connection",
    min: 1,
    max: 10_000,
    fallback: 32,
  }),
  allowedOrigins: origins({
    name: "ALLOWED_ORIGINS",
    about: "Origins of pages that may connect; same: only those with the requested host and port",
  }),
  allowedFramers: framers({
    name: "ALLOWED_FRAMERS",
    about: "Origins of pages that may show the chat in a frame; same: only the chat's own origin",
  }),
  allowedHosts: hostNames({
    name: "ALLOWED_HOSTS",
    about:
      "Host names accepted in addition to loopback names, IP addresses, HOST and the host of PUBLIC_URL",
  }),
  trustProxy: cidrs({
    name: "TRUST_PROXY",
    about: "Proxies whose X-Forwarded-For, X-Forwarded-Host and AUTH_PROXY_HEADER are trusted",
  }),
  maxConnections: wholeNumber({
    name: "MAX_CONNECTIONS",
    about: "Maximum number of concurrent connections; keep it below the open-file limit",
    min: 1,
    max: 1_000_000,
    fallback: 10_000,
  }),
  connectionsPerAddress: wholeNumber({
    name: "CONNECTIONS_PER_ADDRESS",
    about:
      "Maximum number of concurrent connections from one IPv4 address or IPv6 /64; 0 for no limit; loopback is exempt",
    min: 0,
    max: 1_000_000,
    fallback: 256,
  }),
  handshakesPerSecond: wholeNumber({
    name: "HANDSHAKES_PER_SECOND",
    about:
      "New connections per second from one address, with bursts of ten times as many; 0 for no limit",
    min: 0,
    max: 100_000,
    fallback: 20,
  }),
  maxMessageBytes: wholeNumber({
    name: "MAX_MESSAGE_BYTES",
    about: "Maximum length of a text, in bytes of UTF-8",
    min: 1,
    max: 16 * 1024 * 1024,
    fallback: 65_535,
  }),
  messagesPerSecond: wholeNumber({
    name: "MESSAGES_PER_SECOND",
    about:
      "Messages per second from one connection, with bursts of three times as many; 0 for no limit",
    min: 0,
    max: 100_000,
    fallback: 10,
  }),
  bytesPerSecond: wholeNumber({
    name: "BYTES_PER_SECOND",
    about: "Bytes per second from one connection, with bursts of 16 times as many; 0 for no limit",
    min: 0,
    max: 1_000_000_000,
    fallback: 32_768,
  }),
  maxBufferedBytes: wholeNumber({
    name: "MAX_BUFFERED_BYTES",
    about: "Maximum backlog of a connection, in bytes; a slower reader is dropped",
    min: 1024,
    max: 1024 * 1024 * 1024,
    fallback: 1024 * 1024,
  }),
  maxBatchMs: wholeNumber({
    name: "MAX_BATCH_MS",
    about:
      "Maximum time in milliseconds for which messages of a large, busy room wait so that they are sent together; 0 for none",
    min: 0,
    max: 1_000,
    fallback: 25,
  }),
  pingSeconds: wholeNumber({
    name: "PING_SECONDS",
    about: "Seconds of silence after which a connection is pinged; after twice that it is closed",
    min: 1,
    max: 3600,
    fallback: 25,
  }),
  drainSeconds: wholeNumber({
    name: "DRAIN_SECONDS",
    about:
      "Maximum time in seconds for which a stop waits for clients to answer; keep it at least four seconds below the time after which the service manager kills the process",
    min: 1,
    max: 3600,
    fallback: 8,
  }),
  echo: choice({
    name: "ECHO",
    about: "Whether the echo endpoint /s answers",
    of: ["on", "off"],
    fallback: "on",
  }),
  guestName: optionalText({
    name: "GUEST_NAME",
    about: "Prefix for guest names",
    allowed: "1–24 characters that a name can begin with; unset: Guest, or 网友 in Chinese",
    // The rest of a name's 32 characters is for the number.
    rule: (text) => [...text].length <= 24 && parseName(`${text}1`) === `${text}1`,
  }),
  blockedWordsFile: optionalText({
    name: "BLOCKED_WORDS_FILE",
    about: "Words that messages may not contain, or that are masked; read again when it changes",
    allowed: "a text file, an entry per line",
    rule: () => true,
  }),
  moderationUrl: targetUrl({
    name: "MODERATION_URL",
    about:
      "A URL to which each message is posted before it enters a room, and whose answer decides about it",
  }),
  moderationSecret: webhookSecret({
    name: "MODERATION_SECRET",
    about: "The secret that signs these requests",
  }),
  moderationFails: choice({
    name: "MODERATION_FAILS",
    about:
      "What becomes of messages without an answer: closed refuses them, or overloading MODERATION_URL would end the review; open lets them in",
    of: ["closed", "open"],
    fallback: "closed",
  }),
  webhookAllowPrivate: yesNo({
    name: "WEBHOOK_ALLOW_PRIVATE",
    about: "Whether webhooks may lead to private addresses, and use plain HTTP",
    fallback: "no",
  }),
  logLevel: choice({
    name: "LOG_LEVEL",
    about: "Minimum log level",
    of: ["debug", "info", "warning", "error"],
    fallback: "info",
  }),
  logFormat: choice({
    name: "LOG_FORMAT",
    about: "Log format; auto: text on a terminal, JSON lines otherwise",
    of: ["auto", "text", "json"],
    fallback: "auto",
  }),
};
