/**
 * The words and flags of `keys`, as a request to `/api/v1/keys`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const flags = new Map([["--name", "ci"], ["--rooms", "deploys"], ["--allow", "send"]]);
 * const { body } = readKeyWords(["add"], flags);
 * assert.deepEqual(body, { name: "ci", rooms: ["deploys"], allow: ["send"] });
 * assert.equal(readKeyWords(["list"], new Map()).body, undefined);
 * ```
 * @module
 */
import { MAX_KEY_MS } from "../auth/api_key.ts";
import { ROOM_ACTIONS } from "../auth/rights.ts";
import { numberOf } from "./flag_values.ts";

/** The flags that take a value. */
export const KEY_FLAGS = ["--name", "--rooms", "--allow", "--days"] as const;

const DAY_SECONDS = 24 * 3_600;
const MAX_DAYS = MAX_KEY_MS / (DAY_SECONDS * 1_000);
const USAGE = "keys needs add with --name and --rooms, list, or remove with the id of a key";

/** The lines of `--help`. */
export const KEY_HELP = [
  "  add               adds a key, and shows it once",
  "    --name NAME     the name under which it sends messages",
  "    --rooms A,B     the rooms; team-* stands for all that begin with team-",
  `    --allow A,B     some of ${ROOM_ACTIONS.join(", ")}; default: read,send`,
  "    --days N        for how long it is valid; default: until it is removed",
  "  list              lists the keys, with their last use",
  "  remove ID         removes a key, and disconnects what uses it",
];

/** What is asked for. */
export interface KeyWords {
  /** The body of the request; undefined to list the keys. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** Errors, one line each. If there are any, do not send the request. */
  readonly problems: readonly string[];
}

/** Checks what was given. @param flags Values by flag. */
export function readKeyWords(
  [action, id, ...rest]: readonly string[],
  flags: ReadonlyMap<string, string>,
): KeyWords {
  const isAlone = flags.size === 0 && rest.length === 0;
  if (action === "list" && id === undefined && isAlone) return { body: undefined, problems: [] };
  if (action === "remove" && id !== undefined && isAlone) {
    return { body: { remove: id }, problems: [] };
  }
  if (action !== "add" || id !== undefined) return { body: undefined, problems: [USAGE] };
  return readAdd(flags);
}

function readAdd(flags: ReadonlyMap<string, string>): KeyWords {
  const [name, rooms] = [flags.get("--name"), flags.get("--rooms")];
  const allow = listOf(flags.get("--allow") ?? "read,send");
  const days = numberOf(flags.get("--days"), MAX_DAYS);
  const problems: string[] = [];
  if (name === undefined) problems.push("keys add needs --name");
  if (rooms === undefined) problems.push("keys add needs --rooms");
  if (!allow.every((it) => ROOM_ACTIONS.some((action) => action === it))) {
    problems.push(`--allow needs some of ${ROOM_ACTIONS.join(", ")}`);
  }
  if (days === "bad") problems.push(`--days needs a number from 1 to ${MAX_DAYS}`);
  const body = {
    name,
    rooms: listOf(rooms ?? ""),
    allow,
    ...(typeof days === "number" && { seconds: days * DAY_SECONDS }),
  };
  return { body, problems };
}

function listOf(text: string): readonly string[] {
  return text.split(",").map((it) => it.trim()).filter((it) => it !== "");
}
