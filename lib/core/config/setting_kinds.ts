/**
 * Kinds of settings: how a setting's text is validated and parsed. The settings themselves are in `settings_table.ts`.
 * @module
 */
import { type GroupRole, parseGroupRole } from "../auth/group_roles.ts";
import { ROLES } from "../auth/member.ts";
import { type Cidr, parseCidr } from "../http/ip_address.ts";
import type { OriginPolicy } from "../http/handshake.ts";
import type { FramerPolicy } from "../http/cross_origin.ts";

/** One setting: an environment variable and the flag of the same name. */
export interface Setting<T> {
  /** `MAX_CONNECTIONS`; the flag is `--max-connections`. */
  readonly name: string;
  /** Its description in words, for `--help` and the reference. */
  readonly about: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The default, as text; "" for none. */
  readonly fallback: string;
  /** Whether its value must never be shown. */
  readonly isSecret?: true;
  /** Whether its value may contain a password, which is removed where the value is shown. */
  readonly hasPassword?: true;
  /** The value; undefined if the text is invalid. */
  parse(text: string): T | undefined;
  /** What is allowed instead of an invalid text, if that can be said better than by `allowed`. */
  explain?(text: string): string | undefined;
}

/** The address of a listener: an address or a name, without a port. */
export function listenHost(
  options: Label & { fallback: string; port: string },
): Setting<string> {
  const { name, about, fallback, port } = options;
  const isName = (text: string) => /^[A-Za-z0-9_.-]+$/.test(text);
  // An IPv6 address has at least two colons.
  const isV6 = (text: string) => /^[0-9A-Fa-f.]*(?::[0-9A-Fa-f.]*){2,}$/.test(text);
  return {
    name,
    about,
    allowed: "an address or a host name, without a port",
    fallback,
    parse: (text) => isName(text) || isV6(text) ? text : undefined,
    explain: (text) =>
      /:\d+$/.test(text) ? `an address or a host name; the port is set with ${port}` : undefined,
  };
}

/** A setting's name and description. */
export type Label = Pick<Setting<unknown>, "name" | "about">;

