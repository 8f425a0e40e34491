/**
 * The Lua scripts of the Redis bus, read from `lua/`, which a compiled binary includes. Scripts are run by their hash
 * (EVALSHA). A server that does not know the hash, for example after a restart, is sent the text.
 * @module
 */
import { createHash } from "node:crypto";
import { ErrorReply } from "@redis/client";
import type { RedisClient } from "./client/client.ts";

/** A script and its hash. */
export interface Script {
  /** The Lua source. */
  readonly text: string;
  /** SHA-1 of the text, in hexadecimal. */
  readonly hash: string;
}

/** The scripts by name. Each is one atomic step. */
export type Scripts = Readonly<
  Record<
    | "append"
    | "replay"
    | "page"
    | "top"
    | "tops"
    | "roomState"
    | "admission"
    | "readState"
    | "markRead"
    | "sweep"
    | "leases"
    | "state"
    | "directoryRead"
    | "directoryCommit"
    | "useToken"
    | "trial",
    Script
  >
>;

/**
 * Reads the scripts. Needs permission to read `lua/`, so call it before permissions are revoked. Throws the runtime's
 * error if a file cannot be read.
 */
export function readScripts(): Scripts {
  return {
    append: script("room", "append"),
    replay: script("room", "replay"),
    page: script("room", "page"),
    top: script("room", "top"),
    tops: script("room", "tops"),
    roomState: script("room", "room_state"),
    admission: script("room", "admission"),
    readState: script("room", "read_state"),
    markRead: script("room", "mark_read"),
    sweep: script("room", "sweep"),
    leases: script("leases"),
    state: script("state"),
    directoryRead: script("directory_read"),
    directoryCommit: script("directory_commit"),
    useToken: script("use_token"),
    trial: script("trial"),
  };
}

function script(...names: readonly string[]): Script {
  const text = names
    .map((name) => Deno.readTextFileSync(new URL(`./lua/${name}.lua`, import.meta.url)))
    .join("\n");
  return { text, hash: createHash("sha1").update(text).digest("hex") };
}

/** Runs a script on the server of its first key and returns its reply. All keys must be on that server. */
export async function runScript(
  client: Pick<RedisClient, "send">,
  { text, hash }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const [first = ""] = keys;
  const rest = [String(keys.length), ...keys, ...args];
  try {
    return await client.send(first, ["EVALSHA", hash, ...rest]);
  } catch (error) {
    if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error;
    return await client.send(first, ["EVAL", text, ...rest]);
  }
}

/** Maximum number of rooms that one script reads or changes, so that it does not delay messages. */
const MAX_ROOMS_OF_SCRIPT = 100;

/** Divides rooms into those that one script can handle together. @param keyOf A key of each room. */
export function batchesForScripts<T>(
  client: Pick<RedisClient, "groupOf">,
  rooms: readonly T[],
  keyOf: (room: T) => string,
): readonly (readonly T[])[] {
  const groups = Map.groupBy(rooms, (room) => client.groupOf(keyOf(room)));
  return [...groups.values()].flatMap((group) => {
    const count = Math.ceil(group.length / MAX_ROOMS_OF_SCRIPT);
    return Array.from({ length: count }, (_, index) => {
      return group.slice(index * MAX_ROOMS_OF_SCRIPT, (index + 1) * MAX_ROOMS_OF_SCRIPT);
    });
  });
}
