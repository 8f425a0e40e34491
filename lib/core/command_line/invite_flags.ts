/**
 * The flags of `invite`, as a request to `/api/v1/invites`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { body } = readInviteFlags(new Map([["--role", "owner"], ["--days", "1"]]));
 * assert.deepEqual(body, { role: "owner", seconds: 86_400 });
 * assert.equal(readInviteFlags(new Map([["--list", ""]])).body, undefined);
 * ```
 * @module
 */
import { DEFAULT_TERMS, DEVICE_LINK_MS, MAX_INVITE_MS, MAX_USES } from "../auth/invite.ts";
import { ROLES } from "../auth/member.ts";
import { isUserId } from "../log/entry.ts";
import { numberOf } from "./flag_values.ts";

/** The flags that take a value. */
export const INVITE_FLAGS = [
  "--role",
  "--rooms",
  "--uses",
  "--days",
  "--device",
  "--revoke",
] as const;
/** Lists the invites; takes no value. */
export const INVITE_LIST = "--list";

const DAY_SECONDS = 24 * 3_600;
const DAY_MS = DAY_SECONDS * 1_000;
const MAX_DAYS = MAX_INVITE_MS / DAY_MS;

/** The lines of `--help`. */
export const INVITE_HELP = [
  `  --role ROLE       ${ROLES.join(", ")}; default: ${DEFAULT_TERMS.role}`,
  "  --rooms A,B       the rooms that the new members see first",
  `  --uses N          how many people can use the link; default: ${DEFAULT_TERMS.uses}`,
  `  --days N          for how long it is valid; default: ${DEFAULT_TERMS.lifetimeMs / DAY_MS}`,
  `  --device ID       instead: a link that adds a device to the member with this id, for ${
    DEVICE_LINK_MS / 60_000
  } minutes`,
  "  --list            instead: lists the invites that can be used",
  "  --revoke ID       instead: makes an invite useless, by its id in the list",
];

/** What is asked for. */
export interface InviteFlags {
  /** The body of the request; undefined to list the invites. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** Errors, one line each. If there are any, do not send the request. */
  readonly problems: readonly string[];
}

/** Checks the flags that were given. @param given Values by flag; that of `--list` does not matter. */
export function readInviteFlags(given: ReadonlyMap<string, string>): InviteFlags {
  for (const alone of ["--device", "--revoke", INVITE_LIST]) {
    if (given.has(alone) && given.size > 1) {
      return { body: undefined, problems: [`${alone} goes with no other flag of invite`] };
    }
  }
  if (given.has(INVITE_LIST)) return { body: undefined, problems: [] };
  const [device, revoke] = [given.get("--device"), given.get("--revoke")];
  if (device !== undefined) return readDevice(device);
  if (revoke !== undefined) return { body: { revoke }, problems: [] };
  const [role, rooms] = [given.get("--role"), given.get("--rooms")];
  const uses = numberOf(given.get("--uses"), MAX_USES);
  const days = numberOf(given.get("--days"), MAX_DAYS);
  const problems: string[] = [];
  if (role !== undefined && !isRole(role)) problems.push(`--role needs one of ${ROLES.join(", ")}`);
  if (uses === "bad") problems.push(`--uses needs a number from 1 to ${MAX_USES}`);
  if (days === "bad") problems.push(`--days needs a number from 1 to ${MAX_DAYS}`);
  const body = {
    ...(role !== undefined && { role }),
    ...(rooms !== undefined && { rooms: rooms.split(",").map((it) => it.trim()) }),
    ...(uses !== undefined && { uses }),
    ...(typeof days === "number" && { seconds: days * DAY_SECONDS }),
  };
  return { body, problems };
}

function readDevice(member: string): InviteFlags {
  const problem = "--device needs the id of a member, which users lists";
  return { body: { member }, problems: isUserId(member) ? [] : [problem] };
}

function isRole(text: string): boolean {
  return ROLES.some((it) => it === text);
}