/** A whole number within a range, both ends included. */
export function wholeNumber(
  options: Label & { min: number; max: number; fallback: number },
): Setting<number> {
  const { name, about, min, max } = options;
  return {
    name,
    about,
    allowed: `${min}–${max}`,
    fallback: String(options.fallback),
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** An optional whole number. @param unless The effect of leaving it unset, in words. */
export function wholeNumberOrUnset(
  options: Label & { min: number; max: number; unless: string },
): Setting<number | null> {
  const { name, about, min, max, unless } = options;
  const rule = wholeNumber({ name, about, min, max, fallback: min });
  return {
    ...rule,
    allowed: `${rule.allowed}; unset: ${unless}`,
    fallback: "",
    parse: (text) => text === "" ? null : rule.parse(text),
  };
}

/** One of a list of words. */
export function choice<const T extends string>(
  options: Label & { of: readonly T[]; fallback: T },
): Setting<T> {
  return {
    name: options.name,
    about: options.about,
    allowed: options.of.join(", "),
    fallback: options.fallback,
    parse: (text) => options.of.find((word) => word === text),
  };
}

/** A switch that is stated as `yes` or `no`; true for `yes`. */
export function yesNo(options: Label & { fallback: "yes" | "no" }): Setting<boolean> {
  const parse = (text: string) => text === "yes" ? true : text === "no" ? false : undefined;
  return { ...options, allowed: "yes, no", parse };
}

/** A single-line text that satisfies a rule. */
export function text(
  options: Label & { allowed: string; fallback: string; rule: (text: string) => boolean },
): Setting<string> {
  const { name, about, allowed, fallback, rule } = options;
  return { name, about, allowed, fallback, parse: (text) => rule(text) ? text : undefined };
}

/** An optional text; null if unset. */
export function optionalText(
  options: Label & Pick<Setting<unknown>, "isSecret" | "hasPassword" | "explain"> & {
    allowed: string;
    rule: (text: string) => boolean;
  },
): Setting<string | null> {
  const { rule, ...rest } = options;
  return {
    ...rest,
    fallback: "",
    parse: (text) => text === "" ? null : rule(text) ? text : undefined,
  };
}

/** A secret that verifies tokens. */
export interface SigningSecret {
  /** The id of the key, which tokens name; undefined if it has none. */
  readonly kid: string | undefined;
  /** Used as UTF-8. */
  readonly secret: string;
}

/** RFC 7518 §3.2: a key of HS256 has at least 256 bits. */
const MIN_SECRET_LENGTH = 32;

/** Secrets that sign tokens, separated by commas, each with the id of its key or without; null if unset. */
export function signingSecrets(label: Label): Setting<readonly SigningSecret[] | null> {
  return {
    ...label,
    allowed:
      `at least ${MIN_SECRET_LENGTH} characters without commas, or kid=secret, separated by commas`,
    fallback: "",
    isSecret: true,
    parse: (text) => text === "" ? null : parseList(text, parseSigningSecret),
  };
}

function parseSigningSecret(text: string): SigningSecret | undefined {
  // Equals signs at the end are the padding of Base64.
  const [, kid, secret = text] = /^([\w.-]{1,64})=(?!=?$)(.*)$/.exec(text) ?? [];
  return secret.length >= MIN_SECRET_LENGTH ? { kid, secret } : undefined;
}

/**
 * A URL that decides who users are; null if unset. Without TLS only on this machine, since a program that changes the response
 * can be anyone.
 */
export function secureUrl(label: Label): Setting<string | null> {
  return {
    ...label,
    allowed: "an https:// URL, or http:// on this machine",
    fallback: "",
    parse(text) {
      if (text === "") return null;
      const url = URL.parse(text);
      const isSafe = url?.protocol === "https:" ||
        (url?.protocol === "http:" &&
          /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname));
      return isSafe && url?.username === "" ? text : undefined;
    },
  };
}

/** A URL of the operator's own to which the service posts; null if unset. */
export function targetUrl(label: Label): Setting<string | null> {
  return optionalText({
    ...label,
    allowed: "an http:// or https:// URL without a user name",
    rule(text) {
      const url = /^https?:\/\/[^\s#]+$/i.test(text) ? URL.parse(text) : null;
      return url !== null && url.username === "" && url.password === "";
    },
  });
}

/** A secret as webhooks have it (Standard Webhooks 1.0.0): 24 to 64 bytes in Base64 after a prefix; null if unset. */
export function webhookSecret(label: Label): Setting<string | null> {
  return optionalText({
    ...label,
    allowed: "whsec_ and 24 to 64 bytes in Base64",
    isSecret: true,
    rule(text) {
      const [, digits = "", padding = ""] = /^whsec_([a-z\d+/]{32,86})(={0,2})$/i.exec(text) ?? [];
      const bytes = Math.floor(digits.length * 3 / 4);
      return (digits.length + padding.length) % 4 === 0 && bytes >= 24 && bytes <= 64;
    },
  });
}

/** Headers that browsers and proxies set for other purposes, by which any user would become one who is signed in. */
const RESERVED_HEADERS =
  /^(?:host|cookie|authorization|connection|upgrade|origin|forwarded|x-forwarded-.*|sec-.*)$/;

/** The name of a header; null if unset. */
export function headerName(label: Label): Setting<string | null> {
  return optionalText({
    ...label,
    allowed: "the name of a header that has no other purpose, such as Remote-User",
    rule: (text) =>
      /^[a-z\d!#$%&'*+.^_`|~-]{1,64}$/i.test(text) && !RESERVED_HEADERS.test(text.toLowerCase()),
  });
}

/** Addresses or CIDR blocks, separated by commas. */
export function cidrs(label: Label): Setting<readonly Cidr[]> {
  return {
    ...label,
    allowed: "addresses or CIDRs, separated by commas",
    fallback: "",
    parse: (text) => parseList(text, parseCidr),
  };
}

/** Roles by group, separated by commas. */
export function groupRoles(label: Label): Setting<readonly GroupRole[]> {
  return {
    ...label,
    allowed: `group=role, separated by commas; role is ${ROLES.join(", ")}`,
    fallback: "",
    parse: (text) => parseList(text, parseGroupRole),
  };
}

/** `same`, `*`, or a list of origins. */
export function origins(label: Label): Setting<OriginPolicy> {
  return {
    ...label,
    allowed: "same, *, or origins such as https://chat.example, separated by commas",
    fallback: "same",
    parse(text) {
      if (text === "same" || text === "*") return text;
      const list = parseList(text, parseOrigin);
      return list?.length === 0 ? undefined : list;
    },
  };
}

/** `none`, `same`, `*`, or a list of origins. */
export function framers(label: Label): Setting<FramerPolicy> {
  const rule = origins(label);
  return {
    ...rule,
    allowed: `none, ${rule.allowed}`,
    fallback: "none",
    parse(text) {
      if (text === "none") return text;
      const policy = rule.parse(text);
      // `null` names no page, and a semicolon, which a URL's host may contain, would start another CSP directive.
      const isSource = (origin: string) => origin !== "null" && !origin.includes(";");
      return typeof policy !== "object" || policy.every(isSource) ? policy : undefined;
    },
  };
}

function parseOrigin(text: string): string | undefined {
  if (text === "null") return text;
  const url = URL.parse(text);
  // An origin has no path and no wildcard. Without this check `https://chat.example/page` would be listed and match
  // nothing.
  const isOrigin = url?.origin === text.toLowerCase() && /^https?:\/\/[^*]+$/.test(url.origin);
  return isOrigin ? url.origin : undefined;
}

/** An optional HTTP URL, stored without a trailing slash. */
export function httpUrl(label: Label): Setting<string | null> {
  return {
    ...label,
    allowed: "an http:// or https:// URL, with a path if the service is below one",
    fallback: "",
    parse(text) {
      if (text === "") return null;
      if (!/^https?:\/\/[^\s?#]+$/i.test(text) || !URL.canParse(text)) return undefined;
      const { origin, pathname, username } = new URL(text);
      return username === "" ? withoutSlashes(`${origin}${pathname}`) : undefined;
    },
  };
}

/** A name, an IPv4 address, or an IPv6 address with or without brackets; without a port. */
const HOST_NAME =
  /^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\]|[0-9a-f.]{0,15}(?::[0-9a-f.]{0,15}){2,8})$/;

/** Host names, or `*` for any; in lower case, without ports. */
export function hostNames(label: Label): Setting<readonly string[] | "*"> {
  return {
    ...label,
    allowed: "*, or host names without ports, separated by commas",
    fallback: "",
    parse(text) {
      if (text === "*") return text;
      return parseList(
        text.toLowerCase(),
        (host) => HOST_NAME.test(host) ? host : undefined,
      );
    },
  };
}

/** A port, `off`, or unset. @param unless The effect of leaving it unset, in words. */
export function portOrUnset(
  options: Label & { unless: string },
): Setting<number | "off" | null> {
  const { name, about, unless } = options;
  return {
    name,
    about,
    allowed: `0–65535, or off; unset: ${unless}`,
    fallback: "",
    parse(text) {
      if (text === "") return null;
      if (text === "off") return text;
      return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
    },
  };
}

/** Removes trailing slashes. Not by a pattern, which would take quadratic time. */
function withoutSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end--;
  return text.slice(0, end);
}

/** Parses a comma-separated list; undefined if any part is invalid. */
function parseList<T>(
  text: string,
  parse: (part: string) => T | undefined,
): readonly T[] | undefined {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const values = parts.map(parse).filter((value) => value !== undefined);
  return values.length === parts.length ? values : undefined;
}
