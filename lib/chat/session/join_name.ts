/**
 * Under which name a user joins a room.
 * @module
 */
import { userKind } from "../../core/auth/user_kind.ts";
import type { Sanction } from "../../core/log/room_event.ts";
import { type Name, pickTemporaryName } from "../../core/names/names.ts";
import type { Identity } from "../ports/session_tokens.ts";
import type { JoinName } from "../room/subscriber.ts";
import type { Membership } from "../room/membership.ts";
import { nameOfId } from "../requests/room_members.ts";
import type { SignIn } from "../sign_in/sign_in.ts";

/** What is known of the user. */
export type NamedUser = Pick<
  SignIn,
  "hasFixedName" | "hasReservedName" | "isMember" | "pickGuestName"
>;

/**
 * What happens if the name is taken in the room.
 *
 * @param temporaryName Whether the client accepts a temporary name.
 * @param random Returns a number in [0, 1).
 */
export function nameChoice(
  signIn: NamedUser,
  me: Identity,
  temporaryName: boolean,
  random: () => number,
): Omit<JoinName, "name"> {
  // A user cannot choose another name than the app's, and a member has one already.
  const wantsTemporary = temporaryName || signIn.hasFixedName || signIn.isMember;
  const isTemporary = wantsTemporary && !me.hasGuestName;
  // As `Ann (2)`, a guest would still look like the member whose name is Ann.
  const isLookalike = userKind(me.user) === "guest" && signIn.hasReservedName;
  const needsGuestName = me.hasGuestName || (temporaryName && isLookalike);
  const pickName = (isTaken: (name: Name) => boolean) =>
    needsGuestName ? signIn.pickGuestName(isTaken) : pickTemporaryName(me.name, isTaken, random);
  return { pickName: needsGuestName || isTemporary ? pickName : undefined, isTemporary };
}

/**
 * The name of a user who is muted in a room: others see it, so it cannot be a new one that the user has chosen. It is the name under
 * which the user was muted, or a guest name if that is not known or belongs to another user by now.
 *
 * @param mute Of the user, or of the address of a guest; undefined for others, whose name is the chosen one.
 */
export function nameWhileMuted(
  signIn: NamedUser,
  { user, name, hasGuestName }: Identity,
  mute: Sanction | undefined,
): JoinName | undefined {
  const isChosen = !hasGuestName && !signIn.hasFixedName;
  if (mute === undefined || !isChosen) return undefined;
  const known = mute.user === user && mute.name !== nameOfId(user) ? mute.name : undefined;
  // A member's name is known to all users, and cannot be changed while it is shown in a room in which the member is muted.
  if (known === name || (known === undefined && signIn.isMember)) return undefined;
  const pickName = (isTaken: (name: Name) => boolean) => signIn.pickGuestName(isTaken);
  return { name: known ?? pickName(() => false), pickName };
}

/** The name of a member, who may have changed it on another device, as a room that both are in shows. */
export function currentName({ user, name }: Identity, memberships: Iterable<Membership>): Name {
  for (const { isJoined, room } of memberships) {
    if (isJoined) return room.presence.temporaryNames.preferredName(user) ?? name;
  }
  return name;
}
