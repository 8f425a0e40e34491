/**
 * Whether a user may have another name.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";
import { type Name, NAME_RULE, parseName } from "../../core/names/names.ts";
import type { FrameOf } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import type { Membership } from "../room/membership.ts";
import type { SessionContext } from "./session_context.ts";
import type { SessionRules } from "./session_rules.ts";
import type { SignIn } from "../sign_in/sign_in.ts";
import { BLOCKED_NAME } from "../sign_in/sign_in_name.ts";

/** The new name, or why the user cannot have it. Charges a member for the rename. @param memberships Those of the user, by room. */
export function checkRename(
  { id, name: wanted }: RequestOf<"name">,
  user: UserId,
  memberships: ReadonlyMap<string, Membership>,
  { signIn, rules }: { readonly signIn: SignIn; readonly rules: SessionRules },
  { words, names, limits, clock }: SessionContext,
): Name | FrameOf<"fault"> {
  if (signIn.hasFixedName) {
    return faultFrame(id, "not_allowed", "your name is set where you sign in");
  }
  const name = parseName(wanted);
  if (name === undefined) return faultFrame(id, "bad_name", NAME_RULE);
  if (!words.allowsName(name)) return faultFrame(id, "bad_name", BLOCKED_NAME);
  // Rooms would refuse it, but a user who is in none must not be called like a member either.
  if (!signIn.isMember && names.isLookalike({ user, name })) {
    return faultFrame(id, "name_taken", `the name ${name} belongs to another user`);
  }
  // Every room of the user shows the new name.
  const fault = rules.faultOutside(id, [...memberships.values()].map(({ room }) => room));
  if (fault) return fault;
  const renameMs = signIn.isMember ? limits.checkMemberRename(user, clock.now()) : 0;
  if (renameMs > 0) return slowDownFault(id, renameMs);
  // A new name is an entry in each room.
  for (const room of memberships.keys()) {
    if (!signIn.may("send", room)) return faultFrame(id, "not_allowed");
  }
  return name;
}
