/**
 * Splits command-line arguments into flags and words. `parseArgs` of `node:util` would do, but it takes `-port` for five
 * flags of one letter each, and no value that begins with `-`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const args = ["backup", "--data-dir", "here", "--help", "a.db"];
 * assert.deepEqual(splitArguments(args, (name) => name === "--data-dir"), {
 *   flags: [{ name: "--data-dir", value: "here" }, { name: "--help", value: undefined }],
 *   words: ["backup", "a.db"],
 * });
 * ```
 * @module
 */

/** A flag as it was given. */
export interface GivenFlag {
  /** Such as `--port`. */
  readonly name: string;
  /** The text after `=`, or else the next argument if the flag takes a value; undefined if there is none. */
  readonly value: string | undefined;
}

/** The parts of a command line. */
export interface Arguments {
  /** The flags, in order. */
  readonly flags: readonly GivenFlag[];
  /** The arguments that are neither flags nor their values. */
  readonly words: readonly string[];
}

/** Splits arguments. What begins with `--` is never the value of the flag before it. */
export function splitArguments(
  args: readonly string[],
  takesValue: (name: string) => boolean,
): Arguments {
  const flags: GivenFlag[] = [];
  const words: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith("-")) {
      words.push(arg);
      continue;
    }
    const [name = "", ...parts] = arg.split("=");
    const isNext = parts.length === 0 && takesValue(name) && !rest[0]?.startsWith("--");
    flags.push({
      name,
      value: parts.length > 0 ? parts.join("=") : isNext ? rest.shift() : undefined,
    });
  }
  return { flags, words };
}
