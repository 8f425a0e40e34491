/**
 * What the sign-in of a session is given: by its worker, by the handshake and by the session.
 * @module
 */
import type { RoomCreators } from "../../core/auth/rights.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { GuestLanguage, RoomId } from "../../core/names/names.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import type { KnownNames } from "../members/known_names.ts";
import type { Sanctions } from "../moderation/sanctions.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import type { TokenUser } from "../ports/authenticator.ts";
import type { Clock } from "../ports/clock.ts";
import type { SignedInMember } from "../ports/directory.ts";
import type { SessionTokens } from "../ports/session_tokens.ts";
import type { UsedTokens } from "../ports/used_tokens.ts";
import type { ClientOutput } from "../ports/client_output.ts";
import type { CredentialContext } from "./credential_check.ts";

/** What all sign-ins of a worker share. */
export interface SignInContext extends CredentialContext {
  /** For the times at which tokens expire. */
  readonly clock: Clock;
  /** Returns a number in [0, 1), for guest names. */
  readonly random: () => number;
  /** Identifies returning users. */
  readonly sessionTokens: SessionTokens;
  /** Recognizes tokens of guests that have been replaced. */
  readonly usedTokens: UsedTokens;
  /** Whether guests are welcome. */
  readonly auth: "open" | "required";
  /** The setting ROOM_CREATION: who may create rooms. */
  readonly roomCreation: RoomCreators;
  /** The server's part of the `hello` frame. */
  readonly serverInfo: Pick<FrameOf<"hello">, "server" | "limits" | "heartbeat">;
  /** Whether users who are not members can moderate, by their tokens or groups. */
  readonly appsModerate: boolean;
  /** Says whether guests are locked out. */
  readonly sanctions: Pick<Sanctions, "isLockedDown" | "inService">;
  /** Prefix for guest names; null for one in the guest's language. */
  readonly guestName: string | null;
  /** The names of members. */
  readonly names: Pick<
    KnownNames,
    "isReserved" | "isLookalike" | "isServices" | "isCredible" | "areOwned" | "moderators"
  >;
  /** Decides which words a chosen name may contain. */
  readonly words: Pick<WordFilter, "allowsName">;
}

/** What is known of a connection before its first request. */
export interface HandshakeInfo {
  /** The key under which its address is rate-limited; undefined if the address has no limits. */
  readonly address?: string | undefined;
  /** Language of a guest's name, unless the `hello` sets another. */
  readonly language?: GuestLanguage | undefined;
  /** Identifies a guest who presents nothing else; undefined for a new guest. See `SessionTokens.userIdFor`. */
  readonly guestSeed?: string | undefined;
  /** The token of the handshake, not checked; used unless the `hello` has one. */
  readonly token?: string | undefined;
  /** The ticket of the handshake, not checked; used unless there is a token. */
  readonly ticket?: string | undefined;
  /** The user whom a trusted proxy or a cookie states; the `hello` then needs no token, and cannot have one. */
  readonly user?: TokenUser | undefined;
}

/** The session, as its sign-in sees it. */
export interface SignInHost {
  /** Sends to the client. */
  readonly output: Pick<ClientOutput, "isResumable" | "close">;
  /** Whether the session has ended. */
  readonly isEnded: boolean;
  /** Sends a frame unless the session has ended. */
  sendFrame(frame: Frame): void;
  /** Prepares the rooms of an invite. Resolves to those that the member may see; rejects with `BusUnavailable`. */
  enterInvitedRooms(member: SignedInMember): Promise<readonly RoomId[]>;
  /** The session has a user now. */
  onSignedIn(user: UserId): void;
  /**
   * Closes the connection of a user who is banned; tells others what has changed for them.
   *
   * @param event What has changed; undefined if it may be several things.
   */
  checkServiceRules(event?: RoomEvent): void;
}
