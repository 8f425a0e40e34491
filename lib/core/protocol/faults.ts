/**
 * Faults: errors that a request can cause without ending the connection. Each has a code that never changes, a message
 * for people, and whether the same request may succeed when repeated. Programs must match on the code: messages may
 * change, and a fault may carry a more specific one.
 * @module
 */

interface FaultKind {
  /** The default message, for people. */
  readonly message: string;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
}

/** All faults, by code. */
export const FAULTS = {
  bad_frame: { message: "invalid frame", retry: false },
  unknown_type: { message: "unknown request type", retry: false },
  hello_first: { message: "the first frame must be hello", retry: false },
  bad_room: { message: "invalid room name", retry: false },
  bad_name: { message: "invalid name", retry: false },
  name_taken: { message: "the name is taken", retry: false },
  token_required: { message: "this service requires an invite or a token", retry: false },
  bad_token: { message: "the token is not valid here", retry: false },
  token_expired: { message: "the token has expired", retry: false },
  bad_invite: { message: "the invite is no longer valid", retry: false },
  too_many_invites: { message: "invite limit reached", retry: false },
  not_allowed: { message: "you may not do this", retry: false },
  banned: { message: "you are banned", retry: false },
  muted: { message: "you are muted", retry: false },
  read_only: { message: "the room is read-only", retry: false },
  locked_down: { message: "the service is closed to guests at the moment", retry: false },
  in_room: { message: "you are already in this room", retry: false },
  not_in_room: { message: "you are not in this room", retry: false },
  too_many_rooms: { message: "room limit reached", retry: false },
  too_long: { message: "the text is too long", retry: false },
  empty: { message: "the text has no visible characters", retry: false },
  blocked_words: { message: "the text contains words that are not allowed here", retry: false },
  rejected: { message: "the message was not accepted", retry: false },
  held: { message: "a moderator will look at your message first", retry: false },
  turned_down: { message: "a moderator has turned your message down", retry: false },
  gone: { message: "the message no longer exists", retry: false },
  not_yours: { message: "only the author can edit or delete a message", retry: false },
  id_reused: { message: "the id was used for a different action", retry: false },
  too_many_reactions: { message: "reaction limit reached", retry: false },
  store_full: { message: "the message store has reached its size limit", retry: false },
  room_exists: { message: "the room exists already", retry: false },
  room_full: { message: "the room has too many members, mutes and bans", retry: false },
  rooms_full: { message: "no more rooms can be created", retry: false },
  slow_down: { message: "slow down", retry: true },
  unavailable: { message: "temporarily unavailable, try again", retry: true },
  unknown_outcome: { message: "outcome unknown: retry with the same id", retry: true },
} as const satisfies Record<string, FaultKind>;

/** A code of {@linkcode FAULTS}. */
export type FaultCode = keyof typeof FAULTS;
