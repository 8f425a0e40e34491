/**
 * Reads and validates the settings of the table into a frozen {@linkcode Config}. Invalid settings are never ignored:
 * all of them are collected, so that one start reports them all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const read = parseConfig((name) => ({ PORT: "9000" })[name]);
 * assert.equal(read.kind === "good" && read.config.port, 9000);
 * ```
 * @module
 */
import type { Setting } from "./setting_kinds.ts";
import { type Config, SETTINGS } from "./settings_table.ts";
import { listensOnAll } from "./startup_message.ts";

export type { Config } from "./settings_table.ts";

/** An invalid setting. */
export interface ConfigProblem {
  /** `MAX_CONNECTIONS` */
  readonly name: string;
  /** The given value; `…` if it is secret. */
  readonly value: string;
  /** What is allowed, in words. */
  readonly allowed: string;
}

/** Texts that were read from files, by setting; undefined for a file that has been reported. They are never shown. */
export type SecretTexts = ReadonlyMap<string, string | undefined>;

/** The values read so far, by field of the config. */
type Values = Partial<Record<string, unknown>>;

/** Whether tokens of an app, or groups at an OpenID provider, can make users moderators who are no members. */
export function canStateModerators(
  { jwtSecret, jwtPublicKeyFile, jwksUrl, oidcRoles }: Pick<
    Config,
    "jwtSecret" | "jwtPublicKeyFile" | "jwksUrl" | "oidcRoles"
  >,
): boolean {
  const acceptsTokens = [jwtSecret, jwtPublicKeyFile, jwksUrl].some((it) => it !== null);
  return acceptsTokens || oidcRoles.some(({ role }) => role !== "member");
}

/** All settings, in display order. */
export const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);

/**
 * Reads all settings.
 *
 * @param get Returns the text of a name such as `PORT`; undefined or "" for the default.
 * @param secrets Texts that are used instead.
 * @param isServing Whether a service runs with these settings. Only then must they fit together: a command that asks the
 *   service, or copies its store, may be given only some of the service's settings.
 */
export function parseConfig(
  get: (name: string) => string | undefined,
  secrets: SecretTexts = new Map(),
  isServing = true,
):
  | { readonly kind: "good"; readonly config: Config }
  | { readonly kind: "bad"; readonly problems: readonly ConfigProblem[] } {
  const values: Values = {};
  const problems: ConfigProblem[] = [];
  for (const [field, setting] of Object.entries(SETTINGS)) {
    const isInFile = secrets.has(setting.name);
    const text = isInFile ? secrets.get(setting.name) : get(setting.name) ?? "";
    if (text === undefined) continue;
    const value = text.trim() || setting.fallback;
    values[field] = setting.parse(value);
    if (values[field] === undefined) {
      const shown = setting.isSecret || isInFile ? "…" : value;
      const allowed = setting.explain?.(value) ?? setting.allowed;
      problems.push({ name: setting.name, value: shown, allowed });
    }
  }
  if (isServing) problems.push(...crossFieldProblems(values));
  if (problems.length > 0 || !isComplete(values)) return { kind: "bad", problems };
  return { kind: "good", config: Object.freeze(values) };
}

/** By its type, the table has a setting for every field of the config, each with the field's type. */
function isComplete(values: Values): values is Values & Config {
  return Object.keys(SETTINGS).every((field) => values[field] !== undefined);
}

/** Settings that are each valid but not in combination. Those that are invalid alone are already reported. */
function crossFieldProblems(values: Values): readonly ConfigProblem[] {
  return [
    adminPortProblems,
    redisCaProblems,
    tlsProblems,
    tokenProblems,
    proxyUserProblems,
    signInProblems,
    cookieProblems,
    moderationProblems,
  ]
    .flatMap((problemsOf) => problemsOf(values));
}

/** Whether two listeners on the same port would be in each other's way. */
export function shareAddresses(one: string, other: string): boolean {
  return one === other || listensOnAll(one) || listensOnAll(other);
}

function adminPortProblems({ host, port, adminHost, adminPort }: Values): readonly ConfigProblem[] {
  if (typeof host !== "string" || typeof adminHost !== "string") return [];
  // The system chooses different ports for 0.
  if (typeof port !== "number" || port === 0 || adminPort !== port) return [];
  if (!shareAddresses(host, adminHost)) return [];
  return [{ name: "ADMIN_PORT", value: String(port), allowed: "another port than PORT, or off" }];
}

