/**
 * The settings, read and checked: from the table come the frozen {@linkcode Config}, `--help` and the README's table.
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
import type { Setting } from "./settings.ts";
import { type Config, SETTINGS } from "./settings_table.ts";

export type { Config } from "./settings_table.ts";

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
      const shown = setting.isSecret ? "…" : value;
      problems.push({ name: setting.name, value: shown, allowed: setting.allowed });
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
  if (typeof redisUrl === "string" && /^rediss(-\w+)?:/i.test(redisUrl)) return [];
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
