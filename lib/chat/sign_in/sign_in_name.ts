/**
 * Which name a user has from the `hello` on. A user who cannot be called as wanted, because the name is a member's or the
 * service's, is not refused but gets another name. Only a name that nobody can have is refused, before the user is known.
 * @module
 */
import { userKind } from "../../core/auth/user_kind.ts";
import {
  type GuestLanguage,
  guestPrefix,
  type Name,
  parseName,
  pickGuestName,
  pickTemporaryName,
} from "../../core/names/names.ts";
import type { Subject } from "../moderation/sanctions.ts";
import type { Identity } from "../ports/session_tokens.ts";
import type { SignInContext } from "./sign_in_context.ts";

/** Why a name is refused that matches the word list; like the fault `blocked_words`, it does not say which word. */
export const BLOCKED_NAME = "the name contains words that are not allowed here";

/** Where the name of a user can come from. */
export interface NameSources {
  /** What an app, a proxy, a provider or the directory of members says. It counts more than what the user asks for. */
  readonly stated: Name | undefined;
  /** What the user asks for. */
  readonly asked: Name | undefined;
  /** The name of a guest who has been here before. */
  readonly previous: NameChoice | undefined;
}

/** A name, and whether the server picked it. */
export type NameChoice = Pick<Identity, "name" | "hasGuestName">;

/** Whether the word list has something against a name. One that is not valid is judged elsewhere. */
export function isBlockedName(
  asked: string | undefined,
  words: SignInContext["words"],
): boolean {
  const name = asked === undefined ? undefined : parseName(asked);
  return name !== undefined && !words.allowsName(name);
}

/** The name of a user who signs in. @param language That of a guest name. */
export function signInName(
  subject: Subject,
  { stated, asked, previous }: NameSources,
  language: GuestLanguage,
  context: Pick<SignInContext, "names" | "sanctions" | "guestName" | "random">,
): NameChoice {
  const { user } = subject;
  const { names, sanctions, random } = context;
  // Others see the name of a user who joins, so muted users cannot choose it.
  const isMuted = asked !== undefined && sanctions.inService("mute", subject) !== undefined;
  const chosen = stated ?? (isMuted ? undefined : asked);
  const name = chosen ?? previous?.name;
  const isReserved = (it: Name) => names.isReserved({ user, name: it });
  const isOwnChoice = stated === undefined && userKind(user) !== "member";
  if (name === undefined || (isOwnChoice && names.isLookalike({ user, name }))) {
    return { name: drawGuestName(language, isReserved, context), hasGuestName: true };
  }
  // An app has set it. Rooms would give out a temporary name, but what moderators do says who did it outside of them, too.
  if (names.isServices({ user, name })) {
    return { name: pickTemporaryName(name, isReserved, random), hasGuestName: false };
  }
  return { name, hasGuestName: chosen === undefined && (previous?.hasGuestName ?? false) };
}

/** Picks a guest name that nobody has. It is in the guest's language unless the operator has set how guests are called. */
export function drawGuestName(
  language: GuestLanguage,
  isTaken: (name: Name) => boolean,
  { guestName, random }: Pick<SignInContext, "guestName" | "random">,
): Name {
  return pickGuestName(guestPrefix(guestName, language), isTaken, random);
}
