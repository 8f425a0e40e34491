/**
 * The Lua scripts of the Redis bus. A server runs them by the hash of their text, and is given the text where it does not
 * know it: one that has restarted knows none.
 * @module
 */
import { createHash } from "node:crypto";
import { ErrorReply } from "@redis/client";
import append from "./append.lua" with { type: "text" };
import leases from "./leases.lua" with { type: "text" };
import mark from "./mark.lua" with { type: "text" };
import page from "./page.lua" with { type: "text" };
import type { RedisLinks } from "./links.ts";
import replay from "./replay.lua" with { type: "text" };
import room from "./room.lua" with { type: "text" };
import standing from "./standing.lua" with { type: "text" };
import top from "./top.lua" with { type: "text" };

/** A script, and the hash by which servers know it. */
export interface Script {
  /** In Lua. */
  readonly text: string;
  /** SHA-1 of the text, in hexadecimal. */
  readonly hash: string;
}

/** All that is done to a room's log, and to its leases, each as one atomic step. */
export const SCRIPTS = {
  append: script(room, append),
  replay: script(room, replay),
  page: script(room, page),
  top: script(room, top),
  standing: script(room, standing),
  mark: script(room, mark),
  leases: script(leases),
};

function script(...parts: readonly string[]): Script {
  const text = parts.join("\n");
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
