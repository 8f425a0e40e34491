/**
 * The Lua scripts of the Redis bus, read from the files beside this one, which a compiled binary carries inside. A server
 * runs them by the hash of their text, and is given the text where it does not know it: one that has restarted knows none.
 * @module
 */
import { createHash } from "node:crypto";
import { ErrorReply } from "@redis/client";
import type { RedisLinks } from "./links.ts";

/** A script, and the hash by which servers know it. */
export interface Script {
  /** In Lua. */
  readonly text: string;
  /** SHA-1 of the text, in hexadecimal. */
  readonly hash: string;
}

/** All that is done to a room's log, and to its leases, each as one atomic step. */
export type Scripts = Readonly<
  Record<
    "append" | "replay" | "page" | "top" | "standing" | "mark" | "sweep" | "leases" | "state",
    Script
  >
>;

/**
 * Reads the scripts. Needs permission to read this folder, so call it before permissions are given back. Throws the
 * runtime's error if a file cannot be read.
 */
export function readScripts(): Scripts {
  return {
    append: script("room", "append"),
    replay: script("room", "replay"),
    page: script("room", "page"),
    top: script("room", "top"),
    standing: script("room", "standing"),
    mark: script("room", "mark"),
    sweep: script("room", "sweep"),
    leases: script("leases"),
    state: script("state"),
  };
}

function script(...names: readonly string[]): Script {
  const text = names
    .map((name) => Deno.readTextFileSync(new URL(`./${name}.lua`, import.meta.url)))
    .join("\n");
  return { text, hash: createHash("sha1").update(text).digest("hex") };
}

/** Runs a script where its keys are, and brings what it brings. */
export async function runScript(
  links: RedisLinks,
  { text, hash }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const [first = ""] = keys;
  const rest = [String(keys.length), ...keys, ...args];
  try {
    return await links.send(first, ["EVALSHA", hash, ...rest]);
  } catch (error) {
    if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error;
    return await links.send(first, ["EVAL", text, ...rest]);
  }
}
