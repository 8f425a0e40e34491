/**
 * The action and the flags of `moderate`, as a request to `/api/v1/moderation` or `/api/v1/sanctions`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const given = new Map([["--user", "bob_12345"], ["--hours", "2"]]);
 * assert.deepEqual(readModerateFlags("ban", given).ask, {
 *   kind: "act",
 *   body: { action: "ban", user: "bob_12345", seconds: 7_200 },
 * });
 * assert.deepEqual(readModerateFlags("list", new Map()).ask, { kind: "list", room: undefined });
 * ```
 * @module
 */
import { parseName, parseRoom, ROOM_RULE } from "../names/names.ts";
import {
  MAX_REASON_LENGTH,
  MAX_SANCTION_SECONDS,
  MODERATOR_ACTIONS,
} from "../protocol/requests.ts";
import { isUserId } from "../log/user_id.ts";
import { numberOf } from "./flag_values.ts";

const UNITS = [["--minutes", 60], ["--hours", 3_600], ["--days", 86_400]] as const;

/** The flags that take a value. */
export const MODERATE_FLAGS = [
  "--user",
  "--name",
  "--room",
  "--minutes",
  "--hours",
  "--days",
  "--reason",
] as const;

/** Lists mutes and bans, instead of doing anything. */
const LIST = "list";
const WITH_LENGTH: ReadonlySet<string> = new Set(["mute", "ban"]);
const IN_A_ROOM: ReadonlySet<string> = new Set(["kick", "clear", "delete"]);
const ABOUT_USERS: ReadonlySet<string> = new Set(["mute", "unmute", "ban", "unban", "kick"]);

/** The lines of `--help`. */
export const MODERATE_HELP = [
  `  ACTION            ${MODERATOR_ACTIONS.join(", ")}; or list: who is muted and banned`,
  "  --user ID         whom, with mute, unmute, ban, unban and kick; audit and list print ids",
  "  --name NAME       the same by name, of a user in --room, a member, or a user in the list",
  "  --room ROOM       where; without it, in the whole service",
  "  --minutes N       how long a mute or a ban lasts; also --hours and --days; default: for good",
  "  --reason TEXT     why; the user and the room see it",
];

/** What is asked for. */
export interface ModerateFlags {
  /** A list of mutes and bans, or the body of the request. */
  readonly ask:
    | { readonly kind: "list"; readonly room: string | undefined }
    | { readonly kind: "act"; readonly body: Readonly<Record<string, unknown>> };
  /** Errors, one line each. If there are any, do not send the request. */
  readonly problems: readonly string[];
}

/** Checks the action and the flags that were given. @param given Values by flag. */
export function readModerateFlags(
  action: string | undefined,
  given: ReadonlyMap<string, string>,
): ModerateFlags {
  const room = given.get("--room");
  const problems = problemsOf(action, given);
  if (action === LIST) return { ask: { kind: "list", room }, problems };
  const length = lengthOf(given);
  if (length === "bad") problems.push("a mute or a ban lasts from a minute to ten years");
  const texts = ["user", "name", "room", "reason"] as const;
  const body = {
    action,
    ...Object.fromEntries(texts.flatMap((it) => {
      const value = given.get(`--${it}`);
      return value === undefined ? [] : [[it, value]];
    })),
    ...(typeof length === "number" && { seconds: length }),
  };
  return { ask: { kind: "act", body }, problems };
}

function problemsOf(action: string | undefined, given: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const isAction = MODERATOR_ACTIONS.some((it) => it === action) || action === LIST;
  if (!isAction) problems.push(`moderate needs one of ${MODERATOR_ACTIONS.join(", ")}, ${LIST}`);
  const [user, name, room] = ["--user", "--name", "--room"].map((it) => given.get(it));
  if (action === LIST && [...given.keys()].some((it) => it !== "--room")) {
    problems.push(`${LIST} goes with no flag of moderate but --room`);
  }
  if (ABOUT_USERS.has(action ?? "") && user === undefined && name === undefined) {
    problems.push(`${action} needs --user or --name`);
  }
  if (IN_A_ROOM.has(action ?? "") && room === undefined) {
    problems.push(`${action} needs --room`);
  }
  if (user !== undefined && !isUserId(user)) {
    problems.push("--user needs the id of a user, which users and audit list");
  }
  if (name !== undefined && parseName(name) === undefined) problems.push("--name needs a name");
  if (room !== undefined && parseRoom(room) === undefined) {
    problems.push(`--room needs a room: ${ROOM_RULE}`);
  }
  const lengths = UNITS.filter(([flag]) => given.has(flag));
  if (lengths.length > 1) {
    problems.push("moderate needs only one of --minutes, --hours and --days");
  }
  if (isAction && action !== LIST && !WITH_LENGTH.has(action ?? "")) {
    problems.push(...lengths.map(([flag]) => `${flag} goes only with mute and ban`));
  }
  if ((given.get("--reason") ?? "").length > MAX_REASON_LENGTH) {
    problems.push(`--reason has more than ${MAX_REASON_LENGTH} characters`);
  }
  return problems;
}

/** In seconds. */
function lengthOf(given: ReadonlyMap<string, string>): number | "bad" | undefined {
  for (const [flag, seconds] of UNITS) {
    const count = numberOf(given.get(flag), Math.floor(MAX_SANCTION_SECONDS / seconds));
    if (count !== undefined) return count === "bad" ? count : count * seconds;
  }
  return undefined;
}
