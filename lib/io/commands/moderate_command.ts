/**
 * Runs `parley moderate`: asks the running service to do something about users and rooms, or who is muted and banned.
 * @module
 */
import * as v from "valibot";
import type { ModerateFlags } from "../../core/command_line/moderate_flags.ts";
import { MODERATION_PATH, SANCTIONS_PATH } from "../api/moderation.ts";
import { askService, type OperatorSettings } from "./operator_client.ts";

const Done = v.object({ what: v.string(), room: v.optional(v.string()) });
const Sanctions = v.object({
  sanctions: v.array(v.object({
    kind: v.string(),
    user: v.string(),
    name: v.string(),
    until: v.optional(v.string()),
    reason: v.optional(v.string()),
    guest: v.optional(v.string()),
  })),
  lockdown: v.boolean(),
});

/** Sends the request; resolves with the exit status: see {@linkcode askService}. */
export async function runModerateCommand(
  ask: ModerateFlags["ask"],
  settings: OperatorSettings,
): Promise<number> {
  if (ask.kind === "act") {
    return await askService({ path: MODERATION_PATH, body: ask.body }, settings, describeDone);
  }
  const { room } = ask;
  const path = room === undefined
    ? SANCTIONS_PATH
    : `${SANCTIONS_PATH}?${new URLSearchParams({ room })}`;
  return await askService({ path }, settings, describeSanctions);
}

function describeDone(response: unknown): string | undefined {
  const parsed = v.safeParse(Done, response);
  if (!parsed.success) return undefined;
  const { what, room } = parsed.output;
  return `Parley ${what}${room === undefined ? "" : ` (#${room})`}\n`;
}

/** Mutes and bans as text, one in a line; undefined if the response has none. */
export function describeSanctions(response: unknown): string | undefined {
  const parsed = v.safeParse(Sanctions, response);
  if (!parsed.success) return undefined;
  const { sanctions, lockdown } = parsed.output;
  const rows = sanctions.map(({ kind, user, name, until, reason = "", guest }) => {
    const end = until === undefined ? "for good" : `until ${until}`;
    // An address has a mute for each of its guests, who can all have the same name.
    const who = guest === undefined ? name : `${name} (guest ${guest})`;
    return [kind, user, end, who, reason].join("\t").trimEnd();
  });
  if (rows.length === 0) rows.push("Nobody is muted or banned");
  if (lockdown) rows.push("The service is closed to guests");
  return `${rows.join("\n")}\n`;
}
