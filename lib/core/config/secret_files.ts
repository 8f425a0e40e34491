/**
 * Secrets in files: with `JWT_SECRET_FILE=/run/secrets/jwt`, the setting `JWT_SECRET` is read from that file, and is neither
 * in the environment nor in a list of processes. The rules are here; `io/secret_files.ts` reads the files.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const given = (name: string) => ({ JWT_SECRET_FILE: "/run/secrets/jwt" })[name];
 * assert.deepEqual(secretFiles(given).map(({ name, path }) => [name, path]), [
 *   ["JWT_SECRET", "/run/secrets/jwt"],
 * ]);
 * assert.deepEqual(parseSecret(new TextEncoder().encode("hunter2\n")), { kind: "good", text: "hunter2" });
 * ```
 * @module
 */
import { type ConfigProblem, settings } from "./config.ts";

const SUFFIX = "_FILE";

/** Maximum length of a secret's file, in bytes. */
export const MAX_SECRET_BYTES = 65_536;

/** Names of the settings that can be read from files. */
export const secretNames: readonly string[] = settings
  .filter(({ isSecret, hasPassword }) => isSecret || hasPassword).map(({ name }) => name);

/** All environment variables that state settings, in display order; each of them is a flag too. */
export const settingVariables: readonly string[] = settings.flatMap(({ name }) =>
  secretNames.includes(name) ? [name, `${name}${SUFFIX}`] : [name]
);

/** A setting that is read from a file. */
export interface SecretFile {
  /** The setting, such as `JWT_SECRET`. */
  readonly name: string;
  /** Path of the file as the setting states it, which may be relative. */
  readonly path: string;
  /** Whether the setting is also given directly, so that it is not clear which value counts. */
  readonly isGivenTwice: boolean;
}

/** Finds the files that the settings name. @param get Returns the text of a name; undefined or "" if it is unset. */
export function secretFiles(get: (name: string) => string | undefined): readonly SecretFile[] {
  return secretNames.flatMap((name) => {
    const path = get(`${name}${SUFFIX}`)?.trim();
    return path ? [{ name, path, isGivenTwice: Boolean(get(name)?.trim()) }] : [];
  });
}

/** Reads the content of a secret's file. */
export function parseSecret(
  bytes: Uint8Array,
): { readonly kind: "good"; readonly text: string } | {
  readonly kind: "bad";
  /** What is allowed, in words. */
  readonly allowed: string;
} {
  if (bytes.length > MAX_SECRET_BYTES) {
    return { kind: "bad", allowed: `a file of at most ${MAX_SECRET_BYTES / 1_024} KiB` };
  }
  const text = decode(bytes)?.replace(/\r?\n$/, "");
  // More lines are a file of another kind, such as a key.
  if (text === undefined || /\p{Cc}/u.test(text)) {
    return { kind: "bad", allowed: "a file with one line of text" };
  }
  // Blanks around a setting do not count, and one that is empty would count as unset.
  return text.trim() === ""
    ? { kind: "bad", allowed: "a file that is not empty" }
    : { kind: "good", text };
}

/** A problem with a secret's file. Only absolute paths are shown: any other text may be the secret itself. */
export function fileProblem({ name, path }: SecretFile, allowed: string): ConfigProblem {
  return { name: `${name}${SUFFIX}`, value: isAbsolute(path) ? path : "…", allowed };
}

/** Why a file cannot be read. @param why Names the path. */
export function unreadable(file: SecretFile, why: string): ConfigProblem {
  const allowed = "a file that can be read";
  return fileProblem(file, isAbsolute(file.path) ? `${allowed} (${why})` : allowed);
}

function isAbsolute(path: string): boolean {
  return /^(?:\/|[a-z]:[\\/])/i.test(path);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
