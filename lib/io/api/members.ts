/**
 * `/api/v1/invites` and `/api/v1/users`: invites people, and lists members. For operators; members do the same in the page.
 * @module
 */
import * as v from "valibot";
import { inviteLink } from "../../chat/session/member_requests.ts";
import type { Directory, MemberAnswer, MemberCommand } from "../../chat/ports/directory.ts";
import { type Invite, MAX_INVITE_MS, MAX_INVITE_ROOMS, MAX_USES } from "../../core/auth/invite.ts";
import { type Member, ROLES } from "../../core/auth/member.ts";
import { isUserId, type UserId } from "../../core/log/entry.ts";
import { parseRoom, type RoomId } from "../../core/names/names.ts";
import { jsonResponse, problemResponse } from "../http/responses.ts";
import { type OperatorHandler, readJson, RequestProblem } from "./operator.ts";

/** The path of invites. */
export const INVITES_PATH = "/api/v1/invites";
/** The path of members. */
export const USERS_PATH = "/api/v1/users";

const DAY_SECONDS = 24 * 3_600;
const MIN_SECONDS = 60;
const OPERATOR = { kind: "operator" } as const;

const EXPECTED = 'The body must be JSON with "role", "rooms", "uses" and "seconds", all of them ' +
  'optional, or with "user" for a link that adds a device to that member, or with "revoke" and ' +
  "the id of an invite";

const Body = v.union([
  v.strictObject({ user: v.custom<UserId>((it) => typeof it === "string" && isUserId(it)) }),
  v.strictObject({ revoke: v.string() }),
  v.strictObject({
    role: v.optional(v.picklist(ROLES), "member"),
    rooms: v.optional(v.pipe(v.array(v.string()), v.maxLength(MAX_INVITE_ROOMS)), []),
    uses: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_USES)), 1),
    seconds: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(MIN_SECONDS),
        v.maxValue(MAX_INVITE_MS / 1_000),
      ),
      7 * DAY_SECONDS,
    ),
  }),
]);

/** Creates the handler of {@linkcode INVITES_PATH}. @param page The URL of the page that opens the links. */
export function invitesHandler(
  directory: Pick<Directory, "manage">,
  page: () => string,
): OperatorHandler {
  return async (request) => {
    if (request.method === "GET") {
      return answerOf(await directory.manage(OPERATOR, { kind: "list invites" }), page);
    }
    if (request.method !== "POST") {
      const detail = "Invites are read with GET and made with POST";
      return problemResponse({ status: 405, detail, headers: { allow: "GET, POST" } });
    }
    const command = commandOf(await readJson(request));
    return answerOf(await directory.manage(OPERATOR, command), page);
  };
}

/** Creates the handler of {@linkcode USERS_PATH}. */
export function usersHandler(directory: Pick<Directory, "manage">): OperatorHandler {
  return async (request) => {
    if (request.method === "GET") {
      return answerOf(await directory.manage(OPERATOR, { kind: "list members" }), () => "");
    }
    const detail = "Users are read with GET";
    return problemResponse({ status: 405, detail, headers: { allow: "GET" } });
  };
}

function commandOf(body: unknown): MemberCommand {
  const parsed = v.safeParse(Body, body);
  if (!parsed.success) throw new RequestProblem({ status: 400, detail: EXPECTED });
  const { output } = parsed;
  if ("user" in output) return { kind: "add device", user: output.user };
  if ("revoke" in output) return { kind: "revoke invite", id: output.revoke };
  const { role, uses, seconds } = output;
  return {
    kind: "invite",
    role,
    uses,
    rooms: output.rooms.map(roomOf),
    lifetimeMs: seconds * 1_000,
  };
}

function roomOf(text: string): RoomId {
  const room = parseRoom(text);
  if (room !== undefined) return room;
  throw new RequestProblem({ status: 400, code: "bad_room", detail: `${text} is no room` });
}

const STATUSES = { not_allowed: 404, bad_invite: 404, too_many_invites: 409 } as const;

function answerOf(answer: MemberAnswer, page: () => string): Response {
  switch (answer.kind) {
    case "invited": {
      const { secret, invite } = answer;
      const link = inviteLink(page(), secret, invite);
      return jsonResponse({ invite: describeInvite(invite), secret, link }, 201);
    }
    case "invites":
      return jsonResponse({ invites: answer.invites.map(describeInvite) });
    case "members":
      return jsonResponse({ users: answer.members.map(describeMember) });
    case "devices":
    case "done":
      return jsonResponse({});
    case "refused":
      return problemResponse({
        status: STATUSES[answer.code],
        code: answer.code,
        detail: answer.why,
      });
  }
}

function describeInvite(
  { id, role, rooms, usesLeft, createdAt, expiresAt, createdBy, member }: Invite,
): Readonly<Record<string, unknown>> {
  return {
    ...{ invite: id, role, rooms, usesLeft },
    ...{ createdAt: timeOf(createdAt), expiresAt: timeOf(expiresAt) },
    ...(createdBy && { by: createdBy }),
    ...(member && { user: member }),
  };
}

function describeMember(
  { user, name, role, joinedAt, invitedBy, devices }: Member,
): Readonly<Record<string, unknown>> {
  const seenAt = Math.max(...devices.map(({ usedAt }) => usedAt));
  return {
    ...{ user, name, role, joinedAt: timeOf(joinedAt), devices: devices.length },
    ...(devices.length > 0 && { seenAt: timeOf(seenAt) }),
    ...(invitedBy && { invitedBy }),
  };
}

function timeOf(date: number): string {
  return new Date(date).toISOString();
}
