/**
 * Private rooms of invites: only members of a room can invite to it, and the user who accepts the invite becomes a member of it
 * too.
 * @module
 */
import { mayInClosedRooms } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { RoomState } from "../../core/log/room_state.ts";
import { parseRoom, type RoomId } from "../../core/names/names.ts";
import { closedKind, isClosed } from "../../core/rooms/closed_room.ts";
import type { SignedInMember } from "../ports/directory.ts";
import { addMember, readRoom, type RoomMembersContext } from "./room_members.ts";
import type { RoomUser } from "./room_user.ts";

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
    const { fields } = await context.bus.admission(room, user);
    if (!isAdmitted(room, new RoomState(fields))) return false;
  }
  return true;
}

/**
 * Makes a new member of the service a member of the private rooms of the invite, if its author is still in them.
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
    // Always the same, and none that a request can have.
    const id = `invited ${user}`;
    // Who was removed meanwhile does not come back by repeating the use.
    if (await context.bus.receipt(room, invitedBy, id)) return false;
    const answer = await addMember(room, { user, name, from }, { me, id, isExempt: true }, context);
    return answer?.type !== "fault";
  }
}
