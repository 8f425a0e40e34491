/**
 * `/api/v1/invites` and `/api/v1/users`: invites people, lists members and changes their roles. For operators; members do the same in the page.
 * @module
 */
import * as v from "valibot";
import { inviteLink } from "../../chat/requests/directory_requests.ts";
import type { Directory, MemberAnswer, MemberCommand } from "../../chat/ports/directory.ts";
import { type Invite, MAX_INVITE_ROOMS, readTerms, WANTED_TERMS } from "../../core/auth/invite.ts";
import { type Member, ROLES } from "../../core/auth/member.ts";
import { isUserId, USER_ID_RULE, type UserId } from "../../core/log/entry.ts";
import { ROOM_RULE } from "../../core/names/names.ts";
import { jsonResponse, problemResponse } from "../http/responses.ts";
import { type OperatorHandler, readFields, RequestProblem } from "./operator.ts";

/** Path at which operators list, make and revoke invites. Users have operations of their own there. */
export const INVITES_PATH = "/api/v1/invites";
/** Path at which operators list members and change roles. Users have an operation of their own there. */
export const USERS_PATH = "/api/v1/users";

const OPERATOR = { kind: "operator" } as const;

const EXPECTED = 'The body must be JSON with "role", "rooms", "uses" and "seconds", all of them ' +
  'optional, or with "member" for a link that adds a device to that member, or with "revoke" and ' +
  "the id of an invite";

const memberId = v.custom<UserId>(
  (it) => typeof it === "string" && isUserId(it),
  USER_ID_RULE,
);

const Body = v.union([
  v.strictObject({ member: memberId }),
  v.strictObject({ revoke: v.string() }),
  v.strictObject({
    role: v.optional(WANTED_TERMS.role),
    rooms: v.optional(v.pipe(v.array(v.string()), v.maxLength(MAX_INVITE_ROOMS))),
    uses: v.optional(WANTED_TERMS.uses),
    seconds: v.optional(WANTED_TERMS.seconds),
  }),
]);

/** Schema of the body of a POST at {@linkcode INVITES_PATH}, for the OpenAPI document. */
export const INVITE_REQUEST = { body: Body } as const;

const RoleBody = v.strictObject({ user: memberId, role: v.picklist(ROLES) });
/** Schema of the body of a POST at {@linkcode USERS_PATH}, for the OpenAPI document. */
export const ROLE_REQUEST = { body: RoleBody } as const;
const ROLE_EXPECTED = `The body must be JSON with "user", the id of a member, and "role", one of ${
  ROLES.join(", ")
}`;

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
      return problemResponse({ status: 405, detail, headers: { allow: "GET, POST, HEAD" } });
    }
    const command = commandOf(await readFields(request, Body, EXPECTED));
    return answerOf(await directory.manage(OPERATOR, command), page);
  };
}

/** Creates the handler of {@linkcode USERS_PATH}. */
export function usersHandler(directory: Pick<Directory, "manage">): OperatorHandler {
  return async (request) => {
    if (request.method === "GET") {
      return answerOf(await directory.manage(OPERATOR, { kind: "list members" }), () => "");
    }
    if (request.method !== "POST") {
      const detail = "Users are read with GET and changed with POST";
      return problemResponse({ status: 405, detail, headers: { allow: "GET, POST, HEAD" } });
    }
    const body = await readFields(request, RoleBody, ROLE_EXPECTED);
    const command = { kind: "change role", ...body } as const;
    return answerOf(await directory.manage(OPERATOR, command), () => "");
  };
}

function commandOf(body: v.InferOutput<typeof Body>): MemberCommand {
  if ("member" in body) return { kind: "add device", user: body.member };
  if ("revoke" in body) return { kind: "revoke invite", id: body.revoke };
  const read = readTerms(body);
  if (read.kind === "terms") return { kind: "invite", ...read.terms };
  const detail = `rooms.${body.rooms?.indexOf(read.room)}: ${ROOM_RULE}`;
  throw new RequestProblem({ status: 400, code: "bad_room", detail });
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
    ...(member && { member }),
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
