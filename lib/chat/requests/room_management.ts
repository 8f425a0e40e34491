/**
 * Requests about rooms in which the user need not be at the moment: creating rooms, opening direct ones, changing who is a
 * member, and lists. Who is no member of a private room gets the same answer as for a room that does not exist, in the same time.
 * @module
 */
import { isAllowed } from "../../core/auth/rights.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame, withId } from "../../core/protocol/json_protocol.ts";
import type { RoomManagementRequest } from "../../core/protocol/requests.ts";
import type { KnownNames } from "../members/known_names.ts";
import { BusUnavailable } from "../ports/bus.ts";
import { type DirectRoomsContext, openDirect } from "./direct_rooms.ts";
import { changeMember, listMembers, type MemberRequestsContext } from "./member_requests.ts";
import { createRoom } from "./room_creation.ts";
import type { RoomUser } from "./room_user.ts";

export type { RoomUser } from "./room_user.ts";

/** What these requests need. */
export interface RoomManagementContext extends DirectRoomsContext, MemberRequestsContext {
  /** The names of members, which no other user is given, and their roles. */
  readonly names: Pick<KnownNames, "isLookalike" | "moderators">;
  /** Decides which words titles, topics and names may contain. */
  readonly words: DirectRoomsContext["words"];
}

/** Carries out a request; resolves with the answer, if there is any. */
export async function handleRoomManagement(
  request: RoomManagementRequest,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  try {
    return await respond(request, me, context);
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    const isRead = request.type === "rooms" || request.type === "members";
    const code: FaultCode = error.mayHaveApplied && !isRead ? "unknown_outcome" : "unavailable";
    return faultFrame(request.id, code, error.message);
  }
}

async function respond(
  request: RoomManagementRequest,
  me: RoomUser,
  context: RoomManagementContext,
): Promise<Frame | undefined> {
  const { id } = request;
  switch (request.type) {
    case "create":
      return await createRoom(request, me, context);
    case "open":
      return await openDirect(request, me, context);
    case "member":
      return await changeMember(request, me, context);
    case "members":
      return await listMembers(request, me, context);
    case "rooms": {
      const { user, authority, isAdmitted } = me;
      const mayRead = (room: RoomId) => isAllowed(authority, "read", room);
      const { rooms, more } = await context.roomList.roomsFor({ user, mayRead, isAdmitted });
      return { type: "rooms", ...withId(id), rooms, ...(more && { more }) };
    }
  }
}
