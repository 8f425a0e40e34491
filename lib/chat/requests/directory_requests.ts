/**
 * Requests about members: invites, and the devices of a member.
 * @module
 */
import { type Invite, readTerms } from "../../core/auth/invite.ts";
import type { Member } from "../../core/auth/member.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { faultFrame, withId } from "../../core/protocol/json_protocol.ts";
import type { DirectoryRequest, RequestOf } from "../../core/protocol/requests.ts";
import { isUserId, USER_ID_RULE } from "../../core/log/user_id.ts";
import { ROOM_RULE } from "../../core/names/names.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Actor, Directory, MemberAnswer, MemberCommand } from "../ports/directory.ts";
import { acknowledge } from "./answers.ts";

/** What these requests need. */
export interface DirectoryRequestContext {
  /** Carries out commands about members, invites and devices. */
  readonly directory: Pick<Directory, "manage">;
  /** Draws a link as a QR code: an SVG image. */
  readonly qrCode: (link: string) => Promise<string>;
}

/** Carries out a request; resolves with the answer, if there is any. @param actor Undefined for guests. */
export async function handleDirectoryRequest(
  request: DirectoryRequest,
  actor: Actor | undefined,
  context: DirectoryRequestContext,
): Promise<Frame | undefined> {
  const { id } = request;
  if (actor === undefined) return faultFrame(id, "not_allowed", "only members may do this");
  const command = commandOf(request);
  if (command.kind === "refused") return faultFrame(id, command.code, command.why);
  try {
    const answer = await context.directory.manage(actor, command);
    const page = request.type === "invite" ? request.page : undefined;
    return await frameOf(id, answer, { actor, page, context });
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    // Lists change nothing.
    const isRead = READS.has(request.type);
    const isUnknown = error.mayHaveApplied && !isRead;
    return faultFrame(id, isUnknown ? "unknown_outcome" : "unavailable", error.message);
  }
}

const READS: ReadonlySet<DirectoryRequest["type"]> = new Set(["invites", "devices", "users"]);

/** Why a request is no command. */
interface NoCommand {
  readonly kind: "refused";
  readonly code: FaultCode & ("bad_frame" | "bad_room");
  readonly why: string;
}

const NO_USER: NoCommand = { kind: "refused", code: "bad_frame", why: `user: ${USER_ID_RULE}` };
const NOTHING: NoCommand = {
  kind: "refused",
  code: "bad_frame",
  why: "revoke needs invite or device",
};

function commandOf(request: DirectoryRequest): MemberCommand | NoCommand {
  switch (request.type) {
    case "invite":
      return request.device ? { kind: "add device" } : inviteOf(request);
    case "invites":
      return { kind: "list invites" };
    case "devices":
      return { kind: "list devices" };
    case "users":
      return { kind: "list members" };
    case "role":
      return isUserId(request.user)
        ? { kind: "change role", user: request.user, role: request.role }
        : NO_USER;
    case "revoke": {
      const { invite, device } = request;
      if (device !== undefined) return { kind: "remove device", id: device };
      return invite === undefined ? NOTHING : { kind: "revoke invite", id: invite };
    }
  }
}

function inviteOf(request: RequestOf<"invite">): MemberCommand | NoCommand {
  const read = readTerms(request);
  if (read.kind === "terms") return { kind: "invite", ...read.terms };
  const why = `rooms.${request.rooms?.indexOf(read.room)}: ${ROOM_RULE}`;
  return { kind: "refused", code: "bad_room", why };
}

async function frameOf(
  id: string | undefined,
  answer: MemberAnswer,
  { actor, page, context }: {
    readonly actor: Actor;
    readonly page: string | undefined;
    readonly context: DirectoryRequestContext;
  },
): Promise<Frame | undefined> {
  switch (answer.kind) {
    case "invited": {
      const link = page === undefined ? undefined : inviteLink(page, answer.secret, answer.invite);
      const qr = link && await context.qrCode(link);
      const { secret, invite } = answer;
      const shown = link && { link, qr };
      return { type: "invite", ...withId(id), invite: wireInvite(invite), secret, ...shown };
    }
    case "invites":
      return { type: "invites", ...withId(id), invites: answer.invites.map(wireInvite) };
    case "devices": {
      const devices = answer.devices.map(({ id: device, label, addedAt, usedAt }) => ({
        ...{ device, label, addedAt, usedAt },
        ...(actor.kind === "member" && device === actor.device && { here: true as const }),
      }));
      return { type: "devices", ...withId(id), devices };
    }
    case "members":
      return { type: "users", ...withId(id), users: answer.members.map(wireMember) };
    case "refused":
      return faultFrame(id, answer.code, answer.why);
    case "done":
      return acknowledge(id);
  }
}

/**
 * The link that a page opens. The secret is in the fragment, which browsers send to no server. The fragment also says whether
 * the link adds a device: the page then asks for no name.
 */
export function inviteLink(page: string, secret: string, invite?: Pick<Invite, "member">): string {
  return `${page}#${invite?.member ? "device" : "invite"}=${secret}`;
}

function wireMember(
  { user, name, role, joinedAt, devices }: Member,
): FrameOf<"users">["users"][number] {
  const seenAt = Math.max(...devices.map(({ usedAt }) => usedAt));
  return { user, name, role, joinedAt, ...(devices.length > 0 && { seenAt }) };
}

function wireInvite(
  { id, role, rooms, usesLeft, createdAt, expiresAt, createdBy, member }: Invite,
): FrameOf<"invite">["invite"] {
  return {
    ...{ invite: id, role, rooms: [...rooms], usesLeft, createdAt, expiresAt },
    ...(createdBy && { by: createdBy }),
    ...(member && { member }),
  };
}