function tokenProblems(values: Values): readonly ConfigProblem[] {
  const { jwtSecret, jwtPublicKeyFile, jwksUrl, jwtIssuer, jwtAudience } = values;
  const all = [
    { name: "JWT_SECRET", value: jwtSecret },
    { name: "JWT_PUBLIC_KEY_FILE", value: jwtPublicKeyFile },
    { name: "JWKS_URL", value: jwksUrl },
  ];
  if (all.some(({ value }) => value === undefined)) return [];
  const keys = all.filter(({ value }) => value !== null);
  const [, second] = keys;
  if (second !== undefined) {
    const { name, value } = second;
    const allowed = `only one of ${keys.map(({ name }) => name).join(", ")}`;
    return [{ name, value: typeof value === "string" ? value : "…", allowed }];
  }
  // Others use the same issuer's keys, and their tokens must not be valid here.
  if (typeof jwksUrl === "string" && (jwtIssuer === null || jwtAudience === null)) {
    return [{ name: "JWKS_URL", value: jwksUrl, allowed: "only with JWT_ISSUER and JWT_AUDIENCE" }];
  }
  return [];
}

function proxyUserProblems({ authProxyHeader, trustProxy }: Values): readonly ConfigProblem[] {
  if (typeof authProxyHeader !== "string") return [];
  if (!Array.isArray(trustProxy) || trustProxy.length > 0) return [];
  const allowed = "only with TRUST_PROXY, the proxy that sets it";
  return [{ name: "AUTH_PROXY_HEADER", value: authProxyHeader, allowed }];
}

function signInProblems(values: Values): readonly ConfigProblem[] {
  const { oidcIssuer, oidcClientId, oidcClientSecret, publicUrl, authProxyHeader } = values;
  const all = [
    { name: "OIDC_ISSUER", value: oidcIssuer },
    { name: "OIDC_CLIENT_ID", value: oidcClientId },
    { name: "OIDC_CLIENT_SECRET", value: oidcClientSecret && "…" },
  ];
  const missing = all.filter(({ value }) => value === null).map(({ name }) => name);
  const given = all.filter(({ value }) => typeof value === "string");
  const problems: ConfigProblem[] = missing.length === 0 ? [] : given.map(({ name, value }) => ({
    name,
    value: String(value),
    allowed: `only with ${missing.join(" and ")}`,
  }));
  if (typeof oidcIssuer !== "string") return problems;
  const name = "OIDC_ISSUER";
  if (publicUrl === null) {
    const allowed = "only with PUBLIC_URL, to which the provider sends users back";
    problems.push({ name, value: oidcIssuer, allowed });
  }
  if (typeof authProxyHeader === "string") {
    problems.push({ name, value: oidcIssuer, allowed: "only without AUTH_PROXY_HEADER" });
  }
  return problems;
}

function cookieProblems(
  { authProxyHeader, oidcIssuer, allowedOrigins }: Values,
): readonly ConfigProblem[] {
  // The browser sends the cookie, ours or the proxy's, with every handshake, whatever page begins it. Frames of any page can
  // have the origin null.
  const isForAny = allowedOrigins === "*" ||
    (Array.isArray(allowedOrigins) && allowedOrigins.includes("null"));
  if (!isForAny) return [];
  const value = String(allowedOrigins);
  return [
    { name: "AUTH_PROXY_HEADER", setting: authProxyHeader },
    { name: "OIDC_ISSUER", setting: oidcIssuer },
  ].filter(({ setting }) => typeof setting === "string").map(({ name }) => ({
    name: "ALLOWED_ORIGINS",
    value,
    allowed: `neither * nor null with ${name}, or every page could act as its visitors`,
  }));
}

function moderationProblems({ moderationUrl, moderationSecret }: Values): readonly ConfigProblem[] {
  if (typeof moderationUrl === "string" && moderationSecret === null) {
    const allowed = "only with MODERATION_SECRET";
    return [{ name: "MODERATION_URL", value: moderationUrl, allowed }];
  }
  if (typeof moderationSecret === "string" && moderationUrl === null) {
    return [{ name: "MODERATION_SECRET", value: "…", allowed: "only with MODERATION_URL" }];
  }
  return [];
}

function redisCaProblems({ redisCaFile, redisUrl }: Values): readonly ConfigProblem[] {
  if (typeof redisCaFile !== "string" || redisUrl === undefined) return [];
  if (typeof redisUrl === "string" && /^rediss(-\w+)?:/i.test(redisUrl)) return [];
  return [{
    name: "REDIS_CA_FILE",
    value: redisCaFile,
    allowed: "only with a REDIS_URL that begins with rediss://",
  }];
}

function tlsProblems({ tlsCertFile, tlsKeyFile }: Values): readonly ConfigProblem[] {
  if (typeof tlsCertFile === "string" && tlsKeyFile === null) {
    return [{ name: "TLS_CERT_FILE", value: tlsCertFile, allowed: "only with TLS_KEY_FILE" }];
  }
  if (typeof tlsKeyFile === "string" && tlsCertFile === null) {
    return [{ name: "TLS_KEY_FILE", value: tlsKeyFile, allowed: "only with TLS_CERT_FILE" }];
  }
  return [];
}

/** The flag of a setting: `MAX_CONNECTIONS` is `--max-connections`. */
export function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll("_", "-")}`;
}
