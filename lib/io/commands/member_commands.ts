/**
 * Runs `parley invite` and `parley users`: asks the running service.
 * @module
 */
import * as v from "valibot";
import { INVITES_PATH, USERS_PATH } from "../api/members.ts";
import { textAfterLink } from "./link_text.ts";
import { askService, type OperatorSettings } from "./operator_client.ts";

const Invite = v.object({
  invite: v.string(),
  role: v.string(),
  rooms: v.array(v.string()),
  usesLeft: v.number(),
  expiresAt: v.string(),
  member: v.optional(v.string()),
});
const Made = v.object({ link: v.string(), invite: Invite });
const Listed = v.object({ invites: v.array(Invite) });
const Users = v.object({
  users: v.array(v.object({
    user: v.string(),
    name: v.string(),
    role: v.string(),
    devices: v.number(),
    seenAt: v.optional(v.string()),
    invitedBy: v.optional(v.string()),
  })),
});

/**
 * Makes, lists or revokes invites; resolves with the exit status: see {@linkcode askService}.
 *
 * @param body The body of the request; undefined to list the invites.
 */
export async function runInviteCommand(
  body: Readonly<Record<string, unknown>> | undefined,
  settings: OperatorSettings,
): Promise<number> {
  return await askService({ path: INVITES_PATH, body }, settings, (response) => {
    if (body === undefined) return describeList(response);
    return "revoke" in body ? "Revoked\n" : describeMade(response, Deno.stdout.isTerminal());
  });
}

/** Lists the members; resolves with the exit status: see {@linkcode askService}. */
export async function runUsersCommand(settings: OperatorSettings): Promise<number> {
  return await askService({ path: USERS_PATH }, settings, describeUsers);
}

/** Gives a member another role; resolves with the exit status: see {@linkcode askService}. */
export async function runRoleCommand(
  body: { readonly user: string; readonly role: string },
  settings: OperatorSettings,
): Promise<number> {
  const { user, role } = body;
  const article = role === "owner" ? "an" : "a";
  const done = `${user} is now ${article} ${role}\n`;
  return await askService({ path: USERS_PATH, body }, settings, () => done);
}

/** The list of members as text, one in a line; undefined if the response is none. */
export function describeUsers(response: unknown): string | undefined {
  const parsed = v.safeParse(Users, response);
  if (!parsed.success) return undefined;
  const { users } = parsed.output;
  const names = new Map(users.map(({ user, name }) => [user, name]));
  const rows = users.map(({ user, name, role, devices, seenAt = "-", invitedBy }) => {
    const inviter = invitedBy === undefined ? [] : [`by ${names.get(invitedBy) ?? invitedBy}`];
    return [user, role, deviceCount(devices), seenAt, name, ...inviter].join("\t");
  });
  return rows.length === 0 ? "There are no members yet\n" : `${rows.join("\n")}\n`;
}

function deviceCount(count: number): string {
  return count === 0 ? "no device" : count === 1 ? "1 device" : `${count} devices`;
}

async function describeMade(
  response: unknown,
  isTerminal: boolean,
): Promise<string | undefined> {
  const parsed = v.safeParse(Made, response);
  if (!parsed.success) return undefined;
  const { link, invite: { invite, role, usesLeft, expiresAt, member } } = parsed.output;
  const uses = usesLeft === 1 ? "once" : `${usesLeft} times`;
  const what = member === undefined ? `makes a new ${role}` : `adds a device to ${member}`;
  const more = await textAfterLink(link, isTerminal);
  return `${link}\n${
    more && `${more}\n`
  }It ${what}, ${uses}, until ${expiresAt} (invite ${invite})\n`;
}

function describeList(response: unknown): string | undefined {
  const parsed = v.safeParse(Listed, response);
  if (!parsed.success) return undefined;
  const rows = parsed.output.invites.map(({ invite, role, rooms, usesLeft, expiresAt, member }) =>
    [
      invite,
      member === undefined ? role : `device of ${member}`,
      `${usesLeft} left`,
      `until ${expiresAt}`,
      rooms.join(","),
    ].join("\t")
  );
  return rows.length === 0 ? "There are no invites\n" : `${rows.join("\n")}\n`;
}
