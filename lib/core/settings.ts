/**
 * Kinds of settings: what a setting is called, what it may be, and how its text becomes a value. The table of those that
 * there are is in `config.ts`.
 * @module
 */
import { type Cidr, parseCidr } from "./addresses.ts";
import type { OriginPolicy } from "./handshake.ts";

/** One setting: an environment variable and the flag of the same name. */
export interface Setting<T> {
  /** `MAX_CONNECTIONS`; the flag is `--max-connections`. */
  readonly name: string;
  /** What it is for, in words. */
  readonly about: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** As one would write it; "" where there is none. */
  readonly fallback: string;
  /** Whether nobody may read its value. */
  readonly isSecret?: true;
  /** The value, or undefined where the text is not allowed. */
  parse(text: string): T | undefined;
}

/** How a setting is called, and what it is for. */
export type Words = Pick<Setting<unknown>, "name" | "about">;

/** A whole number within a range, both ends included. */
export function whole(
  words: Words & { min: number; max: number; fallback: number },
): Setting<number> {
  const { name, about, min, max } = words;
  return {
    name,
    about,
    allowed: `${min}–${max}`,
    fallback: String(words.fallback),
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** A whole number that may be left out. @param unless What there is then, in words. */
export function wholeUnless(
  words: Words & { min: number; max: number; unless: string },
): Setting<number | null> {
  const { name, about, min, max, unless } = words;
  const rule = whole({ name, about, min, max, fallback: min });
  return {
    ...rule,
    allowed: `${rule.allowed}; unset: ${unless}`,
    fallback: "",
    parse: (text) => text === "" ? null : rule.parse(text),
  };
}

/** One of a few words. */
export function choice<const T extends string>(
  words: Words & { of: readonly T[]; fallback: T },
): Setting<T> {
  return {
    name: words.name,
    about: words.about,
    allowed: words.of.join(", "),
    fallback: words.fallback,
    parse: (text) => words.of.find((word) => word === text),
  };
}

/** `yes` or `no`. */
export function yesNo(words: Words & { fallback: "yes" | "no" }): Setting<boolean> {
  const parse = (text: string) => text === "yes" ? true : text === "no" ? false : undefined;
  return { ...words, allowed: "yes, no", parse };
}

/** A text of one line for which a rule holds. */
export function text(
  words: Words & { allowed: string; fallback: string; rule: (text: string) => boolean },
): Setting<string> {
  const { name, about, allowed, fallback, rule } = words;
  return { name, about, allowed, fallback, parse: (text) => rule(text) ? text : undefined };
}

/** A text that may be left out. */
export function optional(
  words: Words & { allowed: string; rule: (text: string) => boolean; isSecret?: true },
): Setting<string | null> {
  const { rule, ...rest } = words;
  return {
    ...rest,
    fallback: "",
    parse: (text) => text === "" ? null : rule(text) ? text : undefined,
  };
}

/** Blocks of addresses, separated by commas. */
export function cidrs(words: Words): Setting<readonly Cidr[]> {
  return {
    ...words,
    allowed: "addresses or CIDRs, separated by commas",
    fallback: "",
    parse: (text) => every(text, parseCidr),
  };
}

/** `same`, `*`, or a list of origins. */
export function origins(words: Words): Setting<OriginPolicy> {
  return {
    ...words,
    allowed: "same, *, or origins such as https://chat.example, separated by commas",
    fallback: "same",
    parse(text) {
      if (text === "same" || text === "*") return text;
      const list = every(text, parseOrigin);
      return list?.length === 0 ? undefined : list;
    },
  };
}

function parseOrigin(text: string): string | undefined {
  if (text === "null") return text;
  const url = URL.parse(text);
  // An origin has no path and no wildcard; without this `https://chat.example/page` would stand in the list and match
  // nothing.
  const isOrigin = url?.origin === text.toLowerCase() && /^https?:\/\/[^*]+$/.test(url.origin);
  return isOrigin ? url.origin : undefined;
}

/** An optional HTTP URL, stored without a trailing slash. */
export function httpUrl(words: Words): Setting<string | null> {
  return {
    ...words,
    allowed: "an http:// or https:// URL, with a path where the service is under one",
    fallback: "",
    parse(text) {
      if (text === "") return null;
      if (!/^https?:\/\/[^\s?#]+$/i.test(text) || !URL.canParse(text)) return undefined;
      const { origin, pathname, username } = new URL(text);
      return username === "" ? withoutSlashes(`${origin}${pathname}`) : undefined;
    },
  };
}

/** Host names, or `*` for any; in lower case, without ports. */
export function hosts(words: Words): Setting<readonly string[] | "*"> {
  return {
    ...words,
    allowed: "*, or host names without ports, separated by commas",
    fallback: "",
    parse(text) {
      if (text === "*") return text;
      return every(
        text.toLowerCase(),
        (host) => /^[a-z0-9_.:[\]-]{1,253}$/.test(host) ? host : undefined,
      );
    },
  };
}

/** A port, `off`, or unset. @param unless What happens if it is unset, in words. */
export function portUnless(
  words: Words & { unless: string },
): Setting<number | "off" | null> {
  const { name, about, unless } = words;
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

/** Without slashes at the end. Not by a pattern, which would take quadratic time. */
function withoutSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end--;
  return text.slice(0, end);
}

/** Every part of a comma-separated list, or undefined where one of them is wrong. */
function every<T>(text: string, parse: (part: string) => T | undefined): readonly T[] | undefined {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const values = parts.map(parse).filter((value) => value !== undefined);
  return values.length === parts.length ? values : undefined;
}
