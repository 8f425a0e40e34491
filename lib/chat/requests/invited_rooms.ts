/**
 * Private rooms of invites: only members of a room can invite to it, and whoever uses the invite becomes a member of it too.
 * @module
 */
import { mayInClosedRooms } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { parseRoom, type RoomId } from "../../core/names/names.ts";
import { closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import type { SignedInMember } from "../ports/directory.ts";
import { addMember, readRoom, type RoomMembersContext } from "./room_members.ts";
import type { RoomUser } from "./room_management.ts";

/**
 * Whether a user may invite others to rooms. The answer is the same for private rooms of others and for those that do not exist.
 *
 * @param rooms As the request names them.
 */
export async function mayInviteTo(
  rooms: readonly string[],
  { user, authority, isAdmitted }: Pick<RoomUser, "user" | "authority" | "isAdmitted">,
  context: Pick<RoomMembersContext, "bus">,
): Promise<boolean> {
  for (const text of rooms) {
    const room = parseRoom(text);
    if (room === undefined || !isClosed(room)) continue;
    if (closedKind(room) === "direct") return false;
    if (!mayInClosedRooms(authority, userKind(user), "invite", room)) return false;
    if (!isAdmitted(room, (await readRoom(room, context)).state)) return false;
  }
  return true;
}

/**
 * Makes a new member of the service a member of the private rooms of the invite, if whoever has made that is still in them.
 * Resolves to the rooms that the new member may see. Rejects with `BusUnavailable`; calling it again completes it.
 */
export async function enterInvitedRooms(
  { user, name, rooms, invitedBy }: SignedInMember,
  context: RoomMembersContext,
): Promise<readonly RoomId[]> {
  const entered: RoomId[] = [];
  for (const room of rooms) {
    if (!isClosed(room) || await enter(room)) entered.push(room);
  }
  return entered;

  async function enter(room: RoomId): Promise<boolean> {
    const { state, from } = await readRoom(room, context);
    if (state.hasMember(user)) return true;
    const inviter = invitedBy && state.members.get(invitedBy);
    if (!inviter || closedKind(room) === "direct") return false;
    const me = { user: invitedBy, name: inviter };
    // Always the same, and none that a request can have: who was removed meanwhile does not come back by repeating the use.
    const id = `invited ${user}`;
    const answer = await addMember(room, { user, name, from }, { me, id, isExempt: true }, context);
    return answer?.type !== "fault";
  }
}
